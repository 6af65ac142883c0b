"""Pending invitations on screen: who was invited by whom, and inviting, resending, revoking."""

from dataclasses import dataclass
from typing import Literal

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import CourseFlowError, Invalid, NotSignedIn
from courseflow_admin.models.core.accounts import AS_ROLE
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.services.identity import invitations
from courseflow_admin.services.identity.invitations import Sent
from courseflow_admin.services.school import support
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.core.events import Form, event
from courseflow_admin.state.core.lists import ListState


@dataclass
class InvitationRow:
    id: str
    email: str
    role: str
    inviter: str
    sent: str
    until: str
    expired: bool
    email_state: str
    email_href: str


class InviteForm(Form):
    email: str
    role: str


class InvitationsState(ListState, rx.State):
    rows: list[InvitationRow] = []
    inviting: bool = False
    wrong: str = ""  # the field whose error is shown
    wrong_text: str = ""
    dialog: str = ""  # which act is being asked about
    dialog_title: str = ""
    dialog_text: str = ""
    dialog_effects: list[str] = []
    dialog_problem: str = ""
    busy: bool = False
    _asked_id: str = ""

    @event(Permission.ACCOUNTS_READ, supersedes=True)
    async def load(self):
        self.inviting, self.dialog = False, ""
        address = ListAddress(routes.INVITATIONS, self.router.url, ())
        actor = (await self.get_state(AuthState)).actor()
        async with self._refusals(address):
            page = await invitations.pending(actor, address.request())
            self.rows = [_row(sent) for sent in page.rows]
            self._show_page(page, address)

    @event(Permission.ACCOUNTS_CHANGE)
    async def show_invite(self, is_open: bool):
        self.inviting = is_open
        self.wrong = self.wrong_text = ""

    @event(Permission.ACCOUNTS_CHANGE)
    async def invite(self, form: InviteForm):
        if self.busy:
            return
        self.busy = True
        self.wrong = self.wrong_text = ""
        yield
        try:
            actor = (await self.get_state(AuthState)).actor()
            sent = await invitations.create(actor, form.email, form.role)
            self.inviting = False
            yield [
                notices.success(f"{sent.email} has been invited as {AS_ROLE[sent.role]}."),
                rx.redirect(routes.INVITATIONS),
                InvitationsState.load,
            ]
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.wrong = problem.field if isinstance(problem, Invalid) else "email"
            self.wrong_text = await support.sentence(problem)
        finally:
            self.busy = False

    @event(Permission.ACCOUNTS_CHANGE)
    async def ask(self, act: Literal["resend", "revoke"], invitation_id: str):
        """Open the dialog of one act, which says what it does before it does it."""
        actor = (await self.get_state(AuthState)).actor()
        sent = await invitations.get(actor, invitation_id)
        self._asked_id, self.dialog, self.dialog_problem = invitation_id, act, ""
        self.dialog_text = (
            f"{sent.invitation.email}, invited as {AS_ROLE[sent.invitation.role]} by {sent.inviter}"
        )
        if act == "resend":
            self.dialog_title = "Resend the invitation"
            self.dialog_effects = [
                "We'll send an e-mail with a new link, which expires in 7 days.",
                "The previous link stops working.",
                "You are shown as the inviter.",
            ]
        else:
            self.dialog_title = "Revoke the invitation"
            self.dialog_effects = [
                "Its link stops working immediately.",
                "No e-mail is sent. You can invite this address again.",
            ]

    @event(Permission.ACCOUNTS_CHANGE)
    async def show_dialog(self, is_open: bool):
        """Escape and Cancel."""
        if not is_open:
            self.dialog = ""

    @event(Permission.ACCOUNTS_CHANGE)
    async def confirm(self):
        """Do what the open dialog is about."""
        if not self.dialog or self.busy:
            return
        self.busy = True
        yield
        try:
            actor = (await self.get_state(AuthState)).actor()
            if self.dialog == "resend":
                sent = await invitations.resend(actor, self._asked_id)
                said = f"We've sent a new link to {sent.email}."
            else:
                await invitations.revoke(actor, self._asked_id)
                said = "Invitation revoked."
            self.dialog = ""
            yield [notices.success(said), InvitationsState.load]
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.dialog_problem = await support.sentence(problem)
        finally:
            self.busy = False


def _row(sent: Sent) -> InvitationRow:
    invitation = sent.invitation
    return InvitationRow(
        id=invitation.id,
        email=invitation.email,
        role=ROLE_LABELS[invitation.role],
        inviter=sent.inviter,
        sent=times.short(invitation.invited_at),
        until=times.short(invitation.expires_at),
        expired=sent.expired,
        email_state=sent.email_state.value if sent.email_state else "queued",
        email_href=routes.email(sent.email_id) if sent.email_id else "",
    )
