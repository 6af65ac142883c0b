"""The signed-in account, for the screen: names as plain vars, the actor itself out of reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from starlette.requests import cookie_parser

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.errors import Busy, Invalid, NotSignedIn
from courseflow_admin.field_sentences import sentence
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.accounts import PersonName
from courseflow_admin.models.core.addresses import EmailAddress
from courseflow_admin.models.core.calendar import Calendar
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.identity.second_factor import WRONG_CODE, SignInOver
from courseflow_admin.services.identity.accounts import WrongCredentials
from courseflow_admin.services.identity.password_rules import LENGTH, REASONS
from courseflow_admin.services.school import support
from courseflow_admin.state import edge
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import query_of
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC

ROLE_LABELS = {"admin": "Admin", "instructor": "Instructor", "student": "Learner"}
# Said of what people cannot help themselves with: whom to write to is added.
NEED_SUPPORT = {"suspended", "not_permitted", "provider_refused"}
PROBLEMS = {
    "wrong_credentials": WrongCredentials().message,
    "wrong_code": WRONG_CODE,
    "sign_in_over": SignInOver().message,
    "not_signed_in": "This account was changed a moment ago. Please sign in again.",
    "over": "You were signed out here. Sign in to continue.",
    "suspended": "This account is suspended.",
    "too_many": "Too many attempts. Wait five minutes and try again.",
    "weak_password": LENGTH,
    **{f"weak_password_{reason}": text for reason, text in REASONS.items()},
    "invalid_email": "Enter a valid e-mail address.",
    "invalid_name": "Enter your name.",
    "invalid": "Fill in every field.",
    "busy": Busy().message,
    "unavailable": "The database is not responding. Please try again in a moment.",
}
# The field that a code is about; others are about the whole form.
FIELDS = {
    "weak_password": "password",
    **{f"weak_password_{reason}": "password" for reason in REASONS},
    "invalid_email": "email",
    "invalid_name": "name",
}
READ_BY: Mapping[str, TypeAdapter[str]] = MappingProxyType(
    {"name": TypeAdapter(PersonName), "email": TypeAdapter(EmailAddress)}
)
NEWS = {
    "check_email": "We sent an e-mail to this address that says how to sign in.",
    "deleted": "Your account is deleted, and you are signed out everywhere. We've sent you an "
    "e-mail to confirm it.",
}


async def problem_text(texts: Mapping[str, str], code: str) -> str:
    """The sentence for a code from the address, with whom to write to where it helps."""
    text = texts.get(code, "")
    return await support.with_address(text) if text and code in NEED_SUPPORT else text


class AuthState(rx.State):
    """Written by the guard before every event; handlers only read it."""

    known: bool = False  # False until the server has answered once: the page shows a skeleton
    signed_in: bool = False
    name: str = ""
    initials: str = ""
    email: str = ""
    role_label: str = ""
    permissions: list[str] = []
    second_factor_due: bool = False  # the rest is withheld until it is set up
    unconfirmed: bool = False  # the address is one's own to prove, and it is not proved yet
    viewing: str = ""  # whom an admin sees the product as
    viewing_ends: str = ""
    _actor: Actor | None = None
    _told_zone: str = ""  # by the browser, in this tab
    _bound_to: str = ""  # hash of the session cookie this tab's state belongs to

    def actor(self) -> Actor:
        """The account that is asking; every service takes it first."""
        if self._actor is None:
            raise NotSignedIn
        return self._actor

    @event(PUBLIC)
    async def tell_zone(self, zone: str):
        """The browser's own time zone; the page is read again where its times change by it."""
        found = calendar.of(zone)
        self._told_zone = found.zone.key if found else ""
        if self._calendar() != times.here():
            return edge.RUN_LOADERS
        return None

    @event(PUBLIC)
    async def look_again(self):
        """Asked while someone is viewed: the guard has looked at the clock already."""

    def _calendar(self) -> Calendar:
        """Whose hours are shown: those chosen, else the browser's, else the school's."""
        chosen = self._actor.zone if self._actor else ""
        noted = cookie_parser(self.router.headers.cookie).get(routes.ZONE_COOKIE, "")
        names = (chosen, self._told_zone, unquote(noted))
        found = (calendar.of(name) for name in names if name)
        return next((one for one in found if one), calendar.school())

    def _sign_in(self, actor: Actor | None) -> None:
        ends = _ends(actor) if actor else ""
        if self.viewing_ends != ends:
            self.viewing_ends = ends
        if self.known and actor == self._actor:
            return  # assigning the same again would be sent again
        self.known = True
        self._actor = actor
        self.signed_in = actor is not None
        self.name = actor.name if actor else ""
        self.email = actor.email if actor else ""
        self.initials = initials(actor.name) if actor else ""
        self.role_label = ROLE_LABELS.get(actor.role, "") if actor else ""
        self.permissions = sorted(actor.permissions) if actor else []
        self.second_factor_due = actor is not None and actor.second_factor_due
        self.unconfirmed = bool(
            actor and not actor.verified and actor.can(Permission.ACCOUNT_PRIVATE)
        )
        self.viewing = actor.name if actor and actor.viewer else ""


def _ends(actor: Actor) -> str:
    """`ends in 29 min`, for whoever views someone."""
    if actor.views_until is None:
        return ""
    seconds = (actor.views_until - clock.wall()).total_seconds()
    return f"ends in {max(1, round(seconds / 60))} min"


@dataclass
class DemoPerson:
    role: str
    email: str


class SignInState(rx.State):
    """What the sign-in and sign-up forms show: from the address, and what was typed before."""

    problem: str = ""  # of the whole form
    wrong: str = ""  # or the field that has one
    wrong_text: str = ""
    news: str = ""  # what went well and leads here
    email: str = ""
    name: str = ""
    next_path: str = ""  # until the page is loaded: then the form's Referer tells it
    other_query: str = ""  # so that changing between the two forms keeps `next`
    demo_people: list[DemoPerson] = []

    @event(PUBLIC)
    async def load(self):
        query = await self._read_address(PROBLEMS, "said", "next")
        auth = await self.get_state(AuthState)
        self.next_path = routes.safe_next(query["next"])
        if auth.signed_in:
            return rx.redirect(self.next_path, replace=True)
        self.news = NEWS.get(query["said"], "")
        fields = typed(self.router.headers.cookie) if query["said"] else {}
        self.email, self.name = fields.get("email", ""), fields.get("name", "")
        if self.wrong in fields and (why := _why_not(self.wrong, fields[self.wrong])):
            self.wrong_text = why
        asked = routes.safe_next(query["next"], "")
        self.other_query = routes.with_query("", next=asked)
        # Demo people exist only beside a sandbox, never in a database that is live.
        self.demo_people = [
            DemoPerson(label, f"{role}@demo.test")
            for role, label in ROLE_LABELS.items()
            if settings().any_sandbox and not settings().production
        ]
        # What was typed is there again, but never the password.
        return self._to_first_error() or (rx.set_focus("password") if self.email else None)

    async def _read_address(
        self, texts: Mapping[str, str], said: str, *others: str
    ) -> dict[str, str]:
        """What the address says, with its problem in words; if it says one twice, only that."""
        self.news = ""
        try:
            query = query_of(self.router.url, said, *others)
        except Invalid as twice:
            self._say(twice.message)
            return dict.fromkeys((said, *others), "")
        self._say(await problem_text(texts, query[said]), FIELDS.get(query[said], ""))
        return query

    def _say(self, text: str, field: str = "") -> None:
        """What is wrong with one field, or with the whole form."""
        self.wrong, self.wrong_text = (field, text) if field else ("", "")
        self.problem = "" if field else text

    def _to_first_error(self) -> Any:
        return rx.set_focus(self.wrong) if self.wrong else None


def _why_not(field: str, value: str) -> str:
    """What is wrong with what was typed into a field; the code in the address says only which."""
    try:
        READ_BY[field].validate_python(value)
    except ValidationError as error:
        return sentence(error.errors(include_url=False, include_input=False)[0])
    return ""


def typed(cookies: str) -> dict[str, str]:
    """The fields of a form that has to be filled in once more."""
    kept = cookie_parser(cookies).get(routes.form_cookie(secure=settings().secure), "")
    return dict(parse_qsl(kept))


def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()
