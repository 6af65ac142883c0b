"""Icons, links and the small client-side acts that need no server."""

from typing import Any

import reflex as rx

from courseflow_admin.components.types import Text
from courseflow_admin.state import edge


def icon(name: str, size: int = 16, **props: Any) -> rx.Component:
    """A drawn icon, silent for screen readers: the text beside it says the thing."""
    if not edge.has_icon(name):
        raise ValueError(f"There is no icon {name!r}.")
    return rx.icon(name, size=size, aria_hidden="true", **props)


def toned_icon(name: str, tone: Text = "gray") -> rx.Component:
    """An icon in a small square of its meaning: red, amber, green, blue, gray."""
    return rx.el.span(icon(name, 16), class_name="cf-ico", custom_attrs={"data-tone": tone})


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
