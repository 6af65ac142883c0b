"""What needs attention: each kind of thing that waits for a person, how many, and the oldest."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime

from courseflow_admin.db.core.client import Row
from courseflow_admin.db.figures import metrics as metrics_db
from courseflow_admin.db.money import payment_metrics, webhooks_search
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.paging import COUNT_LIMIT
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.figures.metrics import EMAIL_DAYS, Kind
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payment_metrics import LAPSING, OPEN_DISPUTES
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.webhooks import WebhookEvent


@dataclass(frozen=True)
class Attention:
    """One kind of thing that waits for a person, and the oldest of them."""

    kind: Kind
    count: int
    more: bool  # counting stopped at `count`
    oldest: datetime
    example: Payment | WebhookEvent | Email  # the one that has waited since `oldest`
    since: date | None = None  # older ones are not counted


Waiting = tuple[int, Row | None]


async def needs_attention(actor: Actor) -> list[Attention]:
    """What waits for a person, the most pressing first; empty when all is well."""
    actor.require(Permission.FIGURES_READ_ALL)
    at = clock.business()
    since = Period.newest(EMAIL_DAYS, at)
    disputes, reviews, lapsing, stuck, undelivered = await asyncio.gather(
        metrics_db.waiting("payments", payment_metrics.attention(OPEN_DISPUTES, at), "created_at"),
        metrics_db.waiting("payments", payment_metrics.needs_review(), "created_at"),
        metrics_db.waiting("payments", payment_metrics.attention(LAPSING, at), "created_at"),
        metrics_db.waiting("webhook_events", webhooks_search.stuck(at), "received_at"),
        metrics_db.waiting("emails", metrics_db.undelivered(since.start), "queued_at"),
    )
    found = [
        _payments(Kind.OPEN_DISPUTES, disputes),
        _payments(Kind.NEEDS_REVIEW, reviews),
        _payments(Kind.LAPSING, lapsing),
        _stuck(stuck),
        _undelivered(undelivered, since.first),
    ]
    return [one for one in found if one]


def _payments(kind: Kind, waiting: Waiting) -> Attention | None:
    count, row = waiting
    if row is None:
        return None
    payment = Payment.from_mongo(row)
    return Attention(kind, *_counted(count), payment.created_at, payment)


def _stuck(waiting: Waiting) -> Attention | None:
    count, row = waiting
    if row is None:
        return None
    event = WebhookEvent.from_mongo(row)
    return Attention(Kind.STUCK_WEBHOOKS, *_counted(count), event.received_at, event)


def _undelivered(waiting: Waiting, since: date) -> Attention | None:
    count, row = waiting
    if row is None:
        return None
    email = Email.from_mongo(row)
    return Attention(Kind.UNDELIVERED_EMAILS, *_counted(count), email.queued_at, email, since)


def _counted(count: int) -> tuple[int, bool]:
    return min(count, COUNT_LIMIT), count > COUNT_LIMIT
