"""Two times: the product's own, which a rehearsal may move forward, and the machine's."""

from datetime import UTC, datetime, timedelta

import pytest

from courseflow_admin.config import Settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.services.identity import sessions
from courseflow_admin.services.school import startup
from courseflow_admin.services.teaching import access, enrollments
from tests.builders import acting, an_account
from tests.course_builders import a_course, an_instructor

YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def unmoved():
    yield
    clock.move(timedelta())


@pytest.fixture
def keys(tmp_path):
    return Settings(_env_file=None, env="development", data_dir=tmp_path)


async def a_database(stamp: str, ahead: timedelta) -> None:
    row = {"stamp": stamp, "clock_ahead_seconds": int(ahead.total_seconds())}
    await collection("school").update_one({"_id": "school"}, {"$set": row}, upsert=True)


def test_both_are_utc_in_whole_milliseconds_and_the_same_unless_moved():
    before = datetime.now(UTC) - timedelta(milliseconds=1)

    wall, business = clock.wall(), clock.business()

    assert before < wall <= business < wall + timedelta(seconds=1)
    assert (wall.tzinfo, wall.microsecond % 1000) == (UTC, 0)


def test_business_time_never_runs_behind():
    with pytest.raises(ValueError, match="only moves forward"):
        clock.move(timedelta(seconds=-1))


async def test_a_rehearsal_takes_its_time_from_its_row(database, keys):
    await a_database("rehearsal", YEAR)

    await startup.follow_clock(keys)

    assert abs(clock.business() - clock.wall() - YEAR) < timedelta(seconds=1)


async def test_a_live_database_has_no_time_of_its_own(database, keys):
    await a_database("rehearsal", YEAR)
    await startup.follow_clock(keys)
    await a_database("live", YEAR)

    await startup.follow_clock(keys)

    assert clock.business() - clock.wall() < timedelta(seconds=1)


async def test_a_year_later_access_has_run_out_and_nobody_is_signed_out(database):
    course = await a_course(await an_instructor(), free=True, access_days=30)
    account = await an_account()
    await enrollments.enroll_free(acting(account), course.id)
    token = await sessions.open_browser(account)
    allowed = (await access.verdict(account.id, course.id)).allowed

    clock.move(YEAR)

    assert allowed
    assert not (await access.verdict(account.id, course.id)).allowed
    assert await sessions.find(token) is not None
