"""The outbox: every e-mail goes out once, or is given up in the open; states only move forward."""

import asyncio
import re
from datetime import timedelta

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.mail import emails as emails_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.mail.emails import EmailKind, EmailState, Recipient
from courseflow_admin.providers import resend
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import jobs
from courseflow_admin.services.school import settings as school_settings
from tests.builders import stored
from tests.job_builders import due_at, make_due, run_due, until
from tests.money_builders import an_email
from tests.services.money.buying import work

ADA = "ada@demo.test"


async def waiting(to=ADA, **age):
    """An e-mail in the outbox, due now, queued as long ago as `age` says."""
    queued_at = clock.business() - timedelta(**age)
    email = await an_email(to=to, state=EmailState.QUEUED, sent_at=None, queued_at=queued_at)
    await jobs.queue(outbox.KIND, email.id, "resend", expires_at=queued_at + outbox.GIVE_UP_AFTER)
    return email


async def send():
    """All that is due."""
    await run_due(outbox.SEND)


async def test_an_outage_delays_an_email_and_it_goes_out_once(database, sandbox):
    email = await waiting()
    sandbox.switch("resend", outage="500")

    await send()
    during = await emails_db.get(email.id)
    sandbox.switch("resend", outage="ok")
    await send()
    early = sandbox.mails()
    again_at = await due_at(email.id)
    await make_due(email.id)
    await send()

    assert (during.state, during.attempts) == (EmailState.QUEUED, 1)
    assert timedelta(0) < again_at - during.queued_at <= timedelta(seconds=3)
    assert during.error.startswith("Resend is not responding.")
    assert early == []
    after = await emails_db.get(email.id)
    (mail,) = sandbox.mails(to=ADA)
    assert (after.state, after.provider_id, after.error) == (EmailState.SENT, mail.id, "")
    assert await due_at(email.id) is None


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (EmailKind.DATA_EXPORTED, "because you have an account at CourseFlow."),
        (
            EmailKind.ACCOUNT_ERASED,
            "because you had an account at CourseFlow. This is our last e-mail to you.",
        ),
        (EmailKind.EMAIL_CHANGED, "because this was the address of an account at CourseFlow."),
    ],
)
async def test_the_foot_of_an_email_says_truly_why_one_gets_it(database, kind, reason):
    school = await school_settings.get()

    email = outbox.compose(kind, Recipient("acc_ada", ADA, "Ada"), "once", {}, school)

    read = re.sub(r"</?bdi>", "", email.html)
    assert f"You received this e-mail {reason} Questions?" in read
    assert email.html.count("You received this e-mail") == 1


async def test_a_key_resend_does_not_know_fails_no_email_and_all_go_when_it_is_mended(
    database, sandbox, configure
):
    both = [await waiting(), await waiting("bob@demo.test")]
    good = settings().resend
    configure(RESEND_API_KEY="re_rolled")
    resend.forget()

    await send()
    during = [await emails_db.get(email.id) for email in both]
    configure(RESEND_API_KEY=good.api_key)
    resend.forget()
    await make_due()
    await send()

    assert [(email.state, email.attempts) for email in during] == [(EmailState.QUEUED, 1)] * 2
    assert {email.error for email in during} == {"Resend declined the request: API key is invalid."}
    assert [(await emails_db.get(email.id)).state for email in both] == [EmailState.SENT] * 2
    assert len(sandbox.mails()) == 2


async def test_without_a_key_no_email_fails_and_all_go_when_it_is_set(
    database, sandbox, configure, gateways_off
):
    email = await waiting()
    good = settings().resend
    await gateways_off()
    resend.forget()

    await send()
    during, again_at = await emails_db.get(email.id), await due_at(email.id)
    configure(ENV="development", RESEND_BASE_URL=good.base_url, RESEND_API_KEY=good.api_key)
    resend.forget()
    await make_due(email.id)
    await send()

    assert (during.state, during.attempts, during.events) == (EmailState.QUEUED, 1, [])
    assert timedelta(0) < again_at - during.queued_at <= timedelta(seconds=3)
    assert during.error == "E-mails are not sent: RESEND_API_KEY is not set."
    assert (await emails_db.get(email.id)).state is EmailState.SENT
    assert len(sandbox.mails(to=ADA)) == 1


@pytest.mark.parametrize("why", ["outage", "key", "no key"])
@pytest.mark.parametrize(
    ("age", "state"),
    [
        ({"hours": 22, "minutes": 59}, EmailState.QUEUED),
        ({"hours": 23, "seconds": 1}, EmailState.FAILED),
    ],
)
async def test_an_email_is_given_up_after_23_hours_and_says_why(
    database, sandbox, configure, gateways_off, why, age, state
):
    email = await waiting(**age)
    if why == "outage":
        sandbox.switch("resend", outage="500")
    elif why == "no key":
        await gateways_off()
        resend.forget()
    else:
        configure(RESEND_API_KEY="re_rolled")
        resend.forget()

    await send()

    after = await emails_db.get(email.id)
    assert after.state is state
    assert (await due_at(email.id) is None) is (state is EmailState.FAILED)
    assert after.error.startswith("Given up after 23 hours: ") is (state is EmailState.FAILED)
    assert sandbox.mails() == []


async def test_an_email_resend_refuses_for_itself_fails_at_once_and_stops_no_other(
    database, sandbox
):
    wrong = await waiting("no-address")
    right = await waiting()

    await send()

    after = await emails_db.get(wrong.id)
    assert (after.state, after.attempts) == (EmailState.FAILED, 1)
    assert await stored("jobs") == []
    assert after.error.startswith("Resend declined the request: Invalid `to` field.")
    assert [(event.state, event.detail) for event in after.events] == [
        (EmailState.FAILED, after.error)
    ]
    assert (await emails_db.get(right.id)).state is EmailState.SENT


async def test_a_crash_after_resend_took_it_sends_nothing_twice(database, sandbox):
    email = await waiting()
    sandbox.switch("resend", outage="timeout")  # taken, and nobody answers
    sending = asyncio.create_task(send())
    await until(sandbox.mails, 30)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    during = await emails_db.get(email.id)
    await send()  # its lease is not over
    (leased,) = await stored("jobs")

    sandbox.switch("resend", outage="ok")
    await collection("jobs").update_one({"key": email.id}, {"$set": {"lease_until": clock.wall()}})
    await send()

    (mail,) = sandbox.mails()
    assert (during.state, during.provider_id) == (EmailState.QUEUED, "")
    assert (leased["attempts"], leased["lease_until"] > leased["created_at"]) == (1, True)
    after = await emails_db.get(email.id)
    assert (after.state, after.provider_id, after.attempts) == (EmailState.SENT, mail.id, 2)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["email.delivered", "email.sent"], EmailState.DELIVERED),
        (["email.delivered", "email.delivery_delayed"], EmailState.DELIVERED),
        (["email.bounced", "email.delivered", "email.sent"], EmailState.BOUNCED),
        (["email.complained", "email.delivered", "email.bounced"], EmailState.COMPLAINED),
        (["email.delivery_delayed", "email.sent"], EmailState.DELAYED),
        (["email.opened"], EmailState.SENT),
    ],
)
async def test_the_state_only_moves_forward_whatever_the_order_of_events(database, told, state):
    email = await an_email(state=EmailState.SENT, provider_id="re_1")

    for kind in (*told, *told):
        await outbox.record_event(kind, "re_1", clock.business(), "")

    after = await emails_db.get(email.id)
    assert after.state is state
    assert [event.state for event in after.events] == [
        outbox.EVENT_STATES[kind] for kind in told if kind in outbox.EVENT_STATES
    ]


async def test_an_event_about_no_email_of_ours_changes_nothing(database):
    await an_email(state=EmailState.SENT, provider_id="re_1")
    before = await stored("emails")

    for provider_id in ("re_2", ""):
        assert await outbox.record_event("email.bounced", provider_id, clock.business(), "") is None

    assert await stored("emails") == before


@pytest.mark.parametrize("order", ["now", "twice", "out_of_order"])
@pytest.mark.parametrize(
    ("to", "state", "detail"),
    [
        ("bounce@demo.test", "bounced", "The recipient's email address does not exist."),
        ("complain@demo.test", "complained", ""),
        (ADA, "delivered", ""),
    ],
)
async def test_signed_webhooks_tell_what_became_of_an_email(
    database, sandbox, to, state, detail, order
):
    email = await waiting(to)
    sandbox.switch("resend", webhooks=order)

    await work(sandbox)

    after = await emails_db.get(email.id)
    assert after.state == state
    assert [event.detail for event in after.events if event.state == state] == [detail]
    assert {row["state"] for row in await stored("webhook_events")} == {"handled"}
