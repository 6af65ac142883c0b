"""The audit log: who did what to which object, for admins."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.filters import (
    chip_menu,
    fixed_chip,
    open_chip_menu,
)
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import icon, text_link
from courseflow_admin.components.js.list_link import list_link
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.list_page import list_page, nothing
from courseflow_admin.components.table import Column, tr
from courseflow_admin.components.types import Text
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.school.audit import AuditState, EntryRow
from courseflow_admin.state.school.audit_words import ACTS

COLUMNS = (
    Column("When", "160px"),
    Column("What", lead=True, skeleton="60%"),
    Column("Who", "200px"),
    Column("Target", "300px"),
)


@rx.page(route=routes.AUDIT, title="Audit log · CourseFlow", on_load=AuditState.load)
def audit() -> rx.Component:
    return list_page(
        "Audit log",
        AuditState,
        COLUMNS,
        entry_row,
        search=search_box("Search by name, e-mail address or ID", "Name, e-mail or ID"),
        chips=(
            chip_menu("Action", AuditState.act_text, "act", ACTS),
            open_chip_menu("Date", AuditState.period_text, AuditState.days, "from", "to"),
            fixed_chip("By", AuditState.actor_text, "actor"),
            fixed_chip("Target", AuditState.object_text, "object"),
        ),
        none=nothing(
            AuditState,
            "audit",
            "No entries found",
            "Remove a filter to see more.",
            "Show all",
            routes.AUDIT,
        ),
        here="Audit log",
        path=[("System", ""), ("Audit log", "")],
        permission=Permission.AUDIT_READ,
        actions=[link_button("Export CSV", href=AuditState.export_href, external=True)],
    )


def entry_row(row: EntryRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.time(row.at, date_time=row.when, title=row.exact, class_name="cf-num cf-mut"),
        rx.fragment(
            rx.el.span(row.act, class_name="cf-med"),
            rx.el.details(
                rx.el.summary(icon("unfold", 12), "Details"),
                rx.el.div(
                    row.details,
                    "\n",
                    _only("Related events", "object", row.object_id),
                    class_name="cf-evbox",
                ),
                class_name="cf-ev",
            ),
        ),
        _only(row.actor, "actor", row.actor_id),
        rx.fragment(
            rx.cond(row.object_kind != "", rx.el.div(row.object_kind, class_name="cf-sm cf-mut")),
            rx.cond(
                row.object_href != "",
                text_link(row.object_text, href=row.object_href, title=row.object_text),
                rx.el.span(
                    row.object_text, class_name=rx.cond(row.object_named, "", "cf-mono cf-trunc")
                ),
            ),
        ),
    )


def _only(text: Text, name: str, said: Text) -> rx.Component:
    """Narrows the log on screen further."""
    return list_link(text, changes={name: said}, class_name="cf-link")
