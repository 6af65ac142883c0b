"""What all pages of one thing have in common: whether it is there, and its refusals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx

from courseflow_admin.errors import CourseFlowError, NotFound, NotSignedIn, ReadOnly
from courseflow_admin.services.school import support


class DetailState(rx.State, mixin=True):
    """One thing, named in the address. A loader turns to it, reads it, and sets `view`."""

    view: str = "loading"  # then "there", "missing", "forbidden", "error", or a look of its own
    error: str = ""
    _about: str = ""  # which thing is on screen, or on its way there

    def _turn_to(self, thing: str) -> bool:
        """Whether another thing is asked for than before; then `yield`, so that the page waits."""
        if thing == self._about:
            return False
        self._about = thing
        self._put_away("loading")
        return True

    @asynccontextmanager
    async def _refusals(self, *, kept: bool = False) -> AsyncIterator[None]:
        """A refusal is shown in place of the thing; who is not signed in is led to sign in.

        `kept`: what is on screen stays there when it cannot be read again.
        """
        try:
            yield
        except NotSignedIn:
            raise
        except NotFound:
            self._put_away("missing")
        except ReadOnly:
            self._put_away("forbidden")
        except CourseFlowError as problem:
            if not kept:
                self.view, self.error = "error", await support.sentence(problem)

    def _put_away(self, view: str) -> None:
        self.view, self.error = view, ""
        self._forget()

    def _forget(self) -> None:
        """Empty what was known of the thing before: no heading, link or act of it may stay."""
