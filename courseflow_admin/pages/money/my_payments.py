"""The payments of the one who is signed in."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import my_payment_badge
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.list_page import list_page
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.money.my_payments import MyPaymentRow, MyPaymentsState

COLUMNS = (
    Column("Date", "136px"),
    Column("Course", lead=True, skeleton="60%"),
    Column("Receipt", "192px"),
    Column("Amount", "144px", right=True),
    Column("Status", "152px", skeleton="64px"),
)


@rx.page(route=routes.MY_PAYMENTS, title="My payments · CourseFlow", on_load=MyPaymentsState.load)
def my_payments() -> rx.Component:
    return list_page(
        "My payments",
        MyPaymentsState,
        COLUMNS,
        payment_row,
        none=empty(
            "my_payments",
            "No payments yet",
            "Your payments and receipts will appear here.",
            link_button("Browse catalog", href=routes.HOME, look="primary"),
        ),
        here="My payments",
        path=[("Learning", ""), ("My payments", routes.MY_PAYMENTS)],
        permission=Permission.ACCOUNT_OWN,
    )


def payment_row(row: MyPaymentRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.span(row.date, class_name="cf-num cf-mut"),
        row_link(row.course, row.href),
        rx.el.span(row.receipt, class_name="cf-mono"),
        rx.el.span(row.amount, class_name="amt"),
        my_payment_badge(row.state),
    )
