"""The payments list: a closed table of filters and sorts, and the index each of them uses."""

import re

from courseflow_admin.db import keyset
from courseflow_admin.db.client import Row
from courseflow_admin.models.paging import Page, PageRequest
from courseflow_admin.models.payments import Payment, PaymentFilter, Sort, SortField

FIELDS: dict[SortField, str] = {"date": "created_at", "amount": "amount.minor"}
# What only the detail page shows.
LEFT_OUT: Row = {"syncs": 0, "attempts": 0}


async def search(wanted: PaymentFilter, sort: Sort, request: PageRequest) -> Page[Payment]:
    where, hint = plan(wanted, sort)
    return await keyset.page(
        "payments",
        where,
        FIELDS[sort.field],
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
    by_date = [("created_at", -1), ("_id", -1)]
    if wanted.email_prefix:
        where["email"] = {"$regex": f"^{re.escape(wanted.email_prefix.lower())}"}
        return where, [("email", 1), *by_date]
    for name in ("account_id", "course_id", "owner_id"):
        if name in where:
            return where, [(name, 1), *by_date]
    filters = [(name, 1) for name in ("state", "provider") if name in where]
    return where, [*filters, (FIELDS[sort.field], -1), ("_id", -1)]
