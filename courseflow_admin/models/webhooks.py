"""A webhook event in the inbox, and one that was refused."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from courseflow_admin.models.base import Document


class WebhookState(StrEnum):
    WAITING = "waiting"
    HANDLED = "handled"
    FAILED = "failed"
    IGNORED = "ignored"


class WebhookEvent(Document):
    provider: str
    event_id: str
    body_hash: str
    kind: str
    raw: str
    headers: dict[str, str] = Field(default_factory=dict)
    received_at: datetime
    deliveries: list[datetime] = Field(default_factory=list)
    state: WebhookState = WebhookState.WAITING
    result: str = ""
    error: str = ""
    attempts: int = 0
    due_at: datetime | None  # when the worker may take it (again); None: done
    handled_at: datetime | None = None
    payment_id: str = ""
    email_id: str = ""


class WebhookRejection(Document):
    """A delivery whose signature did not hold: evidence only, never replayable."""

    provider: str
    at: datetime
    reason: str
    received_signature: str
    computed_signature: str = ""
    skew_seconds: int | None = None
    body: str  # the first 4 kB
    ip: str = ""


STUCK = "stuck"  # in the list's filter: failed, or waiting for too long


@dataclass(frozen=True)
class WebhookFilter:
    """All that are given must match; an empty one matches all."""

    state: str = ""  # a WebhookState, or STUCK
    provider: str = ""
