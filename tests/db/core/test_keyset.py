"""Pages of a long list over rows that tie, move and vanish between two pages."""

from dataclasses import replace

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments_search
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.paging import Cursor, PageRequest, PastEnd
from courseflow_admin.models.money.payments import PaymentFilter, Sort
from tests.money_builders import a_payment


async def shown(sort: Sort, cursor: str = "", direction="next"):
    request = PageRequest(Cursor.decode(cursor) if cursor else None, direction, size=2)
    page = await payments_search.search(PaymentFilter(), sort, request)
    return page, [payment.id for payment in page.rows]


@pytest.mark.parametrize("falling", [True, False])
async def test_equal_amounts_across_a_border_are_shown_once_each(database, falling):
    ids = [(await a_payment(n, amount=Money(minor=100, currency="INR"))).id for n in range(5)]
    ids.sort(reverse=falling)
    sort = Sort("amount", falling)

    first, top = await shown(sort)
    second, middle = await shown(sort, first.next_cursor)
    third, bottom = await shown(sort, second.next_cursor)
    _, back = await shown(sort, third.previous_cursor, "previous")

    assert [top, middle, bottom] == [ids[:2], ids[2:4], ids[4:]]
    assert (third.next_cursor, back) == ("", ids[2:4])


async def test_a_page_goes_on_from_where_its_row_was_though_the_row_has_vanished(database):
    ids = [(await a_payment(number)).id for number in range(4)]  # newest first
    first, _ = await shown(Sort())

    await collection("payments").raw.delete_one({"_id": ids[1]})
    _, rest = await shown(Sort(), first.next_cursor)

    assert rest == ids[2:]


async def test_past_the_last_row_is_said(database):
    ids = [(await a_payment(number)).id for number in range(3)]
    first, _ = await shown(Sort())
    await collection("payments").raw.delete_one({"_id": ids[2]})

    with pytest.raises(
        PastEnd, match=r"^You are past the end of this list\. Go to the first page\.$"
    ):
        await shown(Sort(), first.next_cursor)


async def test_ranges_are_true_by_the_cursor_alone_and_whatever_the_address_says(database):
    for number in range(5):
        await a_payment(number)
    lying = {"first": "900"}

    first, _ = await shown(Sort())
    second = await payments_search.search(
        PaymentFilter(), Sort(), replace(PageRequest.parse(first.next_cursor), size=2)
    )
    third = await payments_search.search(
        PaymentFilter(), Sort(), replace(PageRequest.parse(second.next_cursor, **lying), size=2)
    )
    back = await payments_search.search(
        PaymentFilter(), Sort(), replace(PageRequest.parse(before=third.previous_cursor), size=2)
    )

    assert [first.range_text, second.range_text] == ["1–2 of 5", "3–4 of 5"]
    assert [third.range_text, back.range_text] == ["5–5 of 5", "3–4 of 5"]
