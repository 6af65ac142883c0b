"""Jobs in tests: when something is due, and letting time pass for it."""

import asyncio
from datetime import datetime

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.services.school import jobs
from courseflow_admin.services.school.job_runner import Runner
from courseflow_admin.services.school.jobs import Handler
from tests.builders import stored


async def due_at(key: str) -> datetime | None:
    """When the job about this is due; None when there is none, or it was given up."""
    found = [row["due_at"] for row in await stored("jobs", key=key, state="due")]
    return found[0] if found else None


async def make_due(*keys: str, kind: str = "") -> None:
    """Let the time come for the jobs about these, or else for all (of a kind) that wait."""
    where = {"key": {"$in": list(keys)}} if keys else {"kind": kind} if kind else {}
    await collection("jobs").update_many(
        {**where, "state": "due"}, {"$set": {"due_at": clock.business()}}
    )


async def forget(*keys: str) -> None:
    """Let nothing be planned for these."""
    await collection("jobs").delete_many({"key": {"$in": list(keys)}})


async def run_due(*handlers: Handler) -> None:
    """Do what is due of these kinds alone."""
    await Runner(handlers).run_until_idle()


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


async def until(true, seconds=30):
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)
