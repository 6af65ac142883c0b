"""The dialog in which an admin resolves the review of a payment."""

import pytest

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payment_parts import (
    Attempt,
    Capture,
    HeldFor,
    PaymentState,
    Review,
    ReviewState,
    SettledBy,
)
from courseflow_admin.services.money import reviews
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payment_rows import effects_of_settling
from tests.builders import audited
from tests.money_builders import a_payment
from tests.state.conftest import NOT_PERMITTED, run, said
from tests.state.money.money_tabs import ADMIN, INES
from tests.state.money.test_payment_detail import opened

ROOM = "Stripe reports a refund of ₹1.00, which is more than is left of this payment."
NOTE = "Given back by bank transfer."


async def in_review(**fields):
    review = Review(state=ReviewState.OPEN, reason=ROOM, at=clock.business())
    return await a_payment(1, "needs_review", review=review, **{"capture": Capture.PAID, **fields})


async def test_a_review_is_resolved_and_the_page_shows_it(database):
    payment = await in_review()
    root, state = await opened(ADMIN, payment.id)
    assert (state.shown.review, state.shown.warning) == (
        ROOM,
        f"Needs review: {ROOM}",
    )

    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)
    assert (state.review_dialog, state.review_about) == (True, ROOM)
    await run(root, PaymentDetailState, "resolve_review", form={"note": f" {NOTE} "})

    assert await said(root) == [("success", "Review resolved.")]
    assert (state.review_dialog, state.resolving) == (False, False)
    assert (state.shown.state, state.shown.review, state.shown.warning) == ("paid", "", "")
    assert [step.what for step in state.steps][-1] == f"Review resolved: {NOTE}"
    assert state.steps[-1].icon == "check"


async def test_a_review_wants_a_note(database):
    payment = await in_review()
    root, state = await opened(ADMIN, payment.id)
    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)

    await run(root, PaymentDetailState, "resolve_review", form={"note": "  "})

    assert state.note_problem == "Enter your findings. They are kept in the payment history."
    assert (state.review_dialog, await audited()) == (True, [])


async def test_what_was_asked_meanwhile_is_not_resolved_unread(database):
    payment = await in_review()
    root, state = await opened(ADMIN, payment.id)
    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)
    await transaction(lambda: reviews.open_review(payment.id, "Another reason."))

    await run(root, PaymentDetailState, "resolve_review", form={"note": NOTE})

    assert (state.shown.review, state.resolving) == ("Another reason.", False)
    assert (await payments_db.get(payment.id)).review.state is ReviewState.OPEN


async def test_no_dialog_opens_where_nobody_is_asked_for(database):
    payment = await a_payment()
    root, state = await opened(ADMIN, payment.id)

    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)

    assert (state.review_dialog, state.shown.review) == (False, "")


async def test_instructors_resolve_nothing_even_when_they_get_past_the_guard(database):
    payment = await in_review()
    root, state = await opened(INES, payment.id)

    await run(root, PaymentDetailState, "resolve_review", form={"note": NOTE})

    assert state.review_problem == NOT_PERMITTED
    assert (await payments_db.get(payment.id)).review.state is ReviewState.OPEN
    assert await audited() == []


@pytest.mark.parametrize(
    ("capture", "becomes", "second"),
    [
        (Capture.PAID, "Paid", "No money is moved, and no access changes."),
        (
            Capture.PENDING,
            "Pending",
            "Its checkout is closed. The money on its way is still followed.",
        ),
        (
            Capture.CREATED,
            "Expired",
            "Its checkout is closed, so Ada Lovelace can buy Data Structures in Practice again.",
        ),
        (
            Capture.FAILED,
            "Failed",
            "Its checkout is closed, so Ada Lovelace can buy Data Structures in Practice again.",
        ),
    ],
)
async def test_the_dialog_tells_what_resolving_does(database, capture, becomes, second):
    payment = await in_review(capture=capture)

    told = effects_of_settling(payment, SettledBy.NOTED)
    after = await reviews.resolve(ADMIN, payment.id, NOTE)

    assert told == [
        f"The payment no longer needs review. Its status changes to “{becomes}”.",
        second,
        "Your note is kept in the payment history with your name. No e-mail is sent.",
    ]
    assert after.state is PaymentState(becomes.lower())


async def held_for_review():
    """₹1,249.50 came in for a course of ₹4,999.00."""
    came = Money(minor=124_950, currency="INR")
    tried = Attempt(
        provider_payment_id="pay_of_razorpay",
        charge_id="pay_of_razorpay",
        at=clock.business(),
        outcome=Capture.PAID,
    )
    held = {"captured": came, "held_for": HeldFor.MISMATCH, "revision": 1, "attempts": [tried]}
    return await in_review(provider="razorpay", **held)


async def test_money_that_the_gateway_holds_is_accepted_or_refunded_and_the_dialog_tells_which(
    database,
):
    payment = await held_for_review()
    root, state = await opened(ADMIN, payment.id)

    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)
    accepting = state.review_effects
    await run(root, PaymentDetailState, "choose_settlement", how="refunded")

    assert state.review_held == "₹1,249.50 held at Razorpay"
    assert (state.review_how, accepting[0]) == (
        "refunded",
        "₹1,249.50 is accepted as the price of Data Structures in Practice, with a receipt for "
        "that amount.",
    )
    assert state.review_effects[0] == (
        "₹1,249.50 goes back through Razorpay, usually within a minute."
    )
    assert state.shown.held == "₹1,249.50"


async def test_a_note_alone_does_not_settle_what_is_held(database):
    payment = await held_for_review()
    root, state = await opened(ADMIN, payment.id)
    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)

    await run(root, PaymentDetailState, "resolve_review", form={"note": NOTE, "how": "noted"})

    assert state.review_problem.startswith("Razorpay holds ₹1,249.50 of this payment.")
    assert (await payments_db.get(payment.id)).review.state is ReviewState.OPEN


async def test_a_way_of_settling_that_nobody_knows_is_refused(database):
    payment = await held_for_review()
    root, state = await opened(ADMIN, payment.id)
    await run(root, PaymentDetailState, "show_review_dialog", is_open=True)

    await run(root, PaymentDetailState, "choose_settlement", how="forgotten")

    assert state.review_how == "accepted"
    assert (await payments_db.get(payment.id)).review.state is ReviewState.OPEN
