"""Links to the policies there are; /school.css shows each that is written."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.icons import link

NAMES = {"terms": "Terms", "privacy": "Privacy", "refunds": "Refunds"}


def policy_links_below(view: str) -> rx.Component | rx.Var:
    """At the foot of what is loaded: earlier, what then comes would push them down."""
    return rx.cond(view != "loading", policy_links())


def policy_links() -> rx.Component:
    """At the foot of a page; hidden while the school has no policy."""
    return rx.el.nav(
        *[
            link(text, href=routes.policy(name), class_name=f"cf-link {name}")
            for name, text in NAMES.items()
        ],
        class_name="cf-policies cf-13",
        aria_label="Policies",
    )
