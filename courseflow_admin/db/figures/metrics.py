"""Queries behind the figures: the match of each metric, and its sums by day."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.db.money import payment_metrics
from courseflow_admin.db.money.payment_metrics import Hint
from courseflow_admin.db.teaching import enrollments_search
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.paging import COUNT_LIMIT
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.figures.metrics import METRICS, Bucket
from courseflow_admin.models.mail.emails import UNDELIVERED
from courseflow_admin.models.money.payment_metrics import Metric, Scope
from courseflow_admin.models.teaching.enrollments import EnrollmentFilter

MAX_SECONDS = 10


def match(metric: Metric, period: Period, scope: Scope, currency: str = "") -> Row:
    """The documents of a metric: for its sum as for the list behind it."""
    if metric.about == "enrollments":
        return enrollments_search.plan(_learners(scope, period))[0]
    if metric.about == "payments":
        return payment_metrics.match(metric, period, scope, currency)
    return payment_metrics.counted(metric, period)


def _learners(scope: Scope, period: Period | None = None) -> EnrollmentFilter:
    """The list behind the figure, which counts exactly its rows."""
    mine = EnrollmentFilter(period=period)
    return mine.of_author(scope.owner_id, scope.co_taught) if scope.owner_id else mine


def hint(metric: Metric, scope: Scope) -> Hint:
    """The keys of the index that serves the match; none where it needs two."""
    if metric.about == "accounts":
        return [("role", 1), ("created_at", -1), ("_id", -1)]
    if metric.about == "enrollments":
        return enrollments_search.plan(_learners(scope))[1] or []
    return payment_metrics.hint(metric, scope)


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
        from_each = [(replace(metric, less=""), 1), (METRICS[metric.less], -1)]
    buckets: list[Bucket] = []
    for part, sign in from_each:
        rows = await collection(part.about).aggregate(
            pipeline(part, period, scope, currency),
            **hinted(part, scope),
            maxTimeMS=MAX_SECONDS * 1000,
        )
        buckets += [
            Bucket(
                calendar.read_day(row["_id"]["day"]),
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


# What needs attention


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
