"""A page of a list over HTTP: one shape for all of them."""

from collections.abc import Callable
from typing import Generic, Self, TypeVar

from pydantic import BaseModel

from courseflow_admin.models.core.paging import Page

Row = TypeVar("Row")
Found = TypeVar("Found")


class PageView(BaseModel, Generic[Row]):
    """`next` and `previous` are the values of `after` and `before` for the pages beside."""

    rows: list[Row]
    range: str
    total: int
    more_than_total: bool
    next: str
    previous: str

    @classmethod
    def of(cls, page: Page[Found], view: Callable[[Found], Row]) -> Self:
        return cls(
            rows=[view(row) for row in page.rows],
            range=page.range_text,
            total=page.total,
            more_than_total=page.more_than_total,
            next=page.next_cursor,
            previous=page.previous_cursor,
        )
