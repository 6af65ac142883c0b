"""The e-mail log: a closed table of filters, and the index each of them uses."""

from courseflow_admin.db.core import addresses, keyset
from courseflow_admin.db.core.client import Row
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.mail.emails import Email, EmailFilter

FIELD = "queued_at"
LEFT_OUT: Row = {"html": 0, "text": 0, "events": 0}  # what only the detail page shows


async def search(wanted: EmailFilter, request: PageRequest) -> Page[Email]:
    """Newest first; the rows come without their bodies and events."""
    where, hint = plan(wanted)
    return await keyset.page(
        "emails", where, FIELD, request, _without_body, hint=hint, projection=LEFT_OUT
    )


def _without_body(row: Row) -> Email:
    return Email.from_mongo({**row, "html": "", "text": ""})


def plan(wanted: EmailFilter) -> tuple[Row, list[tuple[str, int]]]:
    """The query, and the keys of the index that serves it.

    An address or one person's or instructor's mails come first: they leave few rows, which are
    then filtered in memory.
    """
    named = {
        "account_id": wanted.account_id,
        "course_owner_id": wanted.course_owner_id,
        "kind": wanted.kind,
    }
    where: Row = {name: value for name, value in named.items() if value}
    if wanted.states:
        states = list(wanted.states)
        where["state"] = states[0] if len(states) == 1 else {"$in": states}
    if wanted.since:
        where[FIELD] = {"$gte": wanted.since}
    newest = [(FIELD, -1), ("_id", -1)]
    if wanted.to_prefix:
        where["to"] = addresses.starting(wanted.to_prefix)
        return where, [("to", 1), *newest]
    for name in ("account_id", "course_owner_id"):
        if name in where:
            return where, [(name, 1), *newest]
    return where, [*((name, 1) for name in ("kind", "state") if name in where), *newest]
