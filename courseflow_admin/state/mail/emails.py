"""The e-mail log: the address says what is shown, every control only changes it."""

from dataclasses import dataclass, replace

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.mail.emails import UNDELIVERED, Email, EmailFilter
from courseflow_admin.services.identity import people
from courseflow_admin.services.mail import emails
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState

KINDS: dict[str, str] = {
    "welcome": "Welcome",
    "account_exists": "Account already exists",
    "invitation": "Invitation",
    "verify_email": "E-mail confirmation",
    "password_reset": "Password reset",
    "password_changed": "Password changed",
    "email_change": "New e-mail confirmation",
    "email_change_asked": "E-mail change requested",
    "email_changed": "E-mail changed",
    "course_authors": "Authors changed",
    "role_changed": "Role changed",
    "viewed_as": "View-as started",
    "account_suspended": "Account suspended",
    "account_restored": "Account restored",
    "account_erased": "Account deleted",
    "access_granted": "Access granted",
    "access_ended": "Access ended",
    "receipt": "Receipt",
    "refund": "Refund",
    "second_payment_refunded": "Second payment refunded",
    "token_reuse": "Signed out for security",
    "new_device": "Sign-in from a new device",
    "second_factor_on": "Second factor on",
    "second_factor_off": "Second factor off",
    "second_factor_removed": "Second factor removed",
    "recovery_code_used": "Recovery code used",
    "recovery_codes_renewed": "New recovery codes",
    "signed_out_everywhere": "Signed out by an admin",
    "sessions_ended": "Signed out elsewhere",
    "data_exported": "Data exported",
}
GROUP = "undelivered"
STATES: dict[str, str] = {
    GROUP: "Not delivered",
    "queued": "Queued",
    "sent": "Sent",
    "delayed": "Delayed",
    "delivered": "Delivered",
    "bounced": "Bounced",
    "failed": "Failed",
    "suppressed": "Suppressed",
    "complained": "Complained",
}
NAMES = ("kind", "state", "to", "account", "since")


@dataclass
class EmailRow:
    date: str
    subject: str
    receiver: str
    kind: str
    state: str
    href: str


class EmailsState(ListState, rx.State):
    rows: list[EmailRow] = []
    kind_text: str = ""
    state_text: str = ""
    since_text: str = ""
    person_text: str = ""  # all to one person, from their page
    empty_title: str = ""
    empty_why: str = ""

    @event(Permission.EMAILS_READ, supersedes=True)
    async def load(self):
        address = ListAddress(routes.EMAILS, self.router.url, NAMES)
        auth = await self.get_state(AuthState)
        state = address.one_of("state", STATES)
        states = tuple(one.value for one in UNDELIVERED) if state == GROUP else (state,)
        wanted = EmailFilter(
            kind=address.one_of("kind", KINDS),
            states=states if state else (),
            to_prefix=address["to"],
            account_id=address["account"],
        )
        self._show_controls(address, wanted, state)
        async with self._refusals(address):
            days = Period.parse(address["since"], "")
            self.since_text = days.text() if days else ""
            wanted = replace(wanted, since=days.start if days else None)
            page = await emails.search(auth.actor(), wanted, address.request())
            if wanted.account_id:
                in_row = page.rows[0].to_name if page.rows else ""
                self.person_text = await people.called(auth.actor(), wanted.account_id, in_row)
            self.rows = [row_of(email) for email in page.rows]
            self._show_page(page, address)

    def _show_controls(self, address: ListAddress, wanted: EmailFilter, state: str) -> None:
        self.kind_text = KINDS.get(wanted.kind, "")
        self.state_text = STATES.get(state, "")
        self.person_text = wanted.account_id
        asked = (wanted.kind, state, wanted.to_prefix, wanted.account_id, address["since"])
        self.filtered = any(asked)
        self.empty_title, self.empty_why = _why_empty(wanted, state, filtered=self.filtered)


def _why_empty(wanted: EmailFilter, state: str, *, filtered: bool) -> tuple[str, str]:
    if not filtered:
        return "No e-mails yet", "E-mails appear here as soon as they are created."
    if state == GROUP and not (wanted.kind or wanted.to_prefix or wanted.account_id):
        why = "Bounced, failed and rejected e-mails appear here with the reason."
        return "No undelivered e-mails", why
    return "No e-mails found", "Remove a filter or try another search."


def row_of(email: Email) -> EmailRow:
    return EmailRow(
        date=times.short(email.queued_at),
        subject=email.subject,
        receiver=email.to or "Deleted account",
        kind=KINDS.get(email.kind.value, email.kind.value),
        state=email.state.value,
        href=routes.email(email.id),
    )
