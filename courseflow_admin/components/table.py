"""Tables: one loader, four looks (loading, rows, empty, error), everything in the address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from courseflow_admin.components import feedback
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.js.list_link import list_link
from courseflow_admin.components.types import Piece, Shown, Text

SKELETON_ROWS = 12


@dataclass(frozen=True)
class Column:
    """One column. Sortable ones have `sort`, a var: what sorts by it, or turns it, in the address.

    Under 1280 px each row of a list is a card: the column that is `lead`, or else the first one,
    is its title, and each other one a label with its value. `sorted_by`: a var that is
    "ascending", "descending" or "none".
    """

    title: str
    width: str = ""
    lead: bool = False
    right: bool = False
    sort: Shown | None = None
    sorted_by: Text = "none"
    skeleton: str = "70%"

    @property
    def class_name(self) -> str:
        return "r" if self.right else ""


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Shown,
    row: Callable[[Any], rx.Component],
    *,
    view: Shown | None = None,
    empty: rx.Component,
    error: Text = "",
    retry: Any = None,
    back: tuple[Text, Text] | None = None,
    footer: rx.Component | None = None,
) -> Piece:
    """`view` is a state var: "loading" (its first value), "rows", "empty" or "error".

    `row(item)` returns `tr(...)`. `retry` is the loader, for the error's button;
    `back` a link in its place, see `feedback.error`.
    """
    loading = _frame(
        _table(caption, columns, *_skeleton(columns), aria_busy="true"), footer, "loading"
    )
    filled = _frame(_table(caption, columns, rx.foreach(rows, row)), footer, "rows")
    nothing = rx.el.div(empty, class_name="cf-tablewrap")
    if view is None:
        return rx.cond(rows.length() > 0, filled, nothing)
    failed = rx.el.div(feedback.error(error, retry, back), class_name="cf-tablewrap")
    return rx.match(view, ("rows", filled), ("empty", nothing), ("error", failed), loading)


def tr(columns: Sequence[Column], *cells: Any) -> rx.Component:
    """One row; a cell is text or a component, in the order of the columns."""
    title = next((column for column in columns if column.lead), columns[0])
    return rx.el.tr(
        *[
            rx.el.td(
                cell,
                role="cell",
                class_name=column.class_name,
                custom_attrs={"data-title": ""}
                if column is title
                else {"data-label": column.title},
            )
            for column, cell in zip(columns, cells, strict=True)
        ],
        role="row",
    )


def row_link(text: Text, href: Text) -> rx.Component:
    """The link in a row's first cell that makes the whole row click."""
    return link(text, href=href, class_name="cf-stretchlink")


def footer(text: Text, previous_href: Text = "", next_href: Text = "") -> rx.Component:
    """The range in words; the addresses of the pages before and after, "" for none."""
    return rx.el.div(
        rx.el.span(text, class_name="cf-num cf-mut", role="status"),
        rx.el.nav(
            _step(previous_href, icon("previous", 14), "Previous"),
            _step(next_href, "Next", icon("next", 14)),
            class_name="cf-row cf-end",
            aria_label="Pages",
        ),
        class_name="cf-foot",
    )


def _step(href: Text, *children: Any) -> rx.Component:
    target = rx.Var.create(href).to(str)
    return rx.cond(
        target,
        link_button(*children, href=target, size="small"),
        rx.el.span(
            *children,
            class_name="cf-btn",
            custom_attrs={"data-size": "small", "aria-disabled": "true"},
        ),
    )


def _frame(inner: rx.Component, foot: rx.Component | None, key: str) -> rx.Component:
    # Keys of their own: the rows replace the skeleton as a whole, and its footer does not move.
    return rx.el.div(
        inner, foot if foot is not None else rx.fragment(), class_name="cf-tablewrap", key=key
    )


def _table(caption: str, columns: Sequence[Column], *rows: Any, **props: Any) -> rx.Component:
    """Its roles are spelled out: rows that are drawn as cards are no table for a browser."""
    return rx.el.table(
        rx.el.caption(caption, class_name="cf-sr"),
        rx.el.thead(rx.el.tr(*[_th(column) for column in columns], role="row"), role="rowgroup"),
        rx.el.tbody(*rows, role="rowgroup"),
        role="table",
        class_name="cf-table",
        **props,
    )


def _th(column: Column) -> rx.Component:
    inner: Any = column.title
    attributes: dict[str, Any] = {}
    if column.sort is not None:
        inner = list_link(
            column.title, icon("sorted", 12), changes=column.sort, class_name="cf-sort"
        )
        attributes["aria-sort"] = column.sorted_by
    return rx.el.th(
        inner,
        scope="col",
        role="columnheader",
        class_name=column.class_name,
        style={"width": column.width} if column.width else {},
        custom_attrs=attributes,
    )


def _skeleton(columns: Sequence[Column]) -> list[rx.Component]:
    return [tr(columns, *[feedback.bar(column.skeleton) for column in columns])] * SKELETON_ROWS
