"""Dialogs: named after what they do, with its effect shown before."""

from typing import Any

import reflex as rx

from courseflow_admin.components.forms import button
from courseflow_admin.components.icons import client_act, icon
from courseflow_admin.components.types import Shown, Text

# Radix gives the focus back to a trigger, and these have none: whatever opened them had it before.
# An autofocused field takes it before Radix looks, so that the first focus inside tells.
NOTE_OPENER = (
    "(event) => {{const dialog = event.currentTarget, before = event.relatedTarget; "
    "if (before && !dialog.opener && !dialog.contains(before)) dialog.opener = before}}"
)
BACK_TO_OPENER = (
    "(event) => {{const opener = event.currentTarget.opener; "
    "if (opener?.isConnected) {{event.preventDefault(); opener.focus()}}}}"
)


def dialog(
    title: Text,
    description: Text,
    *children: Any,
    open_: Shown,
    on_open_change: Any,
    act: rx.Component,
    cancel: str = "Cancel",
) -> rx.Component:
    """`act` is the button that does it, named with object and amount.

    `on_open_change(is_open: bool)` is a handler; Escape and Cancel call it with False.
    """
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title, class_name="cf-dialogtitle", custom_attrs={"as": "h2"}),
            rx.dialog.description(description, class_name="cf-13 cf-mut"),
            rx.el.div(*children, class_name="cf-stack", style={"margin": "20px 0 24px"}),
            rx.el.div(
                rx.dialog.close(button(cancel)),
                act,
                class_name="cf-row cf-dialogacts",
            ),
            class_name="cf-dialog",
            custom_attrs={
                "onFocus": client_act(NOTE_OPENER),
                "onCloseAutoFocus": client_act(BACK_TO_OPENER),
            },
        ),
        open=open_,
        on_open_change=on_open_change,
    )


def effects(*lines: rx.Component, title: str = "What happens next") -> rx.Component:
    """What the act does, read out when it changes; lines are `effect(...)`."""
    return rx.el.div(
        rx.el.div(title, class_name="cf-label"),
        rx.el.ul(*lines, class_name="cf-list cf-preview", aria_live="polite"),
    )


def effects_of(texts: Any, *icons: str) -> rx.Component:
    """`effects` whose lines are a list of the state, with their icons in the same order.

    The last icon is that of all further lines.
    """
    *first, last = icons
    known = [(place, icon(name, 14)) for place, name in enumerate(first)]

    def drawn(number: Any) -> Any:
        return rx.match(number, *known, icon(last, 14)) if known else icon(last, 14)

    return effects(
        rx.foreach(texts, lambda text, number: rx.el.li(drawn(number), rx.el.span(text)))
    )


def effect(icon_name: str, *text: Any) -> rx.Component:
    return rx.el.li(icon(icon_name, 14), rx.el.span(*text))
