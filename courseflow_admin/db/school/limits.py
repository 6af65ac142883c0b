"""Counters of tries, shared by all processes and deleted by a TTL index."""

from datetime import datetime, timedelta

from courseflow_admin.db.core.client import Duplicate, Row, collection


async def add(key: str, at: datetime, window: timedelta) -> tuple[int, datetime]:
    """Count one try, atomically: the new count, and when its window ends.

    The window begins with the first try, so that the wait told is the whole truth.
    """
    running = {"$gt": ["$ends_at", at]}
    update = [
        {
            "$set": {
                "count": {"$cond": [running, {"$add": ["$count", 1]}, 1]},
                "ends_at": {"$cond": [running, "$ends_at", at + window]},
            }
        }
    ]
    limits = collection("limits")
    try:
        row = await limits.find_one_and_update({"_id": key}, update, upsert=True)
    except Duplicate:  # two first tries at once: the other one inserted the row
        row = await limits.find_one_and_update({"_id": key}, update, upsert=True)
    return _read(row, at)


async def find(key: str, at: datetime) -> tuple[int, datetime]:
    return _read(await collection("limits").find_one({"_id": key, "ends_at": {"$gt": at}}), at)


async def remove(key: str) -> None:
    await collection("limits").delete_one({"_id": key})


def _read(row: Row | None, at: datetime) -> tuple[int, datetime]:
    return (row["count"], row["ends_at"]) if row else (0, at)
