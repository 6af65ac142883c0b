"""Asking a gateway that will not answer us: nothing is taken for handled, and time goes on."""

from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import NotFound, ProviderRefused
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import Capture, PaymentState
from courseflow_admin.services.money import payments
from courseflow_admin.services.money.sync import NOT_TOLD, sync
from courseflow_admin.services.school.jobs import TRIES
from courseflow_admin.state.money.payment_steps import step_rows
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.job_builders import due_at, make_due
from tests.services.money.buying import BOTH, a_sale, buy, work
from tests.services.money.test_money_faults import ADMIN


@BOTH
async def test_an_event_the_gateway_refused_to_explain_is_tried_again_and_then_failed(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    events = len(await stored("webhook_events"))
    sandbox.reset()  # it knows nothing of that checkout any more

    await run_until_idle()
    once = await stored("webhook_events")
    for _ in range(TRIES - 1):
        await make_due(kind="webhook-event")
        await run_until_idle()

    given_up = await stored("webhook_events")
    assert {(row["state"], row["attempts"]) for row in once} == {("waiting", 1)}
    assert {(row["state"], row["attempts"]) for row in given_up} == {("failed", TRIES)}
    assert len(given_up) == events
    assert all(" declined the request: " in row["error"] for row in given_up)
    row = await payments_db.get(payment.id)
    assert (row.state, row.open) == (PaymentState.CREATED, True)
    assert clock.business() < await due_at(payment.id) <= clock.business() + timedelta(minutes=10)
    assert row.syncs[-1].result == NOT_TOLD
    assert " declined the request: " in row.syncs[-1].why


@BOTH
async def test_with_the_key_mended_the_waiting_event_opens_the_course(
    database, sandbox, keys, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    await keys("rolled")
    await run_until_idle()

    await keys()
    await make_due(kind="webhook-event")
    await work(sandbox)

    assert (await payments_db.get(payment.id)).state is PaymentState.PAID
    assert {row["state"] for row in await stored("webhook_events", provider=provider)} <= {
        "handled",
        "ignored",
    }


async def test_what_was_refused_about_a_paid_payment_is_asked_again_by_itself(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    await make_due(kind="payment-look")
    await run_until_idle()
    before, planned = await payments_db.get(payment.id), await due_at(payment.id)
    sandbox.reset()

    with pytest.raises(ProviderRefused, match="Stripe declined"):
        await payments.recheck(ADMIN, payment.id)

    after = await payments_db.get(payment.id)
    assert (planned, before.state, after.state) == (None, "paid", "paid")
    assert timedelta(hours=5) < await due_at(payment.id) - clock.business() <= timedelta(hours=6)


@BOTH
async def test_a_checkout_of_a_gateway_that_is_off_closes_when_its_time_is_over(
    database, sandbox, gateways_off, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    await gateways_off()
    with pytest.raises(NotFound):
        await sync(payment.id, "a test")
    before = await payments_db.get(payment.id)
    await collection("payments").update_one(
        {"_id": payment.id}, {"$set": {"expires_at": clock.business()}}
    )

    await make_due(kind="payment-look")
    await run_until_idle()

    after = await payments_db.get(payment.id)
    assert (before.open, before.capture) == (True, Capture.CREATED)
    assert (after.open, after.capture, after.state) == (False, Capture.EXPIRED, "expired")
    assert [row["act"] for row in await stored("audit", object_id=payment.id)] == [
        "checkout.opened",
        "checkout.expired",
    ]


async def test_money_on_its_way_does_not_expire_because_its_gateway_is_off(
    database, sandbox, gateways_off
):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay_later(payment.provider_checkout_id)
    await work(sandbox)
    await collection("payments").update_one(
        {"_id": payment.id}, {"$set": {"expires_at": clock.business()}}
    )
    await gateways_off()

    with pytest.raises(NotFound):
        await sync(payment.id, "a test")

    after = await payments_db.get(payment.id)
    assert after.capture is Capture.PENDING
    assert await due_at(payment.id) > clock.business()


@BOTH
async def test_an_event_that_waits_or_failed_stands_in_the_timeline_of_its_payment(
    database, sandbox, provider
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    sandbox.reset()  # it knows nothing of that checkout any more

    await run_until_idle()
    waits = await reported(payment)
    for _ in range(TRIES - 1):
        await make_due(kind="webhook-event")
        await run_until_idle()
    failed = await reported(payment)

    events = await stored("webhook_events")
    assert {row["payment_id"] for row in events} == {payment.id}
    (why,) = {row["error"] for row in events}
    assert waits == [f"Webhook, waiting: {why}"] * len(events)
    assert failed == [f"Webhook, failed: {why}"] * len(events)
    outside = step_rows(await payments.get(student, payment.id))
    assert "refused" not in str([row for row in outside if row.icon == "webhook"])


async def reported(payment):
    """Who the timeline names for each webhook."""
    rows = step_rows(await payments.get(ADMIN, payment.id))
    return [row.who for row in rows if row.icon == "webhook"]
