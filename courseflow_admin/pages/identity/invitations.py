"""Invitations: who was asked to join and has not answered yet, for admins."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import badge, email_badge
from courseflow_admin.components.dialogs import dialog, effects_of
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.forms import button, problem
from courseflow_admin.components.icons import link
from courseflow_admin.components.list_page import list_page
from courseflow_admin.components.people import invite_button, invite_dialog, sections
from courseflow_admin.components.sidebar import may
from courseflow_admin.components.table import Column, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.identity.invitations import InvitationRow, InvitationsState

COLUMNS = (
    Column("E-mail", lead=True, skeleton="50%"),
    Column("Role", "112px"),
    Column("Invited by", "152px"),
    Column("Sent", "128px"),
    Column("Expires", "128px"),
    Column("E-mail", "112px", skeleton="64px"),
    Column("Actions", "min(176px, 27vw)"),
)


@rx.page(route=routes.INVITATIONS, title="Invitations · CourseFlow", on_load=InvitationsState.load)
def invitations() -> rx.Component:
    return list_page(
        "Invitations",
        InvitationsState,
        COLUMNS,
        invitation_row,
        caption="Pending invitations",
        above=[sections("Invitations")],
        none=empty(
            "mail_check",
            "No pending invitations",
            "Invitations appear here until they are accepted or revoked.",
            invite_button(),
        ),
        below=[invite_dialog(), act_dialog()],
        here="People",
        path=[("Teaching", ""), ("People", routes.PEOPLE)],
        permission=Permission.ACCOUNTS_READ,
        actions=[invite_button()],
    )


def invitation_row(row: InvitationRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.span(row.email, class_name="cf-med cf-trunc"),
        row.role,
        rx.el.span(row.inviter, class_name="cf-trunc"),
        rx.el.span(row.sent, class_name="cf-num cf-mut"),
        rx.cond(
            row.expired,
            badge("gray", "Expired"),
            rx.el.span(row.until, class_name="cf-num cf-mut"),
        ),
        rx.cond(
            row.email_href != "",
            link(
                email_badge(row.email_state),
                href=row.email_href,
                aria_label="Resend to " + row.email + ": " + row.email_state,
            ),
            email_badge(row.email_state),
        ),
        rx.cond(may(Permission.ACCOUNTS_CHANGE), acts(row)),
    )


def acts(row: InvitationRow) -> rx.Component:
    return rx.el.span(
        button(
            "Resend",
            size="small",
            on_click=InvitationsState.ask("resend", row.id),
            custom_attrs={"aria-label": "Resend to " + row.email},
        ),
        button(
            "Revoke",
            size="small",
            on_click=InvitationsState.ask("revoke", row.id),
            custom_attrs={"aria-label": "Revoke for " + row.email},
        ),
        class_name="cf-row cf-rowacts",
    )


def act_dialog() -> rx.Component:
    return dialog(
        InvitationsState.dialog_title,
        InvitationsState.dialog_text,
        rx.cond(InvitationsState.dialog_problem, problem(InvitationsState.dialog_problem)),
        effects_of(InvitationsState.dialog_effects, "onward"),
        open_=InvitationsState.dialog != "",
        on_open_change=InvitationsState.show_dialog,
        act=button(
            rx.cond(InvitationsState.dialog == "resend", "Resend invitation", "Revoke"),
            look="danger",
            busy=InvitationsState.busy,
            on_click=InvitationsState.confirm,
        ),
    )
