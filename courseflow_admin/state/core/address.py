"""The address of a page: what it asks for, and where the controls of a list lead to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from courseflow_admin import routes
from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.paging import PAGE_SIZE, Page, PageRequest, PastEnd
from courseflow_admin.models.core.search_words import without_controls

LONGEST = 254  # characters of one filter: an e-mail address
PAGING = ("after", "before", "first")
# What the values of a filter are, where its name does not say it.
CALLED = {"state": "status", "act": "action", "order": "sort order", "sort": "column to sort by"}


@dataclass
class Choice:
    """What one may pick in a filter, and what the address then says; "" is nothing."""

    text: str
    changes: dict[str, str]


def query_of(url: Any, *names: str) -> dict[str, str]:
    """What the address says of these, "" where it says nothing; the only reader of queries.

    Invalid when it says one of them twice: one reader takes the first and another the last.
    """
    said = parse_qsl(url.query, keep_blank_values=True)
    count = Counter(name for name, _ in said)
    if twice := next((name for name in names if count[name] > 1), ""):
        raise Invalid(f"“{twice}” appears twice in this page's address.", twice)
    given = dict(said)
    return {name: without_controls(given.get(name, "")) for name in names}


def last_part(state: Any) -> str:
    """The id at the end of the page's path."""
    return unquote(state.router.url.path.rstrip("/").rpartition("/")[2])


class ListAddress:
    """`path?filter=…&after=…`: only the parameters in `names` and those of paging count.

    When it says one of them twice, none counts, and `request` is refused. So it is when a filter
    has a value that no one knows: to leave it out would show everything.
    """

    def __init__(self, path: str, url: Any, names: tuple[str, ...], size: int = PAGE_SIZE) -> None:
        self._size = size
        self._refused: Invalid | None = None
        try:
            given = query_of(url, *names, *PAGING)
        except Invalid as twice:
            given, self._refused = dict.fromkeys((*names, *PAGING), ""), twice
        self._path = path
        self._asked = {name: given[name] for name in names}
        for name in names:
            if len(self._asked[name]) > LONGEST:
                self._asked[name] = ""
                self._refused = self._refused or Invalid(
                    f"Use at most {LONGEST} characters to filter by.", name
                )
        self._page = {name: given[name] for name in PAGING}

    def __getitem__(self, name: str) -> str:
        return self._asked[name]

    def one_of(self, name: str, known: Mapping[str, str]) -> str:
        """What is asked for, or "" when that is nothing, or none of the known keys."""
        asked = self._asked[name]
        if not asked or asked in known:
            return asked
        what = CALLED.get(name, name)
        self._refused = self._refused or Invalid(f"“{asked}” is not a known {what}.", name)
        return ""

    def request(self) -> PageRequest:
        """Which page; an address that names none, cut off on its way, means the first."""
        if self._refused:
            raise self._refused
        try:
            return replace(PageRequest.parse(**self._page), size=self._size)
        except Invalid:
            return PageRequest(size=self._size)

    @property
    def goes_on(self) -> bool:
        """Whether the address asks for another page than the first."""
        return self.request().cursor is not None

    def back(self, problem: Invalid) -> tuple[str, str]:
        """Where to go from a refusal, and what that is called: the list without what is wrong."""
        if isinstance(problem, PastEnd):
            return routes.with_query(self._path, **self._asked), "Back to the first page"
        if problem.field in self._asked:
            return routes.with_query(
                self._path, **{**self._asked, problem.field: ""}
            ), "Remove filter"
        return self._path, "Show the whole list"

    def next(self, page: Page[Any]) -> str:
        if not page.next_cursor:
            return ""
        first = page.first + len(page.rows)
        return routes.with_query(self._path, **self._asked, after=page.next_cursor, first=first)

    def previous(self, page: Page[Any]) -> str:
        if not page.previous_cursor:
            return ""
        first = max(1, page.first - self._size)
        before = page.previous_cursor
        return routes.with_query(self._path, **self._asked, before=before, first=first)
