"""Refunds that we took for failed, and that the gateway reports on their way or made after all."""

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.observing import Seen
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.money import consequences, facts, payments, refunds
from courseflow_admin.services.money.facts import Overtaken
from courseflow_admin.services.money.refunds import RefundTooLarge
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.teaching import access
from tests.job_builders import due_at
from tests.services.money.buying import BOTH, kinds_of_mail, work
from tests.services.money.test_refunds import (
    ADMIN,
    FAILED,
    PENDING,
    SETTLED,
    a_purchase,
    acts_on,
    give_back,
    states,
)


async def refused_by_mistake(payment, sandbox, provider, minor):
    """The answer to a refund was lost; asked again, the gateway refused, because it has it."""
    sandbox.switch(provider, refunds="pending", outage="timeout")
    asked = await give_back(payment, minor)
    sandbox.switch(provider, outage="ok")
    await refunds._record_refused(payment, asked.refunds[-1], "It has been refunded already")
    return await payments_db.get(payment.id)


@pytest.mark.parametrize("told", ["webhook", "re-check"])
@BOTH
async def test_money_that_went_back_after_a_refund_had_failed_is_in_the_books(
    database, sandbox, provider, told
):
    course, student, payment, _ = await a_purchase(sandbox, provider)
    given = (await give_back(payment, payment.amount.minor)).refunds[0].provider_refund_id
    sandbox.fail_refund(given)
    await work(sandbox)
    during = await payments_db.get(payment.id)

    sandbox.clock(24)  # in the same second Razorpay's event would be the one we have already
    sandbox.settle_refund(given)
    if told == "webhook":
        await work(sandbox)
    else:
        await payments.recheck(ADMIN, payment.id)

    assert (states(during), during.refunded_minor, during.state) == ([FAILED], 0, "paid")
    after = await payments_db.get(payment.id)
    assert (states(after), after.refunded_minor) == ([SETTLED], payment.amount.minor)
    assert after.state is PaymentState.REFUNDED
    verdict = await access.verdict(student.id, course.id)
    assert (verdict.allowed, verdict.reasons[0].code) == (False, "refunded")
    acts = [act for act in await acts_on(payment) if act.startswith("payment.refund")]
    assert acts == [
        *("payment.refund_started", "payment.refunded", "payment.refund_failed"),
        *("payment.refund_started", "payment.refunded"),
    ]
    assert (await kinds_of_mail()).count("refund") == 1


@BOTH
async def test_a_refund_refused_to_us_that_the_gateway_has_under_way_is_reserved_again(
    database, sandbox, provider
):
    _, _, payment, paid = await a_purchase(sandbox, provider)
    before = await refused_by_mistake(payment, sandbox, provider, 300_000)

    await sync(payment.id, "a webhook")
    during, planned = await payments_db.get(payment.id), await due_at(payment.id)
    with pytest.raises(RefundTooLarge):
        await give_back(payment, 300_000)
    (given,) = sandbox.refund_objects(paid)
    sandbox.settle_refund(given["id"])
    await work(sandbox)

    assert (states(before), before.refunded_minor) == ([FAILED], 0)
    assert (states(during), during.reserved_minor) == ([PENDING], 300_000)
    assert during.refunds[0].provider_refund_id == given["id"]
    assert planned is not None
    after = await payments_db.get(payment.id)
    assert (states(after), after.state) == ([SETTLED], PaymentState.PARTIALLY_REFUNDED)
    assert sandbox.refunds(paid) == [300_000]


@BOTH
async def test_money_that_went_back_twice_because_a_failed_refund_was_made_after_all_wants_a_person(
    database, sandbox, provider
):
    _, _, payment, _ = await a_purchase(sandbox, provider)
    first = (await give_back(payment, 300_000)).refunds[0]
    sandbox.fail_refund(first.provider_refund_id)
    await sync(payment.id, "a webhook")
    await give_back(payment, 300_000)

    sandbox.settle_refund(first.provider_refund_id)
    for _ in range(2):
        await sync(payment.id, "a webhook")

    after = await payments_db.get(payment.id)
    assert (states(after), after.refunded_minor) == ([SETTLED, SETTLED], 600_000)
    assert (after.state, after.review.reason) == (
        PaymentState.NEEDS_REVIEW,
        f"{provider.capitalize()} reports a refund of ₹3,000.00, which is more than is left of "
        "this payment.",
    )
    assert (await acts_on(payment)).count("payment.review_opened") == 1


async def test_what_a_refund_was_before_it_failed_does_not_undo_the_failure(database, sandbox):
    """One run asked the gateway before the refund failed, and comes to write after another."""
    _, _, payment, _ = await a_purchase(sandbox, "stripe")
    await give_back(payment, payment.amount.minor)
    before = await payments_db.get(payment.id)
    told = await gateway("stripe").fetch(payment.provider_checkout_id)
    seen = Seen(before, tuple(await facts.known(before)), clock.business(), "look")
    sandbox.fail_refund(before.refunds[0].provider_refund_id)
    await sync(payment.id, "a webhook")

    with pytest.raises(Overtaken):
        await facts.add(payment.id, seen.facts_of(told.charges[0]), seen_revision=before.revision)

    after = await payments_db.get(payment.id)
    assert (states(after), after.refunded_minor, after.state) == ([FAILED], 0, "paid")


@pytest.mark.parametrize("whose", ["the gateway's own", "one that had failed"])
async def test_a_crash_while_a_refund_found_at_the_gateway_is_written_is_mended_by_the_next_look(
    database, sandbox, monkeypatch, whose
):
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    sandbox.switch("stripe", webhooks="never")
    if whose == "the gateway's own":
        sandbox.refund(paid, 300_000)
    else:
        given = (await give_back(payment, 300_000)).refunds[0].provider_refund_id
        sandbox.fail_refund(given)
        await sync(payment.id, "a webhook")
        sandbox.settle_refund(given)
    before = await payments_db.get(payment.id)

    with monkeypatch.context() as dying:
        dying.setattr(consequences, "ask_for_looks", None)
        with pytest.raises(TypeError):
            await payments.recheck(ADMIN, payment.id)
    during = await payments_db.get(payment.id)
    await sync(payment.id, "scheduled check")

    assert (during, during.refunded_minor) == (before, 0)
    after = await payments_db.get(payment.id)
    assert (states(after), after.refunded_minor) == ([SETTLED], 300_000)
