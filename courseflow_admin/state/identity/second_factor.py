"""The second factor on screen: on the page of one's account, and its code at sign-in."""

import dataclasses
from typing import Any, Literal
from urllib.parse import quote

import reflex as rx
from pydantic import SecretStr

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.models.core.accounts import AnyPassword
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.identity.second_factor import RECOVERY_CODES
from courseflow_admin.services.identity import second_factor
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.auth import PROBLEMS, AuthState, SignInState
from courseflow_admin.state.core.events import Form, event
from courseflow_admin.state.core.marks import PUBLIC
from courseflow_admin.state.identity.account import AccountState

FEW = 3  # recovery codes left: then the page says so
CODE_PROBLEMS = {
    **PROBLEMS,
    # After fifty wrong ones it is closed for the day, and a new password opens it again.
    "too_many": "Too many attempts. Wait five minutes and try again. If that doesn't help, reset "
    "your password.",
}
WRONG_RECOVERY_CODE = (
    "This recovery code is incorrect or has already been used. Check it against your list, try "
    "another one, or use the code from your app."
)
PASSWORD, CODE, CODES = "second-factor-password", "second-factor-code", "second-factor-codes"


class PasswordForm(Form):
    current_password: AnyPassword


class CodeForm(Form):
    code: SecretStr


class ProofForm(PasswordForm):
    code: SecretStr


class SecondFactorState(rx.State):
    view: str = ""  # "off", "setting_up", "on"; before: not known yet
    since: str = ""
    left: str = ""
    few: bool = False
    required: bool = False
    asking: str = ""  # which form is open: "begin", "codes", "off"
    key: str = ""  # shown while it is set up, then forgotten
    key_groups: str = ""
    qr: str = ""
    codes: list[str] = []  # recovery codes, shown once
    codes_text: str = ""
    codes_href: str = ""
    said: str = ""  # read out when it changes
    wrong: str = ""  # the field whose error is shown
    wrong_text: str = ""
    saving: str = ""  # the form being sent

    @event(Permission.ACCOUNT_PRIVATE, supersedes=True)
    async def load(self):
        self._hide_codes()
        self.asking = self.wrong = self.wrong_text = self.said = ""
        await self._show()

    @event(Permission.ACCOUNT_PRIVATE)
    async def ask(self, which: Literal["begin", "codes", "off"]):
        """Open the form of one act."""
        self.asking, self.wrong, self.wrong_text = which, "", ""
        return rx.set_focus(PASSWORD)

    @event(Permission.ACCOUNT_PRIVATE)
    async def cancel(self):
        """Close the open form; a key that was not confirmed is worth nothing."""
        self.asking = self.wrong = self.wrong_text = ""
        self._forget_key()
        await self._show()

    @event(Permission.ACCOUNT_PRIVATE)
    async def begin(self, form: PasswordForm):
        self._sending("begin")
        yield
        try:
            auth = await self.get_state(AuthState)
            made = await second_factor.begin(auth.actor(), form.current_password.get_secret_value())
            self.key, self.qr = made.key, made.qr_svg
            self.key_groups = " ".join(made.key[at : at + 4] for at in range(0, len(made.key), 4))
            self.asking = ""
            await self._show()
            self.said = "Scan the QR code, or enter the key in your app."
            yield rx.set_focus(CODE)
        except Invalid as problem:
            yield self._refuse(problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def confirm(self, form: CodeForm):
        self._sending("confirm")
        yield
        try:
            auth = await self.get_state(AuthState)
            codes = await second_factor.confirm(auth.actor(), form.code.get_secret_value())
            auth._sign_in(dataclasses.replace(auth.actor(), second_factor_due=False))
            self._forget_key()
            await self._show_codes(codes)
            self.said = "Your second factor is on. Save your recovery codes now."
            yield [AccountState.load, rx.set_focus(CODES)]  # the other sessions have ended
        except Invalid as problem:
            yield self._refuse(problem)
        except Conflict:
            self._forget_key()
            await self._show()
            raise
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def renew(self, form: ProofForm):
        """New recovery codes in place of the old ones."""
        self._sending("codes")
        yield
        try:
            auth = await self.get_state(AuthState)
            codes = await second_factor.renew_recovery_codes(
                auth.actor(),
                form.current_password.get_secret_value(),
                form.code.get_secret_value(),
            )
            self.asking = ""
            await self._show_codes(codes)
            self.said = "These are your new recovery codes. Your old codes no longer work."
            yield rx.set_focus(CODES)
        except Invalid as problem:
            yield self._refuse(problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def switch_off(self, form: ProofForm):
        self._sending("off")
        yield
        try:
            auth = await self.get_state(AuthState)
            await second_factor.switch_off(
                auth.actor(),
                form.current_password.get_secret_value(),
                form.code.get_secret_value(),
            )
            self.asking = ""
            self._hide_codes()
            await self._show()
            yield notices.success(
                "Your second factor is off. You now sign in with your password alone."
            )
        except Invalid as problem:
            yield self._refuse(problem)
        finally:
            self.saving = ""

    @event(Permission.ACCOUNT_PRIVATE)
    async def codes_kept(self):
        """They are not shown again."""
        self._hide_codes()
        self.said = ""

    async def _show(self) -> None:
        auth = await self.get_state(AuthState)
        found = await second_factor.get(auth.actor())
        if not found.setting_up:
            self._forget_key()
        setting_up = "setting_up" if self.key else "off"
        self.view = "on" if found.on else setting_up
        self.since = times.long(found.since) if found.since else ""
        self.left = f"{found.recovery_codes_left} of {RECOVERY_CODES} left"
        self.few = found.recovery_codes_left <= FEW
        self.required = found.required

    async def _show_codes(self, codes: list[str]) -> None:
        self.codes, self.codes_text = codes, "\n".join(codes)
        auth = await self.get_state(AuthState)
        text = (
            f"Recovery codes of {auth.email} at {(await school_settings.get()).name}\r\nEach code "
            "works once, in place of the code from your app.\r\n\r\n"
        )
        self.codes_href = f"data:text/plain;charset=utf-8,{quote(text + chr(10).join(codes))}"
        await self._show()

    def _hide_codes(self) -> None:
        self.codes, self.codes_text, self.codes_href = [], "", ""

    def _forget_key(self) -> None:
        self.key = self.key_groups = self.qr = ""

    def _sending(self, form: str) -> None:
        self.saving, self.wrong, self.wrong_text, self.said = form, "", "", ""

    def _refuse(self, problem: Invalid) -> Any:
        self.wrong, self.wrong_text = problem.field, problem.message
        return rx.set_focus(PASSWORD if problem.field == "current_password" else CODE)


class SignInCodeState(rx.State):
    """The second half of signing in; all it shows is read from the address."""

    recovery: bool = False
    by: str = ""
    other_href: str = ""
    support: str = ""

    @event(PUBLIC)
    async def load(self):
        auth = await self.get_state(AuthState)
        frame = await self.get_state(SignInState)
        query = await frame._read_address(CODE_PROBLEMS, "said", "next", "by")
        frame.next_path = routes.safe_next(query["next"])
        asked = routes.safe_next(query["next"], "")
        pending = f"{routes.pending_cookie(secure=settings().secure)}="
        if pending not in self.router.headers.cookie:
            elsewhere = frame.next_path if auth.signed_in else routes.sign_in(asked)
            return rx.redirect(elsewhere, replace=True)
        self.recovery = query["by"] == "recovery"
        if self.recovery and query["said"] == "wrong_code":
            frame._say(WRONG_RECOVERY_CODE)
        self.by = "recovery" if self.recovery else ""
        self.other_href = routes.sign_in_code(asked, recovery=not self.recovery)
        self.support = (await school_settings.get()).support_email
        return None
