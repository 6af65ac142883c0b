"""A list over a `ListState`: its table and its search box."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from courseflow_admin.components.forms import form, search_field
from courseflow_admin.components.table import Column, footer, table
from courseflow_admin.components.types import Piece

SETTLES = 300  # milliseconds after the last letter


def list_table(
    caption: str,
    columns: Sequence[Column],
    state: Any,
    row: Callable[[Any], rx.Component],
    *,
    empty: rx.Component,
) -> Piece:
    """The rows of `state`, a subclass of ListState with `rows` and `load`, and the way on."""
    return table(
        caption,
        columns,
        state.rows,
        row,
        view=state.view,
        empty=empty,
        error=state.error,
        retry=state.load,
        footer=footer(state.range_text, state.previous_href, state.next_href),
    )


def search_box(label: str, placeholder: str, state: Any) -> rx.Component:
    """Looks while one types, and at once with Enter: `state.search`, `state.submit_search`."""
    return form(
        search_field(
            label,
            placeholder=placeholder,
            default_value=state.searched,
            key=state.search_key,
            max_length=254,
            auto_complete="off",
            on_change=state.search.debounce(SETTLES),
        ),
        on_submit=state.submit_search,
    )
