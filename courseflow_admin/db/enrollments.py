"""Queries on enrollments and their grants."""

from datetime import datetime
from typing import Any

from courseflow_admin.db.client import collection
from courseflow_admin.models.enrollments import Enrollment, Grant


async def find(account_id: str, course_id: str) -> Enrollment | None:
    row = await collection("enrollments").find_one(
        {"account_id": account_id, "course_id": course_id}
    )
    return Enrollment.from_mongo(row) if row else None


async def of_account(account_id: str) -> list[Enrollment]:
    """All enrollments of one learner, the last studied first."""
    rows = await collection("enrollments").find(
        {"account_id": account_id}, sort=[("last_seen_at", -1)], limit=500
    )
    return [Enrollment.from_mongo(row) for row in rows]


async def add_grant(new: Enrollment, grant: Grant) -> bool:
    """Give `grant` to the learner of `new`, making the enrollment if there is none.

    False when this payment's grant is there already. Two transactions doing this at once for one
    learner and course conflict, and the second runs again and finds the grant.
    """
    where = {"account_id": new.account_id, "course_id": new.course_id}
    existing = await collection("enrollments").find_one(where, projection={"_id": 1})
    if existing is None:
        row = new.model_copy(update={"grants": [grant]}).to_mongo()
        await collection("enrollments").insert_one(row)
        return True
    guard: dict[str, Any] = {"_id": existing["_id"]}
    if grant.payment_id:
        # A multikey unique index does not hold within one document, so the query has to.
        guard["grants.payment_id"] = {"$ne": grant.payment_id}
    result = await collection("enrollments").update_one(
        guard, {"$push": {"grants": grant.to_mongo()}}
    )
    return result.modified_count == 1


async def end_grant(payment_id: str, at: datetime, reason: str) -> bool:
    """End the one grant this payment gave; False when there is none or it has ended before."""
    result = await collection("enrollments").update_one(
        {"grants": {"$elemMatch": {"payment_id": payment_id, "ended": None}}},
        {"$set": {"grants.$.ended": at, "grants.$.end_reason": reason}},
    )
    return result.modified_count == 1


async def restore_grant(payment_id: str) -> bool:
    """Take back the end of a payment's grant (a refund that the provider later reports failed)."""
    result = await collection("enrollments").update_one(
        {"grants": {"$elemMatch": {"payment_id": payment_id, "ended": {"$ne": None}}}},
        {"$set": {"grants.$.ended": None, "grants.$.end_reason": ""}},
    )
    return result.modified_count == 1
