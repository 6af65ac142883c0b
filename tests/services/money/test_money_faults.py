"""Where the money path could go wrong: outages, refunds, disputes, changed prices, strangers."""

import asyncio
import json

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Invalid, NotFound, ProviderUnreachable
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.money.observing import Seen
from courseflow_admin.models.money.payment_parts import Capture, PaymentState, RefundState
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.money import checkout, facts, payments, refunds
from courseflow_admin.services.money.checkout import PaymentUnderWay
from courseflow_admin.services.money.facts import Overtaken
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.teaching import access, catalog
from courseflow_admin.state.money.payment_steps import step_rows
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.course_builders import a_course, a_student, an_instructor
from tests.job_builders import make_due
from tests.services.money.buying import BOTH, a_sale, buy, buying, kinds_of_mail, work

ADMIN = Actor("acc_root", "admin")


def checkouts(sandbox, provider):
    """The ids of all that were opened at the gateway."""
    kind = {"stripe": "session", "razorpay": "order"}[provider]
    return [found["id"] for found in sandbox.store.newest(kind, limit=9)]


@BOTH
async def test_an_outage_at_buy_charges_nothing_and_the_next_click_goes_on(
    database, sandbox, provider
):
    course, student = await a_sale()
    sandbox.switch(provider, outage="500")
    with pytest.raises(ProviderUnreachable):
        await checkout.open_checkout(student, buying(course, provider))

    sandbox.switch(provider, outage="ok")
    start = await checkout.open_checkout(student, buying(course, provider))

    (row,) = await stored("payments")
    assert row["_id"] == start.payment_id
    assert row["provider_checkout_id"]


@BOTH
async def test_a_checkout_whose_id_we_never_kept_is_found_again_by_the_next_click(
    database, sandbox, provider
):
    """We died after the gateway answered, before we kept its id."""
    course, student = await a_sale()
    first = await buy(student, course, provider)
    lost = {"provider_checkout_id": "", "checkout_url": ""}
    await collection("payments").update_one({"_id": first.id}, {"$set": lost})

    again = await buy(student, course, provider)

    assert (again.id, again.attempt) == (first.id, first.attempt)
    assert again.provider_checkout_id == first.provider_checkout_id
    assert again.checkout_url == first.checkout_url
    assert checkouts(sandbox, provider) == [first.provider_checkout_id]
    assert len(await stored("payments")) == 1


@BOTH
async def test_after_silence_at_buy_the_next_click_opens_the_one_checkout_and_it_grants_once(
    database, sandbox, provider
):
    """The gateway made the checkout, and nobody heard of it."""
    course, student = await a_sale()
    sandbox.switch(provider, outage="timeout")
    with pytest.raises(ProviderUnreachable):
        await buy(student, course, provider)
    (silent,) = await stored("payments")
    sandbox.switch(provider, outage="ok")

    payment = await buy(student, course, provider)
    opened = checkouts(sandbox, provider)
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    assert (silent["capture"], silent["provider_checkout_id"]) == (Capture.CREATED, "")
    assert (payment.id, opened) == (silent["_id"], [payment.provider_checkout_id])
    (row,) = await stored("payments")
    assert row["state"] == PaymentState.PAID
    (enrollment,) = await stored("enrollments")
    assert [grant["payment_id"] for grant in enrollment["grants"]] == [payment.id]
    assert await kinds_of_mail() == ["access_granted", "receipt"]


@BOTH
async def test_an_outage_while_syncing_loses_nothing(database, sandbox, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    sandbox.switch(provider, outage="500")
    await sandbox.deliver()
    await run_until_idle()
    assert (await payments_db.get(payment.id)).state is PaymentState.CREATED

    sandbox.switch(provider, outage="ok")
    await make_due(kind="webhook-event")
    await work(sandbox)

    assert (await payments_db.get(payment.id)).state is PaymentState.PAID


@BOTH
async def test_a_refund_made_at_the_gateway_ends_its_own_grant_and_is_mailed(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    provider_payment = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    sandbox.refund(provider_payment)
    await work(sandbox)

    row = await payments_db.get(payment.id)
    assert (row.state, row.refunded_minor) == (PaymentState.REFUNDED, 499_900)
    assert [refund.state for refund in row.refunds] == [RefundState.SETTLED]
    verdict = await access.verdict(student.id, course.id)
    assert (verdict.allowed, verdict.reasons[0].code) == (False, "refunded")
    assert await kinds_of_mail() == ["access_granted", "receipt", "refund"]


async def test_a_stripe_dispute_suspends_access_and_winning_it_restores_it(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    provider_payment = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    sandbox.dispute(provider_payment)
    await work(sandbox)
    during = await access.verdict(student.id, course.id)
    disputed = await payments_db.get(payment.id)
    sandbox.close_dispute(provider_payment, won=True)
    await work(sandbox)

    assert (during.allowed, during.reasons[0].code) == (False, "disputed")
    assert disputed.state is PaymentState.DISPUTED
    assert disputed.dispute.deadline is not None
    assert (await access.verdict(student.id, course.id)).allowed


async def test_a_changed_price_expires_the_old_checkout_at_stripe(database, sandbox):
    course, student = await a_sale()
    old = await buy(student, course, "stripe")
    await collection("courses").update_one(
        {"_id": course.id}, {"$set": {"price": Money(minor=99_900, currency="INR").to_mongo()}}
    )

    new = await buy(student, course, "stripe")

    assert new.amount.minor == 99_900
    assert (await payments_db.get(old.id)).capture is Capture.EXPIRED
    with pytest.raises(Exception, match="expired"):
        sandbox.pay(old.provider_checkout_id)


async def test_a_payment_under_way_is_not_paid_a_second_time(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    later = sandbox.pay_later(payment.provider_checkout_id)
    await work(sandbox)

    with pytest.raises(PaymentUnderWay):
        await checkout.open_checkout(student, buying(course, "razorpay"))
    sandbox.settle(later)
    await work(sandbox)

    assert (await payments_db.get(payment.id)).state is PaymentState.PAID
    assert len(await stored("payments")) == 1


async def test_what_is_not_on_sale_cannot_be_bought(database, sandbox):

    course, student = await a_sale()
    author = await an_instructor("other@demo.test", "Other Author")
    free = await a_course(author, "Free one", price=Money(minor=0, currency="INR"), free=True)

    with pytest.raises(Invalid, match="free"):
        await checkout.open_checkout(student, buying(free, "stripe"))
    with pytest.raises(NotFound):
        await checkout.open_checkout(
            student, buying(course.model_copy(update={"id": "crs_none"}), "stripe")
        )

    assert await stored("payments") == []


async def test_one_purchase_opens_the_course_to_its_buyer_only(database, sandbox):
    """Fault 2 of the ancestor."""
    course, student = await a_sale()
    other = await a_student("bob@demo.test", "Bob")
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    verdict = await access.verdict(other.id, course.id)

    assert (verdict.allowed, verdict.reasons[0].code) == (False, "never_bought")


async def test_receipt_numbers_have_no_gaps_and_follow_the_order_of_payment(database, sandbox):
    course = await a_course(await an_instructor())
    students = [await a_student(f"s{number}@demo.test", "Sam") for number in range(12)]
    bought = await asyncio.gather(*(buy(student, course, "stripe") for student in students))
    for payment in bought:
        sandbox.pay(payment.provider_checkout_id)

    await sandbox.deliver()
    await asyncio.gather(*(run_until_idle() for _ in range(4)))

    receipts = sorted(await stored("receipts"), key=lambda row: row["number"])
    assert [row["number"] for row in receipts] == list(range(1, 13))
    assert (await kinds_of_mail()).count("receipt") == 12


async def test_after_a_late_failure_at_stripe_the_next_try_is_a_new_checkout(database, sandbox):
    """Stripe's session is complete then: it takes no second try."""
    course, student = await a_sale()
    first = await buy(student, course, "stripe")
    late = sandbox.pay_later(first.provider_checkout_id)
    await work(sandbox)
    with pytest.raises(PaymentUnderWay):
        await buy(student, course, "stripe")
    offer = await checkout.offer(student, course.slug)
    page = await catalog.course_page(course.slug, student)
    assert offer.under_way == page.under_way == page.reasons[0]
    assert (offer.under_way.code, offer.under_way.payment_id) == ("payment_pending", first.id)

    sandbox.settle(late, succeed=False)
    await work(sandbox)
    second = await buy(student, course, "stripe")
    sandbox.pay(second.provider_checkout_id)
    await work(sandbox)

    first = await payments_db.get(first.id)
    assert (first.state, first.open) == (PaymentState.FAILED, False)
    assert second.id != first.id
    assert (await payments_db.get(second.id)).state is PaymentState.PAID
    assert (await access.verdict(student.id, course.id)).allowed


@BOTH
async def test_a_refund_begun_in_an_outage_is_made_once_when_it_is_over(
    database, sandbox, provider
):
    """Stripe repeats even its 500 for the same idempotency key."""
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    half = Money(minor=payment.amount.minor // 2, currency=payment.amount.currency)

    sandbox.switch(provider, outage="500")
    await refunds.refund(ADMIN, payment.id, half, "Asked for it", new_id("ref"))
    with pytest.raises(ProviderUnreachable):
        await sync(payment.id, "re-check")
    during = (await payments_db.get(payment.id)).refunds[0].state
    sandbox.switch(provider, outage="ok")
    await sync(payment.id, "re-check")
    await sync(payment.id, "re-check")

    after = await payments_db.get(payment.id)
    assert during is RefundState.PENDING
    assert [refund.state for refund in after.refunds] == [RefundState.SETTLED]
    assert after.state is PaymentState.PARTIALLY_REFUNDED
    assert sandbox.refunds(paid) == [half.minor]


async def test_what_the_bank_took_back_is_not_refunded_by_us_as_well(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    whole = payment.amount

    dispute = sandbox.dispute(paid)
    await work(sandbox)
    with pytest.raises(refunds.Disputed):
        await refunds.refund(ADMIN, payment.id, whole, "Asked for it", new_id("ref"))
    sandbox.close_dispute(dispute, won=False)
    await work(sandbox)
    with pytest.raises(refunds.Disputed):
        await refunds.refund(ADMIN, payment.id, whole, "Asked for it", new_id("ref"))

    after = await payments_db.get(payment.id)
    assert (after.refundable.minor, after.breakdown.taken_back.minor) == (0, whole.minor)
    assert (after.refunds, sandbox.refunds(paid)) == ([], [])
    told = [row.what for row in step_rows(await payments.get(SYSTEM, payment.id))]
    assert "Disputed by the cardholder: fraudulent" in told
    assert "Dispute lost: the bank returned the money: fraudulent" in told


async def test_a_declined_razorpay_buyer_comes_back_to_the_payment(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "razorpay")
    about = json.dumps({"order_id": payment.provider_checkout_id, "payment_id": "pay_x"})

    assert await checkout.returned("razorpay", {"error[metadata]": about}) == payment.id
    for metadata in ("", "[]", "{", '{"order_id": {"$ne": ""}}', '{"order_id": "order_none"}'):
        assert await checkout.returned("razorpay", {"error[metadata]": metadata}) == ""
    await work(sandbox)

    assert (await payments_db.get(payment.id)).capture is Capture.CREATED
    assert not (await access.verdict(student.id, course.id)).allowed


async def test_a_new_key_is_used_only_after_the_gateway_was_asked_anew(database, sandbox):
    """Between our look at the gateway and a fault of its own, the refund may have been made."""
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    sandbox.switch("stripe", outage="500")
    half = Money(minor=payment.amount.minor // 2, currency=payment.amount.currency)
    seen = await payments_db.get(payment.id)

    after = await refunds.refund(ADMIN, payment.id, half, "Asked for it", new_id("ref"))
    sandbox.switch("stripe", outage="ok")
    await refunds.send_pending(after, seen)
    early = sandbox.refunds(paid)
    await refunds.send_pending(after, after)

    assert after.refunds[0].attempt == 1
    assert (early, sandbox.refunds(paid)) == ([], [half.minor])


@BOTH
async def test_a_refund_of_ours_made_while_we_looked_is_not_taken_for_the_gateways_own(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    third = Money(minor=payment.amount.minor // 3, currency=payment.amount.currency)
    before = await payments_db.get(payment.id)

    sandbox.switch(provider, outage="timeout")  # it is made, and nobody answers
    await refunds.refund(ADMIN, payment.id, third, "Asked for it", new_id("ref"))
    sandbox.switch(provider, outage="ok")
    told = await gateway(provider).fetch(payment.provider_checkout_id)
    seen = Seen(before, tuple(await facts.known(before)), clock.business(), "look")
    with pytest.raises(Overtaken):
        await facts.add(payment.id, seen.facts_of(told.charges[0]), seen_revision=before.revision)
    await sync(payment.id, "a webhook")

    after = await payments_db.get(payment.id)
    assert [refund.state for refund in after.refunds] == [RefundState.SETTLED]
    assert (after.refunded_minor, sandbox.refunds(paid)) == (third.minor, [third.minor])
