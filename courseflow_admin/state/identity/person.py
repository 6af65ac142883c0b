"""One person on screen: everything about them, and the acts on their account."""

from dataclasses import dataclass
from typing import Literal

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import CourseFlowError, NotSignedIn
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core.accounts import AS_ROLE, MAY, Account, AccountRole
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.identity.devices import device_of
from courseflow_admin.models.identity.sessions import Session
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.school.audit import AuditEntry
from courseflow_admin.models.teaching.enrollments import EndReason, Grant
from courseflow_admin.services.identity import (
    accounts,
    people,
    second_factor,
    verification,
    view_as,
)
from courseflow_admin.services.identity.people import Person, Place
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import support
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.address import last_part, query_of
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState, initials
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.school.audit import details_of
from courseflow_admin.state.school.audit_words import ACTS, actor_text

ActName = Literal["role", "suspend", "restore", "sign_out", "verify", "second_factor", "view"]
GRANTS = {
    "payment": "bought",
    "manual": "granted manually",
    "free": "free",
    "batch": ("granted as a group"),
}
ENDED = {
    EndReason.REFUND: "refund",
    EndReason.DISPUTE_LOST: "dispute lost",
    EndReason.SECOND_PAYMENT: "paid twice",
}

VIEW_PROBLEMS = {
    "not_viewable": "This account can't be viewed right now.",
    "not_found": "This account can't be viewed right now.",
    "too_many": "You have used View as too often. Wait a while and try again.",
    "read_only": "End the current view-as first.",
}


@dataclass
class PlaceRow:
    title: str
    open: bool
    verdict: str
    grants: str
    progress: str
    href: str  # why?


@dataclass
class LineRow:
    text: str
    note: str
    state: str
    href: str


@dataclass
class SessionRow:
    device: str
    note: str


@dataclass
class EntryLine:
    what: str
    who: str
    at: str
    exact: str
    details: str


@dataclass
class Shown:
    """Everything about the account that is text."""

    name: str = "Person"
    initials: str = ""
    email: str = ""
    account_id: str = ""
    role: str = ""
    standing: str = ""
    verified: str = ""
    suspended: str = ""
    deleted: str = ""  # when; of who is deleted nothing else is known
    joined: str = ""
    seen: str = ""
    second_factor: str = ""
    payments_href: str = ""
    emails_href: str = ""
    about_href: str = ""
    did_href: str = ""
    own: bool = False  # the page of whoever looks at it: no one changes themselves
    changeable: bool = False
    unverified: bool = False
    viewable: bool = False
    view_action: str = ""


class PersonState(DetailState, rx.State):
    zone: str = ""
    shown: Shown = Shown()
    places: list[PlaceRow] = []
    payments: list[LineRow] = []
    emails: list[LineRow] = []
    sessions: list[SessionRow] = []
    entries: list[EntryLine] = []
    dialog: str = ""  # which act is being asked about
    dialog_title: str = ""
    dialog_text: str = ""
    dialog_act: str = ""
    dialog_effects: list[str] = []
    dialog_problem: str = ""
    role: str = ""  # the one picked in the dialog
    reason: str = ""  # for a suspension, may be left out
    busy: bool = False
    _person: Person | None = None
    _told_of_views: bool = True

    @event(Permission.ACCOUNTS_READ, supersedes=True)
    async def load(self):
        account_id, self.dialog = last_part(self), ""
        if self._turn_to(account_id):
            yield
        async with self._refusals():
            said = query_of(self.router.url, "said")["said"]
            await self._read(account_id)
            if said in VIEW_PROBLEMS:
                yield notices.error(VIEW_PROBLEMS[said])

    def _forget(self) -> None:
        self._person, self.shown = None, Shown()

    @event(Permission.ACCOUNTS_CHANGE)
    async def ask(self, act: ActName):
        """Open the dialog of one act, which says what it does before it does it."""
        if self._person is None or self.shown.own:
            return
        self.role, self.reason = self._person.account.role, ""
        self._explain(self._person, act)

    @event(Permission.ACCOUNTS_CHANGE)
    async def show_dialog(self, is_open: bool):
        """Escape and Cancel."""
        if not is_open:
            self.dialog = ""

    @event(Permission.ACCOUNTS_CHANGE)
    async def pick_role(self, role: AccountRole):
        self.role = role
        if self._person is not None and self.dialog == "role":
            self._explain(self._person, "role")

    @event(Permission.ACCOUNTS_CHANGE)
    async def write_reason(self, reason: str):
        self.reason = reason

    @event(Permission.ACCOUNTS_CHANGE)
    async def confirm(self):
        """Do what the open dialog is about."""
        person, act = self._person, self.dialog
        if person is None or not act or act == "view" or self.busy:
            return  # to view someone is a form of its own: the whole page is reloaded
        if act == "role" and self.role == person.account.role:
            self.dialog_problem = "Choose a different role first."
            return
        self.busy = True
        yield
        try:
            said = await self._do(act, person.account)
            await self._read(person.account.id)
            self.dialog = ""
            yield notices.success(said)
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.dialog_problem = await support.sentence(problem)
        finally:
            self.busy = False

    async def _do(self, act: str, account: Account) -> str:
        actor = (await self.get_state(AuthState)).actor()
        if act == "role":
            await accounts.change_role(actor, account.id, self.role)
            return f"{account.name} is now {AS_ROLE[self.role]}."
        if act == "suspend":
            await accounts.suspend(actor, account.id, self.reason)
            return f"{account.name} is suspended."
        if act == "restore":
            await accounts.restore(actor, account.id)
            return f"{account.name} can sign in again."
        if act == "verify":
            await verification.resend_to(actor, account.id)
            return f"We've sent a link to {account.email}."
        if act == "second_factor":
            await second_factor.remove(actor, account.id)
            return f"{account.name} now signs in with the password alone."
        ended = await people.sign_out_everywhere(actor, account.id)
        how_many = f": {counted(ended, 'session')} ended" if ended else ""
        return f"{account.name} is signed out{how_many}."

    async def _read(self, account_id: str) -> None:
        actor = (await self.get_state(AuthState)).actor()
        person = await people.get(actor, account_id)
        self._person = person
        self.zone = times.zone()
        self.shown = _shown(person, own=account_id == actor.id)
        self.shown.viewable = view_as.viewable(actor, person.account)
        self._told_of_views = (await school_settings.get()).tell_about_view_as
        self.places = [_place(person.account, place) for place in person.places]
        self.payments = [_payment(payment) for payment in person.payments]
        self.emails = [_email(email) for email in person.emails]
        self.sessions = [_session(session) for session in person.sessions]
        self.entries = [_entry(entry, person.account) for entry in person.entries]
        self.view = "there"

    def _explain(self, person: Person, act: ActName) -> None:
        name, account = person.account.name, person.account
        self.dialog, self.dialog_problem = act, ""
        self.dialog_text = f"{name}, {account.email}"
        ended = ending(len(person.sessions))
        noted = "Your name and this action are recorded in the audit log."
        told = f"We'll e-mail {name}. {noted}"
        if act == "role":
            same = self.role == account.role
            self.dialog_title = f"Change the role of {name}"
            self.dialog_act = "Change role" if same else f"Make {name} {AS_ROLE[self.role]}"
            self.dialog_effects = [] if same else [
                f"{name} can {MAY[self.role]}, effective immediately.",
                "No one is signed out. Courses, payments and progress stay the same.",
                told,
            ]  # fmt: skip
        elif act == "suspend":
            self.dialog_title = self.dialog_act = f"Suspend {name}"
            self.dialog_effects = [
                ended,
                "They can't sign in or open courses until you restore the account.",
                "Enrollments, payments and progress are kept.",
                told,
            ]
        elif act == "restore":
            self.dialog_title = self.dialog_act = f"Restore {name}"
            self.dialog_effects = [
                "They can sign in again and open the courses they have access to.",
                "Ended sessions are not restored.",
                told,
            ]
        elif act == "view":
            self.dialog_title = self.dialog_act = f"View as {name}"
            self.dialog_effects = [
                f"You see every page as {name}, in all your tabs in this browser.",
                "It is read-only and ends after 30 minutes, or when you end it.",
                "You can't see their account page, sessions or data export.",
                "The audit log records both names, the start and the end.",
                f"We'll e-mail {name}." if self._told_of_views else "No e-mail is sent.",
            ]
        elif act == "verify":
            self.dialog_title = "Resend verification"
            self.dialog_act = "Send new link"
            self.dialog_effects = [
                f"We'll send a confirmation link to {account.email}.",
                "Earlier links stop working.",
                noted,
            ]
        elif act == "second_factor":
            self.dialog_title = f"Remove the second factor of {name}"
            self.dialog_act = "Remove second factor"
            self.dialog_effects = [
                (
                    f"{name} will sign in with the password alone. Make sure the request "
                    "really came from them."
                ),
                ended,
                f"We'll e-mail {name}, who can set it up again.",
                "Your name and this action are recorded in the audit log.",
            ]
        else:
            self.dialog_title = self.dialog_act = f"Sign {name} out everywhere"
            self.dialog_effects = [
                ended,
                "They can sign in again right away.",
                told,
            ]


def ending(sessions: int) -> str:
    if sessions == 0:
        return "They are not signed in anywhere."
    if sessions == 1:
        return "1 open session ends with its next click."
    return f"{counted(sessions, 'open session')} end with their next click."


def _shown(person: Person, *, own: bool) -> Shown:
    account, since = person.account, person.second_factor_since
    name = account.name if not account.erased_at else "Deleted account"
    return Shown(
        name=name,
        initials=initials(name),
        email=account.email if not account.erased_at else "",
        account_id=account.id,
        role=ROLE_LABELS.get(account.role, "None"),
        standing=account.standing,
        verified=times.long(account.verified_at) if account.verified_at else "Not yet",
        suspended=times.long(account.suspended_at) if account.suspended_at else "",
        deleted=times.long(account.erased_at) if account.erased_at else "",
        joined=times.long(account.created_at),
        seen=times.long(account.signed_in_at) if account.signed_in_at else "Never",
        second_factor=f"On since {times.day(since)}" if since else "Off",
        payments_href=routes.with_query(routes.PAYMENTS, account=account.id),
        emails_href=routes.with_query(routes.EMAILS, account=account.id),
        about_href=routes.with_query(routes.AUDIT, object=account.id),
        did_href=routes.with_query(routes.AUDIT, actor=account.id),
        own=own,
        changeable=not own and not account.erased_at,
        unverified=account.standing == "unverified",
        view_action=routes.api_view_as(account.id),
    )


def _place(account: Account, place: Place) -> PlaceRow:
    enrollment = place.enrollment
    grants = enrollment.grants if enrollment else []
    said = place.verdict.allowed and len(grants) == 1  # by the verdict
    return PlaceRow(
        title=place.title,
        open=place.verdict.allowed,
        verdict=place.verdict.sentence,
        grants="" if said else "; ".join(_grant(grant) for grant in grants) or "No grant",
        progress=f"{enrollment.percent}%" if enrollment else "",
        href=routes.access(account.id, place.course_id),
    )


def _grant(grant: Grant) -> str:
    text = f"{GRANTS[grant.kind]} {times.day(grant.started)}"
    if grant.ended:
        why = ENDED[grant.end_reason] if grant.end_reason else "no reason given"
        return f"{text}, ended {times.day(grant.ended)} ({why})"
    return f"{text}, until {times.day(grant.expires_at)}" if grant.expires_at else text


def _payment(payment: Payment) -> LineRow:
    note = f"{payment.course_title}, {times.short(payment.created_at)}"
    return LineRow(str(payment.amount), note, payment.state.value, routes.payment(payment.id))


def _email(email: Email) -> LineRow:
    note = times.short(email.queued_at)
    return LineRow(email.subject, note, email.state.value, routes.email(email.id))


def _session(session: Session) -> SessionRow:
    place = session.ip or "unknown address"
    return SessionRow(
        device_of(session.user_agent), f"{place}, last used {times.short(session.last_used_at)}"
    )


def _entry(entry: AuditEntry, about: Account) -> EntryLine:
    return EntryLine(
        what=ACTS[entry.act],
        who=actor_text(entry.actor_id, entry.actor_name),
        at=times.short(entry.at),
        exact=times.exact(entry.at),
        details=details_of(entry, {about.id: about.name}),
    )
