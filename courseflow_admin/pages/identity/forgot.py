"""A forgotten password: asking for a link."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import field, native_form, submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.welcome import error_at, welcome
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.state.identity.links import LinkState


@rx.page(route=routes.FORGOT, title="Reset password · CourseFlow", on_load=LinkState.load)
def forgot() -> rx.Component:
    return welcome(
        "Forgot your password?",
        "We'll send you a link to reset it.",
        rx.cond(LinkState.done == "sent", sent(), ask()),
        rx.el.p(text_link("Back to sign in", href=routes.SIGN_IN), class_name="cf-mut cf-13"),
    )


def ask() -> rx.Component:
    return native_form(
        field(
            "E-mail",
            "email",
            type="email",
            auto_complete="username",
            required=True,
            max_length=LONGEST_EMAIL,
            error=error_at("email"),
        ),
        submit("Send link", size="large", wide=True),
        action=routes.API_FORGOT,
    )


def sent() -> rx.Component:
    return rx.el.p(
        "If an account with this address exists, we've sent it an e-mail with a link. The link "
        "expires in 10 minutes. No e-mail? Check your spam folder, or write to ",
        LinkState.support,
        ".",
        role="status",
    )
