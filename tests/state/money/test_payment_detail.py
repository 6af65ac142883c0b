"""One payment as a tab of the back office holds it: what is shown, re-check and refund."""

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payment_parts import PaymentState, Review, ReviewState
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payment_rows import effects_of
from courseflow_admin.worker import run_until_idle
from tests import edge
from tests.builders import stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor
from tests.money_builders import (
    FOR_THE_SCHOOL,
    a_payment,
    an_email,
    payment_row,
    told_by_the_school,
)
from tests.services.money.test_refunds import a_purchase, give_back
from tests.state.conftest import NOT_PERMITTED, run, said
from tests.state.money.money_tabs import ADA, ADMIN, INES, OTTO, a_tab_of


async def opened(actor, payment_id):
    root = await a_tab_of(actor, f"/payments/{payment_id}")
    await run(root, PaymentDetailState, "load")
    return root, await root.get_state(PaymentDetailState)


@pytest.fixture
async def paid(database, sandbox):
    """A payment of ₹4,999.00, paid at Stripe, and an admin."""
    course = await a_course(await an_instructor())
    form = BuyForm(
        course_id=course.id, provider="stripe", billing_name="Ada Lovelace", billing_country="IN"
    )
    start = await checkout.open_checkout(await a_student(), form)
    payment = await payments_db.get(start.payment_id)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    await run_until_idle()
    return await payments_db.get(payment.id), await an_admin()


async def test_a_payment_shows_its_parts_its_mails_and_its_references(database):
    payment = await a_payment(1, billing_name="Ada L", billing_country="IN")
    email = await an_email(payment_id=payment.id)

    _, state = await opened(ADMIN, payment.id)

    shown = state.shown
    assert (state.view, shown.title, shown.amount) == (
        "there",
        "Payment from Ada Lovelace",
        "₹4,999.00",
    )
    assert (shown.listed, shown.charged, shown.refunded, shown.net) == (
        "₹4,999.00",
        "₹4,999.00",
        "₹0.00",
        "₹4,999.00",
    )
    assert shown.learner_href == "/payments?account=acc_ada"
    assert [(line.href, line.state) for line in state.emails] == [
        (f"/emails/{email.id}", "delivered")
    ]
    assert [(one.word, one.value) for one in state.references] == [
        ("Payment", payment.id),
        ("Stripe session", payment.provider_checkout_id),
    ]
    assert [step.what for step in state.steps] == [f"E-mail “{email.subject}” delivered"]


@pytest.mark.parametrize("state", ["created", "pending", "failed", "expired"])
async def test_what_was_not_paid_counts_as_nothing_and_cannot_be_refunded(database, state):
    payment = await a_payment(1, state)

    _, page = await opened(ADMIN, payment.id)

    assert (page.shown.charged, page.shown.net, page.shown.refundable) == ("₹0.00", "₹0.00", "")


async def test_the_instructor_is_shown_amount_state_and_learner_and_nothing_of_the_school(database):
    payment = await a_payment(1, **told_by_the_school(clock.business()))

    root, page = await opened(INES, payment.id)

    shown = page.shown
    assert (page.view, shown.amount, shown.refunded, shown.net, shown.learner, shown.email) == (
        "there",
        "₹4,999.00",
        "−₹100.00",
        "₹4,899.00",
        "Ada Lovelace",
        "ada@demo.test",
    )
    assert shown.warning == "Disputed by the cardholder."
    assert [(line.amount, line.state) for line in page.refunds] == [("₹100.00", "settled")]
    assert [(one.word, one.value) for one in page.references] == [("Payment", payment.id)]
    sent = str(root.dict())
    assert [text for text in FOR_THE_SCHOOL if text in sent] == []


async def test_an_admin_is_shown_why_it_was_refunded_and_what_the_gateway_calls_it(database):
    payment = await a_payment(1, **told_by_the_school(clock.business()))

    _, page = await opened(ADMIN, payment.id)

    assert page.refunds[0].note.endswith(": Looks like fraud")
    assert page.shown.warning.startswith("Disputed by the cardholder (product_not_received)")
    assert [(one.word, one.value) for one in page.references] == [
        ("Payment", payment.id),
        ("Stripe session", "cs_of_stripe"),
        ("Stripe payment", "pi_of_stripe"),
    ]
    assert page.shown.billed_to == "Countess of Lovelace, United Kingdom"


async def test_an_instructor_is_told_that_a_person_looks_but_not_what_was_found(database):
    review = Review(state=ReviewState.OPEN, reason="The amount differs", at=clock.business())
    payment = await a_payment(1, "needs_review", review=review)

    _, own = await opened(INES, payment.id)
    _, inside = await opened(ADMIN, payment.id)

    assert (own.shown.warning, own.shown.review) == ("Needs review", "")
    assert inside.shown.warning == "Needs review: The amount differs"


@pytest.mark.parametrize("actor", [OTTO, ADA.__class__("acc_x", "instructor")])
async def test_a_payment_of_somebody_elses_course_is_not_there(database, actor):
    payment = await a_payment()

    _, state = await opened(actor, payment.id)
    _, own = await opened(INES, payment.id)

    assert (state.view, state.shown.amount, state._payment) == ("missing", "", None)
    assert own.view == "there"


async def test_one_tab_never_shows_the_payment_before_under_another_address(database):
    payment = await a_payment()
    root, state = await opened(ADMIN, payment.id)
    edge.move(root, asPath="/payments/pay_gone", pathname="/payments/pay_gone")

    await run(root, PaymentDetailState, "load")

    assert (state.view, state._payment) == ("missing", None)


async def test_a_refund_in_part_and_then_of_the_rest(paid, sandbox):
    payment, admin = paid
    root, state = await opened(admin, payment.id)

    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    assert (state.dialog, state.refund_amount) == (True, "4999.00")
    await run(root, PaymentDetailState, "preview", amount="1,000.00")
    assert state.refund_act == "Refund ₹1,000.00 to Ada Lovelace"
    await run(
        root, PaymentDetailState, "refund", form={"amount": "1,000.00", "reason": "Late start"}
    )

    assert (await said(root)) == [("success", "Refunded ₹1,000.00 to Ada Lovelace.")]
    assert (state.dialog, state.shown.state, state.shown.net) == (
        False,
        "partially_refunded",
        "₹3,999.00",
    )
    assert sandbox.refunds(payment.provider_payment_id) == [100_000]

    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    assert state.refund_amount == "3999.00"
    await run(root, PaymentDetailState, "refund", form={"amount": "3999", "reason": "All of it"})

    assert (state.shown.state, state.shown.refundable) == ("refunded", "")
    assert sandbox.refunds(payment.provider_payment_id) == [100_000, 399_900]


async def test_the_same_dialog_sent_twice_is_one_refund(paid, sandbox):
    payment, admin = paid
    root, _ = await opened(admin, payment.id)
    form = {"amount": "100", "reason": "Asked for it"}

    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    await run(root, PaymentDetailState, "refund", form=form)
    await run(root, PaymentDetailState, "refund", form=form)

    assert sandbox.refunds(payment.provider_payment_id) == [10_000]


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("5000", "Only ₹4,999.00 can still be refunded. Enter that or less."),
        ("0", "Enter an amount greater than 0."),
        ("-1", "Enter the amount as a number such as 1,299.55."),
        ("", "Enter the amount as a number such as 1,299.55."),
    ],
)
async def test_an_amount_that_does_not_fit_is_said_and_nothing_is_refunded(
    paid, sandbox, amount, problem
):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)

    await run(root, PaymentDetailState, "refund", form={"amount": amount, "reason": "Why not"})

    assert (state.amount_problem, state.dialog, state.refund_effects) == (problem, True, [])
    assert sandbox.refunds(payment.provider_payment_id) == []


async def test_a_refund_wants_its_reason(paid, sandbox):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)

    await run(root, PaymentDetailState, "refund", form={"amount": "1", "reason": "  "})

    assert state.reason_problem == "Enter a reason. It is kept in the payment history."
    assert sandbox.refunds(payment.provider_payment_id) == []


async def test_a_gateway_that_does_not_answer_leaves_the_refund_pending(paid, sandbox):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    sandbox.switch("stripe", outage="500")

    await run(root, PaymentDetailState, "refund", form={"amount": "1", "reason": "Asked for it"})

    ((tone, text),) = await said(root)
    assert tone == "info"
    assert text.startswith("Stripe has not confirmed the refund of ₹1.00 yet.")
    assert (state.refunding, [line.state for line in state.refunds]) == (False, ["pending"])


async def test_a_dialog_whose_request_was_not_answered_sends_the_same_one_again(paid, sandbox):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    form = {"amount": "100", "reason": "Asked for it"}
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    sandbox.switch("stripe", outage="timeout")
    await run(root, PaymentDetailState, "refund", form=form)
    sandbox.switch("stripe", outage="ok")

    await run(root, PaymentDetailState, "load")
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    prefilled, effects = state.refund_amount, state.refund_effects[0]
    await run(root, PaymentDetailState, "refund", form=form)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    await run(root, PaymentDetailState, "refund", form=form)

    assert prefilled == "100.00"
    assert effects.endswith("₹4,899.00 can still be refunded later.")
    assert [tone for tone, _ in await said(root)] == ["info", "success"]  # equal ones once
    assert sandbox.refunds(payment.provider_payment_id) == [10_000, 10_000]


async def test_a_dialog_in_another_tab_takes_the_unanswered_request_up(paid, sandbox):
    payment, admin = paid
    root, _ = await opened(admin, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    sandbox.switch("stripe", outage="timeout")
    form = {"amount": "100", "reason": "Asked for it"}
    await run(root, PaymentDetailState, "refund", form=form)
    sandbox.switch("stripe", outage="ok")

    other, state = await opened(admin, payment.id)
    await run(other, PaymentDetailState, "show_dialog", is_open=True)
    prefilled = state.refund_amount
    await run(other, PaymentDetailState, "refund", form=form)

    assert prefilled == "100.00"
    assert sandbox.refunds(payment.provider_payment_id) == [10_000]


async def test_a_dialog_keeps_its_request_while_the_database_is_away(paid, sandbox, mongod_uri):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    before = state._request_id
    name = client.collection("payments").raw.database.name
    await client.close()

    await run(root, PaymentDetailState, "refund", form={"amount": "1", "reason": "Asked for it"})

    await client.connect(mongod_uri, name)
    assert state.refund_problem.startswith("The database is not responding.")
    assert (state.dialog, state._request_id) == (True, before)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    assert state._request_id == before


async def test_a_refused_request_is_over_and_the_next_try_is_another(paid, sandbox):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    before = state._request_id
    sandbox.refund(payment.provider_payment_id, payment.amount.minor)  # not yet known here

    await run(root, PaymentDetailState, "refund", form={"amount": "1", "reason": "Asked for it"})

    assert state.refund_problem.startswith("Stripe declined the request:")
    assert state._request_id != before


async def test_instructors_cannot_refund_or_recheck_even_when_they_get_past_the_guard(
    database, sandbox
):
    payment = await a_payment()
    root, state = await opened(INES, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)

    await run(root, PaymentDetailState, "refund", form={"amount": "1", "reason": "Mine"})
    await run(root, PaymentDetailState, "recheck")

    assert state.refund_problem == NOT_PERMITTED
    assert await said(root) == [("error", NOT_PERMITTED)]
    (row,) = await stored("payments")
    assert (row["refunds"], row["syncs"]) == ([], [])


async def test_a_recheck_finds_what_no_webhook_told(database, sandbox):
    course = await a_course(await an_instructor())
    form = BuyForm(
        course_id=course.id, provider="razorpay", billing_name="Ada", billing_country="IN"
    )
    sandbox.switch("razorpay", webhooks="never")
    start = await checkout.open_checkout(await a_student(), form)
    payment = await payments_db.get(start.payment_id)
    sandbox.pay(payment.provider_checkout_id)
    root, state = await opened(await an_admin(), payment.id)
    assert state.shown.state == "created"

    await run(root, PaymentDetailState, "recheck")

    assert (state.shown.state, state.checking) == ("paid", False)
    assert await said(root) == [("success", "Checked with Razorpay: paid.")]
    assert (await payments_db.get(payment.id)).state is PaymentState.PAID


async def test_a_recheck_the_gateway_refused_is_said_and_stands_in_the_timeline(paid, sandbox):
    payment, admin = paid
    root, state = await opened(admin, payment.id)
    sandbox.reset()  # it knows nothing of that payment any more

    await run(root, PaymentDetailState, "recheck")

    ((tone, text),) = await said(root)
    assert (tone, text.startswith("Stripe declined the request: No such checkout.session")) == (
        "error",
        True,
    )
    assert state.checking is False
    told = [step.what for step in state.steps]
    assert "Re-check requested" in told
    (asked,) = [one for one in told if "No such checkout.session" in one]
    assert asked.startswith(
        "Checked with Stripe: Stripe declined the request: No such checkout.session"
    )


def test_the_preview_tells_a_part_from_the_whole():
    payment = payment_row()

    part = effects_of(payment, Money.parse("999", "INR"))
    whole = effects_of(payment, Money.parse("4999", "INR"))

    assert part[0] == (
        "₹999.00 is refunded through Stripe to the original payment method. "
        "₹4,000.00 can still be refunded later."
    )
    assert part[1] == "Access to Data Structures in Practice is kept."
    assert whole[1] == (
        "Access to Data Structures in Practice through this payment ends as soon as "
        "Stripe confirms."
    )
    assert whole[3] == (
        "One e-mail, “Your refund for Data Structures in Practice”, goes to ada@demo.test."
    )


async def test_a_refund_made_meanwhile_is_named_and_the_dialog_shows_what_is_left(
    database, sandbox
):
    _, _, payment, _ = await a_purchase(sandbox, "stripe")
    root, state = await opened(ADMIN, payment.id)
    await run(root, PaymentDetailState, "show_dialog", is_open=True)
    await give_back(payment, 50_000)

    form = {"amount": "4999.00", "reason": "Goodwill"}
    await run(root, PaymentDetailState, "refund", form=form)

    assert state.refund_problem.startswith("There is a newer refund of ₹500.00, made just now")
    assert state.shown.refundable == "₹4,499.00"
    assert "₹4,499.00" in state.amount_problem
    assert state.refund_effects == []
    await run(root, PaymentDetailState, "refund", form=form | {"amount": "100.00"})
    after = await payments_db.get(payment.id)
    assert [refund.amount_minor for refund in after.refunds] == [50_000, 10_000]
