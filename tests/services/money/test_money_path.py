"""Money -> access -> e-mail, for both gateways: the real SDKs against the sandbox."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.teaching import access
from courseflow_admin.services.teaching.enrollments import AlreadyEnrolled
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.job_builders import due_at, make_due
from tests.services.money.buying import BOTH, a_sale, buy, buying, kinds_of_mail, work


@BOTH
async def test_a_paid_checkout_gives_one_grant_one_receipt_and_both_mails(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    assert not (await access.verdict(student.id, course.id)).allowed

    provider_payment = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    paid = await payments_db.get(payment.id)
    assert (paid.state, paid.provider_payment_id, paid.open) == (
        PaymentState.PAID,
        provider_payment,
        False,
    )
    enrollment = await enrollments_db.find(student.id, course.id)
    assert [(grant.kind, grant.payment_id) for grant in enrollment.grants] == [
        ("payment", payment.id)
    ]
    assert (await access.verdict(student.id, course.id)).allowed
    (receipt,) = await stored("receipts")
    assert (receipt["payment_id"], receipt["number"]) == (payment.id, 1)
    assert await kinds_of_mail() == ["access_granted", "receipt"]
    assert {row["state"] for row in await stored("emails")} == {"delivered"}
    assert len(sandbox.mails(to=student.email)) == 2


@BOTH
async def test_access_does_not_depend_on_the_browser_coming_back(database, sandbox, provider):
    """Fault 4 of the ancestor."""
    course, student = await a_sale()
    payment = await buy(student, course, provider)

    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    assert (await access.verdict(student.id, course.id)).allowed


@BOTH
async def test_coming_back_without_having_paid_opens_nothing(database, sandbox, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)

    await checkout.returned(provider, {"session_id": payment.provider_checkout_id})
    await make_due(payment.id)
    await run_until_idle()

    assert (await payments_db.get(payment.id)).state is PaymentState.CREATED
    assert await stored("enrollments") == []
    assert await stored("receipts") == []


async def test_a_return_with_a_forged_razorpay_signature_names_no_payment(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "razorpay")
    fields = {
        "razorpay_order_id": payment.provider_checkout_id,
        "razorpay_payment_id": "pay_29QQoUBi66xm2f",
        "razorpay_signature": "0" * 64,
    }

    before = await due_at(payment.id)
    assert await checkout.returned("razorpay", fields) == ""

    assert await due_at(payment.id) == before


@BOTH
@pytest.mark.parametrize("switch", ["twice", "out_of_order"])
async def test_webhooks_twice_or_out_of_order_give_the_same_one_grant(
    database, sandbox, provider, switch
):
    course, student = await a_sale()
    sandbox.switch(provider, webhooks=switch)
    payment = await buy(student, course, provider)

    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    enrollment = await enrollments_db.find(student.id, course.id)
    assert [grant.payment_id for grant in enrollment.grants] == [payment.id]
    assert await kinds_of_mail() == ["access_granted", "receipt"]


@BOTH
async def test_ten_runs_of_sync_at_once_write_each_fact_once(database, sandbox, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)

    await asyncio.gather(*(sync(payment.id, "a test") for _ in range(10)))

    enrollment = await enrollments_db.find(student.id, course.id)
    assert [grant.payment_id for grant in enrollment.grants] == [payment.id]
    assert len(await stored("receipts")) == 1
    assert [row["act"] for row in await stored("audit", object_id=payment.id)].count(
        "payment.paid"
    ) == 1


@BOTH
async def test_a_declined_try_opens_nothing_and_a_second_try_may_still_pay(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.decline(payment.provider_checkout_id)
    await work(sandbox)
    declined = await payments_db.get(payment.id)

    again = await buy(student, course, provider)
    sandbox.pay(again.provider_checkout_id)
    await work(sandbox)

    assert (declined.state, again.id) == (PaymentState.FAILED, payment.id)
    assert (await payments_db.get(payment.id)).state is PaymentState.PAID
    assert (await access.verdict(student.id, course.id)).allowed


@BOTH
async def test_a_second_click_gets_the_checkout_that_is_open_already(database, sandbox, provider):
    course, student = await a_sale()

    starts = await asyncio.gather(
        *(checkout.open_checkout(student, buying(course, provider)) for _ in range(5))
    )

    assert len({start.payment_id for start in starts}) == 1
    assert len({(start.url, str(start.form)) for start in starts}) == 1
    assert len(await stored("payments")) == 1


@BOTH
async def test_who_has_the_course_cannot_buy_it_again(database, sandbox, provider):
    """Fault 9 of the ancestor."""
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    with pytest.raises(AlreadyEnrolled):
        await checkout.open_checkout(student, buying(course, provider))

    assert len(await stored("payments")) == 1


async def test_money_through_both_gateways_is_one_grant_and_one_refund_by_itself(database, sandbox):
    course, student = await a_sale()
    first = await buy(student, course, "razorpay")
    second = await buy(student, course, "stripe")
    sandbox.pay(second.provider_checkout_id)
    sandbox.pay(first.provider_checkout_id)

    await work(sandbox)

    rows = [await payments_db.get(first.id), await payments_db.get(second.id)]
    assert sorted(row.state for row in rows) == [PaymentState.PAID, PaymentState.REFUNDED]
    refunded = next(row for row in rows if row.state is PaymentState.REFUNDED)
    assert sandbox.refunds(refunded.provider_payment_id) == [499_900]
    enrollment = await enrollments_db.find(student.id, course.id)
    assert len(enrollment.grants) == 1
    assert enrollment.grants[0].ended is None
    assert await kinds_of_mail() == ["access_granted", "receipt", "second_payment_refunded"]
    assert len(await stored("receipts")) == 1


@BOTH
async def test_money_twice_on_one_checkout_gives_the_second_back(database, sandbox, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)

    one, two = sandbox.pay_twice(payment.provider_checkout_id)
    await work(sandbox)

    kept = await payments_db.get(payment.id)
    (extra,) = [row for row in await stored("payments") if row["_id"] != payment.id]
    assert kept.state is PaymentState.PAID
    assert (extra["duplicate_of"], extra["state"]) == (payment.id, "refunded")
    assert {kept.provider_payment_id, extra["provider_payment_id"]} == {one, two}
    assert sandbox.refunds(extra["provider_payment_id"]) == [499_900]
    assert sandbox.refunds(kept.provider_payment_id) == []
    assert len((await enrollments_db.find(student.id, course.id)).grants) == 1
    assert await kinds_of_mail() == ["access_granted", "receipt", "second_payment_refunded"]


@BOTH
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount.minor": 100}, "our payment is ₹1.00"),
        ({"amount.currency": "USD"}, "The gateway reports INR, but our payment is $4,999.00."),
        ({"mode": "live"}, "The gateway reports mode sandbox, but our payment is in mode live."),
    ],
)
async def test_money_that_does_not_match_our_row_opens_nothing_and_asks_for_a_person(
    database, sandbox, provider, change, said
):
    """Fault 5 of the ancestor."""
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    await collection("payments").update_one({"_id": payment.id}, {"$set": change})

    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    row = await payments_db.get(payment.id)
    assert row.state is PaymentState.NEEDS_REVIEW
    assert said in row.review.reason
    assert (row.charged.minor, row.accepted_minor, row.held_minor) == (499_900, 0, 499_900)
    assert (await stored("enrollments"), await stored("receipts")) == ([], [])
    assert await kinds_of_mail() == []
