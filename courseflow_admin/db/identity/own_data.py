"""Everything stored about one person, as it is stored but for secrets and words for the school."""

from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.db.identity.second_factors import ON
from courseflow_admin.models.money.payments import FOR_THE_SCHOOL

HASHES = ("token_hash", "refresh_hash", "previous_hash", "password_hash")
SECRETS = ("secret", "recovery_hashes", "last_step", "mark")
INNER = ("dedupe_key", "held", "name_words")
HIDDEN: Row = dict.fromkeys((*HASHES, *SECRETS, *INNER, *FOR_THE_SCHOOL), 0)


async def of_person(account_id: str) -> dict[str, list[Row]]:
    """By collection, each in the order it came to be."""
    mine: Row = {"account_id": account_id}
    payments = await _rows("payments", mine)
    return {
        "account": await _rows("accounts", {"_id": account_id}),
        "sessions": await _rows("sessions", mine),
        "second_factor": await _rows("second_factors", {**mine, **ON}),
        "devices": await _rows("known_devices", mine),
        "links": await _rows("one_time_tokens", mine),
        "invitations": await _rows("invitations", mine),
        "courses": await _rows("courses", {"owner_id": account_id}),
        "enrollments": await _rows("enrollments", mine),
        "payments": payments,
        "receipts": await _rows("receipts", {"payment_id": {"$in": [p["_id"] for p in payments]}}),
        "emails": await _rows("emails", mine),
        "audit": await _audit(account_id),
    }


async def _rows(name: str, where: Row) -> list[Row]:
    return await collection(name).find(where, projection=HIDDEN, sort=[("_id", 1)])


async def _audit(account_id: str) -> list[Row]:
    """What the person did, and what was done to their account; of others only that it was them."""
    entries = [
        *await _rows("audit", {"actor_id": account_id}),
        *[
            {**row, "actor_name": "", "ip": ""}
            for row in await _rows("audit", {"object_id": account_id})
            if row["actor_id"] != account_id
        ],
    ]
    return sorted(entries, key=lambda row: str(row["_id"]))
