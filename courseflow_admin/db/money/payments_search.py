"""The payments list: a closed table of filters and sorts, and the index each of them uses."""

from courseflow_admin.db.core import addresses, keyset
from courseflow_admin.db.core.client import Row
from courseflow_admin.db.money import payment_metrics
from courseflow_admin.errors import Invalid
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.money.payment_metrics import PAYMENT_METRICS, Scope, current_mode
from courseflow_admin.models.money.payments import (
    Payment,
    PaymentFilter,
    Sort,
    SortField,
)

FIELDS: dict[SortField, str] = {"date": "created_at", "amount": "amount.minor"}
# What only the detail page shows.
LEFT_OUT: Row = {"syncs": 0, "attempts": 0}


async def search(wanted: PaymentFilter, sort: Sort, request: PageRequest) -> Page[Payment]:
    where, hint = plan(wanted, sort)
    return await keyset.page(
        "payments",
        where,
        sort_field(wanted, sort),
        request,
        Payment.from_mongo,
        falling=sort.falling,
        hint=hint,
        projection=LEFT_OUT,
    )


def plan(wanted: PaymentFilter, sort: Sort) -> tuple[Row, list[tuple[str, int]]]:
    """The query, and the keys of the index that serves it.

    An e-mail prefix or one person's, course's or instructor's payments come first: they leave
    few rows, which are then filtered (and for the amount, sorted) in memory.
    """
    named = {
        "account_id": wanted.account_id,
        "course_id": wanted.course_id,
        "owner_id": wanted.owner_id,
        "state": wanted.state,
        "provider": wanted.provider,
    }
    where: Row = {name: value for name, value in named.items() if value}
    if wanted.currency:
        where["amount.currency"] = wanted.currency
    if wanted.figure:
        return _behind_a_figure(wanted, where)
    if wanted.period:
        where["created_at"] = {"$gte": wanted.period.start, "$lt": wanted.period.end}
    by_date = [("created_at", -1), ("_id", -1)]
    if wanted.email_prefix:
        where["email"] = addresses.starting(wanted.email_prefix)
        return where, [("email", 1), *by_date]
    for name in ("account_id", "course_id", "owner_id"):
        if name in where:
            return where, [(name, 1), *by_date]
    filters = [(name, 1) for name in ("state", "provider") if name in where]
    return where, [*filters, (FIELDS[sort.field], -1), ("_id", -1)]


def _behind_a_figure(wanted: PaymentFilter, where: Row) -> tuple[Row, list[tuple[str, int]]]:
    """The rows that a figure counts, by its own match; other filters are applied to these few."""
    metric = PAYMENT_METRICS.get(wanted.figure)
    if metric is None:
        waiting, hint = payment_metrics.attention(wanted.figure, clock.business())
        return {"$and": [where, waiting]}, hint
    if wanted.period is None:
        raise Invalid("Enter both 'from' and 'to'.", "from")
    scope = Scope(current_mode(), wanted.owner_id)
    counted = payment_metrics.match(metric, wanted.period, scope, wanted.currency)
    return ({"$and": [where, counted]} if where else counted), payment_metrics.hint(metric, scope)


def sort_field(wanted: PaymentFilter, sort: Sort) -> str:
    """The date of a payment is when it was begun; behind a figure of paid ones, when it was paid.

    So their list too comes out of one index in its order. (A refund's day cannot sort a list of
    payments, because a payment may have several.)
    """
    metric = PAYMENT_METRICS.get(wanted.figure)
    if sort.field == "date" and metric and metric.dated == "paid_at" and not metric.less:
        return "paid_at"
    return FIELDS[sort.field]
