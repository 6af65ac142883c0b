"""A React piece that asks a handler again every few seconds while it is on the page."""

from typing import Any

import reflex as rx

SCRIPT = rx.asset("repeat.js", shared=True)


class _Repeat(rx.NoSSRComponent):
    library = f"$/public{SCRIPT}"
    tag = "Repeat"
    every: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


def repeat(every_seconds: int, on_tick: Any) -> rx.Component:
    """Shown within `rx.cond`, so that asking stops when the reason is gone."""
    return _Repeat.create(every=every_seconds * 1000, on_tick=on_tick)
