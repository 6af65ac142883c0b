"""The page of a `ListState`: search, filters, the rows in all their looks, and the way on."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import reflex as rx

from courseflow_admin.components import feedback
from courseflow_admin.components.filters import filters, tools
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.layout import Frame, page
from courseflow_admin.components.table import Column, footer, table
from courseflow_admin.components.types import Piece, Text

SKELETON_CARDS = 8


class Around(Frame, total=False):
    """What stands around the rows, in this order."""

    above: Sequence[Piece]
    search: Piece
    chips: Sequence[Piece]
    count: Piece
    note: Piece
    below: Sequence[Piece]


def list_page(
    title: str,
    state: Any,
    columns: Sequence[Column],
    row: Callable[[Any], rx.Component],
    *,
    none: Piece,
    caption: str = "",
    **around: Unpack[Around],
) -> rx.Component:
    """A table. `state`: a subclass of ListState with `rows` and `load`. `row(item)` returns `tr`.

    `none` is shown where there are no rows, see `nothing`. `caption` says what is in the table
    where the title does not.
    """
    listing = table(
        caption or title,
        columns,
        state.rows,
        row,
        view=state.view,
        empty=none,
        error=state.error,
        retry=state.load,
        back=(state.back_href, state.back_text),
        footer=_footer(state),
    )
    return _page(title, listing, **around)


def grid_page(
    title: str,
    state: Any,
    card: Callable[[Any], rx.Component],
    skeleton: Callable[[], rx.Component],
    *,
    none: Piece,
    **around: Unpack[Around],
) -> rx.Component:
    """Cards instead of a table: `card(item)` returns a list item."""
    paged = (state.next_href != "") | (state.previous_href != "")
    listing = rx.match(
        state.view,
        (
            "rows",
            rx.fragment(
                rx.el.ul(rx.foreach(state.rows, card), class_name="cf-list cf-grid3"),
                rx.cond(paged, _footer(state)),
            ),
        ),
        ("empty", none),
        ("error", feedback.error(state.error, state.load, (state.back_href, state.back_text))),
        rx.el.div(
            *[skeleton() for _ in range(SKELETON_CARDS)],
            rx.el.span("Loading", class_name="cf-sr"),
            class_name="cf-grid3",
            aria_busy="true",
            key="loading",
        ),
    )
    return _page(title, listing, **around)


def nothing(
    state: Any, icon_name: str, title: Text, why: Text, show_all: Text, href: str
) -> rx.Component:
    """What a list says when it has no rows; filtered, it has a link to the whole list."""
    return feedback.empty(
        icon_name, title, why, rx.cond(state.filtered, link_button(show_all, href=href))
    )


def _page(
    title: str,
    listing: Piece,
    *,
    above: Sequence[Piece] = (),
    search: Piece | None = None,
    chips: Sequence[Piece] = (),
    count: Piece | None = None,
    note: Piece | None = None,
    below: Sequence[Piece] = (),
    **frame: Unpack[Frame],
) -> rx.Component:
    controls = [search, filters(*chips) if chips else None, count]
    shown = [one for one in controls if one is not None]
    pieces = [*above, tools(*shown) if shown else None, note, listing, *below]
    return page(title, *[one for one in pieces if one is not None], **frame)


def _footer(state: Any) -> rx.Component:
    return footer(state.range_text, state.previous_href, state.next_href)
