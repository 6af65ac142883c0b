"""The table of a `ListState`."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from courseflow_admin.components.table import Column, footer, table
from courseflow_admin.components.types import Piece


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
        back=(state.back_href, state.back_text),
        footer=footer(state.range_text, state.previous_href, state.next_href),
    )
