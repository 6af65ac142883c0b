"""One's own account."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import badge
from courseflow_admin.components.cards import card
from courseflow_admin.components.detail_page import detail_page
from courseflow_admin.components.dialogs import dialog, effect, effects
from courseflow_admin.components.forms import (
    button,
    field,
    form,
    link_button,
    problem,
    select,
    submit,
)
from courseflow_admin.components.icons import icon
from courseflow_admin.components.welcome import PASSWORD_LENGTH
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.accounts import LONGEST_NAME, SHORTEST_PASSWORD
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.pages.identity.account_second_factor import second_factor
from courseflow_admin.state.identity.account import AccountState, SessionRow
from courseflow_admin.state.identity.second_factor import SecondFactorState


@rx.page(
    route=routes.ACCOUNT,
    title="Account · CourseFlow",
    on_load=[SecondFactorState.load, AccountState.load],
)
def account() -> rx.Component:
    return detail_page(
        AccountState,
        "Account",
        there(),
        skeletons=3,
        here="Account",
        permission=Permission.ACCOUNT_PRIVATE,
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            name(), time_zone(), second_factor(), sessions(), own_data(), class_name="cf-stack"
        ),
        rx.el.div(address(), password(), class_name="cf-stack"),
        delete_dialog(),
        class_name="cf-detail",
        key="there",  # replaces the skeleton as a whole, so that nothing moves
    )


def error_of(place: str) -> rx.Var:
    """What is wrong with one field, named `form.field`."""
    return rx.cond(AccountState.wrong == place, AccountState.wrong_text, "")


def name() -> rx.Component:
    return card(
        "Profile",
        form(
            field(
                "Name",
                "name",
                auto_complete="name",
                required=True,
                max_length=LONGEST_NAME,
                default_value=AccountState.name,
                help_text="This name appears on certificates and next to what you write.",
                error=error_of("name.name"),
            ),
            submit("Save name", look="", busy=AccountState.saving == "name"),
            on_submit=AccountState.rename,
            class_name="cf-form cf-pad",
            key=AccountState.name,
        ),
        aside=rx.el.span(AccountState.role, class_name="cf-sm cf-mut"),
    )


def time_zone() -> rx.Component:
    return card(
        "Time zone",
        form(
            select(
                "Show times in",
                "zone",
                [("", "Time zone of this browser"), *((one, one) for one in calendar.zones())],
                default_value=AccountState.chosen_zone,
                help_text="Receipts, figures and days of access stay in the school's time zone.",
                error=error_of("zone.zone"),
            ),
            submit("Save time zone", look="", busy=AccountState.saving == "zone"),
            on_submit=AccountState.choose_zone,
            class_name="cf-form cf-pad",
            key=AccountState.chosen_zone,
        ),
        aside=rx.el.span(AccountState.zone, class_name="cf-sm cf-mut"),
    )


def address() -> rx.Component:
    return card(
        "E-mail",
        rx.el.div(
            rx.el.p(AccountState.email, class_name="cf-med cf-trunc"),
            rx.cond(
                AccountState.verified,
                rx.fragment(),
                button("Send confirmation link", size="small", on_click=AccountState.resend),
            ),
            rx.cond(AccountState.asked_email, change_that_waits()),
            form(
                field(
                    "New e-mail",
                    "email",
                    type="email",
                    required=True,
                    max_length=LONGEST_EMAIL,
                    auto_complete="email",
                    error=error_of("email.email"),
                ),
                field(
                    "Your password",
                    "proof",
                    type="password",
                    required=True,
                    auto_complete="current-password",
                    error=error_of("email.current_password"),
                ),
                submit("Change e-mail", look="", busy=AccountState.saving == "email"),
                on_submit=AccountState.change_email,
                key=f"email-{AccountState.form_key}",
            ),
            class_name="cf-stack cf-pad",
        ),
        aside=rx.cond(
            AccountState.verified, badge("green", "Confirmed"), badge("amber", "Not confirmed")
        ),
    )


def change_that_waits() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "We've sent a link to ",
            rx.el.b(AccountState.asked_email),
            ". Your address changes once you open it. Valid until ",
            AccountState.asked_until,
            ".",
            class_name="cf-13",
            role="status",
        ),
        rx.el.div(
            button("Resend link", size="small", on_click=AccountState.send_change_again),
            button("Cancel change", size="small", on_click=AccountState.cancel_change),
            class_name="cf-row",
        ),
        class_name="cf-stack",
    )


def password() -> rx.Component:
    return card(
        "Password",
        form(
            field(
                "Current password",
                "current_password",
                type="password",
                required=True,
                auto_complete="current-password",
                error=error_of("password.current_password"),
            ),
            field(
                "New password",
                "password",
                type="password",
                required=True,
                min_length=SHORTEST_PASSWORD,
                auto_complete="new-password",
                help_text=f"{PASSWORD_LENGTH} It signs you out elsewhere.",
                error=error_of("password.password"),
            ),
            submit("Change password", look="", busy=AccountState.saving == "password"),
            on_submit=AccountState.change_password,
            class_name="cf-form cf-pad",
            key=f"password-{AccountState.form_key}",
        ),
    )


def sessions() -> rx.Component:
    return card(
        "Sessions",
        rx.el.ul(rx.foreach(AccountState.sessions, session), class_name="cf-list"),
        aside=rx.fragment(
            rx.el.span(AccountState.zone, class_name="cf-sm cf-mut"),
            rx.cond(
                AccountState.others > 0,
                button(
                    "Sign out all other sessions", size="small", on_click=AccountState.end_others
                ),
            ),
        ),
    )


def session(row: SessionRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                rx.cond(row.is_program, icon("program", 14), icon("screen", 14)),
                row.device,
                class_name="cf-row cf-13 cf-med",
            ),
            rx.el.span(row.note, class_name="cf-sm cf-mut"),
            class_name="cf-col cf-grow",
        ),
        rx.cond(
            row.is_this,
            badge("green", "This device"),
            button(
                "Sign out",
                size="small",
                on_click=AccountState.end_session(row.id),
                custom_attrs={"aria-label": "Sign out " + row.device},
            ),
        ),
        class_name="cf-line",
    )


def own_data() -> rx.Component:
    return card(
        "Your data",
        rx.el.div(
            rx.el.p("Everything we store about you, as a JSON file.", class_name="cf-13 cf-mut"),
            link_button(
                icon("download", 14),
                "Download data",
                href=routes.API_EXPORT,
                external=True,
                # Without this the browser begins to leave the page, and its socket is closed.
                custom_attrs={"download": "my-data.json"},
            ),
            rx.el.p("Deleting your account cannot be undone.", class_name="cf-13 cf-mut"),
            button(
                icon("delete", 14),
                "Delete account",
                look="danger",
                on_click=AccountState.ask_delete(True),
            ),
            class_name="cf-stack cf-pad",
        ),
    )


def delete_dialog() -> rx.Component:
    return dialog(
        "Delete your account",
        rx.cond(AccountState.delete_problem, "You can't delete it yet.", "It cannot be undone."),
        rx.cond(AccountState.delete_problem, problem(AccountState.delete_problem), delete_form()),
        open_=AccountState.deleting,
        on_open_change=AccountState.ask_delete,
        act=rx.cond(
            AccountState.delete_problem,
            rx.fragment(),
            button(
                "Delete my account",
                look="danger",
                type="submit",
                busy=AccountState.saving == "delete",
                custom_attrs={"form": "delete-account"},
            ),
        ),
    )


def delete_form() -> rx.Component:
    return rx.el.div(
        effects(
            effect("locked", "You lose access to all courses, including those you paid for."),
            effect("erase", "Your name, address and stored e-mails are removed."),
            effect("receipt", "Payments and receipts are kept, as tax law requires."),
        ),
        form(
            field(
                "Current password",
                "current_password",
                type="password",
                required=True,
                auto_complete="current-password",
                error=error_of("delete.current_password"),
                field_id="delete-password",
            ),
            on_submit=AccountState.delete,
            id="delete-account",
        ),
        class_name="cf-stack",
    )
