"""The one loop of the worker: claims what is due in each lane and runs it by its handler."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from loguru import logger

from courseflow_admin import field_sentences
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.school import jobs as jobs_db
from courseflow_admin.errors import (
    CourseFlowError,
    KeyRefused,
    ProviderUnreachable,
    Unavailable,
    for_admins,
)
from courseflow_admin.logs import new_reference, request_context
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.jobs import LANES, PROVIDERS, Job, Lane, Schedule
from courseflow_admin.services.school import jobs
from courseflow_admin.services.school.jobs import (
    DEADLINE,
    LOSSES,
    SPARE,
    TRIES,
    Every,
    Handler,
    RetryLater,
)

# At once in one worker: what a company lets us ask, and what a small machine can do.
CONCURRENCY: Mapping[Lane, int] = {
    "stripe": 4,
    "razorpay": 4,
    "resend": 2,
    "cloudinary": 2,
    "receipts": 1,
    "own": 4,
}
IDLE_SECONDS, AWAY_SECONDS = 0.3, 2.0
SCHEDULE_SECONDS = 5.0  # between two looks at what is due by the clock
DRAIN_SECONDS = 4.0  # for what is under way when told to stop; the supervisor waits longer


class Runner:
    """All lanes of one worker process; `deadline` is that of kinds that have none of their own."""

    def __init__(
        self,
        handlers: Iterable[Handler],
        schedules: Iterable[Every] = (),
        *,
        idle_seconds: float = IDLE_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
        deadline: timedelta = DEADLINE,
    ) -> None:
        self._handlers = {handler.kind: handler for handler in handlers}
        self._schedules = {one.name: one for one in schedules}
        self._deadlines = {kind: one.deadline or deadline for kind, one in self._handlers.items()}
        self._leases = {kind: SPARE * deadline for kind, deadline in self._deadlines.items()}
        self._idle, self._drain = idle_seconds, drain_seconds
        self._owner = secrets.token_hex(6)
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._schedules_known = False
        self.outcomes: Counter[tuple[str, str]] = Counter()  # by lane: done, retried, given_up

    # Running

    async def run(self) -> None:
        """Work until told to stop; then finish what is under way, and let go of the rest."""
        try:
            async with asyncio.TaskGroup() as group:
                told = asyncio.create_task(self._stopping.wait())
                for lane in LANES:
                    group.create_task(self._lane(lane, told))
                group.create_task(self._clock())
            if self._running:
                logger.info("worker.draining", jobs=len(self._running))
                await asyncio.wait(self._running, timeout=self._drain)
        finally:
            await self._let_go()

    def stop(self) -> None:
        """Claim nothing more. Called again: do not wait for what is under way either."""
        if self._stopping.is_set():
            for task in self._running:
                task.cancel()
        self._stopping.set()

    async def run_until_idle(self) -> None:
        """Do all that is due now, and what follows from it, one after the other."""
        await self._look_at_schedules()
        busy = True
        while busy:
            busy = False
            for lane in LANES:
                while job := await self._claim(lane):
                    await self._run(job)
                    busy = True

    async def _let_go(self) -> None:
        unfinished = list(self._running)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        with suppress(Unavailable):
            if released := await jobs_db.release(self._owner):
                logger.info("worker.released", jobs=released)

    # One lane

    async def _lane(self, lane: Lane, told_to_stop: asyncio.Task[bool]) -> None:
        at_work: set[asyncio.Task[None]] = set()
        while not self._stopping.is_set():
            if len(at_work) >= CONCURRENCY[lane]:
                await asyncio.wait({*at_work, told_to_stop}, return_when=asyncio.FIRST_COMPLETED)
            elif job := await self._claim_or_none(lane):
                task = asyncio.create_task(self._run_safely(job))
                for tasks in (at_work, self._running):
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)

    async def _claim_or_none(self, lane: Lane) -> Job | None:
        """The next job of a lane; after a pause None when there is none."""
        try:
            job = await self._claim(lane)
        except Unavailable:
            logger.warning("worker.database_away", lane=lane)
            await self._pause(AWAY_SECONDS)
            return None
        except Exception as error:  # noqa: BLE001 - the lane goes on
            logger.opt(exception=error).error("worker.failed", reference=new_reference())
            await self._pause(AWAY_SECONDS)
            return None
        if job is None:
            await self._pause(self._idle)
        return job

    async def _claim(self, lane: Lane) -> Job | None:
        return await jobs_db.claim(lane, self._leases, self._owner, clock.business())

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    # One job

    async def _run_safely(self, job: Job) -> None:
        """What cannot be written down is due again when its lease is over."""
        try:
            await self._run(job)
        except Unavailable:
            logger.warning("worker.database_away", job=job.id, kind=job.kind)
        except Exception as error:  # noqa: BLE001 - one job must not stop the others
            logger.opt(exception=error).error("job.not_noted", job=job.id, kind=job.kind)

    async def _run(self, job: Job) -> None:
        handler = self._handlers[job.kind]
        reference = new_reference()
        with request_context(f"job-{reference}", ""):
            if job.losses >= LOSSES:
                await self._give_up(
                    handler, job, f"Its worker died {field_sentences.counted(job.losses, 'time')}."
                )
                return
            try:
                async with asyncio.timeout(self._deadlines[job.kind].total_seconds()):
                    again = await handler.run(job)
            except Exception as error:  # noqa: BLE001 - one job must not stop the others
                reason, counted = self._judged(job, error, reference)
                await self._later(handler, job, reason, counted=counted)
            else:
                await jobs_db.finish(job, again)
                self.outcomes[job.lane, "done"] += 1

    def _judged(self, job: Job, error: Exception, reference: str) -> tuple[str, bool]:
        """Why a run did not go well, and whether that counts towards giving up.

        Silence of a company, a key of ours that it does not accept, and our database being away
        are not because of this job.
        """
        if isinstance(error, RetryLater):
            return error.reason, error.counted
        if isinstance(error, ProviderUnreachable | KeyRefused | Unavailable):
            return for_admins(error).message, False
        if isinstance(error, CourseFlowError):
            return error.message, True
        if isinstance(error, TimeoutError):
            asked = job.lane in PROVIDERS
            seconds = f"{self._deadlines[job.kind].total_seconds():g} seconds"
            return (
                f"{job.lane.capitalize() if asked else 'It'} took longer than {seconds}.",
                not asked,
            )
        logger.opt(exception=error).error(
            "job.failed", kind=job.kind, key=job.key, reference=reference
        )
        return f"Something unexpected went wrong; look for {reference} in the log.", True

    async def _later(self, handler: Handler, job: Job, reason: str, *, counted: bool) -> None:
        """Try again after a growing pause, or leave it to a person."""
        at = clock.business()
        expired = job.expires_at is not None and at > job.expires_at
        if expired or job.failures + counted >= TRIES:
            await self._give_up(handler, job, reason)
            return
        due_at = at + jobs.pause(job.attempts, random.random())  # noqa: S311 - no secret

        async def note(*, told: bool) -> None:
            if await jobs_db.retry_later(job, reason, due_at, counted=counted) and told:
                await handler.retrying(job, reason)

        await self._noted(job, note)
        self.outcomes[job.lane, "retried"] += 1
        logger.warning("job.retry", kind=job.kind, key=job.key, attempt=job.attempts, reason=reason)

    async def _give_up(self, handler: Handler, job: Job, reason: str) -> None:
        async def note(*, told: bool) -> None:
            if await jobs_db.give_up(job, reason) and told:
                await handler.gave_up(job, reason)

        await self._noted(job, note)
        self.outcomes[job.lane, "given_up"] += 1
        logger.error("job.given_up", kind=job.kind, key=job.key, reason=reason)

    async def _noted(self, job: Job, note: Callable[..., Awaitable[None]]) -> None:
        """In one transaction with what the thing itself is told; if that fails, without it."""
        try:
            await transaction(partial(note, told=True))
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - or it would come again for ever
            logger.opt(exception=error).error("job.not_told", kind=job.kind, key=job.key)
            await note(told=False)

    # By the clock

    async def _clock(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._look_at_schedules()
            except Unavailable:
                logger.warning("worker.database_away")
            except Exception as error:  # noqa: BLE001 - it goes on
                logger.opt(exception=error).error("worker.failed", reference=new_reference())
            await self._pause(SCHEDULE_SECONDS)

    async def _look_at_schedules(self) -> None:
        """Queue what is due; of many workers one does. What was missed comes once."""
        if not self._schedules:
            return
        at = clock.business()
        if not self._schedules_known:
            for one in self._schedules.values():
                await jobs_db.plan_schedule(one.name, one.kind, one.lane, one.every, at)
            self._schedules_known = True
        for due in await jobs_db.due_schedules(self._schedules, at):
            await transaction(partial(self._fire, due, at))

    async def _fire(self, due: Schedule, at: datetime) -> None:
        every = timedelta(seconds=due.every_seconds)
        next_at = due.next_at + every * ((at - due.next_at) // every + 1)
        if await jobs_db.move_schedule(due, next_at):
            await jobs.queue(due.kind, due.id, due.lane)
