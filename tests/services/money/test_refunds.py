"""Refunds that take their time, are refused, fail later, or are made without us."""

from datetime import timedelta

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Invalid, ProviderRefused
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import PaymentState, RefundState
from courseflow_admin.services.figures.attention import needs_attention
from courseflow_admin.services.money import refunds
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.teaching import access
from courseflow_admin.state.money.my_payment import outcome_of
from tests.builders import stored
from tests.job_builders import due_at
from tests.services.money.buying import BOTH, a_sale, buy, work

ADMIN = Actor("acc_root", "admin", "Rosa Admin")
SETTLED, PENDING, FAILED = RefundState.SETTLED, RefundState.PENDING, RefundState.FAILED


async def a_purchase(sandbox, provider):
    """A course that was paid: course, learner, our payment, the gateway's id of it."""
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    return course, student, await payments_db.get(payment.id), paid


async def a_second_payment(sandbox, **switches):
    """Money that came in a second time, as our row and the gateway's id of it."""
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.switch("stripe", **switches)
    sandbox.pay_twice(payment.provider_checkout_id)
    await work(sandbox)
    (second,) = await stored("payments", duplicate_of=payment.id)
    return course, student, await payments_db.get(second["_id"])


async def give_back(payment, minor):
    amount = Money(minor=minor, currency=payment.amount.currency)
    return await refunds.refund(ADMIN, payment.id, amount, "Asked for it", new_id("ref"))


def states(payment):
    return [refund.state for refund in payment.refunds]


async def acts_on(payment):
    return [entry["act"] for entry in await stored("audit", object_id=payment.id)]


@BOTH
async def test_a_refund_that_is_pending_at_the_gateway_is_asked_for_once(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    sandbox.switch(provider, refunds="pending")

    await give_back(payment, 100_000)
    for _ in range(2):
        sandbox.forget_keys()
        await sync(payment.id, "scheduled check")
    during = await payments_db.get(payment.id)
    (given,) = sandbox.refund_objects(paid)
    sandbox.settle_refund(given["id"])
    await sync(payment.id, "scheduled check")

    assert (states(during), during.refunds[0].provider_refund_id) == ([PENDING], given["id"])
    assert during.state is PaymentState.PAID
    after = await payments_db.get(payment.id)
    assert (states(after), after.state) == ([SETTLED], PaymentState.PARTIALLY_REFUNDED)
    assert sandbox.refunds(paid) == [100_000]


@BOTH
async def test_a_pending_refund_whose_answer_was_lost_is_found_and_not_asked_for_again(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    sandbox.switch(provider, refunds="pending", outage="timeout")
    await give_back(payment, 100_000)
    sandbox.switch(provider, outage="ok")

    for _ in range(2):
        sandbox.forget_keys()
        await sync(payment.id, "scheduled check")

    after = await payments_db.get(payment.id)
    (given,) = sandbox.refund_objects(paid)
    assert (states(after), after.refunds[0].provider_refund_id) == ([PENDING], given["id"])


@BOTH
async def test_a_refund_asked_for_with_wrong_keys_waits_until_they_are_right(
    database, sandbox, monkeypatch, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)

    with monkeypatch.context() as changed:
        for name in sandbox.world.keys:
            changed.setitem(sandbox.world.keys, name, "changed")
        await give_back(payment, 100_000)
    during = await payments_db.get(payment.id)
    await sync(payment.id, "scheduled check")

    assert (states(during), during.reserved_minor) == ([PENDING], 100_000)
    assert states(await payments_db.get(payment.id)) == [SETTLED]
    assert sandbox.refunds(paid) == [100_000]


async def test_a_refusal_ends_no_refund_that_the_gateway_has(database, sandbox):
    _, _, payment, _ = await a_purchase(sandbox, "stripe")
    before = await give_back(payment, payment.amount.minor)

    await refunds._send(before, before.refunds[0].model_copy(update={"attempt": 1}), refunds.SYSTEM)

    after = await payments_db.get(payment.id)
    assert (states(after), after.refunded_minor) == ([SETTLED], payment.amount.minor)
    assert "payment.refund_failed" not in await acts_on(payment)


async def test_a_known_request_with_another_amount_is_refused_and_nothing_more_goes_back(
    database, sandbox
):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    request_id = new_id("ref")

    async def ask(minor):
        amount = Money(minor=minor, currency=payment.amount.currency)
        return await refunds.refund(ADMIN, payment.id, amount, "Asked for it", request_id)

    first = await ask(10_000)
    again = await ask(10_000)
    with pytest.raises(refunds.OtherRefund):
        await ask(20_000)

    assert again == first
    assert sandbox.refunds(paid) == [10_000]


async def test_the_worker_leaves_a_new_refund_to_who_asked_for_it(database, sandbox):
    _, _, payment, _ = await a_purchase(sandbox, "stripe")

    asked = clock.business()
    await give_back(payment, 100_000)

    assert await due_at(payment.id) >= asked + timedelta(seconds=29)


@BOTH
async def test_a_refund_that_fails_after_all_opens_the_access_it_had_ended(
    database, sandbox, provider
):
    course, student, payment, _ = await a_purchase(sandbox, provider)
    await give_back(payment, payment.amount.minor)
    refunded = await payments_db.get(payment.id)
    closed = await access.verdict(student.id, course.id)

    sandbox.fail_refund(refunded.refunds[0].provider_refund_id)
    await sync(payment.id, "a webhook")

    assert (refunded.state, closed.allowed) == (PaymentState.REFUNDED, False)
    after = await payments_db.get(payment.id)
    assert (after.state, after.refunded_minor, states(after)) == (PaymentState.PAID, 0, [FAILED])
    assert (await access.verdict(student.id, course.id)).allowed
    assert (await acts_on(payment))[-1] == "payment.refund_failed"


async def test_a_failed_refund_opens_nothing_that_a_lost_dispute_had_closed(database, sandbox):
    course, student, payment, paid = await a_purchase(sandbox, "stripe")
    refund = (await give_back(payment, 100_000)).refunds[0]
    sandbox.close_dispute(sandbox.dispute(paid), won=False)
    await work(sandbox)

    sandbox.fail_refund(refund.provider_refund_id)
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert (states(after), after.state) == ([FAILED], PaymentState.LOST)
    verdict = await access.verdict(student.id, course.id)
    assert (verdict.allowed, verdict.reasons[0].code) == (False, "ended")


async def test_money_that_came_twice_and_does_not_go_back_waits_for_a_person(database, sandbox):
    _, _, second = await a_second_payment(sandbox, refunds="pending")

    sandbox.fail_refund(second.refunds[0].provider_refund_id)
    await sync(second.id, "a webhook")

    after = await payments_db.get(second.id)
    assert (states(after), after.state) == ([FAILED], PaymentState.NEEDS_REVIEW)
    assert after.review.reason == (
        "Paid twice, and the second payment could not be refunded automatically: "
        "The gateway reports that it failed."
    )
    (waits,) = await needs_attention(ADMIN)
    assert (waits.kind, waits.count, waits.example) == ("needs_review", 1, after)
    assert (await acts_on(second))[-2:] == ["payment.refund_failed", "payment.review_opened"]
    told = outcome_of(after, waiting=False, disputes_suspend=True)
    assert (told.look, told.title) == ("person", "You paid twice; this is the second payment")
    assert "so the school is taking care of it" in told.sentence


async def test_a_person_who_gives_the_second_money_back_ends_its_review(database, sandbox):
    _, _, second = await a_second_payment(sandbox, refunds="pending")
    sandbox.fail_refund(second.refunds[0].provider_refund_id)
    await sync(second.id, "a webhook")
    sandbox.switch("stripe", refunds="at_once")

    await give_back(second, second.amount.minor)

    after = await payments_db.get(second.id)
    assert (states(after), after.state) == ([FAILED, SETTLED], PaymentState.REFUNDED)
    assert (after.review.state, await needs_attention(ADMIN)) == ("resolved", [])
    assert "was refunded to your original payment method" in (
        outcome_of(after, waiting=False, disputes_suspend=True).sentence
    )


async def test_an_automatic_refund_that_is_refused_waits_for_a_person(database, sandbox):
    """The bank disputes the second money before we could give it back."""
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    for money in sandbox.pay_twice(payment.provider_checkout_id):
        sandbox.dispute(money)

    await work(sandbox)

    (second,) = await stored("payments", duplicate_of=payment.id)
    after = await payments_db.get(second["_id"])
    assert (states(after), after.state) == ([FAILED], PaymentState.NEEDS_REVIEW)
    assert after.review.reason.startswith(
        "Paid twice, and the second payment could not be refunded automatically:"
    )


@BOTH
async def test_a_refund_at_the_gateway_is_taken_over_when_ours_makes_room(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    sandbox.switch(provider, outage="500")
    await give_back(payment, 300_000)
    sandbox.switch(provider, outage="ok")
    sandbox.refund(paid, 300_000)

    await sync(payment.id, "a webhook")

    after = await payments_db.get(payment.id)
    assert [(refund.cause, refund.state) for refund in after.refunds] == [
        ("admin", FAILED),
        ("provider", SETTLED),
    ]
    assert (after.refunded_minor, sandbox.refunds(paid)) == (300_000, [300_000])
    assert after.state is PaymentState.PARTIALLY_REFUNDED


@BOTH
async def test_a_refund_made_again_at_the_gateway_takes_the_place_of_ours_that_failed(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    ours = (await give_back(payment, payment.amount.minor)).refunds[0]
    sandbox.fail_refund(ours.provider_refund_id)
    sandbox.refund(paid)

    await sync(payment.id, "a webhook")

    after = await payments_db.get(payment.id)
    assert (states(after), after.state) == ([FAILED, SETTLED], PaymentState.REFUNDED)


async def test_an_admin_is_told_of_a_refusal_and_may_ask_again(database, sandbox):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    sandbox.refund(paid, 300_000)

    with pytest.raises(ProviderRefused, match="greater than unrefunded amount"):
        await give_back(payment, 300_000)

    after = await payments_db.get(payment.id)
    assert (states(after), after.refunded_minor) == ([FAILED], 0)
    assert sandbox.refunds(paid) == [300_000]


@pytest.mark.parametrize("reason", ["", " \n", "\x00\u202e", "\u200d"])
async def test_a_refund_without_a_reason_that_is_seen_is_refused(database, sandbox, reason):
    _, _, payment, _ = await a_purchase(sandbox, "stripe")

    with pytest.raises(Invalid, match="Enter a reason") as refused:
        await refunds.refund(ADMIN, payment.id, payment.amount, reason, new_id("ref"))

    assert refused.value.field == "reason"
    assert (await payments_db.get(payment.id)).refunds == []


async def test_a_reason_is_kept_without_what_hides_in_it(database, sandbox):
    _, _, payment, _ = await a_purchase(sandbox, "stripe")

    await refunds.refund(ADMIN, payment.id, payment.amount, "Asked\x00 \u202efor it", new_id("ref"))

    [refund] = (await payments_db.get(payment.id)).refunds
    assert refund.reason == "Asked for it"
