"""Queries on the outbox, which is also the e-mail log."""

from datetime import datetime

from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.errors import NotFound
from courseflow_admin.models.mail.emails import STATE_RANK, Email, EmailEvent, EmailState


async def add(email: Email) -> bool:
    """Put into the outbox; the same dedupe key a second time changes nothing (False)."""
    require_transaction()
    result = await collection("emails").update_one(
        {"dedupe_key": email.dedupe_key}, {"$setOnInsert": email.to_mongo()}, upsert=True
    )
    return result.upserted_id is not None


async def find(email_id: str) -> Email | None:
    row = await collection("emails").find_one({"_id": email_id})
    return Email.from_mongo(row) if row else None


async def get(email_id: str) -> Email:
    email = await find(email_id)
    if email is None:
        raise NotFound("e-mail")
    return email


async def by_keys(dedupe_keys: list[str]) -> list[Email]:
    rows = await collection("emails").find({"dedupe_key": {"$in": dedupe_keys}})
    return [Email.from_mongo(row) for row in rows]


async def find_by_provider_id(provider_id: str) -> Email | None:
    if not provider_id:
        return None
    row = await collection("emails").find_one({"provider_id": provider_id})
    return Email.from_mongo(row) if row else None


async def of_payment(payment_id: str) -> list[Email]:
    rows = await collection("emails").find(
        {"payment_id": payment_id}, sort=[("queued_at", 1)], limit=50
    )
    return [Email.from_mongo(row) for row in rows]


async def mark_sent(email_id: str, provider_id: str, attempts: int, at: datetime) -> None:
    """The provider took it. Its webhooks may have been quicker: then the state stays theirs."""
    changes: Row = {"provider_id": provider_id, "sent_at": at, "attempts": attempts, "error": ""}
    await collection("emails").update_one({"_id": email_id}, {"$set": changes})
    await add_event(
        email_id, EmailEvent(at=at, state=EmailState.SENT, detail=("Accepted by Resend"))
    )


async def note_try(email_id: str, error: str, attempts: int) -> None:
    await collection("emails").update_one(
        {"_id": email_id}, {"$set": {"error": error, "attempts": attempts}}
    )


async def give_up(email_id: str, error: str, attempts: int, at: datetime) -> None:
    await note_try(email_id, error, attempts)
    await add_event(email_id, EmailEvent(at=at, state=EmailState.FAILED, detail=error))


async def add_event(email_id: str, event: EmailEvent) -> bool:
    """Note one step; the state moves only forward. False when this step was noted before."""
    seen = {"$elemMatch": {"state": event.state, "detail": event.detail}}
    noted = await collection("emails").update_one(
        {"_id": email_id, "events": {"$not": seen}}, {"$push": {"events": event.to_mongo()}}
    )
    lower = [state for state, rank in STATE_RANK.items() if rank < STATE_RANK[event.state]]
    await collection("emails").update_one(
        {"_id": email_id, "state": {"$in": lower}},
        {"$set": {"state": event.state, "state_at": event.at}},
    )
    return noted.modified_count == 1
