"""Notices: one sentence in the corner, kept in state because our pages may not evaluate scripts."""

import time
from dataclasses import dataclass, field
from uuid import uuid4

import reflex as rx

from courseflow_admin.state import edge
from courseflow_admin.state.core.marks import PUBLIC, Arguments, put_mark

KEPT = 4  # older ones make room
REMEMBERED = 10  # can be read again
SAID_WITH_A_MOVE = 3  # seconds: said by what led to another page, so meant to be read there


@dataclass
class Notice:
    """What a handler returns or yields to say something: `yield notices.success("Saved.")`."""

    tone: str  # "success" disappears on its own, "error" and "info" stay until closed
    text: str
    reference: str = ""  # of the line in the log
    id: str = field(default_factory=lambda: uuid4().hex)


def success(text: str) -> Notice:
    return Notice("success", text)


def info(text: str) -> Notice:
    return Notice("info", text)


def error(text: str, reference: str = "") -> Notice:
    return Notice("error", text, reference)


class NoticesState(rx.State):
    """The notices of this tab, and whether the database is away."""

    shown: list[Notice] = []  # oldest first
    history: list[Notice] = []  # newest first, also of those that are shown no more
    database_away: bool = False
    build: str = ""  # of the screens this server has; an open tab may be of another
    _said_at: float = 0.0
    _path: str = ""  # of the page that is shown

    @rx.event
    async def close(self, notice_id: str):
        """Take one away."""
        self.shown = [notice for notice in self.shown if notice.id != notice_id]

    @rx.event
    async def try_again(self):
        """Run the page's loaders again; asked every few seconds while the database is away."""
        return edge.RUN_LOADERS

    def _say(self, notice: Notice) -> None:
        kept = [
            other
            for other in self.shown
            if (other.tone, other.text) != (notice.tone, notice.text) and other.tone != "success"
        ]
        self.shown = [*kept, notice][-KEPT:]
        self.history = [notice, *self.history][:REMEMBERED]
        self._said_at = time.monotonic()

    def _database(self, *, away: bool) -> None:
        if self.database_away != away:  # assigning the same again would be sent again
            self.database_away = away

    def _served_by(self, build: str) -> None:
        if self.build != build:
            self.build = build

    def _forget_successes(self) -> None:
        if any(notice.tone == "success" for notice in self.shown):
            self.shown = [notice for notice in self.shown if notice.tone != "success"]

    def _forget_older(self) -> None:
        """Another page is shown: what was said on the one before would be wrong there."""
        if self.shown and time.monotonic() - self._said_at > SAID_WITH_A_MOVE:
            self.shown = []


class _Close(Arguments):
    notice_id: str


# No `@event`, which itself says notices here.
put_mark(NoticesState.close.fn, PUBLIC, _Close)
put_mark(NoticesState.try_again.fn, PUBLIC, Arguments)
