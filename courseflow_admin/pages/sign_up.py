"""Sign up, always as a learner."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import field, submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.policies import policy_links
from courseflow_admin.components.welcome import welcome, welcome_form
from courseflow_admin.state.auth import MIN_PASSWORD, SignInState


@rx.page(route=routes.SIGN_UP, title="Create an account · CourseFlow", on_load=SignInState.load)
def sign_up() -> rx.Component:
    return welcome(
        "Create an account",
        "Buy a course and begin in a minute.",
        welcome_form(
            field(
                "Name",
                "name",
                auto_complete="name",
                required=True,
                max_length=100,
                help_text="As it should stand on receipts and certificates.",
                default_value=SignInState.name,
                key=SignInState.name,
            ),
            field(
                "E-mail",
                "email",
                type="email",
                auto_complete="username",
                required=True,
                max_length=254,
                default_value=SignInState.email,
                key=SignInState.email,
            ),
            field(
                "Password",
                "password",
                type="password",
                auto_complete="new-password",
                required=True,
                min_length=MIN_PASSWORD,
                help_text=f"At least {MIN_PASSWORD} characters.",
            ),
            submit("Create account", size="large", wide=True),
            action=routes.API_SIGN_UP,
        ),
        rx.el.p(
            "You have one already? ",
            text_link("Sign in", href=routes.SIGN_IN + SignInState.other_query),
            class_name="cf-mut cf-13",
        ),
        policy_links(),
    )
