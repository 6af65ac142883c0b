"""What waits, and for how long: a few indexed reads for whoever watches over the school."""

from datetime import datetime

from courseflow_admin.db.core.client import collection, due

MOST = 10_000  # counting stops here; what matters is that it is much

LANES = {
    "webhooks": ("webhook_events", "due_at"),
    "payments": ("payments", "sync_at"),
    "emails": ("emails", "due_at"),
}


async def waiting(lane: str, at: datetime) -> tuple[int, float]:
    """How many are due, and for how many seconds the oldest of them has been."""
    name, field = LANES[lane]
    where = due(field, at)
    count = await collection(name).count(where, limit=MOST)
    oldest = await collection(name).find(
        where, projection={field: 1, "_id": 0}, sort=[(field, 1)], limit=1
    )
    age = (at - oldest[0][field]).total_seconds() if oldest else 0.0
    return count, age


async def emails_since(state: str, since: datetime) -> int:
    where = {"state": state, "queued_at": {"$gte": since}}
    return await collection("emails").count(where, limit=MOST)
