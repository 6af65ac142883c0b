"""Own payments as a learner's tab holds them: confirming, and what came of it in plain words."""

import json
import time

import pytest

from courseflow_admin.components.badges import MY_PAYMENT
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import (
    Attempt,
    Capture,
    Dispute,
    DisputeState,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    SyncNote,
)
from courseflow_admin.pages.money import my_payment, my_payments
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm
from courseflow_admin.services.money.sync import SILENCE
from courseflow_admin.state.money.my_payment import (
    FOLLOW_FOR_SECONDS,
    LOOK_FOR_SECONDS,
    MyPaymentState,
    is_expected,
    outcome_of,
)
from courseflow_admin.state.money.my_payments import MyPaymentsState
from courseflow_admin.worker import run_until_idle
from tests.course_builders import a_course, a_student, an_instructor
from tests.money_builders import a_payment, comes_in, payment_row
from tests.services.money.buying import a_sale, buy, work
from tests.state.conftest import run
from tests.state.money.money_tabs import ADA, ADMIN, BOB, INES, a_tab_of


async def opened(actor, payment_id):
    root = await a_tab_of(actor, f"/my/payments/{payment_id}")
    await run(root, MyPaymentState, "load")
    return root, await root.get_state(MyPaymentState)


async def test_it_says_confirming_until_the_money_is_there_and_its_receipt_numbered(
    database, sandbox
):
    course, student = await a_course(await an_instructor()), await a_student()
    form = BuyForm(
        course_id=course.id, provider="stripe", billing_name="Ada Lovelace", billing_country="IN"
    )
    start = await checkout.open_checkout(student, form)
    payment = await payments_db.get(start.payment_id)
    root, state = await opened(student, payment.id)
    assert (state.shown.title, state.waiting) == ("Confirming your payment", True)

    sandbox.pay(payment.provider_checkout_id)
    await run(root, MyPaymentState, "look")
    assert (state.shown.title, state.waiting) == ("Confirming your payment", True)
    await sandbox.deliver()
    await run_until_idle()
    await run(root, MyPaymentState, "look")

    year = clock.business().year
    assert (state.shown.title, state.shown.receipt, state.waiting) == (
        "Paid",
        f"SANDBOX-{year}-00001",
        False,
    )
    assert (state.shown.act, state.shown.act_href) == (
        "Start learning",
        "/learn/data-structures-in-practice",
    )


async def test_after_a_minute_it_says_so_and_asks_slowly_for_half_an_hour(database):
    payment = await a_payment(0, "pending")
    root, state = await opened(ADA, payment.id)
    assert (state.waiting, state.following) == (True, False)

    state._since = time.monotonic() - LOOK_FOR_SECONDS
    await run(root, MyPaymentState, "look")
    asked_at = state.shown.title
    assert (asked_at, state.waiting, state.following) == (
        "Your payment is still being confirmed",
        False,
        True,
    )

    state._since = time.monotonic() - FOLLOW_FOR_SECONDS
    await run(root, MyPaymentState, "look")
    await comes_in(payment)
    await run(root, MyPaymentState, "look")

    assert (state.shown.title, state.waiting, state.following) == (asked_at, False, False)


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("expired", "This checkout has expired"),
        ("failed", "The payment failed"),
        ("created", "No payment received yet"),
    ],
)
async def test_an_open_page_follows_a_payment_that_is_paid_after_all(database, state, title):
    payment = await a_payment(90, state)
    root, page = await opened(ADA, payment.id)
    assert (page.shown.title, page.waiting, page.following) == (title, False, True)

    await comes_in(payment)
    await run(root, MyPaymentState, "look")

    assert (page.shown.title, page.shown.charged) == ("Paid", "₹4,999.00")
    assert (page.waiting, page.following) == (False, False)


async def back_from_razorpay(payment):
    about = json.dumps({"order_id": payment.provider_checkout_id})
    assert await checkout.returned("razorpay", {"error[metadata]": about}) == payment.id


async def test_who_comes_back_from_paying_a_replaced_checkout_reads_confirming_then_paid(
    database, sandbox
):
    course, student = await a_sale()
    payment = await buy(student, course, "razorpay")
    await buy(student, course, "stripe")
    assert (await payments_db.get(payment.id)).capture is Capture.EXPIRED
    sandbox.switch("razorpay", webhooks="never")
    sandbox.pay(payment.provider_checkout_id)

    await back_from_razorpay(payment)
    root, state = await opened(student, payment.id)
    assert (state.shown.title, state.waiting) == ("Confirming your payment", True)
    await work(sandbox)
    await run(root, MyPaymentState, "look")

    assert (state.shown.title, state.waiting) == ("Paid", False)


async def test_who_comes_back_with_nothing_paid_reads_so_once_the_gateway_has_said_it(
    database, sandbox
):
    course, student = await a_sale()
    payment = await buy(student, course, "razorpay")
    await buy(student, course, "stripe")

    await back_from_razorpay(payment)
    root, state = await opened(student, payment.id)
    assert (state.shown.title, state.shown.state) == ("Confirming your payment", "confirming")
    await work(sandbox)
    await run(root, MyPaymentState, "look")

    assert (state.shown.title, state.waiting) == ("This checkout has expired", False)
    assert state.shown.state == "expired"


@pytest.mark.parametrize("result", [None, SILENCE])
async def test_while_the_gateway_has_said_nothing_since_the_return_nobody_reads_nothing_was_paid(
    database, result
):
    notes = [SyncNote(at=clock.business(), source="a look", result="expired")]
    returned = clock.business()
    if result:
        notes.append(SyncNote(at=clock.business(), source="a look", result=result))
    payment = await a_payment(90, "expired", syncs=notes, returned_at=returned)
    root, state = await opened(ADA, payment.id)
    assert state.shown.title == "Confirming your payment"

    state._since = time.monotonic() - LOOK_FOR_SECONDS
    await run(root, MyPaymentState, "look")

    assert (state.shown.title, state.waiting, state.following) == (
        "No payment received yet",
        False,
        True,
    )


@pytest.mark.parametrize("actor", [BOB, INES, ADMIN])
async def test_a_payment_of_somebody_else_is_not_there(database, actor):
    payment = await a_payment()

    _, state = await opened(actor, payment.id)

    assert (state.view, state.waiting, state.shown.course) == ("missing", False, "")


def a_refund(minor, state=RefundState.SETTLED, cause=RefundCause.ADMIN):
    return Refund(id="ref_1", amount_minor=minor, state=state, cause=cause, at=clock.business())


DECLINED = Attempt(
    provider_payment_id="pi_1",
    at=clock.business(),
    outcome=Capture.FAILED,
    reason="Not enough money.",
)
OUTCOMES = [
    ("paid", {}, "Paid", "Start learning"),
    ("failed", {}, "The payment failed", "Try again"),
    ("expired", {}, "This checkout has expired", "Buy course"),
    ("created", {}, "No payment received yet", "Continue to payment"),
    ("authorized", {}, "Your payment is authorized", ""),
    (
        "needs_review",
        {"review": Review(state=ReviewState.OPEN, reason="Amounts differ")},
        "We're reviewing this payment",
        "",
    ),
    ("refunded", {"refunds": [a_refund(499_900)]}, "Refunded", "View course"),
    ("partially_refunded", {"refunds": [a_refund(100)]}, "Partly refunded", "Start learning"),
    (
        "disputed",
        {"disputes": [Dispute(state=DisputeState.OPEN)]},
        "You disputed this payment",
        "",
    ),
    (
        "lost",
        {"disputes": [Dispute(state=DisputeState.LOST, amount_minor=499_900)]},
        "Your bank returned the money",
        "",
    ),
    (
        "refunded",
        {"duplicate_of": "pay_first"},
        "You paid twice; this is the second payment",
        "View course",
    ),
    (
        "refunded",
        {"refunds": [a_refund(499_900, cause=RefundCause.SECOND_PAYMENT)]},
        "You paid twice; this is the second payment",
        "View course",
    ),
]


@pytest.mark.parametrize(("state", "fields", "title", "act"), OUTCOMES)
def test_each_outcome_has_its_words_and_the_next_act(state, fields, title, act):
    outcome = outcome_of(payment_row(1, state, **fields), waiting=False, disputes_suspend=True)

    assert (outcome.title, outcome.act) == (title, act)
    assert "!" not in outcome.title + outcome.sentence


def test_a_decline_tells_its_reason_and_a_refund_its_amount():
    declined = outcome_of(
        payment_row(1, "failed", attempts=[DECLINED]), waiting=False, disputes_suspend=True
    )
    pending = outcome_of(
        payment_row(1, refunds=[a_refund(100, RefundState.PENDING)]),
        waiting=False,
        disputes_suspend=True,
    )

    assert "Reason: Not enough money. You can" in declined.sentence
    assert pending.sentence.endswith("A refund of ₹1.00 is on its way to you.")


def test_a_failure_whose_money_may_be_on_its_way_does_not_say_that_nothing_was_charged():
    late = DECLINED.model_copy(
        update={
            "reason": "Your payment was not completed on time. Any amount deducted will be "
            "refunded or the payment confirmed later."
        }
    )

    outcome = outcome_of(
        payment_row(1, "failed", attempts=[late]), waiting=False, disputes_suspend=True
    )

    assert (outcome.title, outcome.sentence, outcome.act) == (
        "The payment was not confirmed in time",
        "You don't have access to Data Structures in Practice yet. If your bank charged you, the "
        "money either comes back or arrives late and gives you access automatically. If you pay "
        "again and both arrive, we refund the second payment automatically.",
        "Try again",
    )


@pytest.mark.parametrize(
    ("minutes", "state", "expected"),
    [
        (1, "created", True),
        (61, "created", False),
        (600, "pending", True),
        (600, "authorized", True),
        (1, "failed", False),
        (1, "expired", False),
        (1, "paid", False),
    ],
)
def test_it_waits_only_for_what_can_still_happen_by_itself(minutes, state, expected):
    assert is_expected(payment_row(minutes, state), None) is expected


async def test_the_list_of_own_payments_has_no_others(database):
    mine = await a_payment(1)
    await a_payment(2, account_id="acc_bob")
    root = await a_tab_of(ADA, "/my/payments")

    await run(root, MyPaymentsState, "load")

    state = await root.get_state(MyPaymentsState)
    (row,) = state.rows
    assert (row.href, row.amount, row.state, row.receipt) == (
        f"/my/payments/{mine.id}",
        "₹4,999.00",
        "paid",
        "",
    )


def test_the_states_on_own_pages_are_said_in_the_buyers_words():
    pages = str(my_payment.breakdown()), str(my_payments.my_payments())

    assert set(MY_PAYMENT) == {*PaymentState, "confirming"}
    for page in pages:
        assert "Not paid yet" in page
        assert not any(word in page for word in ('"Created"', '"Authorized"', '"Needs review"'))
