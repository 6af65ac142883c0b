"""The worker's loop: leases, deadlines, lanes, and stopping."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.school import jobs as jobs_db
from courseflow_admin.development import supervisor
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import LANES
from courseflow_admin.services.school import job_runner, jobs
from courseflow_admin.services.school.job_runner import CONCURRENCY, Runner
from courseflow_admin.services.school.jobs import LOSSES
from tests.builders import stored
from tests.job_builders import Work, queue, run_due, sleeping, until

MINUTE = timedelta(minutes=1)


# Deadlines and leases


@pytest.mark.parametrize(
    ("lane", "counted", "reason"),
    [
        ("stripe", 0, "Stripe took longer than 0.5 seconds."),
        ("own", 1, "It took longer than 0.5 seconds."),
    ],
)
async def test_what_takes_longer_than_its_deadline_is_ended_before_its_lease(
    database, lane, counted, reason
):
    ended = []

    async def hangs(job):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(job.lease_until > clock.wall())

    work = Work(hangs, deadline=timedelta(seconds=0.5))
    await queue(lane=lane)

    await run_due(work.handler)

    (job,) = await stored("jobs")
    assert (work.told, job["failures"]) == ([("one", reason)], counted)
    assert (ended, job["owner"]) == ([True], "")


async def lost(*, losses=0):
    """Its worker died, and its lease is over."""
    dead = {"owner": "dead", "lease_until": clock.business(), "losses": losses}
    await collection("jobs").update_many({}, {"$set": dead})


async def test_a_job_whose_worker_died_is_done_by_another_when_its_lease_is_over(database):
    work = Work()
    await queue()
    alive = {"owner": "alive", "lease_until": clock.business() + MINUTE}
    await collection("jobs").update_many({}, {"$set": alive})
    await run_due(work.handler)
    before = list(work.ran)

    await lost()
    await run_due(work.handler)

    assert (before, work.ran) == ([], ["one"])


async def test_a_job_that_kills_its_worker_each_time_needs_a_person(database):
    work = Work()
    await queue()
    await lost(losses=LOSSES - 1)

    await run_due(work.handler)

    assert work.ran == []
    assert work.given_up == [("one", f"Its worker died {LOSSES} times.")]


async def test_who_lost_the_lease_changes_nothing_any_more(database):
    await queue()
    at = clock.business()
    slow = await jobs_db.claim("own", {"work": timedelta(0)}, "slow", at)
    other = await jobs_db.claim("own", {"work": MINUTE}, "other", clock.business())
    held = await stored("jobs")

    await jobs_db.finish(slow, None)
    noted = await jobs_db.retry_later(slow, "late", at, counted=True)
    given_up = await jobs_db.give_up(slow, "late")

    assert (other.attempts, noted, given_up) == (2, False, False)
    assert await stored("jobs") == held


async def test_of_many_workers_each_job_is_done_by_one(database):
    work = Work()
    for number in range(40):
        await queue(str(number))

    await asyncio.gather(*(run_due(work.handler) for _ in range(5)))

    assert sorted(work.ran, key=int) == [str(number) for number in range(40)]


async def test_time_moved_on_makes_everything_due_and_ends_no_lease(database):
    """In a rehearsal the school's time runs ahead of the machine's."""
    work = Work()
    await queue("later", due_at=clock.business() + 60 * MINUTE)
    await queue("held")
    await jobs_db.claim("own", {"work": MINUTE}, "alive", clock.business())
    clock.move(timedelta(days=1))
    try:
        await run_due(work.handler)
    finally:
        clock.move(timedelta())

    assert work.ran == ["later"]
    (left,) = await stored("jobs")
    assert (left["key"], left["owner"]) == ("held", "alive")


# Lanes


async def test_a_lane_whose_company_hangs_holds_up_no_other(database, running):
    hangs, fine = Work(sleeping), Work(kind="fine")
    for number in range(20):
        await queue(str(number), "stripe")
    await running(hangs.handler, fine.handler)
    await until(lambda: len(hangs.ran) == CONCURRENCY["stripe"])

    for lane in set(LANES) - {"stripe"}:
        await jobs.queue("fine", lane, lane)

    await until(lambda: len(fine.ran) == len(LANES) - 1)
    assert len(hangs.ran) == CONCURRENCY["stripe"]


@pytest.mark.parametrize("lane", LANES)
async def test_a_lane_does_so_much_at_once_and_no_more(database, running, lane):
    at_once, most, full = set(), [], asyncio.Event()

    async def together(job):
        at_once.add(job.key)
        most.append(len(at_once))
        if len(at_once) == CONCURRENCY[lane]:
            full.set()
        await full.wait()
        await asyncio.sleep(0.03)
        at_once.discard(job.key)

    work = Work(together)
    for number in range(12):
        await queue(str(number), lane)

    await running(work.handler)

    await until(lambda: len(work.ran) == 12)
    assert max(most) == CONCURRENCY[lane]


# Stopping


async def test_told_to_stop_it_finishes_what_is_under_way_and_takes_nothing_more(database):
    told = asyncio.Event()

    async def until_told(_):
        await told.wait()

    work = Work(until_told)
    for number in range(CONCURRENCY["own"] + 1):
        await queue(str(number))
    runner = Runner([work.handler], idle_seconds=0.01)
    task = asyncio.create_task(runner.run())
    await until(lambda: len(work.ran) == CONCURRENCY["own"])

    runner.stop()
    told.set()
    await task

    (left,) = await stored("jobs")
    assert (len(work.ran), left["attempts"]) == (CONCURRENCY["own"], 0)
    assert runner.outcomes == {("own", "done"): CONCURRENCY["own"]}


async def test_what_is_not_finished_in_time_is_due_again_at_once_and_was_no_failure(database):
    work = Work(sleeping)
    await queue()
    runner = Runner([work.handler], idle_seconds=0.01, drain_seconds=0.1)
    task = asyncio.create_task(runner.run())
    await until(lambda: work.ran)

    runner.stop()
    async with asyncio.timeout(30):
        await task

    assert await jobs_db.due("own", ["work"], clock.business()) != []
    (job,) = await stored("jobs")
    assert (job["owner"], job["failures"], work.told) == ("", 0, [])


async def test_told_twice_it_does_not_wait(database):
    work = Work(sleeping)
    await queue()
    runner = Runner([work.handler], idle_seconds=0.01, drain_seconds=60)
    task = asyncio.create_task(runner.run())
    await until(lambda: work.ran)

    runner.stop()
    runner.stop()
    async with asyncio.timeout(30):
        await task

    assert await jobs_db.due("own", ["work"], clock.business()) != []


def test_the_drain_ends_before_the_supervisor_loses_patience():
    assert job_runner.DRAIN_SECONDS + 1 < supervisor.PATIENCE
