"""A React piece: a link that changes some filters of the list on screen and keeps the others."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from courseflow_admin.components.types import Shown
from courseflow_admin.state.core.address import PAGING

SCRIPT = rx.asset("list_link.js", shared=True)


class _ListLink(rx.Component):
    library = f"$/public{SCRIPT}"
    tag = "ListLink"
    changes: rx.Var[dict[str, str]]
    paging: rx.Var[list[str]]


def list_link(*children: Any, changes: Mapping[str, str] | Shown, **props: Any) -> rx.Component:
    """`changes`: what the address is to say of each filter, "" for nothing."""
    return _ListLink.create(*children, changes=changes, paging=list(PAGING), **props)
