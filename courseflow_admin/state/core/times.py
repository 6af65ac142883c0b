"""Instants as whoever looks reads them: in their own zone, else the school's; days as the school's.

The guard says with each event whose zone that is. What must be the same for everyone (figures,
receipts, days of access) asks `calendar.school()`.
"""

from contextvars import ContextVar
from datetime import datetime

from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.calendar import Calendar

viewer: ContextVar[Calendar | None] = ContextVar("viewer", default=None)


def short(instant: datetime) -> str:
    """`20 Nov, 14:02`, or `20 Nov 2025` of another year. For lists, which name the zone once."""
    return here().short(instant, clock.business())


def exact(instant: datetime) -> str:
    """`20 Nov 2026, 14:02:11 Kolkata time`: for evidence."""
    return here().exact(instant)


def long(instant: datetime) -> str:
    """`20 Nov 2026, 14:02 Kolkata time`."""
    return here().long(instant)


def hour(instant: datetime) -> str:
    """`14:02`, of today."""
    return here().hour(instant)


def ago(instant: datetime) -> str:
    """`5 min ago`; the exact instant belongs beside it."""
    return here().ago(instant, clock.business())


def days_ago(instant: datetime) -> str:
    """`today`, `yesterday`, `5 days ago`, or the day."""
    days = here().days_ago(instant, clock.business())
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 14 else f"on {here().day(instant)}"


def zone() -> str:
    """`Times in Kolkata`: said once beside a list."""
    return f"Times in {here().name}"


def day(instant: datetime) -> str:
    """`20 Nov 2026`: a day of the school."""
    return calendar.school().day(instant)


def at_school(instant: datetime) -> str:
    """`20 Nov 2026, 14:02 Kolkata time`, the same for everyone: of figures and receipts."""
    return calendar.school().long(instant)


def here() -> Calendar:
    """Whose hours are shown."""
    return viewer.get() or calendar.school()
