"""A Kolkata school, half past midnight: every place says the same day, the school's."""

from datetime import UTC, datetime, timedelta

import pytest

from courseflow_admin.db.core.client import transaction
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.money import receipt_numbers, receipts
from courseflow_admin.services.school import audit
from courseflow_admin.services.teaching import access, enrollments
from courseflow_admin.state.core import times
from courseflow_admin.state.identity.person import PersonState
from tests.builders import an_account, stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor
from tests.job_builders import run_due
from tests.money_builders import a_payment
from tests.state.conftest import run
from tests.state.money.money_tabs import a_tab_of

BOUGHT = datetime(2031, 11, 29, 19, 8, tzinfo=UTC)  # 30 Nov, 00:38 in Kolkata


@pytest.fixture(autouse=True)
def at_night_in_kolkata(configure):
    configure(SCHOOL_TIMEZONE="Asia/Kolkata")
    clock.move(BOUGHT - clock.wall())
    yield
    clock.move(timedelta())


async def paid(payment):
    """The part of the money transaction that makes the receipt."""

    async def body():
        await receipts.open_receipt(payment)
        await audit.record(SYSTEM, Act.PAYMENT_PAID, payment.id)

    await transaction(body)


async def places_of(admin, learner):
    tab = await a_tab_of(admin, f"/people/{learner.id}")
    await run(tab, PersonState, "load")
    [place] = (await tab.get_state(PersonState)).places
    return place


@pytest.mark.parametrize("looks_from", ["", "America/New_York", "Pacific/Kiritimati"])
async def test_mail_access_check_and_lists_say_the_30th_whoever_looks(database, looks_from):
    looking = times.viewer.set(calendar.of(looks_from))
    course = await a_course(await an_instructor(), free=True, access_days=30)
    learner, admin = await a_student(), await an_admin()

    await enrollments.enroll_free(learner, course.id)

    [mail] = [row for row in await stored("emails") if row["kind"] == "access_granted"]
    verdict = await access.verdict(learner.id, course.id)
    shown = (await places_of(admin, learner)).verdict
    times.viewer.reset(looking)
    assert "until 30 December 2031." in mail["text"]
    assert "until 30 December 2031." in mail["html"]
    assert verdict.reasons[0].sentence == (
        "Enrolled for free on 30 Nov 2031. Access expires on 30 Dec 2031."
    )
    assert shown == verdict.reasons[0].sentence


async def test_after_the_end_the_access_check_names_the_day_it_ended(database):
    course = await a_course(await an_instructor(), free=True, access_days=30)
    learner, admin = await a_student(), await an_admin()
    await enrollments.enroll_free(learner, course.id)

    clock.move(BOUGHT + timedelta(days=30, minutes=1) - clock.wall())

    verdict = await access.verdict(learner.id, course.id)
    assert (verdict.allowed, verdict.reasons[0].sentence) == (
        False,
        "Access expired on 30 Dec 2031.",
    )
    assert "30 Nov 2031, until 30 Dec 2031" in (await places_of(admin, learner)).grants


async def test_a_receipt_has_the_day_of_the_school(database):
    learner = await an_account("ada@demo.test")
    payment = await a_payment(account_id=learner.id, paid_at=BOUGHT)
    await paid(payment)

    await run_due(receipt_numbers.NUMBER)

    [mail] = await stored("emails")
    assert "Date: 30 November 2031" in mail["text"]


async def test_the_turn_of_the_year_is_the_schools_in_the_number_of_a_receipt(database):
    new_year = datetime(2031, 12, 31, 19, 0, tzinfo=UTC)  # 1 Jan, 00:30
    payment = await a_payment(paid_at=new_year)

    await paid(payment)

    [row] = await stored("receipts")
    assert row["series"] == "sandbox-2032"
