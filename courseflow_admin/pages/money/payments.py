"""The list of payments: for admins all, for instructors those of own courses."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import payment_badge
from courseflow_admin.components.filters import chip_menu, fixed_chip
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.list_page import list_page, nothing
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.money.payments import (
    OF_A_FIGURE,
    PROVIDERS,
    STATES,
    PaymentRow,
    PaymentsState,
)

COLUMNS = (
    Column(
        "Date",
        "136px",
        sort=PaymentsState.sort_by_date,
        sorted_by=PaymentsState.date_sorted,
    ),
    Column("Learner", lead=True, skeleton="60%"),
    Column("Course"),
    Column(
        "Amount",
        "144px",
        right=True,
        sort=PaymentsState.sort_by_amount,
        sorted_by=PaymentsState.amount_sorted,
    ),
    Column("Status", "152px", skeleton="64px"),
    Column("Provider", "208px"),
)


@rx.page(route=routes.PAYMENTS, title="Payments · CourseFlow", on_load=PaymentsState.load)
def payments() -> rx.Component:
    return list_page(
        "Payments",
        PaymentsState,
        COLUMNS,
        payment_row,
        search=search_box(
            "Search by the start of an e-mail address", "E-mail starts with", "email"
        ),
        chips=(
            chip_menu("Status", PaymentsState.state_text, "state", STATES),
            chip_menu("Provider", PaymentsState.provider_text, "provider", PROVIDERS),
            fixed_chip("Person", PaymentsState.person_text, "account"),
            fixed_chip("Figure", PaymentsState.figure_text, *OF_A_FIGURE),
        ),
        none=nothing(
            PaymentsState,
            "payments",
            PaymentsState.empty_title,
            PaymentsState.empty_why,
            "Show all payments",
            routes.PAYMENTS,
        ),
        here="Payments",
        path=[("Money", ""), ("Payments", "")],
        permission=Permission.PAYMENTS_READ,
    )


def payment_row(row: PaymentRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.span(row.date, class_name="cf-num cf-mut"),
        rx.fragment(
            row_link(row.learner, row.href),
            rx.el.span(row.email, class_name="cf-mail cf-mut"),
        ),
        row.course,
        rx.el.span(row.amount, class_name="amt"),
        payment_badge(row.state),
        rx.fragment(
            row.provider,
            rx.cond(row.method, rx.el.span(" · ", row.method, class_name="cf-mut")),
        ),
    )
