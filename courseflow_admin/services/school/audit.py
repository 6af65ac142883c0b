"""The audit log: every business write notes who did it, in the same transaction."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.school import audit as audit_db
from courseflow_admin.errors import Invalid
from courseflow_admin.logs import client_ip, request_id
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.school.audit import Act, AuditEntry, AuditFilter

CSV_HEAD = ("at", "actor_id", "actor", "act", "object_id", "facts", "request_id", "ip", "viewer")
ID = re.compile(r"[a-z]{3}_\w+")
MOST_PEOPLE = 20  # whose entries are merged, each out of two indexes
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


async def record(actor: Actor, act: Act, object_id: str, **facts: object) -> str:
    """Note that `actor` did `act` to `object_id`; the id of the entry.

    Must run inside the transaction of the change.
    """
    entry = AuditEntry(
        _id=new_id("aud"),
        at=clock.business(),
        actor_id=actor.id,
        actor_name=actor.name,
        viewer_id=actor.viewer.id if actor.viewer else "",
        viewer_name=actor.viewer.name if actor.viewer else "",
        act=act,
        object_id=object_id,
        facts={key: _plain(value) for key, value in facts.items()},
        request_id=request_id.get(),
        ip=client_ip.get(),
    )
    await audit_db.add(entry)
    return entry.id


async def search(actor: Actor, wanted: AuditFilter, request: PageRequest) -> Page[AuditEntry]:
    """One page of the log, newest first."""
    actor.require(Permission.AUDIT_READ)
    return await audit_db.search(await _about(wanted), request)


async def _about(wanted: AuditFilter) -> AuditFilter:
    """With the ids that `q` stands for: itself, or those of the people it finds."""
    sought = wanted.q.strip()
    if not sought:
        return wanted
    if ID.fullmatch(sought):
        return replace(wanted, about=(sought,))
    prefix, name = (sought, "") if "@" in sought else ("", sought)
    people = await accounts_db.search(prefix, "", PageRequest(size=MOST_PEOPLE), name_or_email=name)
    if people.next_cursor:
        raise Invalid(f"More than {MOST_PEOPLE} people match. Enter more of the name.", "q")
    return replace(wanted, about=tuple(one.id for one in people.rows) or (sought,))


async def names_of(actor: Actor, ids: set[str]) -> dict[str, str]:
    """What people call these people, courses, payments, e-mails and invitations, by id."""
    actor.require(Permission.AUDIT_READ)
    return await audit_db.names_of(ids)


async def export(actor: Actor, wanted: AuditFilter) -> AsyncIterator[str]:
    """All that `search` would page through, as lines of CSV; refused before the first line."""
    actor.require(Permission.AUDIT_READ)
    return _lines(await _about(wanted))


async def _lines(wanted: AuditFilter) -> AsyncIterator[str]:
    yield _csv_line(CSV_HEAD)
    async for entry in audit_db.each(wanted):
        yield _csv_line(
            (
                calendar.iso(entry.at),
                entry.actor_id,
                entry.actor_name,
                entry.act.value,
                entry.object_id,
                json.dumps(entry.facts, default=str, ensure_ascii=False) if entry.facts else "",
                entry.request_id,
                entry.ip,
                entry.viewer_name or entry.viewer_id,
            )
        )


def _csv_line(cells: tuple[str, ...]) -> str:
    """One line; what a spreadsheet would take for a formula is made text by an apostrophe."""
    buffer = io.StringIO()
    defused = [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
    csv.writer(buffer, lineterminator="\r\n").writerow(defused)
    return buffer.getvalue()


def _plain(value: object) -> Any:
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | int | bool | datetime | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
