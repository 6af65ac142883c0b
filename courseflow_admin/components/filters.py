"""Filters above a list: each is a link or a handler that only changes the address."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.types import Flag, Shown, Text


def filters(*children: Any) -> rx.Component:
    """The row of chips; on a phone it scrolls sideways."""
    return rx.el.div(*children, class_name="cf-chips", role="group", aria_label="Filters")


def tools(*children: Any) -> rx.Component:
    """Search, chips and export in one line above a table."""
    return rx.el.div(*children, class_name="cf-tools")


def chip_menu(
    label: str,
    value: Shown,
    options: Sequence[tuple[str, str]],
    *,
    on_pick: Any,
    clear_href: Text,
) -> rx.Component:
    """A chip with a closed list of (key, text); `value` is the text picked, "" for none.

    `on_pick(key)` is a handler that redirects to the new address; `clear_href` leads to the
    address without this filter.
    """
    menu = rx.dropdown_menu
    picked = value != ""
    return rx.el.span(
        menu.root(
            menu.trigger(
                rx.el.button(
                    rx.cond(picked, rx.fragment(), icon("plus", 12)),
                    label,
                    rx.cond(picked, rx.el.b(value)),
                    type="button",
                )
            ),
            menu.content(
                *[
                    menu.item(
                        rx.el.span(
                            rx.cond(value == text, icon("check", 14)),
                            style={"width": "14px", "height": "14px"},
                        ),
                        text,
                        on_select=on_pick(key),
                    )
                    for key, text in options
                ],
                variant="soft",
                color_scheme="gray",
                size="1",
            ),
            modal=False,
        ),
        rx.cond(
            picked,
            link(
                icon("x", 12),
                rx.el.span(f"Remove filter {label}", class_name="cf-sr"),
                href=clear_href,
                class_name="x",
            ),
        ),
        class_name="cf-chip",
        custom_attrs={"data-on": rx.cond(picked, "true", "false")},
    )


def chip_link(text: str, *, href: Text, on: Flag) -> rx.Component:
    """A chip that is on or off; its link leads to the other state."""
    return rx.el.span(
        link(
            text,
            href=href,
            custom_attrs={"aria-current": rx.cond(on, "true", "false")},
        ),
        class_name="cf-chip",
        custom_attrs={"data-on": rx.cond(on, "true", "false")},
    )


def fixed_chip(label: str, value: Text, clear_href: Text) -> rx.Component:
    """A filter that came with the address, such as the days behind a figure; x takes it away."""
    return rx.cond(
        value != "",
        rx.el.span(
            rx.el.span(label, rx.el.b(value), class_name="fixed"),
            link(
                icon("x", 12),
                rx.el.span(f"Remove filter {label}", class_name="cf-sr"),
                href=clear_href,
                class_name="x",
            ),
            class_name="cf-chip",
            custom_attrs={"data-on": "true"},
        ),
    )
