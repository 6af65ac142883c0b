"""Icons, links and the small client-side acts that need no server."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from courseflow_admin.components.types import Text
from courseflow_admin.state import edge

# Meaning -> drawing, here and nowhere else: one thing looks the same wherever it is shown. A state
# names a meaning, because a var cannot pick from all 1,500 drawings without loading them all.
STEPS = {
    "cart": "shopping_cart",
    "out": "external_link",
    "webhook": "webhook",
    "check": "circle_check",
    "failed": "circle_x",
    "alert": "octagon_alert",
    "refund": "undo_2",
    "access": "key_round",
    "locked": "lock",
    "mail": "mail",
    "mail_check": "mail_check",
    "mail_failed": "mail_x",
    "sync": "refresh_cw",
    "receipt": "receipt_text",
    "person": "user_round",
    "clock": "clock",
    "note": "pencil_line",
}
ATTENTION = {
    "open_disputes": "octagon_alert",
    "needs_review": "scan_search",
    "lapsing": "hourglass",
    "stuck_webhooks": "webhook",
    "undelivered_emails": "mail_x",
}
NOTICES = {
    "success": "circle_check",
    "error": "circle_alert",
    "info": "info",
}
PARTS = {
    "overview": "gauge",
    "payments": "credit_card",
    "reconciliation": "scale",
    "coupons": "ticket_percent",
    "studio": "pencil_line",
    "media": "clapperboard",
    "learners": "users",
    "people": "contact_round",
    "emails": "mail",
    "webhooks": "webhook",
    "audit": "scroll_text",
    "settings": "settings",
    "catalog": "library",
    "my_courses": "graduation_cap",
    "my_payments": "receipt_text",
    "my_emails": "inbox",
}


def icon(name: str, size: int = 16, **props: Any) -> rx.Component:
    """A drawn icon, silent for screen readers: the text beside it says the thing."""
    if not edge.has_icon(name):
        raise ValueError(f"There is no icon {name!r}.")
    return rx.icon(name, size=size, aria_hidden="true", **props)


def toned_icon(drawn: str | rx.Component, tone: Text = "gray") -> rx.Component:
    """An icon in a small square of its meaning: red, amber, green, blue, gray."""
    shown = icon(drawn) if isinstance(drawn, str) else drawn
    return rx.el.span(shown, class_name="cf-ico", custom_attrs={"data-tone": tone})


def icon_of(
    meaning: Text, table: Mapping[str, str], *, unknown: str = "circle_dot"
) -> rx.Component:
    """The icon of a meaning that only the state knows, from one of the tables above."""
    shown = [(known, icon(name)) for known, name in table.items()]
    return rx.fragment(rx.match(meaning, *shown, icon(unknown)))


def icon_button(
    name: str, label: Text, *, size: int = 16, big: bool = False, **props: Any
) -> rx.Component:
    return rx.el.button(
        icon(name, size),
        type="button",
        aria_label=label,
        title=label,
        class_name="cf-ib b" if big else "cf-ib",
        **props,
    )


def link(*children: Any, href: Text, **props: Any) -> rx.Component:
    """A link to one of our own pages, followed without loading the page anew."""
    return edge.ReactRouterLink.create(*children, to=href, **props)


class NativeLink(edge.BaseHTML):
    """A link the browser follows by itself: the router would lose the query of `#main`."""

    tag = "a"
    href: rx.Var[str]


def text_link(*children: Any, href: Text, **props: Any) -> rx.Component:
    return link(*children, href=href, class_name="cf-link", **props)


def client_act(script: str, *values: rx.Var | str) -> rx.Var:
    """A function for an `onClick` or `onSubmit`, compiled into the page: the CSP forbids eval.

    Each `{0}`, `{1}` … in `script` becomes the value's own expression; braces of JavaScript
    are written double.
    """
    return edge.function(script, *values)


COPY = (
    "(event) => {{const button = event.currentTarget; "
    "navigator.clipboard.writeText({0}).then(() => {{button.dataset.copied = 'true'; "
    "setTimeout(() => delete button.dataset.copied, 2000)}})}}"
)


def copy_button(value: Text, what: str = "id") -> rx.Component:
    """Copies `value`; the mark that follows is drawn by the browser alone."""
    return rx.el.button(
        icon("copy", 12, class_name="todo"),
        icon("check", 12, class_name="done"),
        type="button",
        aria_label=f"Copy {what}",
        title=f"Copy {what}",
        class_name="cf-ib cf-copy cf-above",
        custom_attrs={"onClick": client_act(COPY, value)},
    )


ONE_CLICK = "(event) => {{if (event.detail > 1) event.stopPropagation()}}"


def one_click() -> dict[str, Any]:
    """Attributes of a button that adds something: a double click on it is one click."""
    return {"onClickCapture": client_act(ONE_CLICK)}


def copyable(value: Text, what: str = "id") -> rx.Component:
    """An id in monospace with its copy button."""
    return rx.el.span(
        rx.el.span(value, class_name="cf-mono cf-trunc"),
        copy_button(value, what),
        class_name="cf-row",
        style={"gap": "2px"},
    )


def mark() -> rx.Component:
    """The product mark."""
    return rx.el.svg(
        rx.el.svg.rect(width="24", height="24", rx="6", fill="var(--iris-9)"),
        rx.el.svg.path(
            d="M6 15c3.2 0 3.2-6 6-6s2.8 6 6 6",
            stroke="white",
            stroke_width="2",
            stroke_linecap="round",
            fill="none",
        ),
        view_box="0 0 24 24",
        class_name="cf-mark",
        aria_hidden="true",
    )
