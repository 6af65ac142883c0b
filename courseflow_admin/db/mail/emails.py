"""Queries on the outbox, which is also the e-mail log."""

from datetime import datetime

from courseflow_admin.db.core.client import Row, collection, due, require_transaction
from courseflow_admin.errors import NotFound
from courseflow_admin.models.mail.emails import STATE_RANK, Email, EmailEvent, EmailState


async def add(email: Email) -> None:
    """Put into the outbox; the same dedupe key a second time changes nothing."""
    require_transaction()
    await collection("emails").update_one(
        {"dedupe_key": email.dedupe_key}, {"$setOnInsert": email.to_mongo()}, upsert=True
    )


async def get(email_id: str) -> Email:
    row = await collection("emails").find_one({"_id": email_id})
    if row is None:
        raise NotFound("e-mail")
    return Email.from_mongo(row)


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


async def claim(at: datetime, lease_until: datetime) -> Email | None:
    """Take the e-mail that waits longest; if we die it becomes due again by itself."""
    row = await collection("emails").find_one_and_update(
        due("due_at", at),
        {"$set": {"due_at": lease_until}, "$inc": {"attempts": 1}},
        sort=[("due_at", 1)],
    )
    return Email.from_mongo(row) if row else None


async def mark_sent(email_id: str, provider_id: str, at: datetime) -> None:
    """The provider took it. Its webhooks may have been quicker: then the state stays theirs."""
    changes: Row = {"provider_id": provider_id, "sent_at": at, "due_at": None, "error": ""}
    await collection("emails").update_one({"_id": email_id}, {"$set": changes})
    await add_event(email_id, EmailEvent(at=at, state=EmailState.SENT, detail="Resend took it"))


async def retry_later(email_id: str, error: str, due_at: datetime) -> None:
    await collection("emails").update_one(
        {"_id": email_id}, {"$set": {"error": error, "due_at": due_at}}
    )


async def give_up(email_id: str, error: str, at: datetime) -> None:
    await collection("emails").update_one(
        {"_id": email_id}, {"$set": {"error": error, "due_at": None}}
    )
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
