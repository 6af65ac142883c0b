"""Instants as people read them: in the school's time zone, with the zone named."""

from datetime import datetime

from courseflow_admin.config import settings
from courseflow_admin.models.core import clock


def short(instant: datetime) -> str:
    """`20 Nov, 14:02`, or `20 Nov 2025` of another year. For lists, which name the zone once."""
    local = instant.astimezone(settings().timezone)
    if local.year != clock.business().astimezone(settings().timezone).year:
        return f"{local.day} {local:%b %Y}"
    return f"{local.day} {local:%b, %H:%M}"


def exact(instant: datetime) -> str:
    """`20 Nov, 14:02:11`: for timelines, where seconds tell what came first."""
    local = instant.astimezone(settings().timezone)
    year = (
        ""
        if local.year == clock.business().astimezone(settings().timezone).year
        else f" {local.year}"
    )
    return f"{local.day} {local:%b}{year}, {local:%H:%M:%S}"


def long(instant: datetime) -> str:
    """`20 Nov 2026, 14:02:11 UTC`."""
    local = instant.astimezone(settings().timezone)
    return f"{local.day} {local:%b %Y, %H:%M:%S} {local.tzname()}"


def day(instant: datetime) -> str:
    local = instant.astimezone(settings().timezone)
    return f"{local.day} {local:%b %Y}"


def zone() -> str:
    """`Times in UTC`: said once beside a list."""
    return f"Times in {clock.business().astimezone(settings().timezone).tzname()}"
