"""What Prometheus reads: the counts and times of this process, and what waits in the database."""

import asyncio
from datetime import timedelta

from courseflow_admin import measures
from courseflow_admin.db.figures import monitoring as monitoring_db
from courseflow_admin.errors import Unavailable
from courseflow_admin.models.core import clock
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.services.money import looks
from courseflow_admin.services.school import jobs

PATIENCE_SECONDS = 3
DAY = timedelta(days=1)


async def exposition() -> bytes:
    """In Prometheus' text format; without the database its own gauges are left as they were."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _look_into_the_database()
    except (Unavailable, TimeoutError):
        measures.database_up.set(0)
    else:
        measures.database_up.set(1)
    return measures.exposition()


async def _look_into_the_database() -> None:
    for lane in await jobs.depths():
        measures.lane_depth.labels(lane.lane).set(lane.due)
        measures.lane_age.labels(lane.lane).set(lane.oldest_due_seconds)
        measures.lane_leased.labels(lane.lane).set(lane.leased)
        measures.lane_attention.labels(lane.lane).set(lane.attention)
    measures.look_lag.set(await jobs.lag(looks.KIND))
    at = clock.wall()
    for state in EmailState:
        count = await monitoring_db.emails_since(state, at - DAY)
        measures.emails.labels(state.value).set(count)
