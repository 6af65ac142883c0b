"""What is too old to be kept: found by index, and deleted in batches.

Of an event or an e-mail only the content goes; ids, states, times and the result stay.
"""

from datetime import datetime

from courseflow_admin.db.core.client import LONG_AGO, Row, collection

CONTENT: dict[str, tuple[Row, Row]] = {
    # Collection -> what has content and is done with, and that content gone.
    "webhook_events": (
        {"raw": {"$gt": ""}, "state": {"$ne": "waiting"}},
        {"raw": "", "headers": {}},
    ),
    "emails": ({"html": {"$gt": ""}, "state": {"$ne": "queued"}}, {"html": "", "text": ""}),
}
SINCE = {"webhook_events": "received_at", "emails": "queued_at"}


async def erase_content(name: str, before: datetime, kept_days: int, limit: int) -> int:
    """The content of up to `limit` rows from before; how many there were."""
    where, gone = CONTENT[name]
    since = SINCE[name]
    rows = await collection(name).find(
        {**where, since: {"$lt": before}}, projection={"_id": 1}, sort=[(since, 1)], limit=limit
    )
    if rows:
        await collection(name).update_many(
            {"_id": {"$in": [row["_id"] for row in rows]}, **where},
            {"$set": {**gone, "body_kept_days": kept_days}},
        )
    return len(rows)


async def delete_ended_sessions(before: datetime, limit: int) -> int:
    return await _delete("sessions", {"ended_at": {"$gt": LONG_AGO, "$lt": before}}, limit)


async def delete_links(before: datetime, limit: int) -> int:
    """One-time links that have been worth nothing since before."""
    return await _delete("one_time_tokens", {"expires_at": {"$lt": before}}, limit)


async def delete_rejections(before: datetime) -> int:
    """All at once: the collection is small by its cap. No transaction takes a capped collection."""
    result = await collection("webhook_rejections").delete_many({"at": {"$lt": before}})
    return result.deleted_count


async def _delete(name: str, where: Row, limit: int) -> int:
    rows = await collection(name).find(where, projection={"_id": 1}, limit=limit)
    if rows:
        ids = [row["_id"] for row in rows]
        await collection(name).delete_many({"_id": {"$in": ids}})
    return len(rows)
