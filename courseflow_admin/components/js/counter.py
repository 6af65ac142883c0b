"""A React piece that counts the characters of a long text while it is typed, without the server."""

from typing import Any

import reflex as rx

SCRIPT = rx.asset("counter.js", shared=True)


class _Counter(rx.Component):
    library = f"$/public{SCRIPT}"
    tag = "Counter"
    of: rx.Var[str]
    longest: rx.Var[int]


def counter(of: str, longest: int, *, key: Any = None) -> rx.Component:
    """`of`: the id of the field, `key`: its key, so that a field drawn again is counted again."""
    again = {} if key is None else {"key": "count-" + key}
    return _Counter.create(of=of, longest=longest, **again)
