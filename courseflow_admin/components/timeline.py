"""A timeline: what happened in order, newest at the bottom, each with its evidence."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from courseflow_admin.components.icons import icon
from courseflow_admin.components.types import Shown

# Icons a state may name; a var cannot pick from all 1,500 without loading them all.
ICONS = {
    "cart": "shopping_cart",
    "out": "external_link",
    "webhook": "webhook",
    "check": "circle_check",
    "failed": "circle_x",
    "alert": "octagon_alert",
    "refund": "undo_2",
    "access": "key_round",
    "locked": "lock",
    "mail": "mail",
    "mail_check": "mail_check",
    "mail_failed": "mail_x",
    "sync": "refresh_cw",
    "receipt": "receipt_text",
    "person": "user_round",
    "clock": "clock",
    "note": "pencil_line",
}


@dataclass
class Step:
    """What a state holds per entry. `evidence` is plain text shown behind its `label`."""

    icon: str  # a key of ICONS
    tone: str  # gray, green, amber, red, blue
    what: str
    who: str
    time: str  # as the reader sees it
    when: str  # ISO 8601
    label: str = ""
    evidence: str = ""


def timeline(steps: Shown) -> rx.Component:
    return rx.el.ol(rx.foreach(steps, _step), class_name="cf-tl")


def _step(step: Any) -> rx.Component:
    drawn = rx.match(
        step.icon, *[(key, icon(name)) for key, name in ICONS.items()], icon("circle_dot")
    )
    return rx.el.li(
        rx.el.span(drawn, class_name="cf-ico", custom_attrs={"data-tone": step.tone}),
        rx.el.div(rx.el.div(step.what, class_name="what"), rx.el.div(step.who, class_name="who")),
        rx.el.time(step.time, date_time=step.when, title=step.when),
        rx.cond(
            step.evidence != "",
            rx.el.details(
                rx.el.summary(icon("chevron_right", 12), step.label),
                rx.el.div(step.evidence, class_name="cf-evbox"),
                class_name="cf-ev",
            ),
        ),
    )
