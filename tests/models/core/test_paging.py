"""Pages by keyset: cursors that survive the address bar, and nothing else that looks like one."""

import base64
from datetime import UTC, datetime

import pytest

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.paging import Cursor, Page, PageRequest


@pytest.mark.parametrize("value", [datetime(2026, 5, 3, 12, 0, 1, 234000, UTC), 49_900, "ada@x.y"])
def test_a_cursor_comes_back_from_the_address_as_it_was(value):
    cursor = Cursor(value, "pay_1")

    assert PageRequest.parse(after=cursor.encode()).cursor == cursor


def test_a_cursor_knows_the_number_of_the_row_it_leads_to_and_an_older_one_does_not():
    older = base64.urlsafe_b64encode(b'["v", 1, "pay_1"]').decode()

    assert PageRequest.parse(after=Cursor(1, "pay_1", 51).encode()).first == 51
    assert PageRequest.parse(after=Cursor(1, "pay_1", 51).encode(), first="101").first == 101
    assert PageRequest.parse(after=older).first == 1


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "e30",
        "W10",
        "WyJ2IiwgbnVsbCwgInAiXQ",
        "WyJ2IiwgMSwgeyIkZ3QiOiAiIn1d",
        "é",
        Cursor(2**63, "pay_1").encode(),
        Cursor(-(2**63), "pay_1").encode(),
        Cursor(1, "pay_\ud800").encode(),
        Cursor("\udfff", "pay_1").encode(),
        Cursor(True, "pay_1").encode(),
        base64.urlsafe_b64encode(b"[" * 60_000).decode(),
        base64.urlsafe_b64encode(b"[" * 1_400).decode(),
        Cursor("a" * 2_000, "pay_1").encode(),
    ],
)
def test_what_is_not_a_cursor_is_refused(text):
    with pytest.raises(Invalid, match="does not exist"):
        PageRequest.parse(after=text)


def test_both_directions_at_once_are_refused():
    cursor = Cursor(1, "pay_1").encode()

    with pytest.raises(Invalid, match="either"):
        PageRequest.parse(after=cursor, before=cursor)


@pytest.mark.parametrize(
    ("first", "ordinal"), [("51", 51), ("0", 1), ("-5", 1), ("x", 1), ("٣", 1)]
)
def test_the_ordinal_is_only_for_people_and_never_below_one(first, ordinal):
    cursor = Cursor(1, "pay_1").encode()

    assert PageRequest.parse(after=cursor, first=first).first == ordinal


def test_the_footer_says_the_range_and_when_the_count_stopped():
    rows = [object()] * 50

    assert Page(rows, 51, 1000, True).range_text == "51–100 of 1,000+"
    assert Page(rows[:3], 1, 3, False).range_text == "1–3 of 3"
    assert Page([], 1, 0, False).range_text == "0"


def test_a_page_of_something_else_is_the_same_page():
    page = Page(rows=[1, 2], first=51, total=60, more_than_total=True, next_cursor="n")

    assert page.map(str) == Page(["1", "2"], 51, 60, more_than_total=True, next_cursor="n")
    with pytest.raises(ValueError, match="as many rows"):
        page.with_rows([1])
