"""A save on top of someone else's: both values of each field, and the choice between them."""

from typing import Any

import reflex as rx

from courseflow_admin.components.forms import button
from courseflow_admin.components.icons import icon
from courseflow_admin.components.types import Shown
from courseflow_admin.state.core.differences import Both


def conflict(what: str, both: Shown, *, keep_mine: Any, take_theirs: Any) -> rx.Component:
    """Nothing is overwritten until one has chosen; `both` is the state's list of `Both`."""
    return rx.el.div(
        rx.el.p(
            icon("problem", 16),
            f"{what} was changed elsewhere. Nothing was overwritten.",
            class_name="cf-row cf-med",
        ),
        rx.foreach(both, one_field),
        rx.el.div(
            button("Save mine", look="primary", size="small", on_click=keep_mine),
            button("Use theirs", size="small", on_click=take_theirs),
            class_name="cf-row",
        ),
        class_name="cf-conflict",
        role="alert",
    )


def one_field(one: Both) -> rx.Component:
    return rx.el.dl(
        rx.el.dt(one.word, ", yours"),
        rx.el.dd(rx.el.pre(one.mine, tab_index=0)),
        rx.el.dt(one.word, ", theirs"),
        rx.el.dd(rx.el.pre(one.theirs, tab_index=0)),
        class_name="cf-bothvalues",
    )
