"""What decides whether one person may study one course, read at one moment in one round trip."""

from dataclasses import dataclass

from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.db.school.settings import SCHOOL
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.models.teaching.enrollments import Enrollment

MOST_PAYMENTS = 50  # of one person for one course


@dataclass(frozen=True)
class Evidence:
    account: Account | None
    enrollment: Enrollment | None
    payments: list[Payment]  # newest first
    settings: SchoolSettings | None


async def evidence(account_id: str, course_id: str) -> Evidence:
    """Without an account there is nothing else to know."""
    rows = await collection("accounts").aggregate(pipeline(account_id, course_id))
    if not rows:
        return Evidence(None, None, [], None)
    enrollments, payments, school = (
        rows[0].pop(name) for name in ("enrollments", "payments", "school")
    )
    changed = [row["settings"] for row in school if "settings" in row]
    return Evidence(
        account=Account.from_mongo(rows[0]),
        enrollment=Enrollment.from_mongo(enrollments[0]) if enrollments else None,
        payments=[Payment.from_mongo(row) for row in payments],
        settings=SchoolSettings.from_mongo(changed[0]) if changed else None,
    )


def pipeline(account_id: str, course_id: str) -> list[Row]:
    here = {"account_id": account_id, "course_id": course_id}
    newest = {"$sort": {"created_at": -1, "_id": -1}}
    return [
        {"$match": {"_id": account_id}},
        _lookup("enrollments", {"$match": here}),
        _lookup("payments", {"$match": here}, newest, {"$limit": MOST_PAYMENTS}),
        _lookup("school", {"$match": {"_id": SCHOOL}}, {"$project": {"settings": 1}}),
    ]


def _lookup(name: str, *stages: Row) -> Row:
    return {"$lookup": {"from": name, "pipeline": list(stages), "as": name}}
