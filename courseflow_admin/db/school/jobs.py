"""Queries on jobs and schedules: what two workers could both take, one of them gets.

What is due is so by business time, a lease by the machine's: a rehearsal whose time is moved on
finds everything due, and no worker loses what it is at.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from courseflow_admin.db.core.client import Duplicate, Row, collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.school.jobs import (
    FREE,
    LANES,
    Depth,
    Job,
    JobState,
    Lane,
    Priority,
    Schedule,
)

CANDIDATES = 8  # looked at in one read: another worker may be quicker to take some

_OPEN: Row = {"$eq": ["$state", JobState.DUE]}
_LEASED: Row = {"$and": [_OPEN, {"$gt": ["$owner", ""]}]}
_WAITS: Row = {"$and": [_OPEN, {"$lte": ["$owner", ""]}]}
_FREE: Row = {"owner": "", "lease_until": FREE, "again_at": None, "again_priority": None}
_AFRESH: Row = {"attempts": 0, "failures": 0, "losses": 0, "reason": "", "given_up_at": None}


async def queue(
    kind: str,
    key: str,
    lane: Lane,
    due_at: datetime,
    at: datetime,
    *,
    priority: int = Priority.NORMAL,
    payload: Mapping[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Add a job; one that waits becomes due then or before, one at work will run once more.

    One that was given up begins afresh.
    """
    # Every `$` names a field as it was before this update.
    now_or_then: Row = {"$cond": [_WAITS, {"$min": ["$due_at", due_at]}, due_at]}
    first: Row = {"$cond": [_WAITS, {"$min": ["$priority", priority]}, priority]}
    changes: Row = {
        "_id": {"$ifNull": ["$_id", new_id("job")]},
        "lane": lane,
        "payload": {"$literal": dict(payload or {})},
        "expires_at": expires_at,
        "created_at": {"$cond": [_OPEN, "$created_at", at]},
        "due_at": {"$cond": [_LEASED, "$due_at", now_or_then]},
        "priority": {"$cond": [_LEASED, "$priority", first]},
        "again_at": {"$cond": [_LEASED, {"$min": ["$again_at", due_at]}, None]},
        "again_priority": {"$cond": [_LEASED, {"$min": ["$again_priority", priority]}, None]},
        "owner": {"$cond": [_LEASED, "$owner", ""]},
        "lease_until": {"$cond": [_LEASED, "$lease_until", FREE]},
        **{name: {"$cond": [_OPEN, f"${name}", value]} for name, value in _AFRESH.items()},
        "state": JobState.DUE,
    }
    await _upsert(kind, key, [{"$set": changes}])


async def _upsert(kind: str, key: str, update: Sequence[Row]) -> None:
    try:
        await collection("jobs").update_one({"kind": kind, "key": key}, update, upsert=True)
    except Duplicate:  # added by someone else at this moment
        await collection("jobs").update_one({"kind": kind, "key": key}, update)


async def open_keys(kind: str, keys: Collection[str]) -> set[str]:
    """Which of these have a job that was not given up."""
    rows = await collection("jobs").find(
        {"kind": kind, "key": {"$in": list(keys)}, "state": JobState.DUE}, projection={"key": 1}
    )
    return {row["key"] for row in rows}


async def find(kind: str, key: str) -> Job | None:
    row = await collection("jobs").find_one({"kind": kind, "key": key})
    return Job.from_mongo(row) if row else None


async def due(lane: str, kinds: Iterable[str], at: datetime) -> list[Row]:
    """The next that may be taken: due at `at`, and not at work elsewhere."""
    return await collection("jobs").find(
        {
            "lane": lane,
            "state": JobState.DUE,
            "due_at": {"$lte": at},
            "lease_until": {"$lte": clock.wall()},
            "kind": {"$in": sorted(kinds)},
        },
        sort=[("priority", 1), ("due_at", 1)],
        limit=CANDIDATES,
    )


async def claim(lane: str, leases: Mapping[str, timedelta], owner: str, at: datetime) -> Job | None:
    """Take the next job of these kinds, each leased for its own time; None when none is due.

    It reads first, so that nothing is written while nothing is due. A job that still has an owner
    lost its lease: whoever had it died, which is counted.
    """
    for row in await due(lane, leases, at):
        seen = {name: row[name] for name in ("_id", "owner", "lease_until", "state")}
        taken = await collection("jobs").find_one_and_update(
            seen,
            {
                "$set": {"owner": owner, "lease_until": clock.wall() + leases[row["kind"]]},
                "$inc": {"attempts": 1, "losses": 1 if row["owner"] else 0},
            },
        )
        if taken:
            return Job.from_mongo(taken)
    return None


async def finish(job: Job, next_at: datetime | None) -> None:
    """It went well: gone, or due again at `next_at`, or before if someone asked for it.

    Nothing happens when the lease was lost meanwhile.
    """
    mine: Row = {"_id": job.id, "owner": job.owner}
    if next_at is None:
        gone = await collection("jobs").delete_one({**mine, "again_at": None})
        if gone.deleted_count:
            return
    changes: Row = {
        "due_at": {"$ifNull": [{"$min": ["$again_at", next_at]}, "$due_at"]},
        "priority": {"$ifNull": ["$again_priority", Priority.ROUTINE]},
        **_AFRESH,
        **_FREE,
    }
    await collection("jobs").update_one(mine, [{"$set": changes}])


async def retry_later(job: Job, reason: str, due_at: datetime, *, counted: bool) -> bool:
    """Let go of it until `due_at`; False when the lease was lost meanwhile."""
    changes: Row = {
        "due_at": {"$min": ["$again_at", due_at]},
        "priority": {"$min": ["$again_priority", "$priority"]},
        "failures": {"$add": ["$failures", 1 if counted else 0]},
        "reason": {"$literal": reason},
        **_FREE,
    }
    result = await collection("jobs").update_one(
        {"_id": job.id, "owner": job.owner}, [{"$set": changes}]
    )
    return result.matched_count == 1


async def give_up(job: Job, reason: str) -> bool:
    """Leave it to a person; False when the lease was lost meanwhile."""
    result = await collection("jobs").update_one(
        {"_id": job.id, "owner": job.owner},
        {
            "$set": {
                **_FREE,
                "state": JobState.ATTENTION,
                "reason": reason,
                "given_up_at": clock.wall(),
            }
        },
    )
    return result.matched_count == 1


async def settle(kind: str, key: str) -> None:
    """It needs no one any more."""
    await collection("jobs").delete_one({"kind": kind, "key": key, "state": JobState.ATTENTION})


async def release(owner: str) -> int:
    """Let go of all that `owner` had, so that it is due at once; it was no failure."""
    result = await collection("jobs").update_many(
        {"owner": owner}, {"$set": {"owner": "", "lease_until": FREE}}
    )
    return int(result.modified_count)


async def depths(at: datetime) -> list[Depth]:
    """What waits, for each lane."""
    leased: Row = {"$gt": ["$lease_until", clock.wall()]}
    given_up: Row = {"$eq": ["$state", JobState.ATTENTION]}
    waits: Row = {"$not": [{"$or": [leased, given_up]}]}
    rows = await collection("jobs").aggregate(
        [
            {
                "$match": {
                    "lane": {"$in": list(LANES)},
                    "$or": [
                        {"state": JobState.DUE, "due_at": {"$lte": at}},
                        {"state": JobState.ATTENTION},
                    ],
                }
            },
            {
                "$group": {
                    "_id": "$lane",
                    "due": {"$sum": {"$cond": [waits, 1, 0]}},
                    "leased": {"$sum": {"$cond": [leased, 1, 0]}},
                    "attention": {"$sum": {"$cond": [given_up, 1, 0]}},
                    "oldest": {"$min": {"$cond": [waits, "$due_at", None]}},
                }
            },
        ]
    )
    found = {row["_id"]: row for row in rows}
    return [_depth(lane, found.get(lane, {}), at) for lane in LANES]


def _depth(lane: str, row: Row, at: datetime) -> Depth:
    oldest = row.get("oldest")
    waited = (at - oldest).total_seconds() if oldest else 0.0
    due, leased, attention = (row.get(name, 0) for name in ("due", "leased", "attention"))
    return Depth(lane, due, leased, attention, oldest_due_seconds=waited)


async def oldest_due(kind: str, at: datetime) -> datetime | None:
    rows = await collection("jobs").find(
        {"kind": kind, "state": JobState.DUE, "due_at": {"$lte": at}},
        projection={"due_at": 1},
        sort=[("due_at", 1)],
        limit=1,
    )
    return rows[0]["due_at"] if rows else None


# Schedules


async def plan_schedule(name: str, kind: str, lane: Lane, every: timedelta, at: datetime) -> None:
    """Add it, due at once, or let it come as often as is wanted now."""
    seconds = every.total_seconds()
    found = await collection("schedules").find_one({"_id": name})
    if found is None:
        new = Schedule(_id=name, kind=kind, lane=lane, every_seconds=seconds, next_at=at)
        try:
            await collection("schedules").insert_one(new.to_mongo())
        except Duplicate:
            return
    elif (found["kind"], found["lane"], found["every_seconds"]) != (kind, lane, seconds):
        await collection("schedules").update_one(
            {"_id": name},
            {
                "$set": {"kind": kind, "lane": lane, "every_seconds": seconds},
                "$min": {"next_at": at + every},
            },
        )


async def due_schedules(names: Collection[str], at: datetime) -> list[Schedule]:
    rows = await collection("schedules").find(
        {"_id": {"$in": sorted(names)}, "next_at": {"$lte": at}}
    )
    return [Schedule.from_mongo(row) for row in rows]


async def move_schedule(schedule: Schedule, next_at: datetime) -> bool:
    """False when another worker was quicker."""
    result = await collection("schedules").update_one(
        {"_id": schedule.id, "next_at": schedule.next_at}, {"$set": {"next_at": next_at}}
    )
    return result.modified_count == 1
