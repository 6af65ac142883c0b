"""Sign up, always as a learner."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.policies import policy_links
from courseflow_admin.components.welcome import (
    email_field,
    name_field,
    new_password_field,
    welcome,
    welcome_form,
)
from courseflow_admin.state.core.auth import SignInState


@rx.page(route=routes.SIGN_UP, title="Create an account · CourseFlow", on_load=SignInState.load)
def sign_up() -> rx.Component:
    return welcome(
        "Create an account",
        "Buy a course and start in a minute.",
        welcome_form(
            name_field(SignInState.name),
            email_field(),
            new_password_field(),
            submit("Create account", size="large", wide=True),
            action=routes.API_SIGN_UP,
        ),
        rx.el.p(
            "Already have an account? ",
            text_link("Sign in", href=routes.SIGN_IN + SignInState.other_query),
            class_name="cf-mut cf-13",
        ),
        policy_links(),
    )
