"""Deletes, once a day, what is older than the school's settings keep.

Idempotent: killed in its middle it has deleted whole batches, and the next run goes on with the
rest. Each batch has its audit entry in the same transaction.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from loguru import logger

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.school import retention as retention_db
from courseflow_admin.db.school import settings as school_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.services.school import audit
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school.jobs import Handler

BATCH = 500

Erase = Callable[[datetime, int], Awaitable[int]]


async def apply(batch: int = BATCH) -> dict[str, int]:
    """Delete all that is due; how many of each kind."""
    school, at = await school_settings.get(), clock.wall()
    webhooks, emails = school.webhook_bodies_days, school.email_bodies_days
    kinds: dict[str, tuple[int, Erase]] = {
        "webhook_bodies": (webhooks, _content("webhook_events", webhooks)),
        "email_bodies": (emails, _content("emails", emails)),
        "sessions": (school.sessions_days, retention_db.delete_ended_sessions),
        "links": (school.links_days, retention_db.delete_links),
    }
    erased = {
        kind: await _all_batches(kind, at - timedelta(days=days), erase, batch)
        for kind, (days, erase) in kinds.items()
    }
    before = at - timedelta(days=school.rejections_days)
    erased["rejections"] = await retention_db.delete_rejections(before)
    logger.info("retention.applied", **erased)
    return erased


async def _keep(_job: Job) -> None:
    await apply()


KEEP = Handler("retention", _keep, deadline=timedelta(minutes=10))


def _content(name: str, days: int) -> Erase:
    async def erase(before: datetime, limit: int) -> int:
        return await retention_db.erase_content(name, before, days, limit)

    return erase


async def _all_batches(kind: str, before: datetime, erase: Erase, size: int) -> int:
    async def body() -> int:
        count = await erase(before, size)
        if count:
            await audit.record(
                SYSTEM, Act.SCHOOL_OLD_DATA_DELETED, school_db.SCHOOL,
                what=kind, count=count, older_than=before,
            )  # fmt: skip
        return count

    total = 0
    while count := await transaction(body):
        total += count
    return total
