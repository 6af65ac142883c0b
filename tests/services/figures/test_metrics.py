"""Figures: exact sums on the school's own days, by currency and owner, equal to their lists."""

from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Invalid, NotFound, NotPermitted
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.figures.metrics import METRICS
from courseflow_admin.models.money.payment_parts import RefundState
from courseflow_admin.models.money.payments import PaymentFilter, Sort
from courseflow_admin.models.money.webhooks import WebhookFilter
from courseflow_admin.models.teaching.enrollments import EnrollmentFilter
from courseflow_admin.services.figures import metrics
from courseflow_admin.services.figures.attention import needs_attention
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.money import payments, webhooks
from courseflow_admin.services.teaching import enrollments
from courseflow_admin.state.figures import figures as shown
from tests.money_builders import a_payment
from tests.services.figures.figures import (
    ADA,
    ADMIN,
    INES,
    MOMENT,
    TOMAS,
    day,
    enrolled,
    midnight,
    money_of,
    refund,
    rows_behind,
    sold,
)


async def test_a_day_begins_at_midnight_of_the_school(kolkata):
    await sold(100_00, midnight())
    await sold(20_00, midnight() - MOMENT)

    points = await metrics.series(ADMIN, "revenue_gross", days=2)

    assert [(point.day, point.number) for point in points] == [
        (day(1), 20_00),
        (day(), 100_00),
    ]


async def test_a_period_is_compared_with_as_many_days_before(kolkata):
    await sold(150_00, midnight())
    await sold(100_00, midnight(2) - MOMENT)  # the day before the three
    await sold(900_00, midnight(5) - MOMENT)  # before both

    figures = {one.metric: one for one in await metrics.figures(ADMIN, days=3)}

    gross, sales = figures["revenue_gross"], figures["sales"]
    assert (gross.number, gross.before) == (150_00, 100_00)
    assert (shown.change(gross), shown.tone(gross)) == ("+50%", "green")
    assert (sales.number, sales.before, shown.change(sales)) == (1, 1, "±0")
    assert shown.tone(sales) == "gray"


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
    assert shown.value("revenue_net", net[3].number, "INR") == "−₹50.00"


async def test_currencies_are_never_added_together(kolkata):
    await sold(100_00, midnight())
    await sold(59_00, midnight(), "USD")
    await sold(41_00, midnight(), "USD")

    board = await metrics.board(ADMIN, ["revenue_gross", "sales"])

    assert board.currencies == ["USD", "INR"]
    assert board.figure("revenue_gross", "USD").number == 100_00
    assert board.figure("revenue_gross", "INR").number == 100_00
    assert board.figure("sales").number == 3
    assert shown.value("revenue_gross", 100_00, "USD") == "$100.00"
    with pytest.raises(NotFound):
        board.figure("revenue_gross", "EUR")


async def test_modes_are_never_mixed(kolkata):
    await sold(100_00, midnight())
    await sold(700_00, midnight(), mode="test", refunds=[refund(300_00, midnight())])

    board = await metrics.board(ADMIN, ["revenue_gross", "refunds", "sales"])

    assert [figure.number for figure in board.figures] == [100_00, 0, 1]
    listed = await rows_behind(ADMIN, shown.documents("sales", board.period, ""))
    assert [row.mode for row in listed] == ["sandbox"]


async def test_an_instructor_sees_the_figures_of_own_courses_only(kolkata):
    await sold(100_00, midnight(), owner_id=INES.id, refunds=[refund(10_00, midnight())])
    await sold(700_00, midnight(), owner_id=TOMAS.id, refunds=[refund(70_00, midnight())])

    for actor, gross, net in ((INES, 100_00, 90_00), (TOMAS, 700_00, 630_00)):
        board = await metrics.board(actor, ["revenue_gross", "revenue_net"])
        assert [figure.number for figure in board.figures] == [gross, net]
        listed = await rows_behind(actor, shown.documents("revenue_net", board.period, "INR"))
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
        listed = await rows_behind(actor, shown.documents(name, board.period, figure.currency))
        assert figure.number > 0 or figure.currency == "USD"
        assert sum(point.number for point in points) == figure.number
        assert money_of(listed, name, board.period) == figure.number
        for point in points:
            one_day = Period(point.day, point.day, board.period.zone)
            listed = await rows_behind(actor, shown.documents(name, one_day, figure.currency))
            assert money_of(listed, name, one_day) == point.number


async def test_failed_payments_lead_to_the_failed_ones_of_the_period(kolkata):
    failed = [await a_payment(0, "failed", created_at=midnight(age)) for age in (0, 6, 7, 20)]

    board = await metrics.board(ADMIN, ["failed_payments"], days=7)

    figure = board.figure("failed_payments")
    assert (figure.number, figure.before) == (2, 1)
    assert (shown.change(figure), shown.tone(figure)) == ("+1", "red")
    listed = await rows_behind(ADMIN, shown.documents("failed_payments", board.period, ""))
    assert [row.id for row in listed] == [failed[0].id, failed[1].id]


async def test_new_learners_are_the_learners_who_signed_up_in_the_period(kolkata):
    for email, role in (("a", "student"), ("b", "student"), ("c", "instructor")):
        await accounts.create(
            SYSTEM, email=f"{email}@demo.test", name="A", role=role, password="correct horse"
        )
    await collection("accounts").update_one(
        {"email": "b@demo.test"}, {"$set": {"created_at": midnight(1) - MOMENT}}
    )

    board = await metrics.board(ADMIN, ["new_learners"], days=2)

    figure = board.figure("new_learners")
    assert (figure.number, figure.before, shown.change(figure)) == (1, 1, "±0")
    days = {"from": day(1).isoformat(), "to": day().isoformat()}
    href = shown.documents("new_learners", board.period, "")
    assert href == f"/people?role=student&from={days['from']}&to={days['to']}"
    period = Period.parse(days["from"], days["to"])
    page = await accounts.search(ADMIN, PageRequest(), role="student", period=period)
    assert [account.email for account in page.rows] == ["a@demo.test"]


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
    for act in (metrics.figures(ADA), metrics.series(ADA, "sales"), needs_attention(ADA)):
        with pytest.raises(NotPermitted):
            await act
    with pytest.raises(NotPermitted):
        await metrics.board(INES, ["new_learners"])
    with pytest.raises(NotPermitted):
        await needs_attention(INES)
    with pytest.raises(NotPermitted):
        await enrollments.search(ADA, EnrollmentFilter(), PageRequest())
    with pytest.raises(NotPermitted):
        await enrollments.mine(Actor("acc_x", ""), EnrollmentFilter(), PageRequest())
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
