"""What the page of a payment tells of its life."""

from datetime import timedelta

from courseflow_admin.models.base import now
from courseflow_admin.models.emails import EmailState
from courseflow_admin.models.permissions import SYSTEM
from courseflow_admin.services import emails, payments
from tests.builders import stored
from tests.money_builders import an_email
from tests.services.buying import a_sale, buy, work


async def test_the_timeline_tells_what_happened_once_and_in_order(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "razorpay")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)

    steps = (await payments.get(SYSTEM, payment.id)).steps

    told = [step.sentence for step in steps]
    assert told[0] == "Checkout opened at Razorpay"
    assert [sentence for sentence in told if sentence.startswith("Razorpay reported")] == [
        "Razorpay reported payment.authorized",
        "Razorpay reported payment.captured",
        "Razorpay reported order.paid",
    ]
    assert told.count("Asked Razorpay anew: paid") == 1
    assert "Payment confirmed: everything matches our order" in told
    assert "E-mail “Receipt SANDBOX-2026-00001 for Data Structures in Practice” delivered" in told
    assert [step.at for step in steps] == sorted(step.at for step in steps)


async def test_nothing_happens_to_an_email_before_it_was_sent(database):
    sent = now()
    email = await an_email(
        kind="receipt", state=EmailState.SENT, queued_at=sent, sent_at=sent, provider_id="re_1"
    )

    told = sent.replace(microsecond=0)  # a provider that tells whole seconds
    await emails.record_event("email.delivered", "re_1", told - timedelta(seconds=1), "")

    (row,) = await stored("emails")
    assert (row["_id"], row["state"], row["state_at"]) == (email.id, "delivered", sent)
