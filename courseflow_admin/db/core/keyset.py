"""One page of a long list by keyset: the rows after a cursor, and a count that stops at 1,000."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from courseflow_admin.db.core.client import Row, collection, in_transaction
from courseflow_admin.models.core.base import Document
from courseflow_admin.models.core.paging import COUNT_LIMIT, Cursor, Page, PageRequest, PastEnd

Found = TypeVar("Found", bound=Document)
MAX_SECONDS = 3  # a combination of filters without an index of its own may take this long


async def page(
    name: str,
    where: Row,
    field: str,
    request: PageRequest,
    read: Callable[[Row], Found],
    *,
    falling: bool = True,
    hint: list[tuple[str, int]] | None = None,
    projection: Row | None = None,
) -> Page[Found]:
    """Rows of collection `name` that match `where`, sorted by `field` and then by id.

    A cursor whose row has vanished still works: it names a place, not a row. PastEnd when no row
    follows it. `projection` leaves out big fields that a list does not show.
    """
    rows_of = collection(name)
    forward = request.direction == "next"
    order = -1 if falling == forward else 1
    options: dict[str, Any] = {"hint": hint} if hint else {}
    found, total = await _both(
        rows_of.find(
            {"$and": [where, _beyond(request.cursor, field, order)]} if request.cursor else where,
            sort=[(field, order), ("_id", order)],
            limit=request.size + 1,
            max_time_ms=MAX_SECONDS * 1000,
            projection=projection,
            **options,
        ),
        rows_of.count(where, limit=COUNT_LIMIT + 1, maxTimeMS=MAX_SECONDS * 1000, **options),
    )
    if request.cursor and forward and not found:
        raise PastEnd
    more = len(found) > request.size
    found = found[: request.size]
    if not forward:
        found.reverse()
    has_next = more if forward else bool(found)
    has_previous = bool(request.cursor and found) if forward else more
    first = request.first if has_previous else 1
    if found and not has_next and total <= COUNT_LIMIT:  # whatever the address says
        first = max(1, total - len(found) + 1)
    beyond, before = first + len(found), max(1, first - request.size)
    return Page(
        rows=[read(row) for row in found],
        first=first,
        total=min(total, COUNT_LIMIT),
        more_than_total=total > COUNT_LIMIT,
        next_cursor=_cursor(found[-1], field, beyond) if has_next else "",
        previous_cursor=_cursor(found[0], field, before) if has_previous else "",
    )


async def _both(rows: Any, count: Any) -> tuple[list[Row], int]:
    if in_transaction():  # a session serves one query at a time
        return await rows, await count
    both: tuple[list[Row], int] = await asyncio.gather(rows, count)
    return both


def _beyond(cursor: Cursor, field: str, order: int) -> Row:
    sign = "$gt" if order == 1 else "$lt"
    return {
        "$or": [
            {field: {sign: cursor.value}},
            {field: cursor.value, "_id": {sign: cursor.id}},
        ]
    }


def _cursor(row: Row, field: str, first: int) -> str:
    value: Any = row
    for part in field.split("."):
        value = value[part]
    return Cursor(value, row["_id"], first).encode()
