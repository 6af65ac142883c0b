"""Figures: exact sums on the school's own days, by currency and owner, equal to their lists."""

from datetime import datetime, timedelta

import pytest

from courseflow_admin.db.client import collection
from courseflow_admin.errors import Invalid, NotFound, NotPermitted
from courseflow_admin.models.base import new_id, now
from courseflow_admin.models.emails import UNDELIVERED, EmailFilter, EmailState
from courseflow_admin.models.enrollments import Enrollment, EnrollmentFilter
from courseflow_admin.models.metrics import METRICS, Period
from courseflow_admin.models.money import Money
from courseflow_admin.models.paging import PageRequest
from courseflow_admin.models.payments import (
    Dispute,
    DisputeState,
    Payment,
    PaymentFilter,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    Sort,
)
from courseflow_admin.models.permissions import SYSTEM, Actor
from courseflow_admin.models.webhooks import STUCK, WebhookEvent, WebhookFilter, WebhookState
from courseflow_admin.services import (
    accounts,
    emails_log,
    enrollments,
    metrics,
    payments,
    webhooks,
)
from tests.money_builders import a_payment, an_email

ADMIN = Actor("acc_root", "admin")
INES = Actor("acc_ines", "instructor")
TOMAS = Actor("acc_tomas", "instructor")
ADA = Actor("acc_ada", "student")
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def kolkata(configure, database) -> None:
    """Its days begin at 18:30 UTC."""
    configure(SCHOOL_TIMEZONE="Asia/Kolkata")


def midnight(days_ago: int = 0) -> datetime:
    """The first instant of a day of the school."""
    return Period.newest(days_ago + 1, now()).start


def day(days_ago: int = 0):
    return Period.newest(days_ago + 1, now()).first


def inr(minor: int) -> Money:
    return Money(minor=minor, currency="INR")


async def sold(minor: int, at: datetime, currency: str = "INR", **fields) -> Payment:
    amount = Money(minor=minor, currency=currency)
    return await a_payment(amount=amount, paid_at=at, created_at=at, _id=new_id("pay"), **fields)


def refund(minor: int, at: datetime, state: RefundState = RefundState.SETTLED) -> Refund:
    cause = RefundCause.ADMIN
    return Refund(
        id=new_id("ref"), amount_minor=minor, state=state, cause=cause, at=at, settled_at=at
    )


async def rows_behind(actor: Actor, href: str) -> list[Payment]:
    """What the payments list shows at this address."""
    path, _, query = href.partition("?")
    assert path == "/payments"
    given = dict(pair.split("=") for pair in query.split("&"))
    wanted = PaymentFilter(
        state=given.get("state", ""),
        figure=given.get("figure", ""),
        currency=given.get("currency", ""),
        period=Period.parse(given.get("from", ""), given.get("to", "")),
    )
    rows: list[Payment] = []
    request = PageRequest(size=2)
    while True:
        page = await payments.search(actor, wanted, Sort(), request)
        rows += page.rows
        if not page.next_cursor:
            return rows
        following = PageRequest.parse(after=page.next_cursor)
        request = PageRequest(cursor=following.cursor, size=2)


def money_of(rows: list[Payment], metric: str, period: Period) -> int:
    """The sum of the list, counted by hand."""
    gross = sum(
        row.amount.minor for row in rows if row.paid_at and period.start <= row.paid_at < period.end
    )
    given_back = sum(
        one.amount_minor
        for row in rows
        for one in row.refunds
        if one.state is RefundState.SETTLED and period.start <= one.settled_at < period.end
    )
    return {
        "revenue_gross": gross,
        "refunds": given_back,
        "revenue_net": gross - given_back,
        "sales": len(rows),
    }[metric]


async def test_a_day_begins_at_midnight_of_the_school(kolkata):
    await sold(100_00, midnight())
    await sold(20_00, midnight() - MOMENT)

    points = await metrics.series(ADMIN, "revenue_gross", days=2)

    assert [(point.day, point.number, point.value) for point in points] == [
        (day(1), 20_00, "₹20.00"),
        (day(), 100_00, "₹100.00"),
    ]


async def test_a_period_is_compared_with_as_many_days_before(kolkata):
    await sold(150_00, midnight())
    await sold(100_00, midnight(2) - MOMENT)  # the day before the three
    await sold(900_00, midnight(5) - MOMENT)  # before both

    figures = {one.metric: one for one in await metrics.figures(ADMIN, days=3)}

    gross, sales = figures["revenue_gross"], figures["sales"]
    assert (gross.number, gross.before, gross.value) == (150_00, 100_00, "₹150.00")
    assert (gross.change, gross.tone) == ("+50 %", "good")
    assert (sales.number, sales.before, sales.change) == (1, 1, "±0")
    assert sales.tone == "neutral"


async def test_refunds_count_on_the_day_they_settled(kolkata):
    await sold(
        500_00,
        midnight(3),
        refunds=[
            refund(200_00, midnight(1)),
            refund(50_00, midnight()),
            refund(70_00, midnight(), RefundState.PENDING),
            refund(80_00, midnight(), RefundState.FAILED),
        ],
    )

    given_back = await metrics.series(ADMIN, "refunds", days=4)
    net = await metrics.series(ADMIN, "revenue_net", days=4)

    assert [point.number for point in given_back] == [0, 0, 200_00, 50_00]
    assert [point.number for point in net] == [500_00, 0, -200_00, -50_00]
    assert net[3].value == "−₹50.00"


async def test_currencies_are_never_added_together(kolkata):
    await sold(100_00, midnight())
    await sold(59_00, midnight(), "USD")
    await sold(41_00, midnight(), "USD")

    board = await metrics.board(ADMIN, ["revenue_gross", "sales"])

    assert board.currencies == ["USD", "INR"]
    assert board.figure("revenue_gross", "USD").value == "$100.00"
    assert board.figure("revenue_gross", "INR").value == "₹100.00"
    assert board.figure("sales").value == "3"
    with pytest.raises(NotFound):
        board.figure("revenue_gross", "EUR")


async def test_modes_are_never_mixed(kolkata):
    await sold(100_00, midnight())
    await sold(700_00, midnight(), mode="test", refunds=[refund(300_00, midnight())])

    board = await metrics.board(ADMIN, ["revenue_gross", "refunds", "sales"])

    assert [figure.number for figure in board.figures] == [100_00, 0, 1]
    listed = await rows_behind(ADMIN, board.figure("sales").href)
    assert [row.mode for row in listed] == ["sandbox"]


async def test_an_instructor_sees_the_figures_of_own_courses_only(kolkata):
    await sold(100_00, midnight(), owner_id=INES.id, refunds=[refund(10_00, midnight())])
    await sold(700_00, midnight(), owner_id=TOMAS.id, refunds=[refund(70_00, midnight())])

    for actor, gross, net in ((INES, 100_00, 90_00), (TOMAS, 700_00, 630_00)):
        board = await metrics.board(actor, ["revenue_gross", "revenue_net"])
        assert [figure.number for figure in board.figures] == [gross, net]
        listed = await rows_behind(actor, board.figure("revenue_net", "INR").href)
        assert [row.owner_id for row in listed] == [actor.id]


@pytest.mark.parametrize("actor", [ADMIN, INES], ids=["admin", "instructor"])
@pytest.mark.parametrize("name", ["revenue_gross", "refunds", "revenue_net", "sales"])
async def test_figure_chart_and_list_add_up_to_the_same(kolkata, actor, name):
    for number in range(9):
        back = [refund(7_00 + number, midnight(number // 2))] if number % 2 else []
        await sold(100_00 + number, midnight(number), refunds=back)
    await sold(900_00, midnight(), "USD")
    await sold(50_00, midnight(1), owner_id=TOMAS.id)
    await sold(60_00, midnight(30), refunds=[refund(60_00, midnight())])

    board = await metrics.board(actor, [name], days=7)

    for figure in board.figures:
        points = board.points[name, figure.currency]
        listed = await rows_behind(actor, figure.href)
        assert figure.number > 0 or figure.currency == "USD"
        assert sum(point.number for point in points) == figure.number
        assert money_of(listed, name, board.period) == figure.number
        for point in points:
            one_day = Period(point.day, point.day, board.period.zone)
            listed = await rows_behind(actor, point.href)
            assert money_of(listed, name, one_day) == point.number


async def test_failed_payments_lead_to_the_failed_ones_of_the_period(kolkata):
    failed = [await a_payment(0, "failed", created_at=midnight(age)) for age in (0, 6, 7, 20)]

    board = await metrics.board(ADMIN, ["failed_payments"], days=7)

    figure = board.figure("failed_payments")
    assert (figure.number, figure.before, figure.change, figure.tone) == (2, 1, "+1", "bad")
    listed = await rows_behind(ADMIN, figure.href)
    assert [row.id for row in listed] == [failed[0].id, failed[1].id]


async def test_new_learners_are_the_learners_who_signed_up_in_the_period(kolkata):
    for email, role in (("a", "student"), ("b", "student"), ("c", "instructor")):
        await accounts.create(
            SYSTEM, email=f"{email}@demo.test", name="A", role=role, password="correct horse"
        )
    await collection("accounts").update_one(
        {"email": "b@demo.test"}, {"$set": {"created_at": midnight(1) - MOMENT}}
    )

    figure = (await metrics.board(ADMIN, ["new_learners"], days=2)).figure("new_learners")

    assert (figure.number, figure.before, figure.change) == (1, 1, "±0")
    days = {"from": day(1).isoformat(), "to": day().isoformat()}
    assert figure.href == f"/people?role=student&from={days['from']}&to={days['to']}"
    period = Period.parse(days["from"], days["to"])
    page = await accounts.search(ADMIN, PageRequest(), role="student", period=period)
    assert [account.email for account in page.rows] == ["a@demo.test"]


async def enrolled(at: datetime, owner_id: str = INES.id, **fields) -> Enrollment:
    known = {
        "_id": new_id("enr"),
        "account_id": new_id("acc"),
        "course_id": "crs_one",
        "owner_id": owner_id,
        "learner_email": "ada@demo.test",
        "enrolled_at": at,
    }
    enrollment = Enrollment.model_validate(known | fields)
    await collection("enrollments").insert_one(enrollment.to_mongo())
    return enrollment


@pytest.mark.parametrize(("actor", "number"), [(ADMIN, 3), (INES, 2), (TOMAS, 1)])
async def test_enrollments_lead_to_the_learners_of_the_period(kolkata, actor, number):
    await enrolled(midnight())
    await enrolled(midnight(1))
    await enrolled(midnight(1) - MOMENT)
    await enrolled(midnight(), TOMAS.id)

    board = await metrics.board(actor, ["enrollments"], days=2)
    page = await enrollments.search(actor, EnrollmentFilter(period=board.period), PageRequest())

    assert board.figure("enrollments").number == number
    assert len(page.rows) == page.total == number
    assert sum(point.number for point in board.points["enrollments", ""]) == number


async def test_learners_are_found_by_course_and_the_beginning_of_an_address(kolkata):
    ada = await enrolled(midnight(), learner_email="ada@demo.test")
    await enrolled(midnight(), learner_email="bob@demo.test")
    await enrolled(midnight(), learner_email="adam@demo.test", course_id="crs_two")

    wanted = EnrollmentFilter(course_id="crs_one", email_prefix="ADA")
    page = await enrollments.search(INES, wanted, PageRequest())

    assert [row.id for row in page.rows] == [ada.id]


async def test_who_may_not_see_figures_gets_none(kolkata):
    for names in (["sales"], ["enrollments"], ["new_learners"]):
        with pytest.raises(NotPermitted):
            await metrics.board(ADA, names)
    for act in (metrics.figures(ADA), metrics.series(ADA, "sales"), metrics.needs_a_person(ADA)):
        with pytest.raises(NotPermitted):
            await act
    with pytest.raises(NotPermitted):
        await metrics.board(INES, ["new_learners"])
    with pytest.raises(NotPermitted):
        await metrics.needs_a_person(INES)
    with pytest.raises(NotPermitted):
        await enrollments.search(ADA, EnrollmentFilter(), PageRequest())
    with pytest.raises(NotPermitted):
        await enrollments.courses(ADA)
    with pytest.raises(NotPermitted):
        await webhooks.search(INES, WebhookFilter(), PageRequest())


async def test_an_instructor_sees_every_figure_but_those_of_the_whole_school(kolkata):
    shown = {figure.metric for figure in await metrics.figures(INES)}

    assert shown == set(METRICS) - {"new_learners"}


async def test_what_is_no_metric_or_no_period_is_refused(kolkata):
    with pytest.raises(NotFound):
        await metrics.board(ADMIN, ["profit"])
    with pytest.raises(Invalid):
        await metrics.board(ADMIN, ["sales"], days=0)
    with pytest.raises(Invalid):
        Period.parse("2026-11-22", "2026-11-01")
    with pytest.raises(Invalid):
        Period.parse("yesterday", "")
    with pytest.raises(Invalid):
        await payments.search(ADMIN, PaymentFilter(figure="sales"), Sort(), PageRequest())
    assert Period.parse("", "") is None


def test_a_day_of_a_change_of_the_clocks_has_its_own_length(configure):
    configure(SCHOOL_TIMEZONE="Europe/Berlin")

    longest = Period.parse("2026-10-25", "2026-10-25")

    assert longest.end - longest.start == timedelta(hours=25)
    assert longest.before().text() == "24 Oct 2026"
    assert Period.parse("2025-12-31", "2026-01-02").text() == "31 Dec 2025 – 2 Jan 2026"


# What wants a person


async def test_a_school_where_all_is_well_needs_nobody(kolkata):
    await sold(100_00, midnight())

    assert await metrics.needs_a_person(ADMIN) == []


async def test_each_thing_that_wants_a_person_leads_to_exactly_these(kolkata):
    at = now()
    disputed = await a_payment(
        90, "disputed", dispute=Dispute(state=DisputeState.OPEN, deadline=at + timedelta(days=4))
    )
    await a_payment(91, "disputed", dispute=Dispute(state=DisputeState.LOST))
    reason = "The gateway says ₹1.00."
    review = Review(state=ReviewState.OPEN, reason=reason, at=at)
    reviewed = [await a_payment(age, "needs_review", review=review) for age in (5, 500)]
    lapsing = await a_payment(49 * 60, "authorized", provider="razorpay")
    await a_payment(30, "authorized", provider="razorpay")

    found = {one.name: one for one in await metrics.needs_a_person(ADMIN)}

    assert list(found) == ["open_disputes", "needs_review", "lapsing"]
    assert [one.count for one in found.values()] == [1, 2, 1]
    assert found["open_disputes"].what == "Ada Lovelace disputes ₹4,999.00"
    until = disputed.dispute.deadline
    assert found["open_disputes"].why == f"Stripe wants an answer by {until.day} {until:%b}."
    assert found["needs_review"].what == "2 payments need a look"
    assert found["needs_review"].oldest == reviewed[1].created_at
    for name, expected in (
        ("open_disputes", [disputed]),
        ("needs_review", reviewed),
        ("lapsing", [lapsing]),
    ):
        listed = await rows_behind(ADMIN, found[name].href)
        assert [row.id for row in listed] == [payment.id for payment in expected]


async def an_event(minutes: int, state: WebhookState, **fields) -> WebhookEvent:
    event_id = new_id("whe")
    known = {
        "_id": event_id,
        "provider": "stripe",
        "event_id": event_id,
        "body_hash": event_id,
        "kind": "charge.refunded",
        "raw": "{}",
        "received_at": now() - timedelta(minutes=minutes),
        "state": state,
        "due_at": None,
    }
    event = WebhookEvent.model_validate(known | fields)
    await collection("webhook_events").insert_one(event.to_mongo())
    return event


async def test_stuck_webhooks_are_those_that_failed_or_wait_too_long(kolkata):
    failed = await an_event(1, WebhookState.FAILED)
    waits = await an_event(11, WebhookState.WAITING)
    await an_event(9, WebhookState.WAITING)
    await an_event(600, WebhookState.HANDLED)

    (stuck,) = await metrics.needs_a_person(ADMIN)
    page = await webhooks.search(ADMIN, WebhookFilter(state=STUCK), PageRequest())

    assert (stuck.count, stuck.oldest) == (2, waits.received_at)
    assert (stuck.what, stuck.href) == (
        "2 messages from providers are stuck",
        "/webhooks?state=stuck",
    )
    assert [event.id for event in page.rows] == [failed.id, waits.id]


async def test_undelivered_emails_of_the_last_days_want_a_person(kolkata):
    await an_email(5, state=EmailState.BOUNCED, subject="Your access")
    await an_email(60 * 24 * 9, state=EmailState.BOUNCED)
    await an_email(6, state=EmailState.DELIVERED)

    (undelivered,) = await metrics.needs_a_person(ADMIN)

    assert (undelivered.count, undelivered.what) == (
        1,
        "An e-mail to Ada Lovelace did not arrive",
    )
    assert undelivered.why == "“Your access” bounced."
    period = Period.newest(7, now())
    assert undelivered.href == f"/emails?state=undelivered&since={period.first.isoformat()}"
    wanted = EmailFilter(states=tuple(state.value for state in UNDELIVERED), since=period.start)
    page = await emails_log.search(ADMIN, wanted, PageRequest())
    assert [email.subject for email in page.rows] == ["Your access"]


def test_ages_are_told_in_one_unit():
    at = now()

    told = [metrics.age(at - timedelta(minutes=minutes), at) for minutes in (-1, 5, 61, 3000)]

    assert told == ["0 min", "5 min", "1 h", "2 d"]
