"""A new password, by the link of an e-mail."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import hidden, link_button, native_form, submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.welcome import new_password_field, welcome
from courseflow_admin.state.identity.links import LinkState

IS_SET = LinkState.done == "reset"


@rx.page(route=routes.RESET, title="New password · CourseFlow", on_load=LinkState.load)
def reset() -> rx.Component:
    return welcome(
        "New password",
        rx.cond(
            IS_SET,
            "You are signed out everywhere.",
            "It signs you out everywhere.",
        ),
        rx.cond(
            IS_SET,
            done(),
            rx.cond(LinkState.token, choose(), ask_again()),
        ),
        rx.cond(
            IS_SET,
            rx.fragment(),
            rx.el.p(text_link("Back to sign in", href=routes.SIGN_IN), class_name="cf-mut cf-13"),
        ),
    )


def choose() -> rx.Component:
    return native_form(
        hidden("token", LinkState.token),
        new_password_field("New password"),
        submit("Set password", size="large", wide=True),
        action=routes.API_RESET,
    )


def done() -> rx.Component:
    return rx.el.div(
        rx.el.p("Your new password is set. Sign in with it.", role="status"),
        link_button("Sign in", href=routes.SIGN_IN, look="primary", size="large", wide=True),
        class_name="cf-stack",
    )


def ask_again() -> rx.Component:
    return rx.el.div(
        rx.el.p("Open this page from the link in your e-mail. The link expires in 10 minutes."),
        link_button("Request a link", href=routes.FORGOT, look="primary", size="large", wide=True),
        class_name="cf-stack",
    )
