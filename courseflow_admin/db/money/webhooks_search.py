"""The list of webhook events, newest first."""

from datetime import datetime

from courseflow_admin.db.core import keyset
from courseflow_admin.db.core.client import Row
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.money.webhooks import STUCK, STUCK_AFTER, WebhookEvent, WebhookFilter

# What only the page of one event shows.
LEFT_OUT: Row = {"headers": 0}


async def search(wanted: WebhookFilter, request: PageRequest) -> Page[WebhookEvent]:
    where, hint = plan(wanted)
    return await keyset.page(
        "webhook_events",
        where,
        "received_at",
        request,
        WebhookEvent.from_mongo,
        hint=hint,
        projection=LEFT_OUT,
    )


def plan(wanted: WebhookFilter) -> tuple[Row, list[tuple[str, int]]]:
    """The query, and the keys of the index that serves it."""
    by_date = [("received_at", -1), ("_id", -1)]
    provider: Row = {"provider": wanted.provider} if wanted.provider else {}
    if wanted.state == STUCK:
        where, hint = stuck()
        return provider | where, hint
    if wanted.state:
        return {"state": wanted.state, **provider}, [("state", 1), *by_date]
    return provider, [*([("provider", 1)] if provider else []), *by_date]


def stuck(at: datetime | None = None) -> tuple[Row, list[tuple[str, int]]]:
    """Webhook events that were given up, or wait for longer than handling ever takes."""
    waiting = {"state": "waiting", "received_at": {"$lt": (at or clock.business()) - STUCK_AFTER}}
    where = {"$or": [{"state": "failed"}, waiting]}
    return where, [("state", 1), ("received_at", -1), ("_id", -1)]
