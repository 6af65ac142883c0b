"""Migrations 3 and 4: from due times on the rows themselves to jobs of the kernel.

Before, a waiting event or e-mail had `due_at`, a payment to be looked at `sync_at`, and a receipt
was to be numbered while its number was 0. Older workers go on by those fields during a deploy, so
that the first migration leaves them; a row done by both is done once, as after a crash.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from courseflow_admin.db.core.client import LONG_AGO, Row, collection
from courseflow_admin.db.migrating import BATCH, Batch
from courseflow_admin.db.school import jobs
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import Lane, Priority

OWNER_OF_NUMBERS = "receipt-numbers"  # the one row of `jobs` as it was: a lease


@dataclass(frozen=True)
class Waiting:
    """Rows of one collection that wait, and what their job is."""

    collection: str
    where: Row
    kind: str
    lane: Callable[[Row], Lane]
    due_at: Callable[[Row], datetime]
    field: str
    priority: int = Priority.NORMAL
    expires_after: timedelta | None = None  # its being queued


def _lane_of_event(row: Row) -> Lane:
    return "own" if row["provider"] == "resend" else _lane_of_gateway(row)


def _lane_of_gateway(row: Row) -> Lane:
    return "stripe" if row["provider"] == "stripe" else "razorpay"


def _is_due(field: str) -> Row:
    return {field: {"$gt": LONG_AGO}}


WAITING = (
    Waiting(
        "webhook_events",
        _is_due("due_at"),
        "webhook-event",
        _lane_of_event,
        lambda row: row["due_at"],
        "due_at",
    ),
    Waiting(
        "payments",
        _is_due("sync_at"),
        "payment-look",
        _lane_of_gateway,
        lambda row: row["sync_at"],
        "sync_at",
        Priority.ROUTINE,
    ),
    Waiting(
        "receipts",
        {"number": 0},
        "receipt-number",
        lambda _: "receipts",
        lambda row: row.get("due_at") or row["paid_at"],
        "due_at",
    ),
    Waiting(
        "emails",
        _is_due("due_at"),
        "email",
        lambda _: "resend",
        lambda row: row["due_at"],
        "due_at",
        expires_after=timedelta(hours=23),
    ),
)


class JobsOfDueRows:
    """A job for each row that waits and has none; with `remove` the fields go as well."""

    def __init__(self, *, remove: bool) -> None:
        self._remove = remove

    async def total(self) -> int:
        counts = [await collection(one.collection).count(self._rows(one)) for one in WAITING]
        return sum(counts)

    def _rows(self, one: Waiting) -> Row:
        if not self._remove:
            return one.where
        return {"$or": [one.where, {one.field: {"$exists": True}}]}

    async def batch(self, position: Any) -> Batch:
        """Position: which collection, and the id after which to go on."""
        number, last_id = position or (0, "")
        one = WAITING[number]
        rows = await collection(one.collection).find(
            {"$and": [self._rows(one), {"_id": {"$gt": last_id}}]}, sort=[("_id", 1)], limit=BATCH
        )
        await self._queue(one, [row for row in rows if _waits(one, row)])
        if self._remove:
            ids = [row["_id"] for row in rows]
            await collection(one.collection).update_many(
                {"_id": {"$in": ids}}, {"$unset": {one.field: ""}}
            )
        if len(rows) == BATCH:
            return Batch([number, rows[-1]["_id"]], len(rows))
        if number + 1 < len(WAITING):
            return Batch([number + 1, ""], len(rows))
        if self._remove:
            await collection("jobs").delete_many({"_id": OWNER_OF_NUMBERS})
        return Batch(None, len(rows))

    async def _queue(self, one: Waiting, rows: list[Row]) -> None:
        known = await jobs.open_keys(one.kind, [row["_id"] for row in rows])
        for row in rows:
            if row["_id"] in known:
                continue
            lasts = one.expires_after
            await jobs.queue(
                one.kind,
                row["_id"],
                one.lane(row),
                one.due_at(row),
                clock.business(),
                priority=one.priority,
                expires_at=row["queued_at"] + lasts if lasts else None,
            )


def _waits(one: Waiting, row: Row) -> bool:
    return row.get("number") == 0 if one.collection == "receipts" else bool(row.get(one.field))
