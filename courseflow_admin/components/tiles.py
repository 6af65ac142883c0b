"""Tiles: a figure, its change, and the way to the documents behind it."""

import reflex as rx

from courseflow_admin.components.feedback import bar
from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.types import Text


def tile(
    label: Text,
    figure: Text,
    *,
    href: Text,
    change: Text = "",
    tone: Text = "gray",
    note: Text = "",
    as_of: Text = "",
) -> rx.Component:
    """`tone` of the change is good or bad (green, red, gray), not up or down.

    The figure is text from state; while it is "" the tile shows a skeleton of the same height.
    """
    figure_var = rx.Var.create(figure).to(str)
    return link(
        rx.el.span(label, class_name="cf-13 cf-mut"),
        rx.el.span(rx.cond(figure_var, figure_var, bar("120px", "20px")), class_name="cf-fig"),
        rx.el.span(
            rx.el.span(change, class_name="cf-delta", custom_attrs={"data-tone": tone}),
            rx.el.span(note, class_name="cf-mut"),
            class_name="cf-sm cf-row",
            style={"gap": "4px", "flexWrap": "wrap"},
        ),
        _as_of(as_of),
        rx.el.span(icon("follow", 16), class_name="go"),
        href=href,
        class_name="cf-tile",
        title=_title(as_of),
    )


def tiles(*children: rx.Component) -> rx.Component:
    return rx.el.div(*children, class_name="cf-tiles")


def _as_of(as_of: Text) -> rx.Component:
    if isinstance(as_of, str) and not as_of:
        return rx.fragment()
    return rx.el.span(", as of ", as_of, class_name="cf-sr")


def _title(as_of: Text) -> Text:
    if isinstance(as_of, str):
        return f"As of {as_of}" if as_of else ""
    return rx.cond(as_of, "As of " + as_of.to(str), "")
