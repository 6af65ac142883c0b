"""Money that a bank holds until an admin captures it: once, or not at all, or not known yet."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import NotPermitted, ProviderRefused
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import (
    Attempt,
    Capture,
    PaymentState,
    Review,
    ReviewState,
)
from courseflow_admin.models.money.payments import LAPSES_AFTER
from courseflow_admin.services.money import captures, payments
from courseflow_admin.services.money.captures import (
    LOOK_AFTER,
    CaptureUnconfirmed,
    NothingToCapture,
)
from courseflow_admin.services.teaching import access
from courseflow_admin.state.money.payment_steps import step_rows
from courseflow_admin.worker import run_until_idle
from tests.builders import audited, stored
from tests.job_builders import due_at, make_due
from tests.money_builders import a_payment
from tests.services.money.buying import a_sale, hold, kinds_of_mail, work
from tests.services.money.test_refunds import ADMIN, acts_on

ROSA, OLGA = ADMIN, Actor("acc_olga", "admin", "Olga Admin")


async def held(sandbox):
    """A learner's bank holds the price of a course: course, learner, payment, Razorpay's id."""
    course, student = await a_sale()
    payment = await hold(sandbox, student, course)
    return course, student, payment, payment.attempts[0].provider_payment_id


def at_the_gateway(sandbox, payment_id):
    found = sandbox.store.get("payment", payment_id)
    return found["status"], found["captured"]


def captured_events(sandbox):
    return [one for one in sandbox.deliveries() if one.event_type == "payment.captured"]


async def test_a_capture_opens_the_course_once_with_receipt_and_emails(database, sandbox):
    course, student, payment, at_razorpay = await held(sandbox)
    before = (payment.state, (await access.verdict(student.id, course.id)).allowed)

    after = await captures.capture(ADMIN, payment.id)
    await work(sandbox)  # the webhooks of it come, too

    assert before == (PaymentState.AUTHORIZED, False)
    assert (after.state, after.provider_payment_id) == (PaymentState.PAID, at_razorpay)
    assert at_the_gateway(sandbox, at_razorpay) == ("captured", True)
    (enrollment,) = await stored("enrollments")
    assert [grant["payment_id"] for grant in enrollment["grants"]] == [payment.id]
    assert (await access.verdict(student.id, course.id)).allowed
    (receipt,) = await stored("receipts")
    assert receipt["payment_id"] == payment.id
    assert await kinds_of_mail() == ["access_granted", "receipt"]
    (asked,) = await stored("audit", act="payment.capture_asked")
    assert (asked["actor_id"], asked["object_id"]) == (ADMIN.id, payment.id)
    assert asked["facts"]["provider_payment"] == at_razorpay
    (paid,) = await stored("audit", act="payment.paid")
    assert paid["actor_id"] == ADMIN.id


async def test_two_admins_at_once_capture_once(database, sandbox):
    _, _, payment, _ = await held(sandbox)

    both = await asyncio.gather(
        captures.capture(ROSA, payment.id), captures.capture(OLGA, payment.id)
    )
    await work(sandbox)

    assert [after.state for after in both] == [PaymentState.PAID, PaymentState.PAID]
    assert len(captured_events(sandbox)) == 1
    assert len(await stored("payments")) == 1
    assert await kinds_of_mail() == ["access_granted", "receipt"]
    assert (await acts_on(payment)).count("payment.paid") == 1
    assert "payment.capture_refused" not in await acts_on(payment)


async def test_what_was_captured_in_the_gateways_dashboard_is_granted_by_the_click(
    database, sandbox
):
    _, _, payment, at_razorpay = await held(sandbox)
    amount = payment.amount.minor
    sandbox.world.store.put(
        "payment",
        sandbox.store.get("payment", at_razorpay) | {"status": "captured", "captured": True},
    )

    after = await captures.capture(ADMIN, payment.id)

    assert (after.state, after.amount.minor) == (PaymentState.PAID, amount)
    assert "payment.capture_refused" not in await acts_on(payment)


@pytest.mark.parametrize("role", ["instructor", "student"])
async def test_nobody_but_an_admin_captures(database, sandbox, role):
    _, _, payment, at_razorpay = await held(sandbox)
    before = await audited()

    with pytest.raises(NotPermitted):
        await captures.capture(Actor(payment.owner_id, role), payment.id)

    assert at_the_gateway(sandbox, at_razorpay) == ("authorized", False)
    assert await audited() == before


@pytest.mark.parametrize(
    ("state", "fields", "shown"),
    [
        ("created", {}, "Created"),
        ("paid", {}, "Paid"),
        ("failed", {}, "Failed"),
        ("expired", {}, "Expired"),
        (
            "needs_review",
            {
                "capture": Capture.AUTHORIZED,
                "review": Review(
                    state=ReviewState.OPEN, reason="It does not fit.", at=clock.business()
                ),
            },
            "Needs review",
        ),
    ],
)
async def test_what_is_not_authorised_is_not_captured(database, state, fields, shown):
    attempt = Attempt(provider_payment_id="pay_1", at=clock.business(), outcome=Capture.AUTHORIZED)
    payment = await a_payment(1, state, provider="razorpay", attempts=[attempt], **fields)

    with pytest.raises(NothingToCapture, match=rf"“{shown}”\. If Razorpay"):
        await captures.capture(ADMIN, payment.id)

    assert await audited() == []
    assert await payments_db.get(payment.id) == payment


async def test_a_refused_capture_is_said_and_noted_and_nothing_else_happens(database, sandbox):
    """Our payment asks for another amount than the bank holds."""
    _, _, payment, at_razorpay = await held(sandbox)
    one = Money(minor=100, currency="INR").to_mongo()
    await collection("payments").update_one({"_id": payment.id}, {"$set": {"amount": one}})

    with pytest.raises(ProviderRefused, match="must be equal to the amount authorized"):
        await captures.capture(ADMIN, payment.id)

    assert at_the_gateway(sandbox, at_razorpay) == ("authorized", False)
    assert (await payments_db.get(payment.id)).state is PaymentState.AUTHORIZED
    assert (await stored("enrollments"), await kinds_of_mail()) == ([], [])
    steps = [row.what for row in step_rows(await payments.get(ADMIN, payment.id))]
    assert "Capture requested" in steps
    assert "Not captured: Capture amount must be equal to the amount authorized" in steps


async def test_what_has_lapsed_is_refused_and_shown_as_it_is(database, sandbox):
    _, _, payment, at_razorpay = await held(sandbox)
    sandbox.clock(73)
    sandbox.sweep()

    with pytest.raises(ProviderRefused, match="authorized and not yet captured can be captured"):
        await captures.capture(ADMIN, payment.id)

    assert (await payments_db.get(payment.id)).state is PaymentState.LAPSED
    assert sandbox.refunds(at_razorpay) == [499_900]
    assert (await stored("enrollments"), await kinds_of_mail()) == ([], [])


async def test_after_silence_nothing_is_assumed_and_the_next_look_grants_what_was_captured(
    database, sandbox
):
    """Razorpay captured, and nobody heard of it."""
    _, _, payment, at_razorpay = await held(sandbox)
    sandbox.switch("razorpay", outage="timeout")
    with pytest.raises(CaptureUnconfirmed, match="Razorpay has not confirmed the capture yet"):
        await captures.capture(ADMIN, payment.id)
    unknown, look_at = await payments_db.get(payment.id), await due_at(payment.id)
    mails = await kinds_of_mail()
    sandbox.switch("razorpay", outage="ok")

    await make_due(payment.id)
    await run_until_idle()  # no webhook has come

    assert (unknown.state, mails) == (PaymentState.AUTHORIZED, [])
    assert look_at is not None
    assert look_at <= clock.business() + LOOK_AFTER
    assert at_the_gateway(sandbox, at_razorpay) == ("captured", True)
    assert (await payments_db.get(payment.id)).state is PaymentState.PAID
    assert await kinds_of_mail() == ["access_granted", "receipt"]


async def test_after_silence_that_captured_nothing_the_next_click_captures(database, sandbox):
    _, _, payment, at_razorpay = await held(sandbox)
    sandbox.switch("razorpay", outage="500")
    with pytest.raises(CaptureUnconfirmed):
        await captures.capture(ADMIN, payment.id)
    still = at_the_gateway(sandbox, at_razorpay)
    sandbox.switch("razorpay", outage="ok")

    after = await captures.capture(ADMIN, payment.id)

    assert (still, after.state) == (("authorized", False), PaymentState.PAID)
    assert len(captured_events(sandbox)) == 1


async def test_keys_that_are_not_accepted_are_named_to_the_admin(database, sandbox, keys):
    _, _, payment, at_razorpay = await held(sandbox)
    await keys("rolled", only="razorpay")

    with pytest.raises(ProviderRefused, match="check RAZORPAY_KEY_ID"):
        await captures.capture(ADMIN, payment.id)

    assert at_the_gateway(sandbox, at_razorpay) == ("authorized", False)
    assert (await payments_db.get(payment.id)).state is PaymentState.AUTHORIZED


async def test_stripes_checkout_captures_by_itself(database, sandbox):
    attempt = Attempt(provider_payment_id="pi_1", at=clock.business(), outcome=Capture.AUTHORIZED)
    payment = await a_payment(1, "authorized", provider="stripe", attempts=[attempt])

    with pytest.raises(
        ProviderRefused, match="Stripe declined the request: its checkout captures automatically"
    ):
        await captures.capture(ADMIN, payment.id)

    assert payment.lapses_at is None
    assert (await payments_db.get(payment.id)).state is PaymentState.AUTHORIZED


async def test_what_is_held_goes_back_three_days_after_it_was_authorised(database, sandbox):
    _, _, payment, _ = await held(sandbox)

    (attempt,) = payment.attempts

    assert payment.lapses_at == attempt.at + LAPSES_AFTER
    sandbox.clock(72.1)
    sandbox.sweep()
    await work(sandbox)
    assert (await payments_db.get(payment.id)).lapses_at is None
