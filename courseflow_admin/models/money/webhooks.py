"""A webhook event in the inbox, and one that was refused."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from courseflow_admin.models.core.base import Document

# What companies say of a person; we ask them again and never read it here.
OF_PERSONS = {
    *("to", "cc", "bcc", "reply_to", "subject", "headers", "click", "open"),  # Resend
    *("customer_details", "customer_email", "customer_address", "collected_information"),
    *("billing_details", "shipping", "shipping_details", "receipt_email", "evidence"),  # Stripe
    *("contact", "vpa", "upi", "card"),  # Razorpay
    *("email", "name", "phone", "address"),
}
ADDRESS = re.compile(r"[^\s\"'<>(),:;@]{1,64}@[^\s\"'<>(),:;@]{1,255}")
MASKED_ADDRESS = "(address)"


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
    raw: str  # as it came; without what says who someone is once no one needs that any more
    headers: dict[str, str] = Field(default_factory=dict)
    received_at: datetime
    deliveries: list[datetime] = Field(default_factory=list)
    state: WebhookState = WebhookState.WAITING
    result: str = ""
    error: str = ""
    attempts: int = 0  # how often the worker has tried
    handled_at: datetime | None = None
    payment_id: str = ""
    email_id: str = ""
    body_kept_days: int | None = None  # after so many days its body was deleted


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


STUCK_AFTER = timedelta(minutes=10)  # events are handled within seconds
STUCK = "stuck"  # in the list's filter: failed, or waiting for too long


@dataclass(frozen=True)
class WebhookFilter:
    """All that are given must match; an empty one matches all."""

    state: str = ""  # a WebhookState, or STUCK
    provider: str = ""


def without_people(raw: str) -> str:
    """A verified body with its ids and states, but nothing that says who someone is.

    So it may stay when the account it is about is deleted.
    """
    return json.dumps(json.loads(raw, object_pairs_hook=_impersonal), ensure_ascii=False)


def without_addresses(text: str) -> str:
    return ADDRESS.sub(MASKED_ADDRESS, text) if "@" in text else text


def _impersonal(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: _masked(value) for name, value in pairs if name not in OF_PERSONS}


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return without_addresses(value) if isinstance(value, str) else value
