"""The school's policies, for everyone: terms, privacy, refunds."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.cards import markdown_html
from courseflow_admin.components.detail_page import detail_page
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.icons import icon, text_link
from courseflow_admin.components.policies import policy_links_below
from courseflow_admin.state.school.policies import PolicyState

LOAD = PolicyState.load


@rx.page(route=routes.TERMS, title="Terms · CourseFlow", on_load=LOAD)
def terms() -> rx.Component:
    return policy("Terms", "The school has not written its terms yet.")


@rx.page(route=routes.PRIVACY, title="Privacy policy · CourseFlow", on_load=LOAD)
def privacy() -> rx.Component:
    return policy("Privacy policy", "The school has not written its privacy policy yet.")


@rx.page(route=routes.REFUNDS, title="Refund policy · CourseFlow", on_load=LOAD)
def refunds() -> rx.Component:
    return policy("Refund policy", "The school has not written its refund policy yet.")


def policy(title: str, missing: str) -> rx.Component:
    return detail_page(
        PolicyState,
        title,
        there(),
        missing=empty("text", f"No {title.lower()} yet", missing),
        skeletons=1,
        beside=[policy_links_below(PolicyState.view)],
        path=[("Policies", "")],
    )


def there() -> rx.Component:
    return rx.el.article(
        rx.cond(
            PolicyState.newest_href != "",
            rx.el.p(
                icon("info", 16),
                rx.el.span(
                    "This is an earlier version. ",
                    text_link("View the current version", href=PolicyState.newest_href),
                ),
                class_name="cf-said",
                custom_attrs={"data-tone": "amber"},
            ),
        ),
        rx.el.p(PolicyState.note, class_name="cf-13 cf-mut cf-num"),
        markdown_html(PolicyState.html),
        class_name="cf-policy",
        key="there",
    )
