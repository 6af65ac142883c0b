"""The list of payments as a tab holds it."""

from urllib.parse import parse_qs, urlsplit

from courseflow_admin.db.core import client
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.state.core import times
from courseflow_admin.state.money.payments import PaymentsState
from tests.builders import an_account
from tests.money_builders import a_payment
from tests.state.conftest import run
from tests.state.money.money_tabs import ADMIN, INES, a_tab_of


async def loaded(actor, path="/payments"):
    root = await a_tab_of(actor, path)
    await run(root, PaymentsState, "load")
    return await root.get_state(PaymentsState)


async def test_rows_are_finished_text_newest_first(database):
    old = await a_payment(5, name="", email="")
    new = await a_payment(1, provider="razorpay", method="UPI")

    state = await loaded(ADMIN)

    first, second = state.rows
    assert (first.date, first.learner, first.email) == (
        times.short(new.created_at),
        "Ada Lovelace",
        "ada@demo.test",
    )
    assert (first.course, first.amount, first.state, first.provider, first.method) == (
        "Data Structures in Practice",
        "₹4,999.00",
        "paid",
        "Razorpay",
        "UPI",
    )
    assert first.href == f"/payments/{new.id}"
    assert (second.learner, second.href) == ("Deleted account", f"/payments/{old.id}")
    assert (state.view, state.range_text) == ("rows", "1–2 of 2 · Times in UTC")
    assert (state.previous_href, state.next_href) == ("", "")


async def test_instructors_see_payments_of_own_courses_only(database):
    mine = await a_payment(1)
    await a_payment(2, owner_id="acc_otto")

    state = await loaded(INES)

    assert [row.href for row in state.rows] == [f"/payments/{mine.id}"]


async def test_the_address_says_what_is_shown(database):
    wanted = await a_payment(1, "failed", provider="razorpay", email="bob@demo.test")
    await a_payment(2, "failed", provider="razorpay")
    await a_payment(3, "failed", email="bob@demo.test")

    state = await loaded(ADMIN, "/payments?state=failed&provider=razorpay&email=Bob")

    assert [row.href for row in state.rows] == [f"/payments/{wanted.id}"]
    assert (state.state_text, state.provider_text) == ("Failed", "Razorpay")


async def test_all_of_a_person_are_shown_whatever_their_address_was_or_is(database):
    ada = await an_account()
    now_called = await a_payment(1, account_id=ada.id, email="new@demo.test")
    erased = await a_payment(2, account_id=ada.id, name="", email="")
    await a_payment(3, account_id="acc_bob")

    of_ada = await loaded(ADMIN, f"/payments?state=paid&account={ada.id}")
    by_its_author = await loaded(INES, "/payments?account=acc_bob")
    unknown = await loaded(INES, f"/payments?state=failed&account={ada.id}")

    assert [row.href for row in of_ada.rows] == [
        f"/payments/{now_called.id}",
        f"/payments/{erased.id}",
    ]
    assert of_ada.person_text == "Ada Lovelace"
    assert by_its_author.person_text == "Ada Lovelace"  # as the row of acc_bob calls them
    assert (unknown.rows, unknown.person_text) == ([], ada.id)
    assert unknown.empty_title == "No payments found"


async def test_sorting_by_amount_turns_with_a_second_click(database):
    for minor in (200, 300, 100):
        await a_payment(minor, amount=Money(minor=minor, currency="INR"))

    falling = await loaded(ADMIN, "/payments?sort=amount")
    rising = await loaded(ADMIN, "/payments?sort=amount&order=rising")

    assert [row.amount for row in falling.rows] == ["₹3.00", "₹2.00", "₹1.00"]
    assert (falling.amount_sorted, falling.date_sorted) == ("descending", "none")
    assert falling.sort_by_amount == {"sort": "amount", "order": "rising"}
    assert [row.amount for row in rising.rows] == ["₹1.00", "₹2.00", "₹3.00"]
    assert (rising.amount_sorted, rising.sort_by_amount["order"]) == ("ascending", "")
    assert rising.sort_by_date == {"sort": "", "order": ""}


async def test_a_cursor_that_was_cut_off_on_its_way_means_the_first_page(database):
    await a_payment()

    state = await loaded(ADMIN, "/payments?after=x")

    assert (state.view, len(state.rows), state.filtered) == ("rows", 1, False)


async def test_pages_lead_on_and_back_with_their_filters(database):
    for number in range(60):
        await a_payment(number)

    first = await loaded(ADMIN, "/payments?state=paid")
    hrefs = [row.href for row in first.rows]
    second = await loaded(ADMIN, first.next_href)
    back = await loaded(ADMIN, second.previous_href)

    assert parse_qs(urlsplit(first.next_href).query)["state"] == ["paid"]
    assert first.range_text.startswith("1–50 of 60")
    assert second.range_text.startswith("51–60 of 60")
    assert (len(second.rows), second.next_href) == (10, "")
    assert [row.href for row in back.rows] == hrefs


async def test_nothing_found_says_why(database):
    everything = await loaded(ADMIN)
    reviews = await loaded(ADMIN, "/payments?state=needs_review")

    assert (everything.view, everything.empty_title) == ("empty", "No payments yet")
    assert reviews.empty_title == "No payments need review"


async def test_a_database_that_is_away_is_said_on_the_page(database, mongod_uri):
    root = await a_tab_of(ADMIN, "/payments")
    await client.close()

    await run(root, PaymentsState, "load")
    await client.connect(mongod_uri, database)

    state = await root.get_state(PaymentsState)
    assert (state.view, state.error) == (
        "error",
        "The database is not responding. Please try again in a moment.",
    )


def test_times_name_their_zone_and_leave_out_this_year():
    instant = clock.business()

    assert times.short(instant) == f"{instant.day} {instant:%b, %H:%M}"
    assert times.short(instant.replace(year=2025, day=3, month=2)) == "3 Feb 2025"
    assert times.long(instant.replace(year=2025, day=3, month=2)).endswith(" UTC")
