"""One's own account on screen: name, address, password, sessions, and its end."""

import dataclasses
from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core.accounts import AnyPassword, NewPassword
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.services.identity import accounts, erasure, my_account, verification
from courseflow_admin.services.identity.my_account import OwnSession
from courseflow_admin.services.school import support
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import Form, event


@dataclass
class SessionRow:
    id: str
    device: str
    note: str
    is_program: bool
    is_this: bool


class NameForm(Form):
    name: str


class ZoneForm(Form):
    zone: str


class PasswordForm(Form):
    current_password: AnyPassword
    password: NewPassword


class EmailForm(Form):
    email: str
    proof: AnyPassword


class DeletionForm(Form):
    current_password: AnyPassword


class AccountState(DetailState, rx.State):
    name: str = ""
    email: str = ""
    verified: bool = False
    role: str = ""
    sessions: list[SessionRow] = []
    others: int = 0
    zone: str = ""
    chosen_zone: str = ""  # "": the browser's
    form_key: int = 0  # a new one empties the forms
    wrong: str = ""  # "form.field" whose error is shown
    wrong_text: str = ""
    saving: str = ""  # the form being saved
    asked_email: str = ""  # the new address, while its link waits to be used
    asked_until: str = ""
    deleting: bool = False
    delete_problem: str = ""  # why it cannot be deleted just now

    @event(Permission.ACCOUNT_PRIVATE, supersedes=True)
    async def load(self):
        auth = await self.get_state(AuthState)
        self.wrong = self.wrong_text = ""
        self.deleting = False
        async with self._refusals():
            await self._show(auth.actor())
            return rx.set_focus("email") if self.router.url.fragment == "email" else None

    @event(Permission.ACCOUNT_PRIVATE)
    async def rename(self, form: NameForm):
        auth = await self.get_state(AuthState)
        self._begin("name")
        yield
        try:
            account = await my_account.rename(auth.actor(), form.name)
            auth._sign_in(dataclasses.replace(auth.actor(), name=account.name))
            self._empty_forms()
            await self._show(auth.actor())
            yield notices.success("Your name is saved.")
        except Invalid as problem:
            self._refuse("name", problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def choose_zone(self, form: ZoneForm):
        auth = await self.get_state(AuthState)
        self._begin("zone")
        yield
        try:
            account = await my_account.choose_zone(auth.actor(), form.zone)
            auth._sign_in(dataclasses.replace(auth.actor(), zone=account.zone))
            times.viewer.set(auth._calendar())
            await self._show(auth.actor())
            yield notices.success(f"Your time zone is saved. {times.zone()}.")
        except Invalid as problem:
            self._refuse("zone", problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def change_password(self, form: PasswordForm):
        auth = await self.get_state(AuthState)
        self._begin("password")
        yield
        try:
            ended = await my_account.change_password(
                auth.actor(),
                form.current_password.get_secret_value(),
                form.password.get_secret_value(),
            )
            self._empty_forms()
            await self._show(auth.actor())
            yield notices.success(f"Your password is changed. {_signed_out(ended)}")
        except Invalid as problem:
            self._refuse("password", problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def change_email(self, form: EmailForm):
        auth = await self.get_state(AuthState)
        self._begin("email")
        yield
        try:
            await verification.ask_for_new_email(
                auth.actor(), form.email, form.proof.get_secret_value()
            )
            self._empty_forms()
            await self._show(auth.actor())
        except Invalid as problem:
            self._refuse("email", problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def send_change_again(self):
        auth = await self.get_state(AuthState)
        try:
            email = await verification.send_change_again(auth.actor())
        finally:
            await self._show(auth.actor())
        return notices.success(f"We've sent a new link to {email}.")

    @event(Permission.ACCOUNT_PRIVATE)
    async def cancel_change(self):
        auth = await self.get_state(AuthState)
        await verification.cancel_change(auth.actor())
        await self._show(auth.actor())
        return [
            notices.success(f"Your e-mail address is still {self.email}."),
            rx.set_focus("email"),
        ]

    @event(Permission.ACCOUNT_PRIVATE)
    async def resend(self):
        """Another link to confirm the address of the account."""
        auth = await self.get_state(AuthState)
        try:
            await verification.resend(auth.actor())
        finally:
            await self._show(auth.actor())
        return notices.success("We've sent a link to your address.")

    @event(Permission.ACCOUNT_PRIVATE)
    async def end_session(self, session_id: str):
        auth = await self.get_state(AuthState)
        try:
            await my_account.end_session(auth.actor(), session_id)
        finally:
            await self._show(auth.actor())
        return notices.success("Session signed out.")

    @event(Permission.ACCOUNT_PRIVATE)
    async def end_others(self):
        if self.others == 0:
            return None  # a second click: the button is gone
        auth = await self.get_state(AuthState)
        ended = await my_account.end_other_sessions(auth.actor())
        await self._show(auth.actor())
        return notices.success(_signed_out(ended))

    @event(Permission.ACCOUNT_PRIVATE)
    async def ask_delete(self, is_open: bool):
        self.wrong = self.wrong_text = self.delete_problem = ""
        if is_open:
            auth = await self.get_state(AuthState)
            try:
                await erasure.require_possible(auth.actor())
            except Conflict as problem:
                self.delete_problem = await support.sentence(problem)
        self.deleting = is_open

    @event(Permission.ACCOUNT_PRIVATE)
    async def delete(self, form: DeletionForm):
        auth = await self.get_state(AuthState)
        self._begin("delete")
        yield
        try:
            await erasure.erase(auth.actor(), form.current_password.get_secret_value())
            self.deleting = False
            yield rx.redirect(routes.sign_in(said="deleted"))
        except Invalid as problem:
            self._refuse("delete", problem)
        finally:
            self.saving = ""

    async def _show(self, actor: Actor) -> None:
        account = await accounts.get(actor, actor.id)
        found = await my_account.my_sessions(actor)
        waiting = await verification.change_waiting(actor)
        self.name, self.email = account.name, account.email
        self.verified = account.verified_at is not None
        self.asked_email = waiting.email if waiting else ""
        self.asked_until = times.short(waiting.expires_at) if waiting else ""
        self.role = ROLE_LABELS.get(account.role, "")
        self.sessions = [_row(one) for one in found]
        self.others = sum(not one.is_this for one in found)
        self.zone, self.chosen_zone = times.zone(), account.zone
        self.view = "there"

    def _begin(self, form: str) -> None:
        self.saving = form
        self.wrong = self.wrong_text = ""

    def _refuse(self, form: str, problem: Invalid) -> None:
        self.wrong, self.wrong_text = f"{form}.{problem.field}", problem.message

    def _empty_forms(self) -> None:
        self.form_key += 1


def _row(session: OwnSession) -> SessionRow:
    used = "Used now" if session.is_this else f"Last used {times.short(session.last_used_at)}"
    since = f"signed in {times.short(session.signed_in_at)}"
    return SessionRow(
        id=session.id,
        device=session.device,
        note=" · ".join(part for part in (session.ip, used, since) if part),
        is_program=session.is_program,
        is_this=session.is_this,
    )


def _signed_out(ended: int) -> str:
    if ended == 0:
        return "You have no other sessions."
    return f"Signed out on {counted(ended, 'other device')}."
