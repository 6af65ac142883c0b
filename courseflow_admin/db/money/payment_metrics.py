"""Figures about payments: the match of each metric, for its sum as for the list behind it."""

from datetime import datetime

from courseflow_admin.db.core.client import Row
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.money.payment_metrics import (
    LAPSING,
    LAPSING_AFTER,
    OPEN_DISPUTES,
    PAYMENT_METRICS,
    Metric,
    Scope,
)

Hint = list[tuple[str, int]]


def match(metric: Metric, period: Period, scope: Scope, currency: str = "") -> Row:
    """The payments of a metric: for its sum as for the list behind it."""
    where: Row = {"mode": scope.mode}
    if scope.owner_id:
        where["owner_id"] = scope.owner_id
    if currency and metric.is_money:
        where["amount.currency"] = currency
    if metric.less:
        parts = (counted(metric, period), counted(PAYMENT_METRICS[metric.less], period))
        return {"$or": [where | part for part in parts]}
    return where | counted(metric, period)


def counted(metric: Metric, period: Period) -> Row:
    within = {"$gte": period.start, "$lt": period.end}
    if not metric.each:
        return {**metric.where, metric.dated: within}
    # One and the same entry must match both; the second line lets the partial index be used.
    inside = {name.removeprefix(f"{metric.each}."): wanted for name, wanted in metric.where.items()}
    entry = {**inside, metric.dated.removeprefix(f"{metric.each}."): within}
    # What went back of money that was never a sale is none of its refunds.
    return {
        metric.each: {"$elemMatch": entry},
        metric.dated: {"$gte": period.start},
        "paid_at": {"$ne": None},
    }


def hint(metric: Metric, scope: Scope) -> Hint:
    """The keys of the index that serves the match; none where it needs two."""
    own = bool(scope.owner_id)
    if metric.less:
        return []
    if metric.dated == "created_at":
        if own:
            return [("owner_id", 1), ("created_at", -1), ("_id", -1)]
        return [("state", 1), ("created_at", -1), ("_id", -1)]
    if own:
        return [("owner_id", 1), (metric.dated, -1), ("_id", -1)]
    if metric.each:
        return [("mode", 1), (metric.dated, -1), ("_id", -1)]
    # With the amounts at its end this index alone answers the sums, without the documents.
    amounts = [("amount.currency", 1), ("captured.minor", 1)]
    return [("mode", 1), (metric.dated, -1), ("_id", -1), *amounts]


def attention(figure: str, at: datetime) -> tuple[Row, Hint]:
    """The payments behind a line of "Needs attention", and the index for them."""
    if figure == OPEN_DISPUTES:
        return {"disputes.state": "open"}, [("disputes.state", 1), ("created_at", -1), ("_id", -1)]
    if figure == LAPSING:
        lapsing = {"state": "authorized", "created_at": {"$lt": at - LAPSING_AFTER}}
        return lapsing, [("state", 1), ("created_at", -1), ("_id", -1)]
    raise KeyError(figure)


def needs_review() -> tuple[Row, Hint]:
    return {"state": "needs_review"}, [("state", 1), ("created_at", -1), ("_id", -1)]
