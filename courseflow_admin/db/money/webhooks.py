"""Queries on the webhook inbox and on what was refused."""

from datetime import datetime

from courseflow_admin.db.core.client import Duplicate, Row, collection, due, require_transaction
from courseflow_admin.models.money.webhooks import WebhookEvent, WebhookRejection, WebhookState

DELIVERIES_KEPT = 50


async def add(event: WebhookEvent) -> bool:
    """Keep an event; False when it is here already (then only the delivery is noted)."""
    try:
        await collection("webhook_events").insert_one(event.to_mongo())
    except Duplicate:
        same = [{"event_id": event.event_id}, {"body_hash": event.body_hash}]
        await collection("webhook_events").update_one(
            {"provider": event.provider, "$or": same},
            {"$push": {"deliveries": {"$each": [event.received_at], "$slice": -DELIVERIES_KEPT}}},
        )
        return False
    return True


async def reject(rejection: WebhookRejection) -> None:
    await collection("webhook_rejections").insert_one(rejection.to_mongo())


async def claim(at: datetime, lease_until: datetime) -> WebhookEvent | None:
    """Take the event that waits longest; if we die it becomes due again by itself."""
    row = await collection("webhook_events").find_one_and_update(
        due("due_at", at),
        {"$set": {"due_at": lease_until}, "$inc": {"attempts": 1}},
        sort=[("due_at", 1)],
    )
    return WebhookEvent.from_mongo(row) if row else None


async def find(event_id: str) -> WebhookEvent | None:
    row = await collection("webhook_events").find_one({"_id": event_id})
    return WebhookEvent.from_mongo(row) if row else None


async def wait_again(event_id: str, at: datetime) -> bool:
    """Make an event that was given up due, with all its tries before it; False if it is none."""
    require_transaction()
    anew: Row = {"state": WebhookState.WAITING, "attempts": 0, "due_at": at}
    result = await collection("webhook_events").update_one(
        {"_id": event_id, "state": WebhookState.FAILED},
        {"$set": {**anew, "result": "", "error": "", "handled_at": None}},
    )
    return result.modified_count == 1


async def note_object(event_id: str, *, payment_id: str = "", email_id: str = "") -> None:
    """What an event is about, once that is known; it stays so whatever comes of the event."""
    await collection("webhook_events").update_one(
        {"_id": event_id}, {"$set": {"payment_id": payment_id, "email_id": email_id}}
    )


async def finish(event_id: str, state: WebhookState, result: str, at: datetime) -> None:
    await collection("webhook_events").update_one(
        {"_id": event_id},
        {
            "$set": {
                "state": state,
                "result": result,
                "error": result if state is WebhookState.FAILED else "",
                "handled_at": at,
                "due_at": None,
            }
        },
    )


async def retry_later(event_id: str, error: str, due_at: datetime) -> None:
    await collection("webhook_events").update_one(
        {"_id": event_id}, {"$set": {"error": error, "due_at": due_at}}
    )


async def raw_about(payment_ids: list[str], email_ids: list[str]) -> dict[str, str]:
    """The bodies of all events about these, by the event's id."""
    about = [{"payment_id": {"$in": payment_ids}}, {"email_id": {"$in": email_ids}}]
    rows = await collection("webhook_events").find(
        {"$or": about, "raw": {"$gt": ""}}, projection={"raw": 1}
    )
    return {row["_id"]: row["raw"] for row in rows}


async def replace_raw(event_id: str, raw: str) -> None:
    await collection("webhook_events").update_one({"_id": event_id}, {"$set": {"raw": raw}})


async def of_payment(payment_id: str) -> list[WebhookEvent]:
    rows = await collection("webhook_events").find(
        {"payment_id": payment_id}, sort=[("received_at", 1)], limit=100
    )
    return [WebhookEvent.from_mongo(row) for row in rows]
