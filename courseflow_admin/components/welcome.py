"""The two-sided frame of the pages in front of sign-in."""

from typing import Any

import reflex as rx

from courseflow_admin.components.forms import done, field, hidden, native_form, problem
from courseflow_admin.components.icons import icon
from courseflow_admin.components.layout import bars, on_every_page
from courseflow_admin.components.school import brand
from courseflow_admin.components.types import Text
from courseflow_admin.models.core.accounts import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.state.core.auth import SignInState

PROMISES = (
    (
        "protected",
        "Every payment is accounted for",
        "Signature, amount and learner are checked before access opens.",
    ),
    (
        "mail_check",
        "Access within seconds",
        "We e-mail you as soon as your payment is confirmed.",
    ),
    ("refund", "No surprises with refunds", "You see what will happen before it happens."),
)
PASSWORD_LENGTH = f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."


def welcome(title: str, lead: Text, *children: rx.Component) -> rx.Component:
    """A form on the left, what the school promises on the right."""
    return rx.fragment(
        bars(),
        rx.el.div(
            rx.el.main(
                rx.el.div(
                    rx.el.div(brand(), class_name="cf-row cf-semi"),
                    rx.el.h1(title, class_name="cf-h1"),
                    rx.el.div(
                        rx.cond(
                            SignInState.news,
                            done(SignInState.news),
                            rx.cond(
                                SignInState.problem, problem(SignInState.problem), rx.el.p(lead)
                            ),
                        ),
                        class_name="lead",
                    ),
                    *children,
                    class_name="cf-authbox",
                ),
                id="main",
            ),
            rx.el.aside(
                rx.el.ul(*[_promise(*promise) for promise in PROMISES], class_name="cf-list"),
                class_name="cf-authart",
                aria_label="What we promise",
            ),
            class_name="cf-auth",
        ),
        on_every_page(),
    )


def welcome_form(*fields: rx.Component, action: str) -> rx.Component:
    """A native form, because only an API route can set the HttpOnly session cookie."""
    return native_form(
        hidden("next", SignInState.next_path),
        *fields,
        action=action,
    )


def error_at(name: str) -> rx.Var:
    """What is wrong with one field, after its form came back."""
    return rx.cond(SignInState.wrong == name, SignInState.wrong_text, "")


def email_field(**props: Any) -> rx.Component:
    return field(
        "E-mail",
        "email",
        type="email",
        auto_complete="username",
        required=True,
        max_length=LONGEST_EMAIL,
        default_value=SignInState.email,
        key=SignInState.email,
        error=error_at("email"),
        **props,
    )


def name_field(default: Text) -> rx.Component:
    return field(
        "Name",
        "name",
        auto_complete="name",
        required=True,
        max_length=LONGEST_NAME,
        default_value=default,
        key=default,
        help_text="This name appears on receipts and certificates.",
        error=error_at("name"),
    )


def new_password_field(label: str = "Password") -> rx.Component:
    return field(
        label,
        "password",
        type="password",
        auto_complete="new-password",
        required=True,
        min_length=SHORTEST_PASSWORD,
        help_text=PASSWORD_LENGTH,
        error=error_at("password"),
    )


def _promise(icon_name: str, title: str, text: str) -> rx.Component:
    return rx.el.li(
        icon(icon_name, 20),
        rx.el.div(
            rx.el.span(title, class_name="cf-semi"),
            rx.el.span(text, class_name="cf-mut"),
            class_name="cf-col",
        ),
    )
