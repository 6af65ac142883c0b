"""A React piece that writes what is typed into the address, which the page loads by."""

import reflex as rx

from courseflow_admin.components.icons import icon
from courseflow_admin.state.core.address import PAGING

SCRIPT = rx.asset("search_box.js", shared=True)


class _SearchBox(rx.Component):
    library = f"$/public{SCRIPT}"
    tag = "SearchBox"
    name: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    paging: rx.Var[list[str]]


def search_box(label: str, hint: str, name: str = "q") -> rx.Component:
    """Looks while one types, and at once with Enter; `name`: the filter it changes."""
    return _SearchBox.create(
        icon("search", 14), name=name, label=label, hint=hint, paging=list(PAGING)
    )
