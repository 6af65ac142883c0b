"""Keys that a gateway does not accept: admins read which setting to look at, buyers do not."""

from datetime import timedelta

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import KeyRefused, ProviderUnreachable
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import Capture
from courseflow_admin.services.money import payments
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.school import doctor
from courseflow_admin.services.teaching import access
from courseflow_admin.state.money.payment_steps import step_rows
from courseflow_admin.worker import run_until_idle
from tests.builders import audited, stored
from tests.job_builders import due_at, make_due
from tests.services.money.buying import BOTH, a_sale, buy, work
from tests.services.money.test_refunds import ADMIN

SAID = {
    "stripe": "Stripe declined the request: our keys are not accepted; check STRIPE_SECRET_KEY.",
    "razorpay": "Razorpay declined the request: our keys are not accepted; "
    "check RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET.",
}


@BOTH
async def test_an_admin_reads_which_setting_to_look_at(database, sandbox, keys, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    await keys("rolled")

    await run_until_idle()
    with pytest.raises(KeyRefused) as error:
        await payments.recheck(ADMIN, payment.id)

    assert error.value.message == SAID[provider]
    assert {row["error"] for row in await stored("webhook_events")} == {SAID[provider]}
    inside = step_rows(await payments.get(ADMIN, payment.id))
    assert f"Checked with {provider.capitalize()}: {SAID[provider]}" in [row.what for row in inside]
    outside = step_rows(await payments.get(student, payment.id))
    assert f"Checked with {provider.capitalize()}: the gateway did not respond" in [
        row.what for row in outside
    ]
    assert "keys" not in str(outside)
    assert (await payments_db.get(payment.id)).capture is Capture.CREATED


@BOTH
async def test_a_buyer_reads_nothing_of_our_keys(database, sandbox, keys, provider):
    course, student = await a_sale()
    await keys("rolled")

    with pytest.raises(ProviderUnreachable) as error:
        await buy(student, course, provider)

    assert (error.value.code, error.value.message) == (
        "provider_unreachable",
        f"{provider.capitalize()} is not responding. Nothing is lost; try again in a minute.",
    )


async def test_the_doctor_tells_keys_that_are_not_accepted(mongod_uri, sandbox, keys, configure):
    configure(MONGODB_URI=mongod_uri, MONGODB_DATABASE="test_doctor")
    right = {check.name: check for check in await doctor.examine(settings())}
    await keys("rolled")
    wrong = {check.name: check for check in await doctor.examine(settings())}

    for provider in ("stripe", "razorpay"):
        name = f"{provider}, keys"
        assert right[name] == doctor.Check(name, True, "accepted")
        assert wrong[name] == doctor.Check(name, False, SAID[provider])


async def ending(payment, **time):
    """Let its checkout have ended so long ago."""
    ends = {"expires_at": clock.business() - timedelta(**time)}
    await collection("payments").update_one({"_id": payment.id}, {"$set": ends})


@pytest.mark.parametrize(("minutes", "goes_on"), [(-1, False), (9, False), (11, True)])
async def test_a_checkout_whose_time_is_over_keeps_nobody_from_buying_though_stripe_is_silent(
    database, sandbox, keys, minutes, goes_on
):
    course, student = await a_sale()
    old = await buy(student, course, "stripe")
    await ending(old, minutes=minutes)
    await keys("rolled", only="stripe")

    if goes_on:
        new = await buy(student, course, "razorpay")
        assert (new.provider, new.open) == ("razorpay", True)
    else:
        with pytest.raises(ProviderUnreachable):
            await buy(student, course, "razorpay")

    row = await payments_db.get(old.id)
    assert (row.open, row.capture) == (
        (False, Capture.EXPIRED) if goes_on else (True, Capture.CREATED)
    )
    assert (("checkout.expired", old.id) in await audited()) is goes_on


async def test_money_that_was_paid_at_a_silent_gateway_goes_back_by_itself_when_it_came_second(
    database, sandbox, keys
):
    course, student = await a_sale()
    sandbox.switch("stripe", webhooks="never")
    old = await buy(student, course, "stripe")
    first = sandbox.pay(old.provider_checkout_id)
    await ending(old, minutes=11)
    await keys("rolled", only="stripe")
    new = await buy(student, course, "razorpay")
    sandbox.pay(new.provider_checkout_id)
    await work(sandbox)

    await keys()
    await sync(old.id, "scheduled check")

    assert (await payments_db.get(new.id)).state == "paid"
    assert (await payments_db.get(old.id)).state == "refunded"
    assert sandbox.refunds(first) == [old.amount.minor]
    assert (await access.verdict(student.id, course.id)).allowed


@pytest.mark.parametrize(("minutes", "closed"), [(9, False), (11, True)])
async def test_an_open_checkout_closes_by_time_though_its_gateway_is_silent(
    database, sandbox, minutes, closed
):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    await ending(payment, minutes=minutes)
    sandbox.switch("stripe", outage="500")

    with pytest.raises(ProviderUnreachable):
        await sync(payment.id, "scheduled check")

    row = await payments_db.get(payment.id)
    assert (row.open, row.capture) == (
        (False, Capture.EXPIRED) if closed else (True, Capture.CREATED)
    )
    assert await due_at(payment.id) is not None


async def test_money_on_its_way_does_not_expire_because_its_gateway_is_silent(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay_later(payment.provider_checkout_id)
    await work(sandbox)
    await ending(payment, days=2)
    sandbox.switch("stripe", outage="500")

    with pytest.raises(ProviderUnreachable):
        await sync(payment.id, "scheduled check")

    assert (await payments_db.get(payment.id)).capture is Capture.PENDING


async def test_a_silent_gateway_is_asked_less_and_less_often(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.switch("stripe", outage="500")

    waits = []
    for _ in range(12):
        await make_due(payment.id)
        await run_until_idle()
        asked = (await payments_db.get(payment.id)).syncs[-1].at
        waits.append((await due_at(payment.id) - asked).total_seconds())

    whole = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert all(0.8 * most <= wait < most + 1 for wait, most in zip(waits, whole, strict=True))
    (job,) = await stored("jobs", key=payment.id)
    assert (job["failures"], job["attempts"]) == (0, 12)  # silence is never given up
