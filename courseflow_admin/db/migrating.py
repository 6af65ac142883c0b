"""How a migration runs: under a lock, in batches, each with its position in one transaction.

Killed in its middle, it goes on from the position that was stored with the last whole batch. The
lock has a lease that is renewed while its holder lives, so a dead holder is followed after seconds.
Besides, a batch only counts while its runner is the one named on the migration's row: a holder
that was only slow, and comes back after another has taken over, writes nothing.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

from courseflow_admin.db.core.client import (
    LONG_AGO,
    Duplicate,
    Row,
    Update,
    collection,
    transaction,
)
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.models.core import clock

Kind = Literal["expand", "contract"]
Say = Callable[[str], None]

ROWS, LOCK, CODE = "migrations", "lock", "code"
LEASE = timedelta(seconds=10)
BATCH = 200  # documents in one transaction


@dataclass(frozen=True)
class Batch:
    """What one batch did, and where the next begins; None: there is no more."""

    position: Any
    done: int


class Steps(Protocol):
    async def total(self) -> int:
        """How many documents there are to look at, for the progress that is shown."""
        ...

    async def batch(self, position: Any) -> Batch:
        """Do one batch from `position` (None at first), in the open transaction."""
        ...


@dataclass(frozen=True)
class Migration:
    """One numbered change of stored data.

    `expand` adds what newer code reads and older code does not mind; it runs before the new code.
    `contract` takes away what only older code still needs; `min_code` is the oldest code version
    that works afterwards.
    """

    number: int
    name: str
    kind: Kind
    steps: Steps
    min_code: int = 0

    def __str__(self) -> str:
        return f"{self.number:04d} {self.name}"


@dataclass(frozen=True)
class Status:
    """A migration and what the database's row says of it."""

    migration: Migration
    row: Row

    @property
    def state(self) -> str:
        return str(self.row.get("state", "pending"))

    @property
    def is_done(self) -> bool:
        return self.state == "done"


class InBatches:
    """Steps over the documents of a collection that match, by `_id`; `change` gives the update.

    None from `change` leaves a document as it is.
    """

    def __init__(
        self,
        name: str,
        where: Row,
        change: Callable[[Row], Update | None],
        size: int = BATCH,
    ) -> None:
        self._name, self._where, self._change, self._size = name, where, change, size

    async def total(self) -> int:
        return await collection(self._name).count(self._where)

    async def batch(self, position: Any) -> Batch:
        further = {} if position is None else {"_id": {"$gt": position}}
        rows = await collection(self._name).find(
            {**self._where, **further}, sort=[("_id", 1)], limit=self._size
        )
        for row in rows:
            if (update := self._change(row)) is not None:
                await collection(self._name).update_one({"_id": row["_id"]}, update)
        return Batch(rows[-1]["_id"] if len(rows) == self._size else None, len(rows))


Progress = Callable[[Migration, int, int], None]  # documents done, and all there are


class LockLost(Exception):
    """Another migrator has taken over meanwhile, because this one was silent for too long."""


async def statuses(migrations: Sequence[Migration]) -> list[Status]:
    """What is done and what is not. SettingsInvalid when a number was used for something else."""
    rows = {row["_id"]: row for row in await collection(ROWS).find({"name": {"$exists": True}})}
    found = [Status(one, rows.get(one.number, {})) for one in migrations]
    for it in found:
        if it.row and it.row["name"] != it.migration.name:
            raise SettingsInvalid(
                [
                    f"Migration {it.migration.number:04d} of this code is {it.migration.name}, but "
                    f"this database has run {it.row['name']} under that number: it is the database "
                    "of another version of CourseFlow."
                ]
            )
    return found


async def min_code() -> int:
    """The oldest code version that this database works with."""
    row = await collection(ROWS).find_one({"_id": CODE})
    return int(row["min_code"]) if row else 0


async def run(migration: Migration, runner: str, build: str, progress: Progress) -> None:
    """From where it stopped to its end. LockLost when another migrator goes on with it."""
    if migration.kind == "contract":
        await collection(ROWS).update_one(
            {"_id": CODE}, {"$max": {"min_code": migration.min_code}}, upsert=True
        )
    row = await _begin(migration, runner, build)
    done, total = int(row["done"]), int(row["total"])
    progress(migration, done, total)
    try:
        while True:
            row = await transaction(_one_batch(migration, runner))
            done = int(row["done"])
            progress(migration, done, max(total, done))
            if row["state"] == "done":
                return
    except Exception as error:
        failed = {"state": "failed", "error": f"{type(error).__name__}: {error}"[:500]}
        await collection(ROWS).update_one(
            {"_id": migration.number, "runner": runner}, {"$set": failed}
        )
        raise


async def _begin(migration: Migration, runner: str, build: str) -> Row:
    """The row of this migration, from now on with this runner's name; made if there is none."""
    known = await collection(ROWS).find_one({"_id": migration.number})
    total = int(known["total"]) if known else await migration.steps.total()
    first = {
        "name": migration.name,
        "kind": migration.kind,
        "started_at": clock.wall(),
        "position": None,
        "done": 0,
        "total": total,
    }
    row = await collection(ROWS).find_one_and_update(
        {"_id": migration.number},
        {
            "$setOnInsert": first,
            "$set": {"state": "running", "runner": runner, "build": build},
            "$unset": {"error": ""},
        },
        upsert=True,
    )
    return row or {}


def _one_batch(migration: Migration, runner: str) -> Callable[[], Awaitable[Row]]:
    async def body() -> Row:
        mine = {"_id": migration.number, "runner": runner}
        row = await collection(ROWS).find_one(mine)
        if row is None:
            raise LockLost
        batch = await migration.steps.batch(row["position"])
        ended = {"state": "done", "finished_at": clock.wall()} if batch.position is None else {}
        moved = await collection(ROWS).find_one_and_update(
            mine, {"$set": {"position": batch.position, **ended}, "$inc": {"done": batch.done}}
        )
        if moved is None:
            raise LockLost
        return moved

    return body


# The lock. Its times are the server's: the clocks of two migrators may differ.


@asynccontextmanager
async def locked(say: Say, lease: timedelta = LEASE) -> AsyncIterator[str]:
    """Wait for the lock and hold it; the name under which it is held."""
    runner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    with suppress(Duplicate):
        await collection(ROWS).update_one(
            {"_id": LOCK}, {"$setOnInsert": {"owner": "", "until": LONG_AGO}}, upsert=True
        )
    waited_for = ""
    while not await _take(runner, lease):
        owner = str((await collection(ROWS).find_one({"_id": LOCK}) or {}).get("owner", ""))
        if owner not in ("", waited_for):
            say(f"Another migrator is at work ({owner.rpartition(':')[0]}); waiting for it.")
            waited_for = owner
        await asyncio.sleep(min(lease.total_seconds() / 5, 0.5))
    renewing = asyncio.create_task(_renew(runner, lease))
    try:
        yield runner
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await collection(ROWS).update_one(
            {"_id": LOCK, "owner": runner}, {"$set": {"owner": "", "until": LONG_AGO}}
        )


async def _take(runner: str, lease: timedelta) -> bool:
    """Take or renew it; False while another one's lease runs."""
    until = {"$add": ["$$NOW", int(lease.total_seconds() * 1000)]}
    result = await collection(ROWS).update_one(
        {"_id": LOCK, "$or": [{"owner": runner}, {"$expr": {"$lte": ["$until", "$$NOW"]}}]},
        [{"$set": {"owner": runner, "until": until}}],
    )
    return result.matched_count == 1


async def _renew(runner: str, lease: timedelta) -> None:
    """Until cancelled. While the database is away nothing is renewed, and nothing is migrated."""
    while True:
        await asyncio.sleep(lease.total_seconds() / 3)
        with suppress(Exception):
            if not await _take(runner, lease):
                return
