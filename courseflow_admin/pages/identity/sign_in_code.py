"""The second half of signing in: the code."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.forms import field, hidden, submit
from courseflow_admin.components.icons import text_link
from courseflow_admin.components.welcome import welcome, welcome_form
from courseflow_admin.models.core.accounts import LONGEST_CODE
from courseflow_admin.state.identity.second_factor import SignInCodeState

OTHER_WAY = rx.cond(
    SignInCodeState.recovery,
    "Use a code from your app",
    "No phone? Use a recovery code",
)


@rx.page(
    route=routes.SIGN_IN_CODE, title="Sign in: code · CourseFlow", on_load=SignInCodeState.load
)
def sign_in_code() -> rx.Component:
    return welcome(
        "One more step",
        "Enter the code to finish signing in.",
        welcome_form(
            hidden("by", SignInCodeState.by),
            rx.cond(SignInCodeState.recovery, recovery_code(), app_code()),
            submit("Sign in", size="large", wide=True),
            action=routes.API_SIGN_IN_CODE,
        ),
        rx.el.p(
            # Where it leads is known with the address that was read; earlier it leads nowhere.
            rx.cond(
                SignInCodeState.other_href != "",
                text_link(OTHER_WAY, href=SignInCodeState.other_href),
                OTHER_WAY,
            ),
            class_name="cf-13",
        ),
        rx.el.p(
            text_link("Back to sign in", href=routes.SIGN_IN),
            rx.cond(
                SignInCodeState.recovery & (SignInCodeState.support != ""),
                rx.el.span(
                    ". Lost your phone and codes? Write to ",
                    rx.el.a(
                        SignInCodeState.support,
                        href="mailto:" + SignInCodeState.support,
                        class_name="cf-link",
                    ),
                    ".",
                ),
            ),
            class_name="cf-mut cf-13",
        ),
    )


def app_code() -> rx.Component:
    return field(
        "Code from your app",
        "code",
        help_text="Six digits, new every 30 seconds.",
        required=True,
        auto_focus=True,
        max_length=LONGEST_CODE,
        auto_complete="one-time-code",
        custom_attrs={"inputMode": "numeric"},
        key="app",
    )


def recovery_code() -> rx.Component:
    return field(
        "Recovery code",
        "code",
        help_text="One of your ten recovery codes. Each works once.",
        required=True,
        auto_focus=True,
        max_length=LONGEST_CODE,
        auto_complete="off",
        spell_check=False,
        key="recovery",
    )
