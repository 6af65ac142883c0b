"""A React piece for what a browser does when it loads a page, and a router does not."""

import reflex as rx

from courseflow_admin.state import edge

SCRIPT = rx.asset("page_change.js", shared=True)


class _PageChange(rx.Component):
    library = f"$/public{SCRIPT}"
    tag = "PageChange"
    loading: rx.Var[bool]


def page_change() -> rx.Component:
    """On every page: focus and title after a change of page, and a bar until it is loaded."""
    return _PageChange.create(loading=~edge.IS_LOADED)
