"""The audit log on screen: the address says what is shown, every control only changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.school.audit import AuditEntry, AuditFilter
from courseflow_admin.services.school import audit
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import Choice, ListAddress
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.school.audit_words import (
    ACTS,
    ANONYMOUS,
    CODED,
    CODES,
    actor_text,
    fact_text,
)

NAMES = ("q", "act", "actor", "object", "from", "to")
PERIODS = {1: "Today", 7: "Last 7 days", 30: "Last 30 days"}
PAGES = {
    "acc": routes.person,
    "pay": routes.payment,
    "eml": routes.email,
    "crs": routes.studio,
}
KINDS = {
    "acc": "Account",
    "pay": "Payment",
    "eml": "E-mail",
    "crs": "Course",
    "ses": "Session",
    "inv": "Invitation",
    "whe": "Webhook event",
}


NAMELESS: Mapping[str, str] = MappingProxyType({})


@dataclass
class EntryRow:
    id: str
    at: str
    when: str
    exact: str
    actor: str
    actor_id: str
    act: str
    object_kind: str  # in a word, or nothing
    object_id: str
    object_text: str  # what people call it, else its id
    object_named: bool
    object_href: str  # the page of the object, or nothing where there is none of it
    details: str


class AuditState(ListState, rx.State):
    rows: list[EntryRow] = []
    act_text: str = ""
    actor_text: str = ""
    object_text: str = ""
    period_text: str = ""
    days: list[Choice] = []
    export_href: str = routes.API_AUDIT_EXPORT

    @event(Permission.AUDIT_READ, supersedes=True)
    async def load(self):
        address = ListAddress(routes.AUDIT, self.router.url, NAMES)
        auth = await self.get_state(AuthState)
        act = address.one_of("act", ACTS)
        self._show_controls(address, act)
        async with self._refusals(address):
            period = Period.parse(address["from"], address["to"])
            self.period_text = period.text() if period else ""
            wanted = AuditFilter(act, address["actor"], address["object"], period, address["q"])
            page = await audit.search(auth.actor(), wanted, address.request())
            seen = {entry.object_id for entry in page.rows} | {wanted.actor_id, wanted.object_id}
            names = await audit.names_of(auth.actor(), seen)
            self.actor_text = actor_text(wanted.actor_id, names.get(wanted.actor_id, ""))
            self.object_text = names.get(wanted.object_id, wanted.object_id)
            self.rows = [_row(entry, names) for entry in page.rows]
            self._show_page(page, address)

    def _show_controls(self, address: ListAddress, act: str) -> None:
        self.act_text = ACTS.get(act, "")
        self.actor_text = address["actor"]
        self.object_text = address["object"]
        self.days = [_newest(count, text) for count, text in PERIODS.items()]
        asked = {name: address[name] for name in NAMES}
        self.export_href = routes.with_query(routes.API_AUDIT_EXPORT, **asked)
        self.filtered = any(asked.values())


def _newest(days: int, text: str) -> Choice:
    period = Period.newest(days, clock.business())
    return Choice(text, {"from": calendar.iso(period.first), "to": calendar.iso(period.last)})


def _row(entry: AuditEntry, names: dict[str, str]) -> EntryRow:
    prefix = entry.object_id.partition("_")[0]
    page_of = PAGES.get(prefix)
    return EntryRow(
        id=entry.id,
        at=times.short(entry.at),
        when=calendar.iso(entry.at),
        exact=times.exact(entry.at),
        actor=actor_text(entry.actor_id, entry.actor_name),
        actor_id=entry.actor_id,
        act=ACTS[entry.act],
        object_kind=KINDS.get(prefix, ""),
        object_id=entry.object_id,
        object_text=names.get(entry.object_id, entry.object_id),
        object_named=entry.object_id in names,
        object_href=page_of(entry.object_id) if page_of and entry.object_id in names else "",
        details=details_of(entry, names),
    )


def details_of(entry: AuditEntry, names: Mapping[str, str] = NAMELESS) -> str:
    """Before and after of each fact, then what else was noted, a line each; `names` by id."""
    facts = dict(entry.facts)
    before, after = facts.pop("before", {}), facts.pop("after", {})
    lines = []
    if isinstance(before, dict) and isinstance(after, dict):
        lines = [
            f"{fact_text(name)}: {_said(name, before.get(name))} → {_said(name, after.get(name))}"
            for name in dict.fromkeys([*before, *after])
        ]
    else:
        lines = [f"Status: {_said('status', before)} → {_said('status', after)}"]
    lines += [f"{fact_text(name)}: {_said(name, value)}" for name, value in facts.items()]
    if entry.viewer_id:
        lines.append(f"Seen by: {entry.viewer_name or entry.viewer_id}")
    lines += [
        f"By: {_called(entry.actor_id, entry.actor_name)}",
        f"On: {_called(entry.object_id, names.get(entry.object_id, ''))}",
    ]
    lines += [f"Request: {entry.request_id or 'none'}", f"IP address: {entry.ip or 'none'}"]
    return "\n".join(lines)


def _called(of: str, name: str) -> str:
    """`Rosa Admin (acc_…)`, or the id alone."""
    return f"{name} ({of})" if name else ANONYMOUS.get(of, of)


def _said(name: str, value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if name in CODED and isinstance(value, str) and value in CODES:
        return CODES[value]
    if name == "role":
        return ROLE_LABELS.get(str(value), str(value))
    if isinstance(value, dict) and set(value) == {"minor", "currency"}:
        return str(Money(**value))
    return times.exact(value) if isinstance(value, datetime) else str(value)
