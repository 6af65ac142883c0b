"""Queries behind the figures: the match of each metric, and its sums by day."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from courseflow_admin.db import enrollments_search
from courseflow_admin.db.client import Row, collection
from courseflow_admin.models.base import now
from courseflow_admin.models.emails import UNDELIVERED
from courseflow_admin.models.enrollments import EnrollmentFilter
from courseflow_admin.models.metrics import (
    LAPSING,
    LAPSING_AFTER,
    METRICS,
    OPEN_DISPUTES,
    STUCK_AFTER,
    Bucket,
    Metric,
    Period,
    Scope,
)
from courseflow_admin.models.paging import COUNT_LIMIT

Hint = list[tuple[str, int]]
MAX_SECONDS = 10


def match(metric: Metric, period: Period, scope: Scope, currency: str = "") -> Row:
    """The documents of a metric: for its sum as for the list behind it."""
    if metric.about == "enrollments":
        return enrollments_search.plan(_learners(scope, period))[0]
    where: Row = {} if metric.about == "accounts" else _scoped(metric, scope, currency)
    if metric.less:
        parts = (_counted(metric, period), _counted(METRICS[metric.less], period))
        return {"$or": [where | part for part in parts]}
    return where | _counted(metric, period)


def _learners(scope: Scope, period: Period | None = None) -> EnrollmentFilter:
    """The list behind the figure, which counts exactly its rows."""
    mine = EnrollmentFilter(period=period)
    return mine.of_author(scope.owner_id, scope.co_taught) if scope.owner_id else mine


def _scoped(metric: Metric, scope: Scope, currency: str) -> Row:
    where: Row = {"mode": scope.mode} if metric.about == "payments" else {}
    if scope.owner_id:
        where["owner_id"] = scope.owner_id
    if currency and metric.is_money:
        where["amount.currency"] = currency
    return where


def _counted(metric: Metric, period: Period) -> Row:
    within = {"$gte": period.start, "$lt": period.end}
    if not metric.each:
        return {**metric.where, metric.dated: within}
    # One and the same entry must match both; the second line lets the partial index be used.
    inside = {name.removeprefix(f"{metric.each}."): wanted for name, wanted in metric.where.items()}
    entry = {**inside, metric.dated.removeprefix(f"{metric.each}."): within}
    return {metric.each: {"$elemMatch": entry}, metric.dated: {"$gte": period.start}}


def hint(metric: Metric, scope: Scope) -> Hint:
    """The keys of the index that serves the match; none where it needs two."""
    own = bool(scope.owner_id)
    if metric.less:
        return []
    if metric.about == "accounts":
        return [("role", 1), ("created_at", -1), ("_id", -1)]
    if metric.about == "enrollments":
        return enrollments_search.plan(_learners(scope))[1] or []
    if metric.dated == "created_at":
        if own:
            return [("owner_id", 1), ("created_at", -1), ("_id", -1)]
        return [("state", 1), ("created_at", -1), ("_id", -1)]
    if own:
        return [("owner_id", 1), (metric.dated, -1), ("_id", -1)]
    if metric.each:
        return [("mode", 1), (metric.dated, -1), ("_id", -1)]
    # With the amounts at its end this index alone answers the sums, without the documents.
    amounts = [("amount.currency", 1), ("amount.minor", 1)]
    return [("mode", 1), (metric.dated, -1), ("_id", -1), *amounts]


def hinted(metric: Metric, scope: Scope) -> Row:
    """As options of an aggregation."""
    keys = hint(metric, scope)
    return {"hint": dict(keys)} if keys else {}


def pipeline(metric: Metric, period: Period, scope: Scope, currency: str = "") -> list[Row]:
    """The sum of one metric, without what is taken off, by day of the period's zone."""
    counted = match(metric, period, scope, currency)
    again: list[Row] = []
    if metric.each:
        within = {metric.dated: {"$gte": period.start, "$lt": period.end}}
        again = [{"$unwind": f"${metric.each}"}, {"$match": {**metric.where, **within}}]
    day = {
        "$dateToString": {
            "date": f"${metric.dated}",
            "format": "%Y-%m-%d",
            "timezone": period.zone,
        }
    }
    key: Row = {"day": day}
    if metric.is_money:
        key["currency"] = "$amount.currency"
    total = {"$sum": f"${metric.sums}" if metric.is_money else 1}
    return [{"$match": counted}, *again, {"$group": {"_id": key, "number": total}}]


async def daily(metric: Metric, period: Period, scope: Scope, currency: str = "") -> list[Bucket]:
    """What each day adds; a day without anything is left out."""
    from_each = [(metric, 1)]
    if metric.less:
        plain = Metric(metric.name, metric.label, metric.about, metric.dated, sums=metric.sums)
        from_each = [(plain, 1), (METRICS[metric.less], -1)]
    buckets: list[Bucket] = []
    for part, sign in from_each:
        rows = await collection(part.about).aggregate(
            pipeline(part, period, scope, currency),
            **hinted(part, scope),
            maxTimeMS=MAX_SECONDS * 1000,
        )
        buckets += [
            Bucket(
                date.fromisoformat(row["_id"]["day"]),
                row["_id"].get("currency", ""),
                sign * row["number"],
            )
            for row in rows
        ]
    return buckets


async def currencies(period: Period, scope: Scope) -> Counter[str]:
    """How many sales there are in each currency."""
    sales = METRICS["sales"]
    rows = await collection(sales.about).aggregate(
        [
            {"$match": match(sales, period, scope)},
            {"$group": {"_id": "$amount.currency", "sales": {"$sum": 1}}},
        ],
        **hinted(sales, scope),
        maxTimeMS=MAX_SECONDS * 1000,
    )
    return Counter({row["_id"]: row["sales"] for row in rows})


# What wants a person


def attention(figure: str, at: datetime) -> tuple[Row, Hint]:
    """The payments behind a line of "Needs a person", and the index for them."""
    if figure == OPEN_DISPUTES:
        return {"dispute.state": "open"}, [("dispute.state", 1), ("created_at", -1), ("_id", -1)]
    if figure == LAPSING:
        lapsing = {"state": "authorized", "created_at": {"$lt": at - LAPSING_AFTER}}
        return lapsing, [("state", 1), ("created_at", -1), ("_id", -1)]
    raise KeyError(figure)


def needs_review() -> tuple[Row, Hint]:
    return {"state": "needs_review"}, [("state", 1), ("created_at", -1), ("_id", -1)]


def stuck(at: datetime | None = None) -> tuple[Row, Hint]:
    """Webhook events that were given up, or wait for longer than handling ever takes."""
    waiting = {"state": "waiting", "received_at": {"$lt": (at or now()) - STUCK_AFTER}}
    where = {"$or": [{"state": "failed"}, waiting]}
    return where, [("state", 1), ("received_at", -1), ("_id", -1)]


def undelivered(since: datetime) -> tuple[Row, Hint]:
    where = {"state": {"$in": list(UNDELIVERED)}, "queued_at": {"$gte": since}}
    return where, [("state", 1), ("queued_at", -1), ("_id", -1)]


async def waiting(about: str, found: tuple[Row, Hint], dated: str) -> tuple[int, Row | None]:
    """How many (counting stops past the limit), and the oldest of them."""
    where, keys = found
    options: dict[str, Any] = {"hint": keys}
    count = await collection(about).count(where, limit=COUNT_LIMIT + 1, **options)
    if not count:
        return 0, None
    oldest = await collection(about).find(where, sort=[(dated, 1)], limit=1, **options)
    return count, oldest[0] if oldest else None
