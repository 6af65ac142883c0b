"""Confirming an e-mail address: by a button, because mail programs open links by themselves."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import button, hidden, link_button, native_form, submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.welcome import welcome
from courseflow_admin.state.identity.links import LinkState


@rx.page(route=routes.VERIFY, title="Confirm your address · CourseFlow", on_load=LinkState.load)
def verify() -> rx.Component:
    return welcome(
        "Confirm your e-mail address",
        "So that you receive receipts and course access.",
        rx.cond(
            LinkState.done == "verify",
            done("Your e-mail address is confirmed."),
            rx.cond(
                LinkState.done == "change_email",
                done("Your new e-mail address is confirmed. Sign in with it."),
                rx.cond(
                    LinkState.token,
                    confirm(),
                    rx.cond(LinkState.confirmed, nothing_left(), ask_again()),
                ),
            ),
        ),
    )


def confirm() -> rx.Component:
    return native_form(
        hidden("token", LinkState.token),
        submit("Confirm address", size="large", wide=True),
        action=routes.API_VERIFY,
    )


def done(text: str) -> rx.Component:
    return rx.el.div(
        rx.el.p(text, role="status"),
        link_button("Continue", href=routes.OVERVIEW, look="primary", size="large", wide=True),
        class_name="cf-stack",
    )


def nothing_left() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Your address ",
            rx.el.b(LinkState.email),
            " is already confirmed.",
            role="status",
        ),
        link_button("Continue", href=routes.OVERVIEW, look="primary", size="large", wide=True),
        new_address(),
        class_name="cf-stack",
    )


def ask_again() -> rx.Component:
    return rx.el.div(
        rx.el.p("Open this page from the link in your e-mail. The link works once."),
        rx.cond(LinkState.signed_in, another_link(), sign_in_first()),
        class_name="cf-stack",
    )


def another_link() -> rx.Component:
    """Whose link does not work is not known: it may have been for a new address."""
    return rx.fragment(
        rx.cond(
            LinkState.sent_to,
            rx.el.p(
                "We've sent a new link to ",
                rx.el.b(LinkState.sent_to),
                ". It expires in 48 hours.",
                role="status",
            ),
        ),
        button("Send new link", size="large", wide=True, on_click=LinkState.resend),
        new_address(),
    )


def new_address() -> rx.Component:
    return rx.el.p(
        "Changing to a new address? ",
        text_link("Go to your account", href=routes.ACCOUNT_EMAIL),
        class_name="cf-mut cf-13",
    )


def sign_in_first() -> rx.Component:
    return rx.fragment(
        rx.el.p("Sign in to get a new link."),
        link_button(
            "Sign in",
            href=routes.sign_in(routes.ACCOUNT_EMAIL),
            look="primary",
            size="large",
            wide=True,
        ),
    )
