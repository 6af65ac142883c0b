"""A React piece that sends a picture to the API: Reflex's own upload is closed."""

from typing import Any

import reflex as rx

SCRIPT = rx.asset("logo_picker.js", shared=True)
LARGEST = 200 * 1024


def _sent(taken: rx.Var[bool], problem: rx.Var[str]) -> tuple[rx.Var[bool], rx.Var[str]]:
    return taken, problem


class _LogoPicker(rx.NoSSRComponent):
    library = f"$/public{SCRIPT}"
    tag = "LogoPicker"
    address: rx.Var[str]
    largest: rx.Var[int]
    shown: rx.Var[str]
    on_sent: rx.EventHandler[_sent]


def logo_picker(address: str, shown: str, on_sent: Any) -> rx.Component:
    """PUTs the picture to `address`; `shown` is the one there is, `on_sent(taken, problem)`."""
    return _LogoPicker.create(address=address, largest=LARGEST, shown=shown, on_sent=on_sent)
