"""The job kernel: what is queued is done once, tried again by one policy, or left to a person."""

import ast
import asyncio
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pymongo.monitoring import CommandListener

from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.db.school import jobs as jobs_db
from courseflow_admin.development import supervisor
from courseflow_admin.errors import Conflict, ProviderUnreachable
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import LANES, Priority
from courseflow_admin.services.school import job_runner, jobs
from courseflow_admin.services.school.job_runner import AT_ONCE, Runner
from courseflow_admin.services.school.jobs import LOSSES, TRIES, Every, Handler, RetryLater
from tests.builders import stored
from tests.job_builders import make_due, run_due

MINUTE = timedelta(minutes=1)
REFERENCE = re.compile(
    r"Something unexpected went wrong; look for ([A-Z0-9]{4}-[A-Z0-9]{4}) in the"
)


class Work:
    """A kind of job for tests: notes each run, and does what `act` says."""

    def __init__(self, act=None, kind="work", **options):
        self.ran, self.told, self.given_up = [], [], []
        self.act = act
        self.handler = Handler(kind, self.run, self.retrying, self.gave_up, **options)

    async def run(self, job):
        self.ran.append(job.key)
        return await self.act(job) if self.act else None

    async def retrying(self, job, reason):
        self.told.append((job.key, reason))

    async def gave_up(self, job, reason):
        self.given_up.append((job.key, reason))


def raises(error):
    async def act(_):
        raise error

    return act


async def sleeping(_):
    await asyncio.sleep(60)


async def queue(key="one", lane="own", **options):
    await jobs.queue("work", key, lane, **options)


async def until(true, seconds=5):
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)


async def tried(work, times):
    """Let the time for the next try come so often; the pauses that were planned, in seconds."""
    pauses = []
    for _ in range(times):
        await make_due()
        at = clock.business()
        await run_due(work.handler)
        pauses += [(row["due_at"] - at).total_seconds() for row in await stored("jobs")]
    return pauses


# Queueing


async def test_what_is_done_is_gone(database):
    work = Work()
    await queue(payload={"$course": "a.b"})

    await run_due(work.handler)

    assert (work.ran, await stored("jobs")) == (["one"], [])


async def test_a_job_is_queued_with_its_fact_or_not_at_all(database):
    async def fact():
        await queue()
        raise Conflict("The fact did not happen.")

    with pytest.raises(Conflict):
        await transaction(fact)

    assert await stored("jobs") == []


async def test_asked_for_again_it_is_the_same_job_earlier_and_more_urgent(database):
    at = clock.business()
    await queue(due_at=at + MINUTE, priority=Priority.ROUTINE)

    await queue(due_at=at, priority=Priority.SOMEBODY_WAITS)
    await queue(due_at=at + 2 * MINUTE, priority=Priority.NORMAL)

    (job,) = await stored("jobs")
    assert (job["due_at"], job["priority"]) == (at, Priority.SOMEBODY_WAITS)


async def test_ten_times_at_once_it_is_one_job(database):
    await asyncio.gather(*(queue() for _ in range(10)))

    assert len(await stored("jobs")) == 1


async def test_routine_is_planned_only_where_nothing_is_planned(database):
    at = clock.business()
    await jobs.plan("work", "one", "own", at + MINUTE)

    await jobs.plan("work", "one", "own", at)

    (job,) = await stored("jobs")
    assert (job["due_at"], job["priority"]) == (at + MINUTE, Priority.ROUTINE)


async def test_asked_for_again_while_it_is_at_work_it_runs_once_more_and_not_at_once(database):
    async def asks_again(job):
        if len(work.ran) == 1:
            await queue(priority=Priority.SOMEBODY_WAITS)
            await run_due(work.handler)  # another worker meanwhile
        work.seen = [*getattr(work, "seen", []), (len(work.ran), job.priority)]

    work = Work(asks_again)
    await queue()

    await run_due(work.handler)

    assert work.ran == ["one", "one"]
    assert work.seen == [(1, Priority.NORMAL), (2, Priority.SOMEBODY_WAITS)]
    assert await stored("jobs") == []


async def test_what_comes_again_comes_when_it_says_and_as_routine(database):
    at = clock.business() + MINUTE

    async def again(_):
        return at

    work = Work(again)
    await queue(priority=Priority.SOMEBODY_WAITS)

    await run_due(work.handler)

    (job,) = await stored("jobs")
    assert (job["due_at"], job["priority"], job["owner"]) == (at, Priority.ROUTINE, "")


async def test_the_more_urgent_goes_first_and_then_who_waits_longest(database):
    at = clock.business()
    work = Work()
    await queue("routine", priority=Priority.ROUTINE, due_at=at - 3 * MINUTE)
    await queue("young", due_at=at - MINUTE)
    await queue("old", due_at=at - 2 * MINUTE)
    await queue("buyer", priority=Priority.SOMEBODY_WAITS)

    await run_due(work.handler)

    assert work.ran == ["buyer", "old", "young", "routine"]


async def test_a_kind_that_only_newer_code_knows_is_left_to_it(database):
    work = Work()
    await jobs.queue("of tomorrow", "one", "own")

    await run_due(work.handler)

    (job,) = await stored("jobs")
    assert (job["kind"], job["attempts"]) == ("of tomorrow", 0)


# Trying again, and giving up


async def test_what_raises_always_is_tried_eight_times_and_then_needs_a_person(database):
    broken, fine = Work(raises(ZeroDivisionError("poison"))), Work(kind="fine")
    await queue()
    pauses = await tried(broken, TRIES - 1)
    await jobs.queue("fine", "other", "own")

    await tried(broken, 1)
    await run_due(broken.handler, fine.handler)

    assert len(broken.ran) == TRIES
    assert all(
        0.8 * whole <= pause < whole + 1
        for pause, whole in zip(pauses, [1, 2, 4, 8, 16, 32, 64], strict=True)
    )
    (job,) = await stored("jobs")
    assert (job["state"], job["failures"]) == ("attention", TRIES - 1)
    ((key, reason),) = broken.given_up
    assert (key, reason) == ("one", job["reason"])
    references = [REFERENCE.match(why).group(1) for _, why in broken.told + broken.given_up]
    assert len(set(references)) == TRIES  # each finds its own lines of the log
    assert fine.ran == ["other"]


async def test_a_reason_in_words_is_told_as_it_is(database):
    work = Work(raises(RetryLater("Our row is not there yet.")))
    await queue()

    await tried(work, TRIES)

    assert work.told == [("one", "Our row is not there yet.")] * (TRIES - 1)
    assert work.given_up == [("one", "Our row is not there yet.")]


@pytest.mark.parametrize(
    "silence", [ProviderUnreachable("stripe"), RetryLater("No key is set.", counted=False)]
)
async def test_silence_is_never_given_up_and_asked_less_and_less_often(database, silence):
    work = Work(raises(silence))
    await queue()

    pauses = await tried(work, 2 * TRIES)

    assert work.given_up == []
    assert [later > sooner for sooner, later in pairwise(pauses[:9])] == [True] * 8
    assert all(480 <= pause <= 600 for pause in pauses[-4:])
    (job,) = await stored("jobs")
    assert (job["failures"], job["attempts"]) == (0, 2 * TRIES)


async def test_after_its_time_the_first_failure_is_the_last(database):
    work = Work(raises(ProviderUnreachable("resend")))
    await queue(expires_at=clock.business() - MINUTE)

    await run_due(work.handler)

    assert [key for key, _ in work.given_up] == ["one"]


async def test_after_a_run_that_went_well_it_counts_from_the_beginning(database):
    async def at_first(_):
        if len(work.ran) < TRIES:
            raise ZeroDivisionError
        return clock.business() + MINUTE

    work = Work(at_first)
    await queue()

    await tried(work, TRIES)

    (job,) = await stored("jobs")
    assert (job["failures"], job["attempts"], job["reason"]) == (0, 0, "")


async def test_what_was_given_up_and_is_asked_for_again_begins_afresh(database):
    work = Work(raises(ZeroDivisionError()))
    await queue()
    await tried(work, TRIES)

    await queue()

    (job,) = await stored("jobs")
    told = {name: job[name] for name in ("state", "failures", "attempts", "reason", "given_up_at")}
    assert told == {
        "state": "due", "failures": 0, "attempts": 0, "reason": "", "given_up_at": None,
    }  # fmt: skip


async def test_a_thing_that_cannot_be_told_its_reason_stops_neither_the_kernel_nor_giving_up(
    database,
):
    work = Work(raises(ZeroDivisionError()))
    work.retrying = work.gave_up = raises(ZeroDivisionError())
    broken = Handler("work", work.run, lambda job, _: work.retrying(job),
                     lambda job, _: work.gave_up(job))  # fmt: skip
    await queue()
    for _ in range(TRIES):
        await make_due()
        await run_due(broken)

    (job,) = await stored("jobs")
    assert (job["state"], len(work.ran)) == ("attention", TRIES)


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


# Lanes


@pytest.fixture
async def running():
    """`await running(handler, …)`: a worker that goes on until the test ends."""
    started = []

    async def start(*handlers, **options):
        runner = Runner(handlers, **{"idle_seconds": 0.01, "drain_seconds": 0.2, **options})
        started.append((runner, asyncio.create_task(runner.run())))
        return runner

    yield start
    for runner, task in started:
        runner.stop()
        await task


async def test_a_lane_whose_company_hangs_holds_up_no_other(database, running):
    hangs, fine = Work(sleeping), Work(kind="fine")
    for number in range(20):
        await queue(str(number), "stripe")
    await running(hangs.handler, fine.handler)
    await until(lambda: len(hangs.ran) == AT_ONCE["stripe"])

    for lane in set(LANES) - {"stripe"}:
        await jobs.queue("fine", lane, lane)

    await until(lambda: len(fine.ran) == len(LANES) - 1)
    assert len(hangs.ran) == AT_ONCE["stripe"]


@pytest.mark.parametrize("lane", LANES)
async def test_a_lane_does_so_much_at_once_and_no_more(database, running, lane):
    at_once, most, full = set(), [], asyncio.Event()

    async def together(job):
        at_once.add(job.key)
        most.append(len(at_once))
        if len(at_once) == AT_ONCE[lane]:
            full.set()
        await full.wait()
        await asyncio.sleep(0.03)
        at_once.discard(job.key)

    work = Work(together)
    for number in range(12):
        await queue(str(number), lane)

    await running(work.handler)

    await until(lambda: len(work.ran) == 12)
    assert max(most) == AT_ONCE[lane]


# Stopping


async def test_told_to_stop_it_finishes_what_is_under_way_and_takes_nothing_more(database):
    async def a_moment(_):
        await asyncio.sleep(0.2)

    work = Work(a_moment)
    for number in range(AT_ONCE["own"] + 1):
        await queue(str(number))
    runner = Runner([work.handler], idle_seconds=0.01)
    task = asyncio.create_task(runner.run())
    await until(lambda: len(work.ran) == AT_ONCE["own"])

    runner.stop()
    await task

    (left,) = await stored("jobs")
    assert (len(work.ran), left["attempts"]) == (AT_ONCE["own"], 0)
    assert runner.outcomes == {("own", "done"): AT_ONCE["own"]}


async def test_what_is_not_finished_in_time_is_due_again_at_once_and_was_no_failure(database):
    work = Work(sleeping)
    await queue()
    runner = Runner([work.handler], idle_seconds=0.01, drain_seconds=0.1)
    task = asyncio.create_task(runner.run())
    await until(lambda: work.ran)

    runner.stop()
    async with asyncio.timeout(2):
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
    async with asyncio.timeout(2):
        await task

    assert await jobs_db.due("own", ["work"], clock.business()) != []


def test_the_drain_ends_before_the_supervisor_loses_patience():
    assert job_runner.DRAIN_SECONDS + 1 < supervisor.PATIENCE


# By the clock

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


# Seen from outside


async def test_the_depth_of_each_lane(database):
    at = clock.business()
    for number in range(3):
        await queue(str(number), "stripe", due_at=at - (number + 1) * MINUTE)
    await queue("later", "stripe", due_at=at + MINUTE)
    await queue("leased", "razorpay")
    await queue("given up", "razorpay")
    of = {"lease_until": at + MINUTE, "owner": "alive"}
    await collection("jobs").update_one({"key": "leased"}, {"$set": of})
    gone = {"state": "attention", "given_up_at": at}
    await collection("jobs").update_one({"key": "given up"}, {"$set": gone})

    found = {depth.lane: depth for depth in await jobs.depths()}

    assert list(found) == list(LANES)
    stripe, razorpay, own = (found[lane] for lane in ("stripe", "razorpay", "own"))
    assert (stripe.due, stripe.leased, stripe.attention) == (3, 0, 0)
    assert 180 <= stripe.oldest_due_seconds < 190
    assert (razorpay.due, razorpay.leased, razorpay.attention) == (0, 1, 1)
    assert (own.due, own.oldest_due_seconds) == (0, 0)


@pytest.mark.parametrize("module", [jobs, job_runner])
def test_the_kernel_knows_no_other_service(module):
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if "services" in (node.module or "")
    }

    assert all(".jobs" in name for name in imported)
