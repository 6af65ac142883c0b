"""Days that an address asks for: read as they are, or refused by their name."""

from datetime import date

import pytest

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.periods import FIRST_DAY, LAST_DAY, Period


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2026-11-01", "2026-11-30", (date(2026, 11, 1), date(2026, 11, 30))),
        ("2026-11-01", "2026-11-01", (date(2026, 11, 1), date(2026, 11, 1))),
        ("2026-11-01", "", (date(2026, 11, 1), LAST_DAY)),
        ("", "2026-11-30", (FIRST_DAY, date(2026, 11, 30))),
    ],
)
def test_a_period_is_open_where_no_day_is_given(first, last, days):
    period = Period.parse(first, last)

    assert (period.first, period.last) == days
    assert period.start < period.end


def test_an_open_period_reads_as_one():
    assert Period.parse("2026-11-01", "").text() == "Since 1 Nov 2026"
    assert Period.parse("", "2026-11-30").text() == "Until 30 Nov 2026"
    assert Period.parse("", "") is None


@pytest.mark.parametrize(
    ("first", "last", "field", "said"),
    [
        (
            *("2026-11-30", "2026-11-01", "from"),
            "“from” (2026-11-30) is after “to” (2026-11-01).",
        ),
        ("soon", "", "from", "Enter dates such as 2026-11-22."),
        ("2026-11-01", "later", "to", "Enter dates such as 2026-11-22."),
        ("2026-11-01", "2026-11-31", "to", "Enter dates such as 2026-11-22."),
        ("1999-12-31", "", "from", "Choose a day from 2000-01-01 to 2999-12-31."),
        ("2026-11-01", "3000-01-01", "to", "Choose a day from 2000-01-01 to 2999-12-31."),
    ],
)
def test_days_that_are_none_are_refused_by_the_right_name(first, last, field, said):
    with pytest.raises(Invalid) as refused:
        Period.parse(first, last)

    assert (refused.value.field, refused.value.message) == (field, said)
