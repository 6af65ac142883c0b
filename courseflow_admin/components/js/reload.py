"""A React piece: the button that reloads the page, which needs no word with the server."""

import reflex as rx

SCRIPT = rx.asset("reload.js", shared=True)


class _Reload(rx.NoSSRComponent):
    library = f"$/public{SCRIPT}"
    tag = "Reload"
    label: rx.Var[str]


def reload_button(label: str = "Reload") -> rx.Component:
    return _Reload.create(label=label)
