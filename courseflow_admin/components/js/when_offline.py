"""A React piece that asks the browser whether it has a network."""

from typing import Any

import reflex as rx

from courseflow_admin.components.types import Flag

SCRIPT = rx.asset("when_offline.js", shared=True)


class _WhenOffline(rx.Component):
    library = f"$/public{SCRIPT}"
    tag = "WhenOffline"
    lost: rx.Var[bool]


def when_offline(*children: Any, lost: Flag) -> rx.Component:
    """`children` while there is no network, or while the server is `lost`."""
    return _WhenOffline.create(*children, lost=lost)
