"""Pages of a long list by keyset: the address carries a cursor, a direction and an ordinal."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar

from courseflow_admin.errors import Invalid

Row = TypeVar("Row")
Other = TypeVar("Other")
Direction = Literal["next", "previous"]
PAGE_SIZE = 50
LONGEST_CURSOR = 2000
COUNT_LIMIT = 1000  # counting stops here; the footer says "1,000+"

NO_SUCH_PAGE = "This page of the list does not exist. Go to the first page."


class PastEnd(Invalid):
    code = "past_end"

    def __init__(self) -> None:
        super().__init__("You are past the end of this list. Go to the first page.", "after")


@dataclass(frozen=True)
class Cursor:
    """The sort value and id of the row the page starts after; the row itself may be gone.

    `first`: the ordinal of the first row beyond it, so that a range is true without the address
    saying it too.
    """

    value: datetime | int | str
    id: str
    first: int = field(default=1, compare=False)

    def encode(self) -> str:
        value = self.value
        packed: list[object]
        if isinstance(value, datetime):
            packed = ["t", int(value.timestamp() * 1000), self.id, self.first]
        else:
            packed = ["v", value, self.id, self.first]
        return base64.urlsafe_b64encode(json.dumps(packed).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        if len(text) > LONGEST_CURSOR:
            raise Invalid(NO_SUCH_PAGE, "after")
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            kind, value, row_id, *ordinal = json.loads(raw)
        except (binascii.Error, ValueError, TypeError, UnicodeError, RecursionError) as error:
            raise Invalid(NO_SUCH_PAGE, "after") from error
        if not _is_text(row_id) or not (_is_text(value) or _is_number(value)):
            raise Invalid(NO_SUCH_PAGE, "after")
        first = ordinal[0] if ordinal and _is_number(ordinal[0]) else 1
        if kind == "t" and isinstance(value, int) and 0 <= value < 4_102_444_800_000:
            return cls(datetime.fromtimestamp(value / 1000, UTC), row_id, max(1, first))
        if kind == "v":
            return cls(value, row_id, max(1, first))
        raise Invalid(NO_SUCH_PAGE, "after")


def _is_text(value: object) -> bool:
    """Whether the database can hold it: half of a surrogate pair has no bytes."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_number(value: object) -> bool:
    """Whether the database can hold it. True and False are none."""
    return type(value) is int and abs(value) < 2**63


@dataclass(frozen=True)
class PageRequest:
    """What the address says: where to go on from, which way, and the number of the first row."""

    cursor: Cursor | None = None
    direction: Direction = "next"
    first: int = 1  # ordinal of the first row shown; for people only, never used to skip
    size: int = PAGE_SIZE

    @classmethod
    def parse(cls, after: str = "", before: str = "", first: str = "") -> "PageRequest":
        """From the query parameters `after`, `before` (cursors) and `first`. Invalid otherwise."""
        if after and before:
            raise Invalid("Give either 'after' or 'before'.", "after")
        text = after or before
        cursor = Cursor.decode(text) if text else None
        if cursor is None:
            return cls()
        said = first.isascii() and first.isdigit() and len(first) <= 9
        ordinal = int(first) if said else cursor.first
        return cls(cursor, "previous" if before else "next", max(1, ordinal))


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page; `total` is exact up to COUNT_LIMIT, `more_than_total` says it is larger."""

    rows: list[Row]
    first: int
    total: int
    more_than_total: bool
    next_cursor: str = ""
    previous_cursor: str = ""

    def map(self, shown: Callable[[Row], Other]) -> "Page[Other]":
        """The same page of what each row is shown as."""
        return self.with_rows([shown(row) for row in self.rows])

    def with_rows(self, rows: Sequence[Other]) -> "Page[Other]":
        """The same page with a row for each of its own, in their order."""
        if len(rows) != len(self.rows):
            raise ValueError("A page keeps as many rows as it has.")
        return Page(
            list(rows),
            self.first,
            self.total,
            self.more_than_total,
            self.next_cursor,
            self.previous_cursor,
        )

    @property
    def range_text(self) -> str:
        """`51–100 of 1,000+`."""
        if not self.rows:
            return "0"
        total = f"{self.total:,}{'+' if self.more_than_total else ''}"
        return f"{self.first:,}–{self.first + len(self.rows) - 1:,} of {total}"
