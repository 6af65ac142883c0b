"""Faults of companies and of single rows: nothing is lost, nobody else waits, a person is told."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import ProviderUnreachable
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.money.payment_parts import PaymentState, RefundState
from courseflow_admin.services.figures import attention
from courseflow_admin.services.money import refunds, sync
from courseflow_admin.services.school import jobs
from courseflow_admin.services.school.jobs import TRIES
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.course_builders import a_course, a_student, an_instructor
from tests.job_builders import make_due, run_due
from tests.job_numbers import poisoned
from tests.services.money.buying import BOTH, a_sale, buy, buying, work
from tests.services.money.test_refunds import ADMIN

FAULTS = pytest.mark.parametrize("fault", ["500", "timeout", "rubbish"])


@BOTH
@FAULTS
async def test_what_a_company_in_trouble_does_not_tell_waits_without_being_given_up(
    database, sandbox, provider, fault
):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    sandbox.switch(provider, outage=fault)
    for _ in range(2):
        await make_due()
        await asyncio.gather(run_until_idle(), run_until_idle())
    during = [row for row in await stored("jobs") if row["lane"] == provider]
    waiting = {row["state"] for row in await stored("webhook_events")}
    sandbox.switch(provider, outage="ok")

    await make_due()
    await work(sandbox)

    assert waiting == {"waiting"}
    assert {(row["state"], row["failures"]) for row in during} == {("due", 0)}
    assert {row["reason"] for row in during if row["attempts"]} == {
        f"{provider.capitalize()} is not responding. Nothing is lost; try again in a minute."
    }
    assert (await payments_db.get(payment.id)).state is PaymentState.PAID


@BOTH
async def test_an_answer_nobody_understands_opens_no_checkout_and_the_next_click_goes_on(
    database, sandbox, provider
):
    course, student = await a_sale()
    sandbox.switch(provider, outage="rubbish")
    with pytest.raises(ProviderUnreachable):
        await buy(student, course, provider)
    sandbox.switch(provider, outage="ok")

    payment = await buy(student, course, provider)

    assert payment.provider_checkout_id
    assert len(await stored("payments")) == 1
    assert buying(course, provider)


@BOTH
async def test_a_refund_answered_by_nonsense_is_made_once(database, sandbox, provider):
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    paid = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    sandbox.switch(provider, outage="rubbish")

    during = await refunds.refund(
        ADMIN, payment.id, Money(minor=10_000, currency="INR"), "Asked for it", new_id("ref")
    )
    sandbox.switch(provider, outage="ok")
    await make_due()
    await work(sandbox)

    assert [one.state for one in during.refunds] == [RefundState.PENDING]
    after = await payments_db.get(payment.id)
    assert [one.state for one in after.refunds] == [RefundState.SETTLED]
    assert sandbox.refunds(paid) == [10_000]


async def test_a_payment_whose_looks_fail_always_wants_a_person_and_the_re_check_revives_it(
    database, sandbox
):
    course, student = await a_sale()
    sandbox.switch("stripe", webhooks="never")
    payment = await payments_db.get(await poisoned(sandbox, course, student))

    for _ in range(TRIES):
        await make_due()
        await run_due(sync.LOOK)

    given_up = await payments_db.get(payment.id)
    assert given_up.state is PaymentState.NEEDS_REVIEW
    assert given_up.review.reason.startswith(
        f"Checking it failed {TRIES} times. Something unexpected went wrong; look for"
    )
    told = {one.kind: one.count for one in await attention.needs_attention(ADMIN)}
    assert told == {"needs_review": 1}
    (lane,) = [depth for depth in await jobs.depths() if depth.lane == "stripe"]
    assert (lane.due, lane.attention) == (0, 1)

    await collection("enrollments").delete_many({})
    await sync.sync(payment.id, "re-check by an admin", actor=ADMIN)
    await make_due()
    await run_until_idle()

    assert (await payments_db.get(payment.id)).capture == "paid"
    assert await stored("jobs", kind="payment-look") == []


async def test_fifteen_poison_payments_slow_nobody(database, sandbox):
    course = await a_course(await an_instructor())
    sandbox.switch("stripe", webhooks="never")
    bad = [
        await poisoned(sandbox, course, await a_student(f"s{number}@demo.test", "Sam"))
        for number in range(15)
    ]
    good = await buy(await a_student("good@demo.test", "Good"), course, "stripe")
    sandbox.pay(good.provider_checkout_id)
    at = clock.business()
    early = {"due_at": at - timedelta(hours=1)}
    await collection("jobs").update_many({"key": {"$in": bad}}, {"$set": early})
    await make_due(good.id)

    await run_due(sync.LOOK)

    assert (await payments_db.get(good.id)).state is PaymentState.PAID
    waiting = await stored("jobs", kind="payment-look")
    assert {row["key"] for row in waiting} == set(bad)
    assert all(row["failures"] and row["due_at"] > at for row in waiting)
