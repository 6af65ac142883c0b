"""What the page of a payment tells of its life."""

from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import ProviderRefused
from courseflow_admin.logs import client_ip, request_id
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import id_at
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import payments, refunds
from courseflow_admin.state.money.payment_steps import step_rows
from tests.builders import acting, stored
from tests.course_builders import an_admin
from tests.money_builders import an_email
from tests.services.money.buying import a_sale, buy, work


async def test_the_timeline_tells_what_happened_once_and_in_order(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "razorpay")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    detail = await payments.get(SYSTEM, payment.id)

    told = [row.what for row in step_rows(detail)]
    assert told[0] == "Checkout opened at Razorpay"
    assert [sentence for sentence in told if sentence.startswith("Razorpay reported")] == [
        "Razorpay reported payment.authorized",
        "Razorpay reported payment.captured",
        "Razorpay reported order.paid",
    ]
    assert told.count("Checked with Razorpay: paid") == 1
    assert "Payment confirmed and matched to the order" in told
    assert "E-mail “Receipt SANDBOX-2026-00001 for Data Structures in Practice” delivered" in told
    assert [step.at for step in detail.steps] == sorted(step.at for step in detail.steps)


async def test_nothing_happens_to_an_email_before_it_was_sent(database):
    sent = clock.business()
    email = await an_email(
        kind="receipt", state=EmailState.SENT, queued_at=sent, sent_at=sent, provider_id="re_1"
    )

    told = sent.replace(microsecond=0)  # a provider that tells whole seconds
    await outbox.record_event("email.delivered", "re_1", told - timedelta(seconds=1), "")

    (row,) = await stored("emails")
    assert (row["_id"], row["state"], row["state_at"]) == (email.id, "delivered", sent)


@pytest.fixture
async def refunded(database, sandbox):
    """Ada buys of Ines; Rosa, an admin, asks the gateway anew and gives a part back."""
    course, student = await a_sale()
    rosa = await an_admin()
    marks = client_ip.set("203.0.113.7"), request_id.set("req_of_rosa")
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    await payments.recheck(rosa, payment.id)
    hundred = Money(minor=10_000, currency="INR")
    await refunds.refund(
        rosa, payment.id, hundred, "Looks like fraud", id_at("ref", clock.business())
    )
    client_ip.reset(marks[0])
    request_id.reset(marks[1])
    (ines,) = await stored("accounts", role="instructor")
    owner = acting(Account.from_mongo(ines))
    return payment.id, {"learner": student, "owner": owner, "admin": rosa}


@pytest.mark.parametrize("who", ["learner", "owner"])
async def test_learner_and_owner_read_what_happened_but_neither_evidence_nor_who_it_was(
    refunded, who
):
    payment_id, people = refunded

    detail = await payments.get(people[who], payment_id)

    rows = step_rows(detail)
    told = {row.what: row.who for row in rows}
    assert (told["Checkout opened at Stripe"], told["Refund started"]) == (
        "Ada Lovelace",
        "The school",
    )
    assert told["Re-check requested"] == "The school"
    assert told["Checked with Stripe: paid"] == "CourseFlow"
    assert {(row.label, row.evidence) for row in rows} == {("", "")}
    for trace in ("203.0.113.7", "req_of_rosa", "Rosa", "sha256", "evt_", "fraud"):
        assert trace not in f"{detail.steps} {rows}"


async def test_an_admin_reads_the_evidence_and_who_it_was(refunded):
    payment_id, people = refunded

    rows = step_rows(await payments.get(people["admin"], payment_id))

    told = {row.what: row for row in rows}
    started = told["Refund started: Looks like fraud"]
    assert started.who == "Rosa Admin"
    assert started.evidence.splitlines() == [
        "Amount: ₹100.00",
        "Request: req_of_rosa",
        "IP address: 203.0.113.7",
    ]
    (payment,) = await stored("payments")
    assert "re-check by an admin" in [note["source"] for note in payment["syncs"]]
    assert "Rosa" not in str(payment["syncs"])
    reported = told["Stripe reported checkout.session.completed"]
    words = [line.partition(":")[0] for line in reported.evidence.splitlines()]
    assert words == ["Event", "Body", "Delivered", "Handled"]


async def asked_anew(actor, payment):
    told = [row.what for row in step_rows(await payments.get(actor, payment.id))]
    return [what for what in told if what.startswith("Checked with ")][-1]


async def test_what_does_not_match_is_told_to_admins_alone(database, sandbox):
    course, student = await a_sale()
    rosa = await an_admin()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    other = {"$set": {"amount.minor": 100}}
    await collection("payments").update_one({"_id": payment.id}, other)

    said = await payments.recheck(rosa, payment.id)

    why = "needs review: The gateway reports ₹4,999.00, but our payment is ₹1.00."
    assert (said, await asked_anew(rosa, payment)) == (why, f"Checked with Stripe: {why}")
    assert await asked_anew(student, payment) == "Checked with Stripe: needs review"


async def test_why_a_gateway_refuses_to_tell_is_told_to_admins_alone(database, sandbox):
    course, student = await a_sale()
    rosa = await an_admin()
    payment = await buy(student, course, "stripe")
    unknown = {"$set": {"provider_checkout_id": "cs_unknown"}}
    await collection("payments").update_one({"_id": payment.id}, unknown)

    with pytest.raises(ProviderRefused) as refused:
        await payments.recheck(rosa, payment.id)

    assert "No such" in refused.value.message
    told = await asked_anew(rosa, payment)
    assert told == f"Checked with Stripe: {refused.value.message}"
    assert await asked_anew(student, payment) == "Checked with Stripe: unknown"
