"""Filters above a list: each is a link that only changes the address."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.js.list_link import list_link
from courseflow_admin.components.js.picked import once_picked, picked
from courseflow_admin.components.types import Flag, Shown, Text


def filters(*children: Any) -> rx.Component:
    """The row of chips; on a phone it scrolls sideways."""
    return rx.el.div(*children, class_name="cf-chips", role="group", aria_label="Filters")


def tools(*children: Any) -> rx.Component:
    """Search, chips and export in one line above a table."""
    return rx.el.div(*children, class_name="cf-tools")


def chip_menu(label: str, value: Text, name: str, known: Mapping[str, str]) -> rx.Component:
    """A chip with a closed list: the texts of what `name` may say in the address, by key.

    `value` is the text picked, "" for none.
    """
    items = [_item(text, {name: key}) for key, text in known.items()]
    choices = [{"text": text, "changes": {name: key}} for key, text in known.items()]
    return _chip(label, value, items, choices, (name,), disabled=False)


def open_chip_menu(label: str, value: Text, choices: Shown, *names: str) -> rx.Component:
    """A chip whose list, a var of `Choice`s, comes with the page; they change these `names`."""
    items = [rx.foreach(choices, lambda choice: _item(choice.text, choice.changes))]
    return _chip(label, value, items, choices, names, disabled=choices.length() == 0)


def _chip(
    label: str,
    value: Text,
    items: list[Any],
    choices: Any,
    names: tuple[str, ...],
    *,
    disabled: Flag,
) -> rx.Component:
    menu = rx.dropdown_menu
    filter_: dict[str, Any] = {"names": names, "choices": choices, "value": value}
    return rx.el.span(
        menu.root(
            menu.trigger(
                rx.el.button(
                    label,
                    picked(icon("add", 12), **filter_),
                    type="button",
                    disabled=disabled,
                )
            ),
            menu.content(*items, variant="soft", color_scheme="gray", size="1"),
            modal=False,
        ),
        once_picked(_cross(label, names), **filter_),
        class_name="cf-chip",
    )


def _item(text: Text, changes: Shown) -> rx.Component:
    return rx.dropdown_menu.item(
        list_link(
            icon("picked", 14),
            rx.el.span(text, class_name="cf-trunc"),
            changes=changes,
            class_name="cf-menuchoice",
        ),
        as_child=True,
    )


def _cross(label: str, names: tuple[str, ...]) -> rx.Component:
    return list_link(
        icon("remove_filter", 12),
        rx.el.span(f"Remove filter {label}", class_name="cf-sr"),
        changes=dict.fromkeys(names, ""),
        class_name="x",
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


def fixed_chip(label: str, value: Text, *names: str) -> rx.Component:
    """A filter that came with the address, such as the days behind a figure; x takes it away.

    `names`: what the address says of it.
    """
    return rx.cond(
        value != "",
        rx.el.span(
            rx.el.span(label, rx.el.b(value), class_name="fixed"),
            _cross(label, names),
            class_name="cf-chip",
            custom_attrs={"data-on": "true"},
        ),
    )
