"""Dates and times as people of one zone read them; nothing else formats an instant.

A day alone (of access, of a receipt, of a figure) is a day of the school's zone, whoever looks:
`school()`. An instant with its hour is shown in the zone of whoever reads it, by
`state/core/times.py`. Spans of days are in `periods.py`. The rules: docs/decisions/0017-time.md.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

from courseflow_admin.config import settings
from courseflow_admin.errors import Invalid

LONGEST_NAME = 64
UNKNOWN_ZONE = "This time zone is unknown. Use a name such as Asia/Kolkata."
# Browsers tell some zones by a name that the place itself no longer uses.
RENAMED = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Etc/UTC": "UTC",
    "Etc/GMT": "UTC",
    "GMT": "UTC",
}


@dataclass(frozen=True)
class Calendar:
    """One zone's days and hours. `now` says which year needs no mention, and what was yesterday."""

    zone: ZoneInfo

    @property
    def name(self) -> str:
        """`Kolkata`, `Buenos Aires`, `UTC`: the zone's city, or its full name."""
        area, _, place = self.zone.key.partition("/")
        if not place or area == "Etc":
            return self.zone.key
        return place.rpartition("/")[2].replace("_", " ")

    def date_of(self, instant: datetime) -> date:
        return self._local(instant).date()

    def day(self, instant: datetime) -> str:
        """`30 Nov 2026`."""
        return day_text(self.date_of(instant))

    def day_in_full(self, instant: datetime) -> str:
        """`30 November 2026`, as a letter has it."""
        day = self.date_of(instant)
        return f"{day.day} {day:%B %Y}"

    def hour(self, instant: datetime) -> str:
        """`14:02`; of an hour that exists twice, `02:30 CEST`."""
        return self._hour(instant, "%H:%M")

    def short(self, instant: datetime, now: datetime) -> str:
        """`20 Nov, 14:02`, or `20 Nov 2025` of another year: for lists, which name the zone."""
        day = self.date_of(instant)
        if day.year != self.date_of(now).year:
            return day_text(day)
        return f"{day_and_month(day)}, {self.hour(instant)}"

    def exact(self, instant: datetime) -> str:
        """`20 Nov 2026, 14:02:11 Kolkata time`: for evidence, where seconds tell what was first."""
        return f"{self.day(instant)}, {self._hour(instant, '%H:%M:%S')} {self._zone_words}"

    def long(self, instant: datetime) -> str:
        """`20 Nov 2026, 14:02 Kolkata time`: where it stands alone."""
        return f"{self.day(instant)}, {self.hour(instant)} {self._zone_words}"

    def ago(self, instant: datetime, now: datetime) -> str:
        """`just now`, `5 min ago`, `3 h ago`, `yesterday, 14:02`, or as in a list."""
        passed = now - instant
        if passed < timedelta(minutes=1):  # clocks of others may run ahead of ours
            return "just now" if passed > -timedelta(minutes=1) else self.short(instant, now)
        if passed < timedelta(hours=1):
            return f"{int(passed.total_seconds() // 60)} min ago"
        if passed < timedelta(hours=12):
            return f"{int(passed.total_seconds() // 3600)} h ago"
        if self.days_ago(instant, now) == 1:
            return f"yesterday, {self.hour(instant)}"
        return self.short(instant, now)

    def days_ago(self, instant: datetime, now: datetime) -> int:
        """How many midnights have passed since."""
        return (self.date_of(now) - self.date_of(instant)).days

    def later(self, instant: datetime, days: int) -> datetime:
        """The same hour so many days later, also where a day between has 23 hours or 25."""
        return (self._local(instant) + timedelta(days=days)).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        """When the day begins."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    @property
    def _zone_words(self) -> str:
        return f"{self.name} time" if self.name != self.zone.key else self.zone.key

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def _hour(self, instant: datetime, form: str) -> str:
        local = self._local(instant)
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        known_as = local.tzname() or ""
        which = known_as if known_as[:1].isalpha() else f"UTC{known_as}"
        return f"{local:{form}}" + (f" {which}" if twice else "")


def school() -> Calendar:
    """The school's own: `SCHOOL_TIMEZONE`."""
    return Calendar(settings().timezone)


def of(name: str) -> Calendar | None:
    """That of a zone by its IANA name; None where there is no such zone."""
    known = RENAMED.get(name, name)
    return Calendar(ZoneInfo(known)) if known in _names() else None


def zone_named(name: str) -> str:
    """A zone's name in its current form; Invalid where there is no such zone."""
    found = of(name)
    if found is None:
        raise Invalid(UNKNOWN_ZONE, "zone")
    return found.zone.key


def _zone_or_none(name: str) -> str:
    if name and of(name) is None:
        raise ValueError(UNKNOWN_ZONE)
    return name


# A zone someone chooses to see times in; "" follows the browser.
ChosenZone = Annotated[str, AfterValidator(_zone_or_none)]


@cache
def zones() -> list[str]:
    """Those with a city, and UTC, to choose from; each once."""
    areas = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/")
    return [
        "UTC",
        *sorted(
            name
            for name in _names()
            if name.startswith((*areas, "Europe/", "Indian/", "Pacific/")) and name not in RENAMED
        ),
    ]


@cache
def _names() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if len(name) <= LONGEST_NAME)


# A day without an hour is the same everywhere


def day_text(day: date) -> str:
    """`30 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def day_and_month(day: date) -> str:
    """`30 Nov`."""
    return f"{day.day} {day:%b}"


# For programs


def iso(moment: datetime | date) -> str:
    """ISO 8601: `2026-11-30`, or with the hour and offset and in milliseconds where it has any."""
    if isinstance(moment, datetime):
        exact = moment.microsecond > 0
        return moment.isoformat(timespec="milliseconds" if exact else "seconds")
    return moment.isoformat()


def read_day(text: str) -> date:
    """Of `2026-11-30`; ValueError for anything else."""
    return date.fromisoformat(text)
