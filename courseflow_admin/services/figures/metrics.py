"""The figures: each is a named metric over a period, and leads to the documents it counts."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from courseflow_admin import routes
from courseflow_admin.db.figures import metrics as metrics_db
from courseflow_admin.db.money import payment_metrics, webhooks_search
from courseflow_admin.db.teaching import enrollments_search
from courseflow_admin.errors import NotFound
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.base import now
from courseflow_admin.models.core.paging import COUNT_LIMIT
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.figures.metrics import (
    EMAIL_DAYS,
    METRICS,
    Bucket,
    metric_of,
    shown_amount,
)
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payment_metrics import (
    LAPSING,
    OPEN_DISPUTES,
    Meaning,
    Metric,
    Scope,
    current_mode,
)
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.webhooks import STUCK, WebhookEvent

DAYS = 30
EVERYBODYS = frozenset({"new_learners"})  # not about courses, so nobody owns a part of it


@dataclass(frozen=True)
class Figure:
    """`number` is in minor units where there is a currency; `before` is that of the days before."""

    metric: str
    label: str
    number: int
    before: int
    currency: str
    value: str
    change: str  # "" when there is nothing to compare with
    tone: Meaning
    href: str
    as_of: datetime


@dataclass(frozen=True)
class Point:
    """One day of the school's time zone."""

    day: date
    number: int
    value: str
    href: str


@dataclass(frozen=True)
class Board:
    """Figures and their days, read at one time; a sum of the points is always the figure.

    Money metrics stand in it once for each currency, the most sold one first.
    """

    period: Period
    as_of: datetime
    currencies: list[str]
    figures: list[Figure]
    points: dict[tuple[str, str], list[Point]]  # by metric and currency

    def figure(self, metric: str, currency: str = "") -> Figure:
        for one in self.figures:
            if one.metric == metric and one.currency in {currency, ""}:
                return one
        raise NotFound("figure")


async def board(actor: Actor, names: list[str], days: int = DAYS) -> Board:
    """These metrics over the last days, compared with as many before."""
    actor.require(Permission.FIGURES_READ)
    metrics = [_visible(actor, name) for name in names]
    instant = now()
    period = Period.newest(days, instant)
    scope = await _scope(actor)
    compared = period.with_before()
    sold, found = await asyncio.gather(
        metrics_db.currencies(compared, scope),
        asyncio.gather(*(metrics_db.daily(metric, compared, scope) for metric in metrics)),
    )
    buckets = {metric.name: own for metric, own in zip(metrics, found, strict=True)}
    currencies = _order(sold, found)
    figures: list[Figure] = []
    points: dict[tuple[str, str], list[Point]] = {}
    for metric in metrics:
        for currency in currencies if metric.is_money else [""]:
            own = [one for one in buckets[metric.name] if one.currency == currency]
            figures.append(_figure(metric, own, period, currency, instant))
            points[metric.name, currency] = _points(metric, own, period, currency)
    return Board(period, instant, currencies, figures, points)


async def figures(actor: Actor, days: int = DAYS) -> list[Figure]:
    """Every figure the actor may see; those of money once for each currency."""
    return (await board(actor, _names(actor), days)).figures


async def series(actor: Actor, name: str, days: int = DAYS, currency: str = "") -> list[Point]:
    """One metric by day, of one currency where it is money (the most sold one by default)."""
    found = await board(actor, [name], days)
    if not metric_of(name).is_money:
        return found.points[name, ""]
    shown = currency or found.currencies[0]
    if shown in found.currencies:
        return found.points[name, shown]
    return _points(metric_of(name), [], found.period, shown)


def _names(actor: Actor) -> list[str]:
    all_of_it = actor.can(Permission.FIGURES_READ_ALL)
    return [name for name in METRICS if all_of_it or name not in EVERYBODYS]


def _visible(actor: Actor, name: str) -> Metric:
    if name in EVERYBODYS:
        actor.require(Permission.FIGURES_READ_ALL)
    return metric_of(name)


async def _scope(actor: Actor) -> Scope:
    if actor.can(Permission.FIGURES_READ_ALL):
        return Scope(current_mode())
    return Scope(current_mode(), actor.id, await enrollments_search.co_taught(actor.id))


def _order(sold: Counter[str], found: Iterable[list[Bucket]]) -> list[str]:
    """Amounts of two currencies cannot be compared, so the number of sales decides."""
    seen = {one.currency for buckets in found for one in buckets if one.currency}
    every = sorted(seen | set(sold), key=lambda code: (-sold[code], code))
    return every or [next(iter(CURRENCIES))]


def _figure(
    metric: Metric, buckets: list[Bucket], period: Period, currency: str, as_of: datetime
) -> Figure:
    number = sum(one.number for one in buckets if one.day >= period.first)
    before = sum(one.number for one in buckets if one.day < period.first)
    rose = number - before
    tone: Meaning = "neutral"
    if rose and metric.rising != "neutral":
        tone = "good" if (rose > 0) == (metric.rising == "good") else "bad"
    change = _change(number, before, money=metric.is_money)
    return Figure(
        metric=metric.name,
        label=metric.label,
        number=number,
        before=before,
        currency=currency,
        value=_value(metric, number, currency),
        change=change,
        tone=tone if change else "neutral",
        href=metric.href(period, currency),
        as_of=as_of,
    )


def _change(number: int, before: int, *, money: bool) -> str:
    """`+12 %` of money, `+3` of things counted."""
    rose = number - before
    sign = "+" if rose > 0 else "−" if rose < 0 else "±"
    if not money:
        return f"{sign}{abs(rose):,}" if number or before else ""
    if before <= 0:  # a part of nothing, or of less than nothing, is no percentage
        return ""
    share = (abs(rose) * 200 + before) // (2 * before)  # rounded half up, without a float
    return f"{sign}{share:,} %"


def _points(metric: Metric, buckets: list[Bucket], period: Period, currency: str) -> list[Point]:
    by_day: Counter[date] = Counter()
    for one in buckets:
        by_day[one.day] += one.number
    return [
        Point(
            day=day,
            number=by_day[day],
            value=_value(metric, by_day[day], currency),
            href=metric.href(Period(day, day, period.zone), currency),
        )
        for day in period.days
    ]


def _value(metric: Metric, number: int, currency: str) -> str:
    return shown_amount(number, currency) if metric.is_money else f"{number:,}"


# What wants a person


@dataclass(frozen=True)
class Attention:
    """One kind of thing that wants a person, with the list of exactly these."""

    name: str
    count: int
    more: bool  # counting stopped at `count`
    oldest: datetime
    what: str
    why: str
    href: str
    act: str
    tone: str  # red, amber

    @property
    def count_text(self) -> str:
        return f"{self.count:,}{'+' if self.more else ''}"


async def needs_a_person(actor: Actor) -> list[Attention]:
    """What wants somebody, the most pressing first; empty when all is well."""
    actor.require(Permission.FIGURES_READ_ALL)
    at = now()
    since = Period.newest(EMAIL_DAYS, at)
    disputes, reviews, lapsing, stuck, undelivered = await asyncio.gather(
        metrics_db.waiting("payments", payment_metrics.attention(OPEN_DISPUTES, at), "created_at"),
        metrics_db.waiting("payments", payment_metrics.needs_review(), "created_at"),
        metrics_db.waiting("payments", payment_metrics.attention(LAPSING, at), "created_at"),
        metrics_db.waiting("webhook_events", webhooks_search.stuck(at), "received_at"),
        metrics_db.waiting("emails", metrics_db.undelivered(since.start), "queued_at"),
    )
    found = [
        _disputes(*disputes),
        _reviews(*reviews),
        _lapsing(*lapsing),
        _stuck(*stuck),
        _undelivered(*undelivered, since),
    ]
    return [one for one in found if one]


def _disputes(count: int, oldest: Any) -> Attention | None:
    if oldest is None:
        return None
    payment = Payment.from_mongo(oldest)
    until = payment.dispute.deadline
    gateway = payment.provider.capitalize()
    return _attention(
        OPEN_DISPUTES,
        count,
        payment.created_at,
        f"{payment.name or 'A learner'} disputes {payment.amount}",
        "payments are disputed",
        f"{gateway} wants an answer by {until.day} {until:%b}."
        if until and count == 1
        else "Their banks want an answer; access is closed until they decide.",
        routes.with_query(routes.PAYMENTS, figure=OPEN_DISPUTES),
        "Answer",
        "red",
    )


def _reviews(count: int, oldest: Any) -> Attention | None:
    if oldest is None:
        return None
    payment = Payment.from_mongo(oldest)
    return _attention(
        "needs_review",
        count,
        payment.created_at,
        f"{payment.amount} of {payment.name or 'a learner'} needs a look",
        "payments need a look",
        payment.review.reason
        if count == 1 and payment.review.reason
        else "What the gateway says does not match what we asked for.",
        routes.with_query(routes.PAYMENTS, state="needs_review"),
        "Review",
        "amber",
    )


def _lapsing(count: int, oldest: Any) -> Attention | None:
    if oldest is None:
        return None
    payment = Payment.from_mongo(oldest)
    return _attention(
        LAPSING,
        count,
        payment.created_at,
        f"{payment.amount} of {payment.name or 'a learner'} is about to lapse",
        "authorized payments are about to lapse",
        "Never captured: the gateway gives such money back after three days.",
        routes.payment(payment.id)
        if count == 1
        else routes.with_query(routes.PAYMENTS, figure=LAPSING),
        "Capture",
        "amber",
    )


def _stuck(count: int, oldest: Any) -> Attention | None:
    if oldest is None:
        return None
    event = WebhookEvent.from_mongo(oldest)
    return _attention(
        "stuck_webhooks",
        count,
        event.received_at,
        f"A message from {event.provider.capitalize()} is stuck",
        "messages from providers are stuck",
        event.error or "It has waited for more than ten minutes."
        if count == 1
        else "They failed, or have waited for more than ten minutes.",
        routes.with_query(routes.WEBHOOKS, state=STUCK),
        "Open",
        "amber",
    )


def _undelivered(count: int, oldest: Any, since: Period) -> Attention | None:
    if oldest is None:
        return None
    email = Email.from_mongo(oldest)
    return _attention(
        "undelivered_emails",
        count,
        email.queued_at,
        f"An e-mail to {email.to_name or email.to} did not arrive",
        "e-mails did not arrive",
        f"“{email.subject}” {email.state.value}."
        if count == 1
        else f"Bounced, failed or refused in the last {EMAIL_DAYS} days.",
        routes.with_query(routes.EMAILS, state="undelivered", since=since.first.isoformat()),
        "Open",
        "red",
    )


def _attention(
    name: str,
    count: int,
    oldest: datetime,
    one: str,
    many: str,
    why: str,
    href: str,
    act: str,
    tone: str,
) -> Attention:
    shown, more = min(count, COUNT_LIMIT), count > COUNT_LIMIT
    what = one if count == 1 else f"{shown:,}{'+' if more else ''} {many}"
    return Attention(name, shown, more, oldest, what, why, href, act, tone)


def age(then: datetime, at: datetime) -> str:
    """`5 h`: for a list of what waits."""
    passed = max(at - then, timedelta())
    if passed >= timedelta(days=1):
        return f"{passed.days} d"
    if passed >= timedelta(hours=1):
        return f"{passed.seconds // 3600} h"
    return f"{passed.seconds // 60} min"
