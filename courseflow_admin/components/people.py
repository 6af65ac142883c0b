"""What the pages about people share: their two lists, and the dialog that invites someone."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.dialogs import dialog, effect, effects
from courseflow_admin.components.forms import button, field, form, select
from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.sidebar import may
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.core.auth import ROLE_LABELS
from courseflow_admin.state.identity.invitations import InvitationsState

FORM = "invite"
OFFERED = list(reversed(ROLE_LABELS.items()))  # the least first: what no one picked is harmless


def sections(here: str) -> rx.Component:
    """Links to the two lists; where one is already has no link."""
    lists = (("People", routes.PEOPLE), ("Invitations", routes.INVITATIONS))
    return rx.el.nav(
        *[
            link(
                text,
                href=href,
                class_name="cf-tab",
                **({"aria_current": "page"} if text == here else {}),
            )
            for text, href in lists
        ],
        class_name="cf-tabs",
        aria_label="Lists of people",
    )


def invite_button() -> rx.Component:
    return rx.cond(
        may(Permission.ACCOUNTS_CHANGE),
        button(
            icon("invite", 14),
            "Invite",
            look="primary",
            on_click=InvitationsState.show_invite(True),
        ),
    )


def invite_dialog() -> rx.Component:
    return dialog(
        "Invite someone",
        "They get an e-mail with a personal link.",
        form(
            field(
                "E-mail",
                "email",
                type="email",
                required=True,
                max_length=LONGEST_EMAIL,
                auto_complete="off",
                error=rx.cond(InvitationsState.wrong == "email", InvitationsState.wrong_text, ""),
            ),
            select(
                "Role",
                "role",
                OFFERED,
                error=rx.cond(InvitationsState.wrong == "role", InvitationsState.wrong_text, ""),
            ),
            on_submit=InvitationsState.invite,
            id=FORM,
        ),
        effects(
            effect("mail", "The link works once, expires in 7 days and is only for this address."),
            effect("accepted", "Nothing changes until they accept."),
            effect("revoke", "Until then you can resend or revoke it."),
        ),
        open_=InvitationsState.inviting,
        on_open_change=InvitationsState.show_invite,
        act=button(
            "Send invitation",
            look="primary",
            type="submit",
            busy=InvitationsState.busy,
            custom_attrs={"form": FORM},
        ),
    )
