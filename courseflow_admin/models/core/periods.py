"""Spans of whole days in the school's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from courseflow_admin.config import settings
from courseflow_admin.errors import Invalid
from courseflow_admin.models.core import calendar

LONGEST_DAYS = 366
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)  # where no other is given


@dataclass(frozen=True)
class Period:
    """Whole days of the school's time zone, both ends included."""

    first: date
    last: date
    zone: str

    @classmethod
    def newest(cls, days: int, at: datetime) -> Self:
        """The day of `at` and those before it, `days` in all."""
        if not 1 <= days <= LONGEST_DAYS:
            raise Invalid(f"Choose between 1 and {LONGEST_DAYS} days.", "days")
        last = calendar.school().date_of(at)
        return cls(last - timedelta(days=days - 1), last, settings().school_timezone)

    @classmethod
    def parse(cls, first: str, last: str) -> Self | None:
        """From the parameters `from` and `to` (2026-11-22) of an address; None without both.

        With one of them alone the period is open at the other end.
        """
        if not first and not last:
            return None
        start = _day(first, "from") if first else FIRST_DAY
        end = _day(last, "to") if last else LAST_DAY
        if start > end:
            raise Invalid(f"“from” ({start}) is after “to” ({end}).", "from")
        return cls(start, end, settings().school_timezone)

    @property
    def start(self) -> datetime:
        return self._calendar.midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first instant that no longer belongs to it."""
        return self._calendar.midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.length)]

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, just before these."""
        days = timedelta(days=self.length)
        return Period(self.first - days, self.last - days, self.zone)

    def with_before(self) -> "Period":
        return Period(self.before().first, self.last, self.zone)

    def text(self) -> str:
        """`24 Oct – 22 Nov 2026`, `Since 24 Oct 2026`."""
        last = calendar.day_text(self.last)
        if self.last == LAST_DAY:
            return f"Since {calendar.day_text(self.first)}"
        if self.first == FIRST_DAY:
            return f"Until {last}"
        if self.first == self.last:
            return last
        year = "" if self.first.year == self.last.year else f" {self.first.year}"
        return f"{calendar.day_and_month(self.first)}{year} – {last}"

    @property
    def _calendar(self) -> calendar.Calendar:
        return calendar.of(self.zone) or calendar.school()


def _day(text: str, field: str) -> date:
    try:
        day = calendar.read_day(text)
    except ValueError as error:
        raise Invalid("Enter dates such as 2026-11-22.", field) from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid(f"Choose a day from {FIRST_DAY} to {LAST_DAY}.", field)
    return day
