"""The webhook inbox, for admins."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import webhook_badge
from courseflow_admin.components.filters import chip_menu
from courseflow_admin.components.forms import button
from courseflow_admin.components.list_page import list_page, nothing
from courseflow_admin.components.sidebar import may
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.money.webhooks import PROVIDERS, STATES, WebhookRow, WebhooksState

COLUMNS = (
    Column("Received", "136px"),
    Column("Event", lead=True, skeleton="60%"),
    Column("Provider", "112px"),
    Column("Status", "112px", skeleton="64px"),
    Column("Result"),
    Column("Attempts", "96px", right=True),
    Column("Deliveries", "104px", right=True),
    Column("Action", "88px"),
)


@rx.page(route=routes.WEBHOOKS, title="Webhooks · CourseFlow", on_load=WebhooksState.load)
def webhooks() -> rx.Component:
    return list_page(
        "Webhooks",
        WebhooksState,
        COLUMNS,
        webhook_row,
        chips=(
            chip_menu("Status", WebhooksState.state_text, "state", STATES),
            chip_menu("Provider", WebhooksState.provider_text, "provider", PROVIDERS),
        ),
        note=rx.cond(WebhooksState.note, rx.el.p(WebhooksState.note, class_name="cf-mut")),
        none=nothing(
            WebhooksState,
            "webhooks",
            WebhooksState.empty_title,
            WebhooksState.empty_why,
            "Show all",
            routes.WEBHOOKS,
        ),
        here="Webhooks",
        path=[("System", ""), ("Webhooks", "")],
        permission=Permission.WEBHOOKS_READ,
    )


def webhook_row(row: WebhookRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.span(row.received, class_name="cf-num cf-mut"),
        rx.cond(row.href, row_link(row.kind, row.href), rx.el.span(row.kind)),
        row.provider,
        webhook_badge(row.state),
        rx.el.span(
            row.result,
            rx.cond(row.body_gone, rx.el.span(" · ", row.body_gone)),
            class_name="cf-mut",
            title=row.result,
        ),
        rx.el.span(row.attempts, class_name="cf-num"),
        rx.el.span(row.deliveries, class_name="cf-num"),
        rx.cond(
            (row.state == "failed") & (row.body_gone == "") & may(Permission.WEBHOOKS_REPLAY),
            button(
                "Retry",
                size="small",
                on_click=WebhooksState.replay(row.id),
                custom_attrs={"aria-label": "Retry " + row.kind + " of " + row.received},
            ),
        ),
    )
