"""A worker killed or told to stop with something under way in each lane."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from courseflow_admin.models.school.jobs import LANES
from courseflow_admin.services.school import jobs
from tests.builders import stored
from tests.kill.test_kill import the_forge
from tests.patience import within


@contextmanager
def a_forge(uri: str) -> Iterator[object]:
    forge = the_forge(uri)
    try:
        yield forge
    finally:
        forge.stdin.close()
        forge.wait(60)
        forge.stdout.close()


async def a_worker(forge) -> int:
    forge.stdin.write("\n")
    forge.stdin.flush()
    return int(await asyncio.to_thread(forge.stdout.readline))


async def until(true, seconds=60):
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)


async def begun(times):
    return [row.get("begun") for row in await stored("decoys")] == [times] * len(LANES)


async def nothing_left():
    return await stored("jobs") == []


async def test_what_a_killed_worker_had_in_each_lane_is_done_by_the_next(database, mongod_uri):
    for lane in LANES:
        await jobs.queue("nap", lane, lane)
    with a_forge(mongod_uri) as forge:
        first = await a_worker(forge)
        await until(lambda: begun(1))

        os.kill(first, signal.SIGKILL)
        left = await stored("jobs")
        second = await a_worker(forge)
        await until(nothing_left)
        os.kill(second, signal.SIGKILL)

    assert {row["lane"] for row in left if row["owner"]} == set(LANES)
    rows = await stored("decoys")
    assert [(row["lane"], row["begun"], row["ended"]) for row in rows] == [
        (lane, 2, 1) for lane in sorted(LANES)
    ]


async def test_a_worker_told_to_stop_finishes_what_it_has_in_each_lane(database, mongod_uri):
    for lane in LANES:
        await jobs.queue("nap", lane, lane)
    with a_forge(mongod_uri) as forge:
        worker = psutil.Process(await a_worker(forge))
        await until(lambda: begun(1))

        with within(4):
            worker.terminate()
            await jobs.queue("nap", "too late", "own")
            await asyncio.to_thread(worker.wait, 60)

    rows = await stored("decoys")
    assert [(row["begun"], row["ended"]) for row in rows] == [(1, 1)] * len(LANES)
    assert [row["key"] for row in await stored("jobs")] == ["too late"]


async def test_an_idle_worker_stops_within_a_second(database, mongod_uri):
    with a_forge(mongod_uri) as forge:
        worker = psutil.Process(await a_worker(forge))
        await jobs.queue("nap", "one", "own")
        await until(nothing_left)

        with within(1):
            worker.terminate()
            await asyncio.to_thread(worker.wait, 60)
