"""What all lists have in common: a page of rows, its refusals, and the search box."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import reflex as rx

from courseflow_admin.errors import CourseFlowError, NotSignedIn
from courseflow_admin.models.paging import Page
from courseflow_admin.services import support
from courseflow_admin.state import times
from courseflow_admin.state.address import LONGEST, ListAddress
from courseflow_admin.state.events import Form


class SearchForm(Form):
    q: str = ""


class ListState(rx.State, mixin=True):
    """A list whose address says what is shown: controls change it, one loader reads it."""

    view: str = "loading"
    error: str = ""
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    filtered: bool = False
    searched: str = ""
    search_key: int = 0  # a new one puts what the address says into the search box
    _typed: str = ""

    @asynccontextmanager
    async def _refusals(self) -> AsyncIterator[None]:
        """A refusal is shown in place of the rows; who is not signed in is led to sign in."""
        try:
            yield
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.view, self.error = "error", await support.sentence(problem)

    def _show_page(self, page: Page[Any], address: ListAddress) -> None:
        self.range_text = f"{page.range_text} · {times.zone()}"
        self.previous_href = address.previous(page)
        self.next_href = address.next(page)
        self.view = "rows" if page.rows else "empty"

    def _show_searched(self, text: str) -> None:
        """What the address looks for, unless the box holds newer letters of the same person."""
        self.searched = text
        if self._typed != text:
            self._typed = text
            self.search_key += 1

    def _search_for(self, text: str, name: str, address: ListAddress) -> rx.event.EventSpec:
        """Look for `text` by the filter `name`, without a step in the browser's history."""
        self._typed = text.strip()[:LONGEST]
        return rx.redirect(address.to(**{name: self._typed}), replace=True)
