"""React pieces that say what a filter is set to as soon as the address does."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from courseflow_admin.components.types import Shown, Text

SCRIPT = rx.asset("picked.js", shared=True)


class _Piece(rx.Component):
    library = f"$/public{SCRIPT}"
    names: rx.Var[list[str]]
    choices: rx.Var[list[Any]]
    value: rx.Var[str]


class _Picked(_Piece):
    tag = "Picked"


class _OncePicked(_Piece):
    tag = "OncePicked"


def picked(*children: Any, names: Sequence[str], choices: Shown, value: Text) -> rx.Component:
    """The text of the choice that the address names, in bold; `children` while it names none.

    `choices`: what may be picked, each with `text` and `changes`; `value`: the server's words for
    what is none of them.
    """
    return _Picked.create(*children, names=list(names), choices=choices, value=value)


def once_picked(*children: Any, names: Sequence[str], choices: Shown, value: Text) -> rx.Component:
    return _OncePicked.create(*children, names=list(names), choices=choices, value=value)
