"""A job: one unit of work that is queued with the fact that causes it, and done by the worker."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any, Literal, get_args

from pydantic import Field

from courseflow_admin.models.core.base import Document

# One for each company, so that a slow one delays no work of the others; `own` asks no one else,
# and `receipts` gives numbers one after the other.
Lane = Literal["stripe", "razorpay", "resend", "cloudinary", "receipts", "own"]
LANES: tuple[Lane, ...] = get_args(Lane)
PROVIDERS: frozenset[Lane] = frozenset({"stripe", "razorpay", "resend", "cloudinary"})


FREE = datetime(1970, 1, 1, tzinfo=UTC)  # the end of a lease that no one has


class Priority(IntEnum):
    """Of jobs that are due in one lane the lowest number goes first, then the oldest."""

    URGENT = 0
    NORMAL = 10
    ROUTINE = 20


class JobState(StrEnum):
    DUE = "due"
    ATTENTION = "attention"  # given up: the reason is on the thing itself, too


class Job(Document):
    kind: str
    key: str  # what it is about; while one is open, the same kind and key is the same job
    lane: Lane
    payload: dict[str, Any] = Field(default_factory=dict)
    priority: int = Priority.NORMAL
    state: JobState = JobState.DUE
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None = None  # the first failure after it is the last
    # The lease: no one else takes it before it ends, or before its owner lets go.
    owner: str = ""
    lease_until: datetime = FREE
    # Asked for again while it was at work: then it is not over with this run.
    again_at: datetime | None = None
    again_priority: int | None = None
    attempts: int = 0  # runs since it last went well
    failures: int = 0  # those of them that count towards giving up
    losses: int = 0  # runs whose worker died
    reason: str = ""  # why the last run did not go well
    given_up_at: datetime | None = None


@dataclass(frozen=True)
class Depth:
    """What waits in one lane."""

    lane: str
    due: int
    leased: int
    attention: int
    oldest_due_seconds: float  # how long the oldest one has been due; 0 when none is


class Schedule(Document):
    """A job that recurs; `id` is its name and the key of its job."""

    kind: str
    lane: Lane = "own"
    every_seconds: float
    next_at: datetime
