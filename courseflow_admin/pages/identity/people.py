"""People: everyone who has an account, for admins."""

from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import badge
from courseflow_admin.components.filters import chip_menu, fixed_chip
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.list_page import list_page, nothing
from courseflow_admin.components.people import invite_button, invite_dialog, sections
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.core.auth import ROLE_LABELS
from courseflow_admin.state.identity.people import STATES, PeopleState, PersonRow

COLUMNS = (
    Column("Person", lead=True, skeleton="50%"),
    Column("Role", "120px"),
    Column("Account", "136px", skeleton="64px"),
    Column("Joined", "152px"),
    Column("Last signed in", "152px"),
)


@rx.page(route=routes.PEOPLE, title="People · CourseFlow", on_load=PeopleState.load)
def people() -> rx.Component:
    return list_page(
        "People",
        PeopleState,
        COLUMNS,
        person_row,
        above=[sections("People")],
        search=search_box(
            "Search by name or the start of an e-mail address", "Name or e-mail", "q"
        ),
        chips=(
            chip_menu("Role", PeopleState.role_text, "role", ROLE_LABELS),
            chip_menu("Status", PeopleState.state_text, "state", STATES),
            fixed_chip("Joined", PeopleState.period_text, "from", "to"),
        ),
        none=nothing(
            PeopleState,
            "learners",
            "No people found",
            "Remove a filter or try another search.",
            "Show all people",
            routes.PEOPLE,
        ),
        below=[invite_dialog()],
        here="People",
        path=[("Teaching", ""), ("People", "")],
        permission=Permission.ACCOUNTS_READ,
        actions=[invite_button()],
    )


def person_row(row: PersonRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.fragment(
            row_link(row.name, row.href),
            rx.el.span(row.email, class_name="cf-mail cf-mut"),
        ),
        row.role,
        standing(row.standing),
        rx.el.span(row.joined, class_name="cf-num cf-mut"),
        rx.el.span(row.seen, class_name="cf-num cf-mut"),
    )


def standing(key: str) -> Any:
    return rx.match(
        key,
        ("active", badge("green", "Active")),
        ("suspended", badge("red", "Suspended")),
        ("deleted", badge("gray", "Deleted")),
        badge("gray", "Unverified"),
    )
