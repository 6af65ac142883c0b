"""What wants a person: each thing leads to exactly the rows that do."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from courseflow_admin.models.core import clock
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.mail.emails import UNDELIVERED, EmailFilter, EmailState
from courseflow_admin.models.money.payment_parts import (
    Dispute,
    DisputeState,
    Review,
    ReviewState,
)
from courseflow_admin.models.money.webhooks import STUCK, WebhookFilter, WebhookState
from courseflow_admin.services.figures.attention import needs_attention
from courseflow_admin.services.mail import emails
from courseflow_admin.services.money import webhooks
from courseflow_admin.state.figures.attention import age, task
from tests.money_builders import a_payment, an_email
from tests.services.figures.figures import ADMIN, an_event, midnight, rows_behind, sold


async def test_a_school_where_all_is_well_needs_nobody(kolkata):
    await sold(100_00, midnight())

    assert await needs_attention(ADMIN) == []


async def test_each_thing_that_wants_a_person_leads_to_exactly_these(kolkata):
    at = clock.business()
    disputed = await a_payment(
        90, "disputed", disputes=[Dispute(state=DisputeState.OPEN, deadline=at + timedelta(days=4))]
    )
    await a_payment(91, "lost", disputes=[Dispute(state=DisputeState.LOST)])
    reason = "The gateway reports ₹1.00."
    review = Review(state=ReviewState.OPEN, reason=reason, at=at)
    reviewed = [await a_payment(age, "needs_review", review=review) for age in (5, 500)]
    lapsing = [await a_payment(age * 60, "authorized", provider="razorpay") for age in (49, 50)]
    await a_payment(30, "authorized", provider="razorpay")

    found = {one.kind: one for one in await needs_attention(ADMIN)}

    assert list(found) == ["open_disputes", "needs_review", "lapsing"]
    assert [one.count for one in found.values()] == [1, 2, 2]
    told = {kind: task(one, at) for kind, one in found.items()}
    assert told["open_disputes"].what == "Ada Lovelace disputes ₹4,999.00"
    day = disputed.dispute.deadline.astimezone(ZoneInfo("Asia/Kolkata"))
    assert told["open_disputes"].why == f"Respond at Stripe by {day.day} {day:%b}."
    assert told["needs_review"].what == "2 payments need review"
    assert found["needs_review"].oldest == reviewed[1].created_at
    for name, expected in (
        ("open_disputes", [disputed]),
        ("needs_review", reviewed),
        ("lapsing", lapsing),
    ):
        listed = await rows_behind(ADMIN, told[name].href)
        assert [row.id for row in listed] == [payment.id for payment in expected]


async def test_the_one_payment_that_is_about_to_lapse_is_a_click_from_being_captured(kolkata):
    lapsing = await a_payment(49 * 60, "authorized", provider="razorpay")

    (found,) = await needs_attention(ADMIN)

    told = task(found, clock.business())
    assert (told.name, told.act, told.href) == (
        "lapsing",
        "Capture",
        f"/payments/{lapsing.id}",
    )


async def test_stuck_webhooks_are_those_that_failed_or_wait_too_long(kolkata):
    failed = await an_event(1, WebhookState.FAILED)
    waits = await an_event(11, WebhookState.WAITING)
    await an_event(9, WebhookState.WAITING)
    await an_event(600, WebhookState.HANDLED)

    (stuck,) = await needs_attention(ADMIN)
    page = await webhooks.search(ADMIN, WebhookFilter(state=STUCK), PageRequest())

    assert (stuck.count, stuck.oldest) == (2, waits.received_at)
    told = task(stuck, clock.business())
    assert (told.what, told.href) == (
        "2 webhooks failed",
        "/webhooks?state=stuck",
    )
    assert [event.id for event in page.rows] == [failed.id, waits.id]


async def test_undelivered_emails_of_the_last_days_want_a_person(kolkata):
    await an_email(5, state=EmailState.BOUNCED, subject="Your access")
    await an_email(60 * 24 * 9, state=EmailState.BOUNCED)
    await an_email(6, state=EmailState.DELIVERED)

    (undelivered,) = await needs_attention(ADMIN)

    told = task(undelivered, clock.business())
    assert (undelivered.count, told.what) == (
        1,
        "An e-mail to Ada Lovelace was not delivered",
    )
    assert told.why == "“Your access” bounced."
    period = Period.newest(7, clock.business())
    assert told.href == f"/emails?state=undelivered&since={period.first.isoformat()}"
    wanted = EmailFilter(states=tuple(state.value for state in UNDELIVERED), since=period.start)
    page = await emails.search(ADMIN, wanted, PageRequest())
    assert [email.subject for email in page.rows] == ["Your access"]


def test_ages_are_told_in_one_unit():
    at = clock.business()

    told = [age(at - timedelta(minutes=minutes), at) for minutes in (-1, 5, 61, 3000)]

    assert told == ["0 min", "5 min", "1 h", "2 d"]
