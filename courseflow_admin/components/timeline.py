"""A timeline: what happened in order, newest at the bottom, each with its evidence."""

from typing import Any

import reflex as rx

from courseflow_admin.components.icons import STEPS, icon, icon_of, toned_icon
from courseflow_admin.components.types import Shown


def timeline(steps: Shown) -> rx.Component:
    return rx.el.ol(rx.foreach(steps, _step), class_name="cf-tl")


def _step(step: Any) -> rx.Component:
    return rx.el.li(
        toned_icon(icon_of(step.icon, STEPS), step.tone),
        rx.el.div(rx.el.div(step.what, class_name="what"), rx.el.div(step.who, class_name="who")),
        rx.el.time(step.time, date_time=step.when, title=step.exact),
        rx.cond(
            step.evidence != "",
            rx.el.details(
                rx.el.summary(icon("unfold", 12), step.label),
                rx.el.div(step.evidence, class_name="cf-evbox"),
                class_name="cf-ev",
            ),
        ),
    )
