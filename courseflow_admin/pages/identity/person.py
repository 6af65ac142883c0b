"""One person: account, courses, payments, e-mails, sessions, audit, and what can be done."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import badge, email_badge, payment_badge
from courseflow_admin.components.cards import avatar, card, facts, line, list_card
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.dialogs import dialog, effects_of
from courseflow_admin.components.feedback import not_found
from courseflow_admin.components.forms import button, field, native_form, problem, select, submit
from courseflow_admin.components.icons import copyable, icon, link, text_link
from courseflow_admin.components.types import Piece
from courseflow_admin.models.core.accounts import LONGEST_REASON
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.pages.identity.people import standing
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.identity.person import (
    EntryLine,
    LineRow,
    PersonState,
    PlaceRow,
    SessionRow,
)

SHOWN = PersonState.shown


@rx.page(
    route=f"{routes.PEOPLE}/[account_id]",
    title=tab_title(PersonState, PersonState.shown.name, "Person"),
    on_load=PersonState.load,
)
def person() -> rx.Component:
    return detail_page(
        PersonState,
        "Person",
        there(),
        name=SHOWN.name,
        missing=not_found("person", "They"),
        skeletons=3,
        here="People",
        path=[("Teaching", ""), ("People", routes.PEOPLE)],
        permission=Permission.ACCOUNTS_READ,
    )


def there() -> rx.Component:
    return rx.el.div(
        rx.el.div(head(), courses(), sessions(), log(), class_name="cf-stack"),
        rx.el.div(account(), payments(), emails(), class_name="cf-stack"),
        act_dialog(),
        class_name="cf-detail",
    )


def head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            avatar(SHOWN.initials),
            rx.el.div(
                rx.cond(
                    SHOWN.deleted != "",
                    rx.el.span("Deleted on ", SHOWN.deleted, class_name="cf-med"),
                    rx.el.span(SHOWN.email, class_name="cf-med cf-trunc"),
                ),
                rx.el.span(SHOWN.role, class_name="cf-13 cf-mut"),
                class_name="cf-col",
            ),
            standing(SHOWN.standing),
            class_name="cf-row cf-grow",
            style={"gap": "12px", "minWidth": "min(100%, 280px)"},
        ),
        rx.cond(may_change() & SHOWN.changeable, acts()),
        rx.cond(
            SHOWN.own,
            rx.el.p(
                "This is you. Another admin can change your role and access. Manage the rest on ",
                text_link("your account page", href=routes.ACCOUNT),
                ".",
                class_name="cf-help",
            ),
        ),
        class_name="cf-row cf-wrap",
    )


def may_change() -> rx.Var:
    permissions = rx.Var.create(AuthState.permissions)
    return permissions.contains(Permission.ACCOUNTS_CHANGE.value)


def acts() -> rx.Component:
    return rx.el.div(
        rx.cond(
            SHOWN.viewable,
            button(icon("view", 14), "View as", on_click=PersonState.ask("view")),
        ),
        button(icon("role", 14), "Change role", on_click=PersonState.ask("role")),
        rx.cond(
            SHOWN.unverified,
            button(
                icon("mail_check", 14), "Resend verification", on_click=PersonState.ask("verify")
            ),
        ),
        button(icon("sign_out", 14), "Sign out everywhere", on_click=PersonState.ask("sign_out")),
        rx.cond(
            SHOWN.suspended != "",
            button(icon("restore", 14), "Restore", on_click=PersonState.ask("restore")),
            button(icon("suspend", 14), "Suspend", on_click=PersonState.ask("suspend")),
        ),
        class_name="cf-row cf-wrap",
    )


def courses() -> rx.Component:
    return list_card("Courses", PersonState.places, place, none="No courses or payments.")


def place(row: PlaceRow) -> rx.Component:
    return line(
        rx.el.span(row.title, class_name="cf-13 cf-med cf-trunc"),
        rx.el.span(row.verdict, class_name="cf-sm"),
        rx.cond(row.grants != "", rx.el.span(row.grants, class_name="cf-sm cf-mut")),
        href=row.href,
        aside=rx.el.span(
            rx.el.span(row.progress, class_name="cf-sm cf-mut cf-num"),
            rx.cond(row.open, badge("green", "Open"), badge("gray", "Closed")),
            rx.el.span("Why?", class_name="cf-sm cf-mut"),
            class_name="cf-row",
        ),
    )


def sessions() -> rx.Component:
    return list_card(
        "Sessions",
        PersonState.sessions,
        session,
        none="No active sessions.",
        aside=rx.el.span(PersonState.zone, class_name="cf-sm cf-mut"),
    )


def session(row: SessionRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.device, class_name="cf-13 cf-med"),
            rx.el.span(row.note, class_name="cf-sm cf-mut"),
            class_name="cf-col cf-grow",
        ),
        class_name="cf-line",
    )


def log() -> rx.Component:
    return list_card(
        "Audit log",
        PersonState.entries,
        entry,
        none="No one has changed this account. For sign-ins and other actions of this person, "
        "see Activity.",
        aside=rx.fragment(
            text_link("Account events", href=SHOWN.about_href),
            text_link("Activity", href=SHOWN.did_href),
        ),
    )


def entry(row: EntryLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.what, class_name="cf-13 cf-med"),
            rx.el.span(row.who, ", ", row.at, class_name="cf-sm cf-mut", title=row.exact),
            rx.el.details(
                rx.el.summary(icon("unfold", 12), "Details"),
                rx.el.div(row.details, class_name="cf-evbox"),
                class_name="cf-ev",
            ),
            class_name="cf-col cf-grow",
        ),
        class_name="cf-line",
    )


def account() -> rx.Component:
    return card(
        "Account",
        rx.el.div(
            rx.cond(
                SHOWN.deleted != "",
                facts(
                    ("Deleted on", SHOWN.deleted),
                    ("Role", SHOWN.role),
                    ("Joined", SHOWN.joined),
                    ("Id", copyable(SHOWN.account_id, "id")),
                ),
                facts(
                    ("Role", SHOWN.role),
                    ("E-mail verified", SHOWN.verified),
                    ("Suspended", rx.cond(SHOWN.suspended != "", SHOWN.suspended, "No")),
                    ("Second factor", SHOWN.second_factor),
                    ("Joined", SHOWN.joined),
                    ("Last signed in", SHOWN.seen),
                    ("Id", copyable(SHOWN.account_id, "id")),
                ),
            ),
            rx.cond(
                may_change() & SHOWN.changeable & SHOWN.second_factor.startswith("On"),
                button(
                    icon("unprotect", 14),
                    "Remove second factor",
                    size="small",
                    on_click=PersonState.ask("second_factor"),
                ),
            ),
            class_name="cf-pad cf-stack",
        ),
    )


def payments() -> rx.Component:
    return list_card(
        "Payments",
        PersonState.payments,
        lambda row: row_of(row, payment_badge(row.state)),
        none="None yet.",
        aside=link("All", href=SHOWN.payments_href, class_name="cf-link"),
    )


def emails() -> rx.Component:
    return list_card(
        "E-mails",
        PersonState.emails,
        lambda row: row_of(row, email_badge(row.state)),
        none="None yet.",
        aside=link("All", href=SHOWN.emails_href, class_name="cf-link"),
    )


def row_of(row: LineRow, drawn: Piece) -> rx.Component:
    return line(
        rx.el.span(row.text, class_name="cf-13 cf-med cf-trunc"),
        rx.el.span(row.note, class_name="cf-sm cf-mut cf-trunc"),
        href=row.href,
        aside=drawn,
    )


def act_dialog() -> rx.Component:
    return dialog(
        PersonState.dialog_title,
        PersonState.dialog_text,
        rx.cond(PersonState.dialog_problem, problem(PersonState.dialog_problem)),
        rx.cond(
            PersonState.dialog == "role",
            select(
                "Role",
                "role",
                [(role, text) for role, text in ROLE_LABELS.items()],
                value=PersonState.role,
                on_change=PersonState.pick_role,
            ),
        ),
        rx.cond(
            PersonState.dialog == "suspend",
            field(
                "Reason (optional)",
                "reason",
                help_text="Kept in the audit log, not in the e-mail.",
                max_length=LONGEST_REASON,
                auto_complete="off",
                on_blur=PersonState.write_reason,
            ),
        ),
        rx.cond(
            PersonState.dialog_effects,
            effects_of(PersonState.dialog_effects, "onward"),
        ),
        open_=PersonState.dialog != "",
        on_open_change=PersonState.show_dialog,
        act=rx.cond(
            PersonState.dialog == "view",
            native_form(submit(PersonState.dialog_act), action=SHOWN.view_action, class_name=""),
            button(
                PersonState.dialog_act,
                look="danger",
                busy=PersonState.busy,
                on_click=PersonState.confirm,
            ),
        ),
    )
