"""Opening a checkout: when one is refused, replaced, corrected, or found open already."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import ProviderUnreachable
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Billing
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payment_parts import (
    Capture,
    PaymentState,
    Review,
    ReviewState,
)
from courseflow_admin.models.teaching.access import UNDER_WAY, ReasonCode
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm, PaymentUnderWay
from courseflow_admin.services.teaching import access
from courseflow_admin.services.teaching.enrollments import AlreadyEnrolled
from tests.builders import audited, stored
from tests.job_builders import due_at
from tests.money_builders import a_payment
from tests.patience import within
from tests.services.money.buying import BOTH, a_sale, buy, buying, work

ROWS = {
    ReasonCode.PAYMENT_PENDING: {"state": "pending"},
    ReasonCode.PAYMENT_IN_REVIEW: {
        "state": "needs_review",
        "review": Review(state=ReviewState.OPEN, reason="amount"),
    },
    ReasonCode.PAID_WITHOUT_GRANT: {"state": "paid"},
}


async def a_changed_price(course):
    price = Money(minor=99_900, currency="INR").to_mongo()
    await collection("courses").update_one({"_id": course.id}, {"$set": {"price": price}})


def sessions(sandbox):
    return [session["id"] for session in sandbox.store.newest("session", limit=9)]


@pytest.mark.parametrize("code", sorted(UNDER_WAY))
async def test_while_a_payment_is_under_way_no_other_is_opened(database, sandbox, code):
    course, student = await a_sale()
    if code is ReasonCode.DISPUTED:
        bought = await buy(student, course, "stripe")
        sandbox.dispute(sandbox.pay(bought.provider_checkout_id))
        await work(sandbox)
    else:
        await a_payment(account_id=student.id, course_id=course.id, **ROWS[code])
    before = await stored("payments"), await stored("accounts"), await audited()
    opened = sessions(sandbox)

    assert (await access.verdict(student.id, course.id)).under_way.code is code
    with pytest.raises(PaymentUnderWay):
        await buy(student, course, "stripe")

    assert (await stored("payments"), await stored("accounts"), await audited()) == before
    assert sessions(sandbox) == opened


@pytest.mark.parametrize("other", ["price", "gateway"])
@pytest.mark.parametrize(
    ("act", "refusal", "state"),
    [
        ("pay", AlreadyEnrolled, PaymentState.PAID),
        ("pay_later", PaymentUnderWay, PaymentState.PENDING),
    ],
)
async def test_what_was_paid_a_moment_ago_is_not_replaced_by_a_new_checkout(
    database, sandbox, act, refusal, state, other
):
    course, student = await a_sale()
    sandbox.switch("stripe", webhooks="never")
    payment = await buy(student, course, "stripe")
    getattr(sandbox, act)(payment.provider_checkout_id)
    if other == "price":
        await a_changed_price(course)

    with pytest.raises(refusal):
        await buy(student, course, "stripe" if other == "price" else "razorpay")

    (row,) = await stored("payments")
    assert (row["_id"], row["state"]) == (payment.id, state)
    assert ("checkout.expired", payment.id) not in await audited()


async def test_a_gateway_that_is_off_keeps_nobody_from_buying_by_the_other(
    database, sandbox, gateways_off
):
    course, student = await a_sale()
    old = await buy(student, course, "stripe")
    await gateways_off(
        RAZORPAY_KEY_ID="rzp_test_1",
        RAZORPAY_KEY_SECRET="its-secret",
        HTTPS_PROXY="http://127.0.0.1:9",  # nobody there: no answer
    )

    with pytest.raises(ProviderUnreachable):
        await buy(student, course, "razorpay")

    rows = [(row["provider"], row["open"], row["capture"]) for row in await stored("payments")]
    assert rows == [("stripe", False, Capture.EXPIRED), ("razorpay", True, Capture.CREATED)]
    assert (await audited())[-2:] == [
        ("checkout.expired", old.id),
        ("checkout.opened", (await stored("payments", provider="razorpay"))[0]["_id"]),
    ]


async def test_a_checkout_stripe_no_longer_knows_keeps_nobody_from_buying_at_razorpay(
    database, sandbox
):
    course, student = await a_sale()
    old = await buy(student, course, "stripe")
    sandbox.reset()

    new = await buy(student, course, "razorpay")

    assert (new.provider, new.open) == ("razorpay", True)
    assert (await payments_db.get(old.id)).capture is Capture.EXPIRED


@BOTH
async def test_a_checkout_lasts_ten_minutes_less_than_stripe_allows(database, sandbox, provider):
    course, student = await a_sale()

    payment = await buy(student, course, provider)

    assert payment.expires_at - payment.created_at == timedelta(hours=23, minutes=50)
    assert await due_at(payment.id) - payment.created_at == timedelta(minutes=10)


@pytest.mark.parametrize(("minutes", "same"), [(34, False), (36, True)])
async def test_a_row_without_checkout_is_gone_on_with_only_while_stripe_would_take_it(
    database, sandbox, minutes, same
):
    course, student = await a_sale()
    sandbox.switch("stripe", outage="500")
    with pytest.raises(ProviderUnreachable):
        await buy(student, course, "stripe")
    (row,) = await stored("payments")
    ends = {"expires_at": clock.business() + timedelta(minutes=minutes)}
    await collection("payments").update_one({"_id": row["_id"]}, {"$set": ends})
    sandbox.switch("stripe", outage="ok")

    payment = await buy(student, course, "stripe")

    assert (payment.id == row["_id"]) is same
    assert payment.provider_checkout_id == sessions(sandbox)[0]
    assert (await payments_db.get(row["_id"])).open is same


@pytest.mark.parametrize(("outage", "attempt"), [("500", 2), ("timeout", 1)])
async def test_a_new_key_is_taken_only_after_a_fault_the_gateway_would_repeat(
    database, sandbox, outage, attempt
):
    course, student = await a_sale()
    sandbox.switch("stripe", outage=outage)
    with pytest.raises(ProviderUnreachable):
        await buy(student, course, "stripe")
    (row,) = await stored("payments")
    sandbox.switch("stripe", outage="ok")

    payment = await buy(student, course, "stripe")

    assert (row["attempt"], payment.attempt) == (attempt, attempt)
    assert sessions(sandbox) == [payment.provider_checkout_id]


async def test_the_browser_goes_to_the_checkout_that_was_kept(database, sandbox):
    """Two tabs asked the gateway; `sync` looks at one checkout only."""
    course, student = await a_sale()
    sandbox.switch("stripe", outage="slow")
    opening = asyncio.create_task(checkout.open_checkout(student, buying(course, "stripe")))
    async with asyncio.timeout(30):
        while not (rows := await stored("payments")):  # noqa: ASYNC110 - all there is to see
            await asyncio.sleep(0)
    [row] = rows
    kept = await payments_db.store_checkout(
        row["_id"], "cs_first", "http://first", clock.business()
    )

    start = await opening

    assert (kept, start.url) == (True, "http://first")
    assert (await payments_db.get(row["_id"])).provider_checkout_id == "cs_first"


@BOTH
async def test_a_corrected_billing_name_stands_on_the_open_checkout(database, sandbox, provider):
    course, student = await a_sale()
    first = await buy(student, course, provider)
    form = buying(course, provider).model_dump()
    corrected = BuyForm(**form | {"billing_name": "Ada King", "billing_country": "GB"})

    await checkout.open_checkout(student, corrected)
    await checkout.open_checkout(student, corrected)

    row = await payments_db.get(first.id)
    assert (row.billing_name, row.billing_country) == ("Ada King", "GB")
    assert (await accounts_db.find(student.id)).billing == Billing(name="Ada King", country="GB")
    acts = [act for act, about in await audited() if about == first.id]
    assert acts == ["checkout.opened", "checkout.billing_changed"]
    assert len(await stored("payments")) == 1


async def test_what_is_still_open_when_the_course_is_bought_is_over_and_cannot_be_paid(
    database, sandbox
):
    course, student = await a_sale()
    bought = await buy(student, course, "razorpay")
    left = await buy(student, course, "stripe")
    sandbox.pay(bought.provider_checkout_id)

    await work(sandbox)

    assert (await payments_db.get(bought.id)).state is PaymentState.PAID
    row = await payments_db.get(left.id)
    assert (row.state, row.open) == (PaymentState.EXPIRED, False)
    assert sandbox.store.get("session", left.provider_checkout_id)["status"] == "expired"
    assert ("checkout.expired", left.id) in await audited()
    assert (await access.verdict(student.id, course.id)).allowed


async def test_money_on_its_way_is_still_waited_for_when_the_course_is_bought(database, sandbox):
    course, student = await a_sale()
    bought = await buy(student, course, "razorpay")
    waits = await buy(student, course, "stripe")
    sandbox.pay_later(waits.provider_checkout_id)
    await work(sandbox)
    sandbox.pay(bought.provider_checkout_id)

    await work(sandbox)

    assert (await payments_db.get(bought.id)).state is PaymentState.PAID
    assert (await payments_db.get(waits.id)).state is PaymentState.PENDING


@BOTH
async def test_a_buyer_waits_only_so_long_for_a_gateway_and_goes_on_with_the_same_checkout(
    database, sandbox, monkeypatch, provider
):
    course, student = await a_sale()
    monkeypatch.setattr(checkout, "OPENING_SECONDS", 0.3)
    sandbox.switch(provider, outage="timeout")
    # The sandbox is silent for a second, and Stripe's SDK asks twice.
    with within(0.9), pytest.raises(ProviderUnreachable, match=provider.capitalize()):
        await buy(student, course, provider)
    (silent,) = await stored("payments")
    monkeypatch.undo()
    sandbox.switch(provider, outage="ok")

    payment = await buy(student, course, provider)

    assert (silent["open"], silent["capture"], silent["attempt"]) == (True, "created", 1)
    assert silent["provider_checkout_id"] == ""
    assert (payment.id, payment.attempt) == (silent["_id"], 1)
    kind = {"stripe": "session", "razorpay": "order"}[provider]
    made = [found["id"] for found in sandbox.store.newest(kind, limit=9)]
    assert made == [payment.provider_checkout_id]


async def test_a_buyer_waits_only_so_long_for_the_checkout_that_is_replaced(
    database, sandbox, monkeypatch
):
    course, student = await a_sale()
    await buy(student, course, "stripe")
    before = await stored("payments"), await audited()
    monkeypatch.setattr(checkout, "ENDING_SECONDS", 0.3)
    sandbox.switch("stripe", outage="timeout")

    with within(0.9), pytest.raises(ProviderUnreachable, match="Stripe"):
        await buy(student, course, "razorpay")

    assert (await stored("payments"), await audited()) == before


def test_a_click_on_pay_takes_twelve_seconds_at_most():
    assert checkout.ENDING_SECONDS + checkout.OPENING_SECONDS < 12
