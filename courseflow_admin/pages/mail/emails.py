"""The e-mail log: for admins all, for instructors those of own courses."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import email_badge
from courseflow_admin.components.filters import chip_menu, fixed_chip
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.list_page import list_page, nothing
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.mail.emails import KINDS, STATES, EmailRow, EmailsState

COLUMNS = (
    Column("Queued", "136px"),
    Column("Subject", lead=True, skeleton="60%"),
    Column("To", "240px"),
    Column("Kind", "192px"),
    Column("Status", "128px", skeleton="64px"),
)


@rx.page(route=routes.EMAILS, title="E-mails · CourseFlow", on_load=EmailsState.load)
def emails() -> rx.Component:
    return list_page(
        "E-mails",
        EmailsState,
        COLUMNS,
        email_row,
        search=search_box(
            "Search by the start of the recipient's address", "Recipient starts with", "to"
        ),
        chips=(
            chip_menu("Status", EmailsState.state_text, "state", STATES),
            fixed_chip("Person", EmailsState.person_text, "account"),
            fixed_chip("From", EmailsState.since_text, "since"),
            chip_menu("Kind", EmailsState.kind_text, "kind", KINDS),
        ),
        none=nothing(
            EmailsState,
            "emails",
            EmailsState.empty_title,
            EmailsState.empty_why,
            "Show all e-mails",
            routes.EMAILS,
        ),
        here="E-mails",
        path=[("System", ""), ("E-mails", routes.EMAILS)],
        permission=Permission.EMAILS_READ,
    )


def email_row(row: EmailRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.span(row.date, class_name="cf-num cf-mut"),
        row_link(row.subject, row.href),
        row.receiver,
        rx.el.span(row.kind, class_name="cf-mut"),
        email_badge(row.state),
    )
