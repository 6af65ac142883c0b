"""An invitation: sign up with it, accept it, or learn why that does not work."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.forms import (
    button,
    field,
    hidden,
    link_button,
    native_form,
    submit,
)
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.welcome import name_field, new_password_field, welcome
from courseflow_admin.state.identity.invitation import InvitationState
from courseflow_admin.state.identity.links import LinkState

WIDE = {"size": "large", "wide": True}


@rx.page(
    route="/invitations/[token]", title="Invitation · CourseFlow", on_load=InvitationState.load
)
def invitation() -> rx.Component:
    return welcome(
        "Your invitation",
        "An invitation works once, for the address it was sent to.",
        by_way(),
    )


def by_way() -> rx.Component:
    return rx.fragment(
        rx.match(
            InvitationState.view,
            ("sign_up", rx.el.div(offer(), sign_up(), class_name="cf-stack")),
            ("sign_in", rx.el.div(offer(), sign_in(), class_name="cf-stack")),
            ("accept", rx.el.div(offer(), accept(), class_name="cf-stack")),
            ("confirm", rx.el.div(offer(), confirm(), class_name="cf-stack")),
            ("switch", switch()),
            ("over", over()),
            rx.el.div(
                feedback.bar("70%"), feedback.bar("55%"), class_name="cf-stack", aria_busy="true"
            ),
        ),
    )


def offer() -> rx.Component:
    return rx.el.div(
        rx.el.p(InvitationState.offer, class_name="cf-med"),
        rx.el.p(InvitationState.gives, class_name="cf-13 cf-mut"),
        rx.el.p("Expires ", InvitationState.until, class_name="cf-13 cf-mut"),
        class_name="cf-col",
    )


def sign_up() -> rx.Component:
    return native_form(
        hidden("token", InvitationState.token),
        field(
            "E-mail",
            "email",
            # Without a name it is not sent: the invitation says whose account it becomes.
            control=rx.el.input(
                id="email",
                type="email",
                dir="auto",
                value=InvitationState.email,
                read_only=True,
                auto_complete="username",
                class_name="cf-input",
            ),
        ),
        name_field(InvitationState.name),
        new_password_field(),
        submit("Create account and accept", **WIDE),
        action=routes.API_INVITED_SIGN_UP,
    )


def sign_in() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "An account already exists for ", rx.el.b(InvitationState.email), ". Sign in to accept."
        ),
        link_button(
            "Sign in",
            href=routes.SIGN_IN + "?next=" + InvitationState.here,
            look="primary",
            **WIDE,
        ),
        rx.el.p(
            "Forgot your password? ",
            text_link("Reset it", href=routes.FORGOT),
            class_name="cf-mut cf-13",
        ),
        class_name="cf-stack",
    )


def accept() -> rx.Component:
    return native_form(
        hidden("token", InvitationState.token),
        rx.el.p("You are signed in as ", rx.el.b(InvitationState.signed_in_as), "."),
        submit("Accept invitation", **WIDE),
        action=routes.API_INVITED_ACCEPT,
    )


def confirm() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Confirm that ",
            rx.el.b(InvitationState.email),
            " is yours using the link we send you. Then open the invitation again.",
        ),
        button("Send link", on_click=LinkState.resend, **WIDE),
        class_name="cf-stack",
    )


def switch() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "This invitation is for ",
            rx.el.b(InvitationState.email),
            ", but you are signed in as ",
            rx.el.b(InvitationState.signed_in_as),
            ". Sign out to continue.",
        ),
        native_form(
            hidden("next", InvitationState.here),
            submit("Sign out", **WIDE),
            action=routes.API_SIGN_OUT,
        ),
        class_name="cf-stack",
    )


def over() -> rx.Component:
    return rx.el.div(
        rx.el.p(InvitationState.over, role="alert"),
        link_button("Browse courses", href=routes.HOME, **WIDE),
        class_name="cf-stack",
    )
