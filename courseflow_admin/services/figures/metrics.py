"""The figures: each is a named metric over a period, and leads to the documents it counts."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from courseflow_admin.db.figures import metrics as metrics_db
from courseflow_admin.db.teaching import enrollments_search
from courseflow_admin.errors import NotFound
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.figures.metrics import (
    METRICS,
    Bucket,
    metric_of,
)
from courseflow_admin.models.money.payment_metrics import (
    Metric,
    Scope,
    current_mode,
)

DAYS = 30
SCHOOL_WIDE = frozenset({"new_learners"})  # not about courses, so no one owns a part of it


@dataclass(frozen=True)
class Figure:
    """`number` is in minor units where there is a currency; `before` is that of the days before."""

    metric: str
    number: int
    before: int
    currency: str
    as_of: datetime


@dataclass(frozen=True)
class Point:
    """One day of the school's time zone."""

    day: date
    number: int


@dataclass(frozen=True)
class Board:
    """Figures and their days, read at one time; a sum of the points is always the figure.

    Money metrics are in it once for each currency, the most sold one first.
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
    instant = clock.business()
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
            points[metric.name, currency] = _points(own, period)
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
    return _points([], found.period)


def _names(actor: Actor) -> list[str]:
    all_of_it = actor.can(Permission.FIGURES_READ_ALL)
    return [name for name in METRICS if all_of_it or name not in SCHOOL_WIDE]


def _visible(actor: Actor, name: str) -> Metric:
    if name in SCHOOL_WIDE:
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
    return Figure(
        metric=metric.name,
        number=sum(one.number for one in buckets if one.day >= period.first),
        before=sum(one.number for one in buckets if one.day < period.first),
        currency=currency,
        as_of=as_of,
    )


def _points(buckets: list[Bucket], period: Period) -> list[Point]:
    by_day: Counter[date] = Counter()
    for one in buckets:
        by_day[one.day] += one.number
    return [Point(day, by_day[day]) for day in period.days]
