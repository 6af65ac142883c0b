"""Queries on the webhook inbox and on what was refused."""

from datetime import datetime

from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.models.money.webhooks import WebhookEvent, WebhookRejection, WebhookState

DELIVERIES_KEPT = 50


async def add(event: WebhookEvent) -> None:
    """Keep an event; Duplicate when it is already here."""
    require_transaction()
    await collection("webhook_events").insert_one(event.to_mongo())


async def note_delivery(event: WebhookEvent) -> None:
    """The same event came once more."""
    same = [{"event_id": event.event_id}, {"body_hash": event.body_hash}]
    await collection("webhook_events").update_one(
        {"provider": event.provider, "$or": same},
        {"$push": {"deliveries": {"$each": [event.received_at], "$slice": -DELIVERIES_KEPT}}},
    )


async def reject(rejection: WebhookRejection) -> None:
    await collection("webhook_rejections").insert_one(rejection.to_mongo())


async def find(event_id: str) -> WebhookEvent | None:
    row = await collection("webhook_events").find_one({"_id": event_id})
    return WebhookEvent.from_mongo(row) if row else None


async def wait_again(event_id: str) -> bool:
    """Let an event that was given up wait, with all its tries before it; False if it is none."""
    require_transaction()
    waiting: Row = {"state": WebhookState.WAITING, "attempts": 0}
    result = await collection("webhook_events").update_one(
        {"_id": event_id, "state": WebhookState.FAILED},
        {"$set": {**waiting, "result": "", "error": "", "handled_at": None}},
    )
    return result.modified_count == 1


async def note_object(event_id: str, *, payment_id: str = "", email_id: str = "") -> None:
    """What an event is about, once that is known; it stays so whatever comes of the event."""
    await collection("webhook_events").update_one(
        {"_id": event_id}, {"$set": {"payment_id": payment_id, "email_id": email_id}}
    )


async def finish(
    event_id: str, state: WebhookState, result: str, attempts: int, at: datetime
) -> None:
    await collection("webhook_events").update_one(
        {"_id": event_id},
        {
            "$set": {
                "state": state,
                "result": result,
                "error": result if state is WebhookState.FAILED else "",
                "attempts": attempts,
                "handled_at": at,
            }
        },
    )


async def note_try(event_id: str, error: str, attempts: int) -> None:
    await collection("webhook_events").update_one(
        {"_id": event_id}, {"$set": {"error": error, "attempts": attempts}}
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
