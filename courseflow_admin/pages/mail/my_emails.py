"""What the school has sent to the one who is signed in."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import email_badge
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.list_page import list_page
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.mail.emails import EmailRow
from courseflow_admin.state.mail.my_emails import MyEmailsState

COLUMNS = (
    Column("Date", "136px"),
    Column("Subject", lead=True, skeleton="60%"),
    Column("Status", "128px", skeleton="64px"),
)


@rx.page(route=routes.MY_EMAILS, title="My e-mails · CourseFlow", on_load=MyEmailsState.load)
def my_emails() -> rx.Component:
    return list_page(
        "My e-mails",
        MyEmailsState,
        COLUMNS,
        email_row,
        none=empty(
            "my_emails",
            "No e-mails yet",
            "Copies of all e-mails from the school appear here: receipts, access, refunds.",
            link_button("Browse catalog", href=routes.HOME),
        ),
        here="My e-mails",
        path=[("Learning", ""), ("My e-mails", routes.MY_EMAILS)],
        permission=Permission.ACCOUNT_OWN,
    )


def email_row(row: EmailRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.span(row.date, class_name="cf-num cf-mut"),
        row_link(row.subject, row.href),
        email_badge(row.state),
    )
