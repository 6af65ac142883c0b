"""The second factor on the page of one's account: off, being set up, on, and its recovery codes."""

import reflex as rx

from courseflow_admin.components import feedback
from courseflow_admin.components.badges import badge
from courseflow_admin.components.cards import card, facts
from courseflow_admin.components.forms import button, field, form, link_button, submit
from courseflow_admin.components.icons import client_act, copy_button, icon
from courseflow_admin.models.core.accounts import LONGEST_CODE
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.identity.second_factor import CODE, CODES, PASSWORD, SecondFactorState

PRINT = "() => window.print()"
COPY_ALL = (
    "(event) => {{const button = event.currentTarget; "
    "navigator.clipboard.writeText({0}).then(() => {{button.dataset.copied = 'true'; "
    "setTimeout(() => delete button.dataset.copied, 2000)}})}}"
)


def second_factor() -> rx.Component:
    return card(
        "Second factor",
        rx.el.p(SecondFactorState.said, class_name="cf-sr", role="status", aria_live="polite"),
        rx.cond(AuthState.second_factor_due, asked_by_the_school()),
        rx.cond(
            SecondFactorState.codes,
            codes(),
            rx.match(
                SecondFactorState.view,
                ("off", off()),
                ("setting_up", setting_up()),
                ("on", on()),
                rx.el.div(feedback.bar("70%"), class_name="cf-pad"),
            ),
        ),
        aside=rx.match(
            SecondFactorState.view,
            ("on", badge("green", "On")),
            ("setting_up", badge("amber", "Being set up")),
            ("off", badge("gray", "Off")),
            rx.fragment(),
        ),
        id="second-factor",
    )


def asked_by_the_school() -> rx.Component:
    return rx.el.div(
        icon("unprotected", 16),
        rx.el.span(
            "Your school requires a second factor for admins. Until you set it up, you can only "
            "open your own account."
        ),
        class_name="cf-asked",
    )


def error_of(name: str) -> rx.Var:
    return rx.cond(SecondFactorState.wrong == name, SecondFactorState.wrong_text, "")


def password_field() -> rx.Component:
    return field(
        "Your password",
        "current_password",
        field_id=PASSWORD,
        type="password",
        required=True,
        auto_complete="current-password",
        error=error_of("current_password"),
    )


def code_field(label: str, help_text: str, *, numeric: bool = False) -> rx.Component:
    attributes = {"inputMode": "numeric"} if numeric else {}
    return field(
        label,
        "code",
        field_id=CODE,
        help_text=help_text,
        required=True,
        max_length=LONGEST_CODE,
        auto_complete="one-time-code",
        spell_check=False,
        error=error_of("code"),
        custom_attrs=attributes,
    )


def cancel() -> rx.Component:
    return button("Cancel", look="quiet", on_click=SecondFactorState.cancel)


# Off


def off() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "After your password, you enter a code from an app on your phone. A stolen password "
            "alone is not enough.",
            class_name="cf-13 cf-mut",
        ),
        rx.cond(
            SecondFactorState.asking == "begin",
            form(
                password_field(),
                rx.el.div(
                    submit("Continue", busy=SecondFactorState.saving == "begin"),
                    cancel(),
                    class_name="cf-row",
                ),
                on_submit=SecondFactorState.begin,
            ),
            button(
                icon("protected", 14),
                "Set up",
                on_click=SecondFactorState.ask("begin"),
            ),
        ),
        class_name="cf-stack cf-pad cf-factor",
    )


# Being set up


def setting_up() -> rx.Component:
    return rx.el.div(
        rx.el.ol(
            rx.el.li(
                rx.el.span("Scan this with your authenticator app", class_name="cf-med"),
                rx.el.div(
                    class_name="cf-qr",
                    role="img",
                    aria_label="QR code with the key for your authenticator app",
                    custom_attrs={
                        # Drawn by our own service from a key of ours.
                        "dangerouslySetInnerHTML": rx.Var.create({"__html": SecondFactorState.qr})
                    },
                ),
                rx.el.p("or enter the key:", class_name="cf-sm cf-mut"),
                rx.el.span(
                    rx.el.code(
                        SecondFactorState.key_groups, class_name="cf-mono", aria_label="Key"
                    ),
                    copy_button(SecondFactorState.key, "key"),
                    class_name="cf-row cf-key",
                ),
            ),
            rx.el.li(
                rx.el.span("Enter the code it shows", class_name="cf-med"),
                form(
                    code_field("Code", "Six digits, new every 30 seconds.", numeric=True),
                    rx.el.div(
                        submit("Turn on", busy=SecondFactorState.saving == "confirm"),
                        cancel(),
                        class_name="cf-row",
                    ),
                    on_submit=SecondFactorState.confirm,
                ),
            ),
            class_name="cf-steps",
        ),
        rx.el.p("Turning it on signs you out on your other devices.", class_name="cf-help"),
        class_name="cf-stack cf-pad cf-factor",
    )


# On


def on() -> rx.Component:
    return rx.el.div(
        facts(
            ("Since", SecondFactorState.since),
            (
                "Recovery codes",
                rx.el.span(
                    SecondFactorState.left,
                    rx.cond(SecondFactorState.few, badge("amber", "Generate new codes")),
                    class_name="cf-row",
                ),
            ),
        ),
        rx.match(
            SecondFactorState.asking,
            ("codes", proof_form("Generate codes", "codes", SecondFactorState.renew, "primary")),
            ("off", proof_form("Turn off", "off", SecondFactorState.switch_off, "danger")),
            rx.el.div(
                button(
                    icon("sync", 14),
                    "New recovery codes",
                    on_click=SecondFactorState.ask("codes"),
                ),
                rx.cond(
                    SecondFactorState.required,
                    rx.el.span("Your school requires it.", class_name="cf-sm cf-mut"),
                    button(
                        icon("unprotect", 14),
                        "Turn off",
                        look="danger",
                        on_click=SecondFactorState.ask("off"),
                    ),
                ),
                class_name="cf-row cf-wrap",
            ),
        ),
        class_name="cf-stack cf-pad cf-factor",
    )


def proof_form(act: str, name: str, on_submit: object, look: str) -> rx.Component:
    return form(
        password_field(),
        code_field("Code", "From your app, or a recovery code."),
        rx.el.div(
            submit(act, look=look, busy=SecondFactorState.saving == name),
            cancel(),
            class_name="cf-row",
        ),
        on_submit=on_submit,
        key=name,
    )


# Recovery codes


def codes() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Your recovery codes", id=CODES, tab_index=-1, class_name="cf-med"),
        rx.el.p(
            "Each code works once, when you don't have your phone. They are shown only now: "
            "store them somewhere safe, not on your phone.",
            class_name="cf-13 cf-mut",
        ),
        rx.el.ol(
            rx.foreach(SecondFactorState.codes, lambda code: rx.el.li(code)),
            class_name="cf-codes",
            aria_label="Recovery codes",
        ),
        rx.el.div(
            rx.el.button(
                rx.el.span(
                    icon("copy", 14, class_name="todo"),
                    icon("picked", 14, class_name="done"),
                    class_name="cf-swap",
                ),
                "Copy",
                type="button",
                class_name="cf-btn cf-copy",
                custom_attrs={"onClick": client_act(COPY_ALL, SecondFactorState.codes_text)},
            ),
            link_button(
                icon("download", 14),
                "Download",
                href=SecondFactorState.codes_href,
                external=True,
                custom_attrs={"download": "recovery-codes.txt"},
            ),
            rx.el.button(
                icon("print", 14),
                "Print",
                type="button",
                class_name="cf-btn",
                custom_attrs={"onClick": client_act(PRINT)},
            ),
            class_name="cf-row cf-wrap",
        ),
        button("I've saved them", look="primary", on_click=SecondFactorState.codes_kept),
        class_name="cf-stack cf-pad cf-factor cf-print",
    )
