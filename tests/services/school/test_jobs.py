"""The job kernel: what is queued is done once, tried again by one policy, or left to a person."""

import ast
import asyncio
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.errors import Conflict, ProviderUnreachable
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import LANES, Priority
from courseflow_admin.services.school import job_runner, jobs
from courseflow_admin.services.school.jobs import TRIES, Handler, RetryLater
from tests.builders import stored
from tests.job_builders import Work, make_due, queue, raises, run_due

MINUTE = timedelta(minutes=1)
REFERENCE = re.compile(
    r"Something unexpected went wrong; look for ([A-Z0-9]{4}-[A-Z0-9]{4}) in the"
)


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

    await queue(due_at=at, priority=Priority.URGENT)
    await queue(due_at=at + 2 * MINUTE, priority=Priority.NORMAL)

    (job,) = await stored("jobs")
    assert (job["due_at"], job["priority"]) == (at, Priority.URGENT)


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
            await queue(priority=Priority.URGENT)
            await run_due(work.handler)  # another worker meanwhile
        work.seen = [*getattr(work, "seen", []), (len(work.ran), job.priority)]

    work = Work(asks_again)
    await queue()

    await run_due(work.handler)

    assert work.ran == ["one", "one"]
    assert work.seen == [(1, Priority.NORMAL), (2, Priority.URGENT)]
    assert await stored("jobs") == []


async def test_what_comes_again_comes_when_it_says_and_as_routine(database):
    at = clock.business() + MINUTE

    async def again(_):
        return at

    work = Work(again)
    await queue(priority=Priority.URGENT)

    await run_due(work.handler)

    (job,) = await stored("jobs")
    assert (job["due_at"], job["priority"], job["owner"]) == (at, Priority.ROUTINE, "")


async def test_the_more_urgent_goes_first_and_then_who_waits_longest(database):
    at = clock.business()
    work = Work()
    await queue("routine", priority=Priority.ROUTINE, due_at=at - 3 * MINUTE)
    await queue("young", due_at=at - MINUTE)
    await queue("old", due_at=at - 2 * MINUTE)
    await queue("buyer", priority=Priority.URGENT)

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
