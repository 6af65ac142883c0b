"""A React piece that unfolds the sidebar of icons, remembers it, and names its icons."""

import reflex as rx

from courseflow_admin.components.icons import icon

SCRIPT = rx.asset("side_rail.js", shared=True)


class _SideRail(rx.Component):
    library = f"$/public{SCRIPT}"
    tag = "SideRail"


def side_rail() -> rx.Component:
    """Within the sidebar; the stylesheet hides its button where the sidebar is always wide."""
    return _SideRail.create(icon("side_rail", 18))
