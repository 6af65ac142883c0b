"""What all lists have in common: a page of rows, and its refusals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import reflex as rx

from courseflow_admin.errors import CourseFlowError, Invalid, NotSignedIn
from courseflow_admin.models.core.paging import Page, PastEnd
from courseflow_admin.services.school import support
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import ListAddress


class ListState(rx.State, mixin=True):
    """A list whose address says what is shown: controls change it, one loader reads it."""

    view: str = "loading"
    error: str = ""
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    filtered: bool = False
    back_href: str = ""  # from a refusal of what the address says
    back_text: str = ""

    @asynccontextmanager
    async def _refusals(self, address: ListAddress | None = None) -> AsyncIterator[None]:
        """A refusal is shown in place of the rows; who is not signed in is led to sign in."""
        self.back_href = self.back_text = ""
        try:
            yield
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.view, self.error = "error", await support.sentence(problem)
            self.range_text = self.previous_href = self.next_href = ""
            if address is not None and isinstance(problem, Invalid):
                self.back_href, self.back_text = address.back(problem)

    def _show_page(self, page: Page[Any], address: ListAddress, *, dated: bool = True) -> None:
        """`dated`: the rows have times, so the footer says in which zone."""
        if not page.rows and address.goes_on:
            raise PastEnd  # nothing before it either: all of it has gone
        self.range_text = f"{page.range_text} · {times.zone()}" if dated else page.range_text
        self.previous_href = address.previous(page)
        self.next_href = address.next(page)
        self.view = "rows" if page.rows else "empty"
