"""Dates and times of a zone, where they are easily wrong: two hours of one name, days of 23 hours,
year ends, zones ahead and behind.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.calendar import Calendar
from courseflow_admin.models.core.periods import Period


def in_(zone: str) -> Calendar:
    found = calendar.of(zone)
    assert found is not None
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


KOLKATA, ZURICH, YORK = in_("Asia/Kolkata"), in_("Europe/Zurich"), in_("America/New_York")
BOUGHT = utc("2026-11-29T19:08:11")  # 00:38 of the next day in Kolkata


@pytest.mark.parametrize(
    ("zone", "day", "long"),
    [
        ("Asia/Kolkata", "30 Nov 2026", "30 Nov 2026, 00:38 Kolkata time"),
        ("UTC", "29 Nov 2026", "29 Nov 2026, 19:08 UTC"),
        ("America/New_York", "29 Nov 2026", "29 Nov 2026, 14:08 New York time"),
        ("Pacific/Kiritimati", "30 Nov 2026", "30 Nov 2026, 09:08 Kiritimati time"),
        ("America/Argentina/Buenos_Aires", "29 Nov 2026", "29 Nov 2026, 16:08 Buenos Aires time"),
        ("Etc/GMT+12", "29 Nov 2026", "29 Nov 2026, 07:08 Etc/GMT+12"),
    ],
)
def test_the_same_instant_is_another_day_elsewhere_and_the_zone_is_named(zone, day, long):
    assert (in_(zone).day(BOUGHT), in_(zone).long(BOUGHT)) == (day, long)


def test_a_letter_spells_the_month_and_evidence_tells_seconds():
    assert KOLKATA.day_in_full(BOUGHT) == "30 November 2026"
    assert KOLKATA.exact(BOUGHT) == "30 Nov 2026, 00:38:11 Kolkata time"


def test_only_an_hour_that_exists_twice_says_which_of_the_two_it_is():
    shown = [
        ZURICH.hour(utc(f"2026-10-25T{hour}:30:00")) for hour in ("00", "01", "02")
    ]  # the clocks go back at 01:00 UTC

    assert shown == ["02:30 CEST", "02:30 CET", "03:30"]
    assert ZURICH.short(utc("2026-10-25T01:30:00"), BOUGHT) == "25 Oct, 02:30 CET"
    assert ZURICH.long(utc("2026-10-25T00:30:00")) == "25 Oct 2026, 02:30 CEST Zurich time"
    assert ZURICH.hour(utc("2026-03-29T01:30:00")) == "03:30"  # no 02:30 that night


def test_a_zone_without_letters_says_its_distance_in_such_an_hour():
    assert in_("America/Sao_Paulo").hour(utc("2019-02-17T01:30:00")) == "23:30 UTC-02"
    assert in_("Australia/Lord_Howe").hour(utc("2026-04-04T15:10:00")) == "01:40 UTC+1030"


def test_a_list_leaves_this_year_out_and_the_year_is_that_of_the_zone():
    new_year = utc("2026-12-31T20:00:00")  # 2027 in Kolkata already

    assert KOLKATA.short(new_year, now=new_year) == "1 Jan, 01:30"
    assert KOLKATA.short(utc("2026-12-31T10:00:00"), now=new_year) == "31 Dec 2026"
    assert YORK.short(utc("2026-12-31T10:00:00"), now=new_year) == "31 Dec, 05:00"


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=11, minutes=59), "11 h ago"),
        (timedelta(hours=14), "yesterday, 22:00"),
        (timedelta(hours=36, minutes=1), "29 Nov, 23:59"),
        (-timedelta(hours=2), "1 Dec, 14:00"),
    ],
)
def test_how_long_ago_is_told_by_midnights_and_hours(before, shown):
    now = utc("2026-12-01T12:00:00")

    assert in_("UTC").ago(now - before, now) == shown


@pytest.mark.parametrize(
    ("zone", "start", "days", "ends"),
    [
        ("Asia/Kolkata", "2026-11-29T19:08:00", 30, "2026-12-29T19:08:00"),
        # 1 Oct, 00:30 CEST; by 30 times 24 hours it would end on 30 Oct, 23:30 CET.
        ("Europe/Zurich", "2026-09-30T22:30:00", 30, "2026-10-30T23:30:00"),
        ("Europe/Zurich", "2026-02-28T23:30:00", 30, "2026-03-30T22:30:00"),
        ("America/New_York", "2026-12-31T23:00:00", 1, "2027-01-01T23:00:00"),
        # It ends in the hour that does not exist on 29 March: then as late as that night allows.
        ("Europe/Zurich", "2026-03-28T01:30:00", 1, "2026-03-29T01:30:00"),
    ],
)
def test_days_of_access_end_at_the_hour_they_began(zone, start, days, ends):
    assert in_(zone).later(utc(start), days) == utc(ends)


def test_a_day_of_a_change_of_clocks_has_23_or_25_hours():
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    assert ZURICH.midnight(date(2026, 3, 30)) - ZURICH.midnight(spring) == timedelta(hours=23)
    assert ZURICH.midnight(date(2026, 10, 26)) - ZURICH.midnight(autumn) == timedelta(hours=25)


def test_a_period_is_days_of_the_school(configure):
    configure(SCHOOL_TIMEZONE="Asia/Kolkata")

    period = Period.newest(2, BOUGHT)

    assert period.text() == "29 Nov – 30 Nov 2026"
    assert (period.start, period.end) == (utc("2026-11-28T18:30:00"), utc("2026-11-30T18:30:00"))


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "x" * 5000, "\0"]
)
def test_what_is_no_zone_is_none(name):
    assert calendar.of(name) is None
    with pytest.raises(Invalid, match="This time zone is unknown"):
        calendar.zone_named(name)


def test_a_place_goes_by_the_name_it_has_now():
    assert calendar.zone_named("Asia/Calcutta") == "Asia/Kolkata"
    assert in_("Asia/Calcutta").name == "Kolkata"
    assert {"UTC", "Asia/Kolkata", "Europe/Zurich"} <= set(calendar.zones())
    assert not set(calendar.RENAMED) & set(calendar.zones())


def test_programs_read_iso_8601():
    assert calendar.iso(BOUGHT) == "2026-11-29T19:08:11+00:00"
    assert calendar.iso(BOUGHT.replace(microsecond=7000)) == "2026-11-29T19:08:11.007+00:00"
    assert calendar.iso(date(2026, 11, 30)) == "2026-11-30"
    assert calendar.read_day("2026-11-30") == date(2026, 11, 30)
