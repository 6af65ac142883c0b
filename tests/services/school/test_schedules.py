"""What comes by the clock: once among many workers, and an idle one writes nothing."""

import asyncio
from datetime import timedelta

from pymongo.monitoring import CommandListener

from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import LANES
from courseflow_admin.services.school import job_runner
from courseflow_admin.services.school.job_runner import Runner
from courseflow_admin.services.school.jobs import Every
from tests.builders import stored
from tests.job_builders import Work, queue, until

MINUTE = timedelta(minutes=1)


DAILY = Every("sweep of the day", timedelta(days=1), "work")


async def by_the_clock(work, *schedules):
    await Runner([work.handler], schedules).run_until_idle()


async def missed(**ago):
    at = clock.business() - timedelta(**ago)
    await collection("schedules").update_many({}, {"$set": {"next_at": at}})
    return at


async def test_a_schedule_comes_at_once_when_it_is_new_and_not_again_after_a_restart(database):
    work = Work()

    await by_the_clock(work, DAILY)
    await by_the_clock(work, DAILY)

    assert work.ran == ["sweep of the day"]


async def test_of_many_schedulers_at_once_one_fires(database):
    work = Work()
    await by_the_clock(work, DAILY)
    work.ran.clear()
    for _ in range(5):
        await missed(minutes=1)
        await asyncio.gather(*(by_the_clock(work, DAILY) for _ in range(4)))

    assert work.ran == ["sweep of the day"] * 5


async def test_what_was_missed_while_nobody_ran_comes_once_and_keeps_its_hour(database):
    work = Work()
    await by_the_clock(work, DAILY)
    work.ran.clear()
    at = await missed(days=3, hours=1)

    await by_the_clock(work, DAILY)
    await by_the_clock(work, DAILY)

    assert work.ran == ["sweep of the day"]
    (row,) = await stored("schedules")
    assert row["next_at"] == at + timedelta(days=4)


async def test_a_schedule_that_is_to_come_more_often_does(database):
    work = Work()
    await by_the_clock(work, DAILY)

    await by_the_clock(work, Every(DAILY.name, MINUTE, "work"))

    (row,) = await stored("schedules")
    assert row["every_seconds"] == 60
    assert row["next_at"] <= clock.business() + MINUTE


async def test_a_schedule_nobody_knows_any_more_is_left_alone(database):
    work = Work()
    await by_the_clock(work, DAILY)
    await missed(days=1)

    await by_the_clock(work, Every("another", MINUTE, "work"))

    assert work.ran == ["sweep of the day", "another"]


async def test_an_idle_worker_writes_nothing(database, mongod_uri, listener, running):
    """As often as it asks in a minute."""
    work = Work()
    await queue(due_at=clock.business() + 60 * MINUTE)
    await by_the_clock(work, DAILY)
    asked = []
    await client.connect(mongod_uri, database, listeners=[listener, Asked(asked)])

    await running(work.handler, idle_seconds=0.005, schedules=[DAILY])
    await until(lambda: asked.count("find") > 60 / job_runner.IDLE_SECONDS * len(LANES), 30)

    assert set(asked) <= {"find", "ping", "hello", "isMaster"}


class Asked(CommandListener):
    def __init__(self, names):
        self.names = names

    def started(self, event):
        self.names.append(event.command_name)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass
