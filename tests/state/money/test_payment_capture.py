"""The dialog in which an admin captures what a bank holds for a payment."""

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.services.money import captures
from courseflow_admin.state.core import times
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from tests.builders import stored
from tests.money_builders import a_payment
from tests.services.money.buying import a_sale, hold
from tests.state.conftest import NOT_PERMITTED, run, said
from tests.state.money.money_tabs import ADMIN, a_tab_of
from tests.state.money.test_payment_detail import opened


@pytest.fixture
async def held(database, sandbox):
    """Of ₹4,999.00."""
    course, student = await a_sale()
    return await hold(sandbox, student, course)


async def asked(payment_id):
    """A tab in which the dialog is open."""
    root, state = await opened(ADMIN, payment_id)
    await run(root, PaymentDetailState, "show_capture_dialog", is_open=True)
    return root, state


async def test_what_is_held_says_when_it_goes_back_and_what_capturing_does(held):
    _, state = await asked(held.id)

    lapses = times.long(held.lapses_at)
    assert state.shown.lapses == lapses
    assert state.shown.warning == (
        "Authorized but not captured: nothing is charged yet. If it is not captured, it expires "
        f"on {lapses}."
    )
    assert state.capture_dialog
    assert state.capture_about == f"The authorization of ₹4,999.00 expires on {lapses}."
    assert state.capture_effects == [
        "₹4,999.00 is charged through Razorpay: the full authorized amount.",
        f"{held.name} gets access to {held.course_title} as soon as Razorpay confirms.",
        f"Two e-mails go to {held.email}: course access and the receipt.",
    ]


async def test_a_captured_payment_is_shown_paid(held):
    root, state = await asked(held.id)

    await run(root, PaymentDetailState, "capture")

    assert await said(root) == [("success", f"Captured ₹4,999.00 from {held.name}.")]
    assert (state.capture_dialog, state.capturing, state.capture_problem) == (False, False, "")
    assert (state.shown.state, state.shown.lapses, state.shown.warning) == ("paid", "", "")
    assert "Capture requested" in [step.what for step in state.steps]


async def test_what_razorpay_has_not_confirmed_is_said_in_the_dialog(held, sandbox):
    root, state = await asked(held.id)
    sandbox.switch("razorpay", outage="500")

    await run(root, PaymentDetailState, "capture")

    assert state.capture_problem == (
        "Razorpay has not confirmed the capture yet. We check again in a minute. Sending it "
        "again will not capture twice."
    )
    assert (state.capture_dialog, state.capturing) == (True, False)
    assert (state.shown.state, await said(root)) == ("authorized", [])
    assert "Capture requested" in [step.what for step in state.steps]


async def test_a_dialog_that_is_late_says_so_and_captures_nothing_more(held):
    root, state = await asked(held.id)
    about = state.capture_about
    await captures.capture(ADMIN, held.id)

    await run(root, PaymentDetailState, "capture")

    assert state.capture_problem.startswith("Only an authorized payment")
    assert (state.shown.state, state.capture_about) == ("paid", about)
    assert len(await stored("audit", act="payment.capture_asked")) == 1


async def test_no_dialog_opens_where_nothing_is_held(database):
    payment = await a_payment(1, "paid", provider="razorpay")

    _, state = await asked(payment.id)

    assert (state.capture_dialog, state.shown.lapses) == (False, "")


async def test_instructors_capture_nothing_even_when_they_get_past_the_guard(held):
    owner = Actor(held.owner_id, "instructor", "Ines Weber", "ines@demo.test")
    root = await a_tab_of(owner, f"/payments/{held.id}")
    await run(root, PaymentDetailState, "load")

    await run(root, PaymentDetailState, "capture")

    assert await said(root) == [("error", NOT_PERMITTED)]  # no dialog is open
    assert (await payments_db.get(held.id)).state is PaymentState.AUTHORIZED
    assert await stored("audit", act="payment.capture_asked") == []
