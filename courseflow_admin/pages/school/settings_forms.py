"""What every form of the settings page has: its own Save, what is wrong, and what another admin has
written meanwhile.
"""

from typing import Any

import reflex as rx

from courseflow_admin.components.cards import card
from courseflow_admin.components.conflicts import conflict
from courseflow_admin.components.forms import field, form, submit
from courseflow_admin.components.icons import icon
from courseflow_admin.state.school.settings import SettingsState

State = SettingsState


def group(name: str, title: str, why: str, *fields: Any, on_submit: Any) -> rx.Component:
    """One form with its own Save, the result, and what another admin has written."""
    return card(
        title,
        rx.cond(
            State.conflict_in == name,
            conflict(
                "This",
                State.conflicts,
                keep_mine=State.keep_mine,
                take_theirs=State.take_theirs,
            ),
        ),
        form(
            rx.el.p(why, class_name="cf-13 cf-mut"),
            *fields,
            rx.el.div(
                submit("Save", look="", busy=State.saving == name),
                rx.el.span(
                    rx.cond(
                        State.says[name] != "",
                        rx.fragment(
                            rx.cond(
                                State.says[name] == "Not saved",
                                icon("problem", 14),
                                icon("picked", 14),
                            ),
                            State.says[name],
                        ),
                    ),
                    class_name="cf-saysaved cf-row cf-13 cf-mut cf-num",
                    role="status",
                ),
                rx.el.span("Not saved yet", class_name="cf-saynot cf-13"),
                class_name="cf-row cf-saveline",
            ),
            on_submit=on_submit,
            class_name="cf-form cf-pad",
            custom_attrs={"data-watched": name},
        ),
    )


def text(label: str, name: str, in_group: str, value: Any, **props: Any) -> rx.Component:
    return field(
        label,
        name,
        default_value=value,
        key=f"{name}-" + rx.Var.create(State.keys[in_group]).to(str),
        error=rx.cond(State.wrong[name], State.wrong[name], ""),
        auto_complete="off",
        **props,
    )
