"""The webhook inbox, for admins."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import webhook_badge
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.filters import chip_menu, filters, tools
from courseflow_admin.components.forms import button, link_button
from courseflow_admin.components.layout import page
from courseflow_admin.components.lists import list_table
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
    return page(
        "Webhooks",
        rx.el.div(
            tools(
                filters(
                    chip_menu("Status", WebhooksState.state_text, "state", STATES),
                    chip_menu("Provider", WebhooksState.provider_text, "provider", PROVIDERS),
                ),
            ),
            rx.cond(WebhooksState.note, rx.el.p(WebhooksState.note, class_name="cf-mut")),
            list_table(
                "Webhooks",
                COLUMNS,
                WebhooksState,
                webhook_row,
                empty=empty(
                    "webhook",
                    WebhooksState.empty_title,
                    WebhooksState.empty_why,
                    rx.cond(WebhooksState.filtered, link_button("Show all", href=routes.WEBHOOKS)),
                ),
            ),
            class_name="cf-stack",
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
