"""The last digits of a card look the same wherever a payment is shown."""

from courseflow_admin.models.money.payments import method_text
from courseflow_admin.services.money.payments import get
from courseflow_admin.state.money.my_payment import MyPaymentState
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payments import PaymentsState
from tests.builders import stored
from tests.services.money.buying import a_sale, buy, work
from tests.state.conftest import run
from tests.state.money.money_tabs import ADMIN, a_tab_of

DIGITS = "Visa •••• 4242"


async def test_a_card_is_shown_with_dots_on_every_page_and_on_the_receipt(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    seen = await a_tab_of(ADMIN, f"/payments/{payment.id}")
    for state in (PaymentsState, PaymentDetailState):
        await run(seen, state, "load")
    own = await a_tab_of(student, f"/my/payments/{payment.id}")
    await run(own, MyPaymentState, "load")
    detail = await seen.get_state(PaymentDetailState)

    assert [row.method for row in (await seen.get_state(PaymentsState)).rows] == [DIGITS]
    assert f", with {DIGITS}, " in detail.shown.subtitle
    assert f"Paid with {DIGITS}" in [step.what for step in detail.steps]
    assert (await own.get_state(MyPaymentState)).shown.method == f"{DIGITS} (Stripe)"
    [receipt] = [mail for mail in await stored("emails") if mail["kind"] == "receipt"]
    assert DIGITS in receipt["html"]
    assert f"Method: {DIGITS}" in receipt["text"]
    assert (await get(ADMIN, payment.id)).payment.method == "Visa 4242"  # what programs read


def test_what_is_no_card_is_shown_as_it_is():
    assert [method_text(of) for of in ("UPI", "", "Us bank account", "Card", "4242")] == [
        *("UPI", "", "Us bank account", "Card", "4242"),
    ]
