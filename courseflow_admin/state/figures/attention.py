"""What needs attention, in words, with the link that leads to exactly these things."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from courseflow_admin import routes
from courseflow_admin.models.core import calendar
from courseflow_admin.models.figures.metrics import EMAIL_DAYS, Kind
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payment_metrics import LAPSING, OPEN_DISPUTES
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.webhooks import STUCK, WebhookEvent
from courseflow_admin.services.figures.attention import Attention


@dataclass
class Task:
    name: str
    tone: str
    what: str
    why: str
    age: str
    act: str
    href: str


# kind -> its colour, what to do about it, and several of them
LOOKS = {
    Kind.OPEN_DISPUTES: ("red", "Respond", "payments are disputed"),
    Kind.NEEDS_REVIEW: ("amber", "Review", "payments need review"),
    Kind.LAPSING: ("amber", "Capture", "authorizations are about to expire"),
    Kind.STUCK_WEBHOOKS: ("amber", "Open", "webhooks failed"),
    Kind.UNDELIVERED_EMAILS: ("red", "Open", "e-mails were not delivered"),
}


def task(waits: Attention, at: datetime) -> Task:
    tone, act, several = LOOKS[waits.kind]
    what, why, href = _words(waits)
    if waits.count > 1:
        what = f"{_count(waits.count, more=waits.more)} {several}"
    return Task(waits.kind.value, tone, what, why, age(waits.oldest, at), act, href)


def how_many(waiting: Sequence[Attention], at: datetime) -> str:
    """`3 open, oldest 5 h`; empty when nothing waits."""
    if not waiting:
        return ""
    total = _count(sum(one.count for one in waiting), more=any(one.more for one in waiting))
    return f"{total} open, oldest {age(min(one.oldest for one in waiting), at)}"


def _count(number: int, *, more: bool) -> str:
    return f"{number:,}{'+' if more else ''}"


def _words(waits: Attention) -> tuple[str, str, str]:
    """What the oldest one is, why it (or all of them) waits, and where they are listed."""
    if isinstance(waits.example, WebhookEvent):
        return _stuck(waits.example, alone=waits.count == 1)
    if isinstance(waits.example, Email):
        return _undelivered(waits, waits.example)
    words = {Kind.OPEN_DISPUTES: _disputed, Kind.NEEDS_REVIEW: _reviewed, Kind.LAPSING: _lapsing}
    return words[waits.kind](waits.example, alone=waits.count == 1)


def _disputed(payment: Payment, *, alone: bool) -> tuple[str, str, str]:
    until = payment.dispute.deadline
    by = calendar.day_and_month(calendar.school().date_of(until)) if until else ""
    return (
        f"{payment.name or 'A learner'} disputes {payment.amount}",
        f"Respond at {payment.provider.capitalize()} by {by}."
        if by and alone
        else "Respond to the banks. Access is suspended until they decide.",
        routes.with_query(routes.PAYMENTS, figure=OPEN_DISPUTES),
    )


def _reviewed(payment: Payment, *, alone: bool) -> tuple[str, str, str]:
    return (
        f"{payment.amount} from {payment.name or 'a learner'} needs review",
        payment.review.reason
        if alone and payment.review.reason
        else "The payment doesn't match the order.",
        routes.with_query(routes.PAYMENTS, state="needs_review"),
    )


def _lapsing(payment: Payment, *, alone: bool) -> tuple[str, str, str]:
    return (
        (
            f"Authorization of {payment.amount} from {payment.name or 'a learner'} is about "
            "to expire"
        ),
        "Not captured yet. Authorizations expire after three days.",
        routes.payment(payment.id) if alone else routes.with_query(routes.PAYMENTS, figure=LAPSING),
    )


def _stuck(event: WebhookEvent, *, alone: bool) -> tuple[str, str, str]:
    return (
        f"A webhook from {event.provider.capitalize()} failed",
        event.error or "It has been waiting for more than ten minutes."
        if alone
        else "They failed or have been waiting for more than ten minutes.",
        routes.with_query(routes.WEBHOOKS, state=STUCK),
    )


def _undelivered(waits: Attention, email: Email) -> tuple[str, str, str]:
    since = calendar.iso(waits.since) if waits.since else ""
    return (
        f"An e-mail to {email.to_name or email.to} was not delivered",
        f"“{email.subject}” {email.state.value}."
        if waits.count == 1
        else f"Bounced, failed or refused in the last {EMAIL_DAYS} days.",
        routes.with_query(routes.EMAILS, state="undelivered", since=since),
    )


def age(then: datetime, at: datetime) -> str:
    """`5 h`: for a list of what waits."""
    passed = max(at - then, timedelta())
    if passed >= timedelta(days=1):
        return f"{passed.days} d"
    if passed >= timedelta(hours=1):
        return f"{passed.seconds // 3600} h"
    return f"{passed.seconds // 60} min"
