"""Confirming an e-mail address: by a button, because mail programs open links by themselves."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import button, hidden, link_button, native_form, submit
from courseflow_admin.components.welcome import welcome
from courseflow_admin.state.links import LinkState


@rx.page(route=routes.VERIFY, title="Confirm your address · CourseFlow", on_load=LinkState.load)
def verify() -> rx.Component:
    return welcome(
        "Confirm your e-mail address",
        "So that receipts and access reach you.",
        rx.cond(
            LinkState.done == "verify",
            done("Your e-mail address is confirmed."),
            rx.cond(
                LinkState.done == "change_email",
                done("Your new e-mail address is confirmed. Sign in with it."),
                rx.cond(LinkState.token, confirm(), ask_again()),
            ),
        ),
    )


def confirm() -> rx.Component:
    return native_form(
        hidden("token", LinkState.token),
        submit("Confirm this address", size="large", wide=True),
        action=routes.API_VERIFY,
    )


def done(text: str) -> rx.Component:
    return rx.el.div(
        rx.el.p(text, role="status"),
        link_button("Go on", href=routes.OVERVIEW, look="primary", size="large", wide=True),
        class_name="cf-stack",
    )


def ask_again() -> rx.Component:
    return rx.el.div(
        rx.el.p("This page is reached by the link of an e-mail, which works once."),
        rx.cond(
            LinkState.signed_in,
            button("Send me a new link", size="large", wide=True, on_click=LinkState.resend),
            rx.el.p("Sign in to get a new link."),
        ),
        rx.cond(
            LinkState.signed_in,
            rx.fragment(),
            link_button(
                "Sign in",
                href=routes.sign_in(routes.ACCOUNT),
                look="primary",
                size="large",
                wide=True,
            ),
        ),
        class_name="cf-stack",
    )
