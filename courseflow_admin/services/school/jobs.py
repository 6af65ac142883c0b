"""The job kernel: work is queued with the fact that causes it, and done in lanes by the worker.

Polling is the truth. A run holds its job by a lease and ends by a deadline before the lease does;
if its worker dies, the job is due again when the lease is over. There is one policy for all kinds:
what an outside company leaves unanswered is asked again after growing pauses; what fails in
another way is tried `TRIES` times and then needs attention, with its reason on the thing itself.
Only worker.py knows the kinds of work.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from courseflow_admin.db.school import jobs as jobs_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import Depth, Job, Lane, Priority

TRIES = 8
LOSSES = 40  # deaths of its worker: it may be why they died, or they died of something else
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=1), timedelta(minutes=10)
JITTER = 0.2  # the part of a pause that chance shortens, so that not all come back at once
DEADLINE = timedelta(seconds=20)  # of one run, unless its kind takes longer
SPARE = 1.5  # a lease is this many times as long as the deadline


class RetryLater(Exception):
    """What a handler raises when its work cannot be done yet; `counted`: towards giving up."""

    def __init__(self, reason: str, *, counted: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.counted = reason, counted


async def _nothing(job: Job, reason: str) -> None:
    """A thing that shows no reason."""


@dataclass(frozen=True)
class Handler:
    """How one kind of job is done, registered in worker.py.

    `run` does the work and returns when to do it again, or None. It may be run twice for the same
    fact, because a worker may die after it and before that is written down. What it raises:
    RetryLater and the errors of providers and of ours are reasons in words; anything else is a
    fault of ours, told by its reference number.
    `retrying` and `gave_up` write the reason on the thing itself, each in the transaction that
    does so to the job.
    """

    kind: str
    run: Callable[[Job], Awaitable[datetime | None]]
    retrying: Callable[[Job, str], Awaitable[None]] = _nothing
    gave_up: Callable[[Job, str], Awaitable[None]] = _nothing
    deadline: timedelta | None = None  # of one run; None: `DEADLINE`


@dataclass(frozen=True)
class Every:
    """A schedule: its job recurs, from one of all workers."""

    name: str
    every: timedelta
    kind: str
    lane: Lane = "own"


async def queue(
    kind: str,
    key: str,
    lane: Lane,
    *,
    due_at: datetime | None = None,
    priority: Priority = Priority.NORMAL,
    payload: Mapping[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Have a job done at `due_at`, else now; inside the transaction of the fact that causes it.

    One that waits already becomes due earlier or more urgent, one that runs just now will run once
    more, one that was given up begins afresh. After `expires_at` its first failure is the last.
    """
    at = clock.business()
    await jobs_db.queue(
        kind,
        key,
        lane,
        due_at or at,
        at,
        priority=priority,
        payload=payload,
        expires_at=expires_at,
    )


async def plan(kind: str, key: str, lane: Lane, due_at: datetime) -> None:
    """Have a job of routine done at `due_at`, unless one is already planned."""
    if not await jobs_db.open_keys(kind, [key]):
        await queue(kind, key, lane, due_at=due_at, priority=Priority.ROUTINE)


async def settle(kind: str, key: str) -> None:
    """What was given up turned out to be done: it needs no attention any more."""
    await jobs_db.settle(kind, key)


async def find(kind: str, key: str) -> Job | None:
    return await jobs_db.find(kind, key)


async def depths() -> list[Depth]:
    """Of each lane: due, at work, given up, and how long the oldest has been due."""
    return await jobs_db.depths(clock.business())


async def lag(kind: str) -> float:
    """For how many seconds the oldest job of a kind has been due; 0 when none is."""
    at = clock.business()
    oldest = await jobs_db.oldest_due(kind, at)
    return (at - oldest).total_seconds() if oldest else 0.0


def pause(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many runs that did not go well; `chance` is from 0 to 1."""
    doubled: int = 2 ** min(max(attempts - 1, 0), 16)
    whole = min(FIRST_RETRY * doubled, LONGEST_RETRY)
    return whole * (1 - JITTER * chance)
