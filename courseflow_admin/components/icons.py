"""Icons, links and the small client-side acts that need no server."""

from collections.abc import Iterable
from typing import Any

import reflex as rx

from courseflow_admin.components.types import Text
from courseflow_admin.state import edge

# Meaning -> drawing, here and nowhere else: one thing looks the same wherever it is shown. A state
# names a meaning, because a var cannot pick from all 1,500 drawings without loading them all.
ICONS = {
    "accepted": "user_check",
    "access": "key_round",
    "add": "plus",
    "alert": "octagon_alert",
    "audit": "scroll_text",
    "back": "arrow_left",
    "bank": "landmark",
    "bold": "bold",
    "capture": "circle_check",
    "cart": "shopping_cart",
    "catalog": "library",
    "category": "tag",
    "chart": "chart_column",
    "check": "circle_check",
    "choose": "chevrons_up_down",
    "clock": "clock",
    "close": "x",
    "code": "code",
    "continue": "play",
    "copy": "copy",
    "coupons": "ticket_percent",
    "dark": "moon",
    "database_away": "database_zap",
    "date": "calendar",
    "delete": "trash_2",
    "details": "settings_2",
    "done": "circle_check",
    "down": "arrow_down",
    "download": "download",
    "edit": "pencil",
    "emails": "mail",
    "erase": "eraser",
    "error": "circle_alert",
    "failed": "circle_x",
    "follow": "arrow_up_right",
    "heading": "heading_2",
    "hidden": "eye_off",
    "info": "info",
    "invite": "user_plus",
    "italic": "italic",
    "lapsing": "hourglass",
    "learners": "users",
    "learning": "graduation_cap",
    "lessons": "list_checks",
    "light": "sun",
    "link": "link",
    "list": "list",
    "locked": "lock",
    "mail": "mail",
    "mail_check": "mail_check",
    "mail_failed": "mail_x",
    "media": "clapperboard",
    "menu": "menu",
    "my_courses": "graduation_cap",
    "my_emails": "inbox",
    "my_payments": "receipt_text",
    "needs_review": "scan_search",
    "next": "chevron_right",
    "no_picture": "image_off",
    "not_done": "circle",
    "not_found": "search_x",
    "not_saved": "cloud_off",
    "note": "pencil_line",
    "notices": "bell",
    "offline": "wifi_off",
    "onward": "arrow_right",
    "open_disputes": "octagon_alert",
    "out": "external_link",
    "outline": "list_tree",
    "overview": "gauge",
    "payments": "credit_card",
    "people": "contact_round",
    "person": "user_round",
    "picked": "check",
    "previous": "chevron_left",
    "print": "printer",
    "problem": "circle_alert",
    "program": "square_terminal",
    "progress": "chart_line",
    "protected": "shield_check",
    "read": "book_open",
    "receipt": "receipt_text",
    "recheck": "refresh_cw",
    "reconciliation": "scale",
    "refund": "undo_2",
    "remove_filter": "x",
    "resolve": "circle_check",
    "restore": "rotate_ccw",
    "reviewer": "user_round_search",
    "revoke": "undo_2",
    "role": "user_cog",
    "sandbox": "flask_conical",
    "screen": "monitor",
    "search": "search",
    "settings": "settings",
    "side_rail": "panel_left",
    "sign_in": "log_in",
    "sign_out": "log_out",
    "sorted": "arrow_down",
    "stuck_webhooks": "webhook",
    "studio": "pencil_line",
    "success": "circle_check",
    "suspend": "ban",
    "sync": "refresh_cw",
    "text": "file_text",
    "thing": "circle_dot",
    "undelivered_emails": "mail_x",
    "unfold": "chevron_right",
    "unlocked": "lock_open",
    "unprotect": "shield_off",
    "unprotected": "shield_alert",
    "up": "arrow_up",
    "view": "eye",
    "waiting": "hourglass",
    "warning": "triangle_alert",
    "webhook": "webhook",
    "webhooks": "webhook",
}
# What a step of a timeline, and what needs attention, may mean.
STEPS = (
    "cart",
    "out",
    "webhook",
    "check",
    "failed",
    "alert",
    "refund",
    "access",
    "locked",
    "mail",
    "mail_check",
    "mail_failed",
    "sync",
    "receipt",
    "person",
    "clock",
    "note",
)
ATTENTION = ("open_disputes", "needs_review", "lapsing", "stuck_webhooks", "undelivered_emails")


def icon(meaning: str, size: int = 16, **props: Any) -> rx.Component:
    """A drawn icon, silent for screen readers: the text beside it says the thing."""
    if meaning not in ICONS:
        raise ValueError(f"components/icons.py has no icon for {meaning!r}.")
    return rx.icon(ICONS[meaning], size=size, aria_hidden="true", **props)


def toned_icon(drawn: str | rx.Component, tone: Text = "gray") -> rx.Component:
    """An icon in a small square of its meaning: red, amber, green, blue, gray."""
    shown = icon(drawn) if isinstance(drawn, str) else drawn
    return rx.el.span(shown, class_name="cf-ico", custom_attrs={"data-tone": tone})


def icon_of(meaning: Text, known: Iterable[str], *, unknown: str = "thing") -> rx.Component:
    """The icon of a meaning that only the state knows: one of these."""
    return rx.fragment(rx.match(meaning, *((one, icon(one)) for one in known), icon(unknown)))


def icon_button(
    meaning: str, label: Text, *, size: int = 16, big: bool = False, **props: Any
) -> rx.Component:
    return rx.el.button(
        icon(meaning, size),
        type="button",
        aria_label=label,
        title=label,
        class_name="cf-ib b" if big else "cf-ib",
        **props,
    )


def link(*children: Any, href: Text, **props: Any) -> rx.Component:
    """A link to one of our own pages, followed without reloading the page."""
    return edge.ReactRouterLink.create(*children, to=href, **props)


class NativeLink(edge.BaseHTML):
    """A link the browser follows automatically: the router would lose the query of `#main`."""

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
        icon("picked", 12, class_name="done"),
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
