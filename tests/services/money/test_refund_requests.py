"""One request for a refund, sent again or several times at once, is one refund and one answer."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import ProviderRefused
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.money.decisions import decided
from courseflow_admin.models.money.facts import FactKind
from courseflow_admin.models.money.payment_parts import RefundCause, RefundState
from courseflow_admin.services.money import facts, refunds
from courseflow_admin.services.money.refunds import NewerRefund
from courseflow_admin.services.money.sync import sync
from tests.builders import acting, an_account, stored
from tests.job_builders import due_at
from tests.services.money.buying import BOTH, work
from tests.services.money.test_refunds import ADMIN, PENDING, SETTLED, a_purchase, states


async def ask(payment, request_id, minor=10_000):
    amount = Money(minor=minor, currency=payment.amount.currency)
    return await refunds.refund(ADMIN, payment.id, amount, "Asked for it", request_id)


async def five_at_once(payment, minor=10_000):
    request_id = new_id("ref")
    return await asyncio.gather(
        *(ask(payment, request_id, minor) for _ in range(5)), return_exceptions=True
    )


async def started(payment):
    return await stored("audit", act="payment.refund_started", object_id=payment.id)


@BOTH
@pytest.mark.parametrize("part", ["a part", "all of it"])
async def test_five_at_once_are_one_refund_and_five_equal_answers(
    database, sandbox, provider, part
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    sandbox.switch(provider, outage="slow")
    minor = 10_000 if part == "a part" else payment.amount.minor

    answers = await five_at_once(payment, minor)

    after = await payments_db.get(payment.id)
    assert answers == [after] * 5
    assert (states(after), sandbox.refunds(paid)) == ([SETTLED], [minor])
    assert len(await started(payment)) == 1


@BOTH
async def test_five_at_once_that_are_not_answered_all_say_that_it_is_pending(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    sandbox.switch(provider, outage="timeout")

    answers = await five_at_once(payment)

    assert [states(answer) for answer in answers] == [[PENDING]] * 5
    assert sandbox.refunds(paid) == [10_000]


async def test_five_at_once_that_are_refused_all_say_why(database, sandbox):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    sandbox.switch("stripe", outage="slow")
    sandbox.refund(paid, payment.amount.minor - 5_000)  # at the gateway, and not yet known here

    answers = await five_at_once(payment)

    assert {type(answer) for answer in answers} == {ProviderRefused}
    assert len({answer.message for answer in answers}) == 1
    assert sandbox.refunds(paid) == [payment.amount.minor - 5_000]


@BOTH
async def test_a_request_that_was_not_answered_is_asked_again_and_is_one_refund(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    request_id = new_id("ref")
    sandbox.switch(provider, outage="timeout")
    during = await ask(payment, request_id)
    sandbox.switch(provider, outage="ok")

    again = await ask(payment, request_id)

    assert (states(during), states(again)) == ([PENDING], [SETTLED])
    assert sandbox.refunds(paid) == [10_000]
    assert len(await started(payment)) == 1


async def test_after_a_fault_that_stripe_keeps_a_look_comes_before_it_is_asked_again(
    database, sandbox
):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    request_id = new_id("ref")
    sandbox.switch("stripe", outage="500")
    await ask(payment, request_id)
    sandbox.switch("stripe", outage="ok")

    again = await ask(payment, request_id)
    looks_at = await due_at(payment.id)
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert (states(again), looks_at <= clock.business()) == ([PENDING], True)
    assert (states(after), sandbox.refunds(paid)) == ([SETTLED], [10_000])


async def test_who_died_while_asking_holds_nobody_up_for_longer_than_its_lease(database, sandbox):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    at, request_id = clock.business(), new_id("ref")
    asked = decided(
        payment,
        FactKind.REFUND_ASKED,
        request_id,
        at,
        status=RefundCause.ADMIN,
        amount_minor=10_000,
        currency="INR",
        reason="Asked for it",
        by=ADMIN.id,
    )
    await facts.add(payment.id, [asked], actor=ADMIN)
    left_behind = (await payments_db.get(payment.id)).refunds[0]
    until = at + timedelta(seconds=0.3)
    await payments_db.ask_for_refund_again(payment.id, left_behind, until)

    answers = await asyncio.gather(*(ask(payment, left_behind.id) for _ in range(3)))

    assert clock.business() - at > timedelta(seconds=0.3)
    assert [states(answer) for answer in answers] == [[SETTLED]] * 3
    assert sandbox.refunds(paid) == [10_000]


async def test_one_that_the_gateway_has_taken_on_is_not_sent_again(database, sandbox):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    request_id = new_id("ref")
    sandbox.switch("stripe", refunds="pending")
    await ask(payment, request_id)
    sandbox.forget_keys()  # a second one would be a second refund

    again = await ask(payment, request_id)

    assert states(again) == [PENDING]
    assert sandbox.refunds(paid) == [10_000]


async def test_a_look_and_the_same_request_at_one_moment_are_one_refund(database, sandbox):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    request_id = new_id("ref")
    sandbox.switch("stripe", outage="timeout")
    await ask(payment, request_id)
    sandbox.switch("stripe", outage="ok")

    await asyncio.gather(ask(payment, request_id), sync(payment.id, "scheduled check"))
    await work(sandbox)

    after = await payments_db.get(payment.id)
    assert [refund.state for refund in after.refunds] == [RefundState.SETTLED]
    assert sandbox.refunds(paid) == [10_000]


@BOTH
async def test_of_two_admins_in_two_windows_the_second_is_told_who_refunded_and_when(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    rosa = acting(await an_account("rosa@demo.test", "admin", "Rosa Admin"))
    seen = [refund.id for refund in payment.refunds]
    part = Money(minor=39_200, currency="INR")

    await refunds.refund(rosa, payment.id, part, "Goodwill", new_id("ref"), seen)
    with pytest.raises(NewerRefund, match=r"refund of ₹392\.00, made just now by Rosa Admin\."):
        await refunds.refund(ADMIN, payment.id, part, "Goodwill", new_id("ref"), seen)

    after = await payments_db.get(payment.id)
    assert (states(after), sandbox.refunds(paid)) == ([SETTLED], [39_200])
    now_seen = [refund.id for refund in after.refunds]
    await refunds.refund(ADMIN, payment.id, part, "Goodwill", new_id("ref"), now_seen)
    assert sandbox.refunds(paid) == [39_200, 39_200]


@BOTH
async def test_one_that_is_still_pending_is_named_as_well_and_a_failed_one_is_not(
    database, sandbox, provider
):
    _, _, payment, _ = await a_purchase(sandbox, provider)
    sandbox.switch(provider, refunds="pending")
    await ask(payment, new_id("ref"))

    with pytest.raises(NewerRefund):
        await refunds.refund(
            ADMIN, payment.id, Money(minor=100, currency="INR"), "Again", new_id("ref"), []
        )
    (pending,) = (await payments_db.get(payment.id)).refunds
    sandbox.fail_refund(pending.provider_refund_id)
    await sync(payment.id, "a webhook")
    await refunds.refund(
        ADMIN, payment.id, Money(minor=100, currency="INR"), "Again", new_id("ref"), []
    )

    assert len((await payments_db.get(payment.id)).refunds) == 2
