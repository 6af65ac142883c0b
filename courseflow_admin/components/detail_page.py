"""The page of a `DetailState`: the thing, or what is shown in its place."""

from collections.abc import Sequence
from typing import Any, Unpack

import reflex as rx

from courseflow_admin.components import feedback
from courseflow_admin.components.layout import Frame, page
from courseflow_admin.components.school import titled
from courseflow_admin.components.types import Piece, Text


def detail_page(
    state: Any,
    word: str,
    there: Piece,
    *,
    name: Text = "",
    missing: Piece | None = None,
    looks: Sequence[tuple[str, Piece]] = (),
    skeletons: int = 2,
    beside: Sequence[Piece] = (),
    **frame: Unpack[Frame],
) -> rx.Component:
    """`state`: a subclass of DetailState with `load`. `word` says what it is, such as "Payment".

    `name`: the heading once it is there, instead of the word. `looks`: further values of `view`,
    and what each shows. `beside`: what stands below whatever `view` is.
    """
    has_name = not (isinstance(name, str) and name == "")
    return page(
        rx.cond(state.view == "there", name, word) if has_name else word,
        rx.match(
            state.view,
            ("there", there),
            *looks,
            ("missing", feedback.not_found(word.lower()) if missing is None else missing),
            ("forbidden", feedback.forbidden()),
            ("error", feedback.error(state.error, state.load)),
            feedback.skeleton_cards(skeletons),
        ),
        *beside,
        **frame,
    )


def tab_title(state: Any, name: Text, word: str) -> Text:
    """What a browser's tab says: the name once the thing is there; the school's follows."""
    return titled(state.view == "there", name, word)
