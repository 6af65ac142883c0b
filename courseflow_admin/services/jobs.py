"""What the worker does by itself: events in, payments due, receipt numbers, e-mails out.

Polling is the truth. Each job takes one due row by moving its due time ahead (the lease), so any
number of workers share the work and a dead one's row becomes due again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

from loguru import logger

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import (
    CourseFlowError,
    NotFound,
    ProviderRefused,
    ProviderUnreachable,
    Unavailable,
    for_admins,
)
from courseflow_admin.logs import new_reference, request_context
from courseflow_admin.models.core import clock
from courseflow_admin.services.mail import emails
from courseflow_admin.services.money import receipts, webhooks
from courseflow_admin.services.money.sync import sync

LEASE = timedelta(seconds=30)
IDLE_SECONDS = 0.3
AWAY_SECONDS = 2.0


async def sync_next(lease: timedelta) -> bool:
    """Look at the payment that is due for longest; False when none is."""
    lease_until = clock.business() + lease
    payment = await payments_db.claim_sync(clock.business(), lease_until)
    if payment is None:
        return False
    try:
        await sync(payment.id, "a look at its time", lease=lease_until)
    except (ProviderUnreachable, ProviderRefused, NotFound) as error:
        logger.warning("payment.sync_later", payment=payment.id, reason=for_admins(error).message)
    return True


class Jobs:
    """All jobs of one worker process."""

    def __init__(self, lease: timedelta = LEASE, idle_seconds: float = IDLE_SECONDS) -> None:
        self._lease = lease
        self._idle = idle_seconds
        self._owner = secrets.token_hex(6)

    async def run(self) -> None:
        """Work until cancelled; each job goes on by itself when another is slow."""
        async with asyncio.TaskGroup() as group:
            for job in (self._webhooks, self._payments, self._receipts, self._emails):
                group.create_task(self._for_ever(job))

    async def run_until_idle(self) -> None:
        """Do all that is due now, and what follows from it (tests, and the end of a seed)."""
        busy = True
        while busy:
            busy = False
            for job in (self._webhooks, self._payments, self._receipts, self._emails):
                while await job():
                    busy = True

    async def _for_ever(self, job: Callable[[], Awaitable[bool]]) -> None:
        while True:
            pause = self._idle
            with request_context(f"job-{new_reference()}", ""):
                try:
                    if await job():
                        pause = 0
                except Unavailable:
                    logger.warning("worker.database_away")
                    pause = AWAY_SECONDS
                except CourseFlowError as error:
                    logger.error("worker.refused", code=error.code, reason=error.message)
                except Exception as error:  # noqa: BLE001 - the other rows still want their turn
                    logger.opt(exception=error).error("worker.failed", reference=new_reference())
                    pause = AWAY_SECONDS
            await asyncio.sleep(pause)

    async def _webhooks(self) -> bool:
        return await webhooks.handle_next(self._lease)

    async def _payments(self) -> bool:
        return await sync_next(self._lease)

    async def _receipts(self) -> bool:
        return await receipts.number_waiting(self._owner, self._lease) > 0

    async def _emails(self) -> bool:
        return await emails.send_next(self._lease)
