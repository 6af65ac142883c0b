"""A learner's place in a course: the grants that give access, and the progress."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from courseflow_admin.models.core.base import Document, Piece
from courseflow_admin.models.core.periods import Period

GrantKind = Literal["payment", "manual", "free", "batch"]


class EndReason(StrEnum):
    """Why a grant ended before its time; the words are those of stored rows."""

    REFUND = "refund"
    DISPUTE_LOST = "dispute lost"
    SECOND_PAYMENT = "second payment"  # another payment gives the access


class AccessState(StrEnum):
    """What a payment wants of the grant it is the cause of."""

    NONE = "none"  # it has bought nothing
    OPEN = "open"
    SUSPENDED = "suspended"  # while a dispute is open
    ENDED = "ended"


@dataclass(frozen=True)
class PaidAccess:
    """The access that one payment gives, as its money says."""

    account_id: str
    course_id: str
    payment_id: str
    state: AccessState
    ended_by: EndReason | None = None


class Grant(Piece):
    """One cause of access."""

    id: str
    kind: GrantKind
    payment_id: str | None = None
    by: str = ""  # account that granted by hand
    started: datetime
    suspended: datetime | None = None  # since when a dispute about its payment is open
    ended: datetime | None = None
    end_reason: EndReason | Literal[""] = ""  # empty while it has not ended
    expires_at: datetime | None = None

    def active(self, at: datetime) -> bool:
        return (
            self.started <= at and not self.ended and (not self.expires_at or at < self.expires_at)
        )

    def to_mongo(self) -> dict[str, Any]:
        """Without an empty `payment_id`: the unique sparse index must not see it."""
        row = super().to_mongo()
        if row["payment_id"] is None:
            del row["payment_id"]
        return row


class Enrollment(Document):
    """One per (account, course), by unique index."""

    account_id: str
    course_id: str
    owner_id: str  # whose course: for the instructor's lists
    learner_name: str = ""
    learner_email: str = ""
    course_title: str = ""
    course_slug: str = ""
    enrolled_at: datetime
    grants: list[Grant] = Field(default_factory=list)
    progress_version: int = 0  # the version whose lessons the percentage counts
    done: list[str] = Field(default_factory=list)  # lesson ids
    percent: int = Field(default=0, ge=0, le=100)  # the maximum reached
    completed_at: datetime | None = None
    last_lesson_id: str = ""
    last_seen_at: datetime | None = None

    def to_mongo(self) -> dict[str, Any]:
        row = super().to_mongo()
        row["grants"] = [grant.to_mongo() for grant in self.grants]
        return row


@dataclass(frozen=True)
class EnrollmentFilter:
    """All that are given must match; an empty one matches all."""

    account_id: str = ""
    course_id: str = ""
    owner_id: str = ""
    co_taught: tuple[str, ...] = ()  # courses that count besides those of `owner_id`
    email_prefix: str = ""
    period: Period | None = None  # of the day of enrolling

    def of_author(self, account_id: str, co_taught: tuple[str, ...]) -> "EnrollmentFilter":
        return replace(self, owner_id=account_id, co_taught=co_taught)
