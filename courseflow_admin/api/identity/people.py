"""What admins do with people, over HTTP: their role, their access, their sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import StringConstraints
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, read_json, takes
from courseflow_admin.api.core.errors import NOT_STORED, refusals
from courseflow_admin.api.identity.accounts import AccountView
from courseflow_admin.api.mail.emails import EmailView
from courseflow_admin.api.money.payments import PaymentView
from courseflow_admin.api.school.audit import EntryView
from courseflow_admin.models.core.accounts import LONGEST_REASON, Form
from courseflow_admin.models.identity.sessions import Session
from courseflow_admin.models.teaching.enrollments import EndReason, Grant
from courseflow_admin.services.identity import accounts, people, second_factor, verification
from courseflow_admin.services.identity.people import Person, Place

router = APIRouter(prefix=f"{routes.API}/accounts", tags=["accounts"])


class RoleForm(Form):
    role: Annotated[str, StringConstraints(max_length=20)]


class SuspendForm(Form):
    reason: Annotated[str, StringConstraints(max_length=LONGEST_REASON)] = ""


NO_REASON = SuspendForm()


@dataclass(frozen=True)
class SessionView:
    """A session without anything that could be used to enter it."""

    id: str
    kind: str
    device: str
    ip: str
    created_at: datetime
    last_used_at: datetime

    @classmethod
    def of(cls, session: Session) -> "SessionView":
        return cls(
            id=session.id,
            kind=session.kind,
            device=session.user_agent,
            ip=session.ip,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
        )


@dataclass(frozen=True)
class GrantView:
    id: str
    kind: str
    payment_id: str | None
    by: str
    started: datetime
    suspended: datetime | None  # since when a dispute about its payment is open
    ended: datetime | None
    end_reason: EndReason | Literal[""]
    expires_at: datetime | None

    @classmethod
    def of(cls, grant: Grant) -> "GrantView":
        return cls(**grant.model_dump())


@dataclass(frozen=True)
class PlaceView:
    """A course the person is in or has tried to pay for; `enrolled_at` None: only the latter."""

    course_id: str
    course: str
    allowed: bool
    verdict: str
    percent: int
    enrolled_at: datetime | None
    grants: list[GrantView]

    @classmethod
    def of(cls, place: Place) -> "PlaceView":
        enrollment = place.enrollment
        return cls(
            course_id=place.course_id,
            course=place.title,
            allowed=place.verdict.allowed,
            verdict=place.verdict.sentence,
            percent=enrollment.percent if enrollment else 0,
            enrolled_at=enrollment.enrolled_at if enrollment else None,
            grants=[GrantView.of(grant) for grant in enrollment.grants] if enrollment else [],
        )


@dataclass(frozen=True)
class PersonView:
    account: AccountView
    second_factor_since: datetime | None
    courses: list[PlaceView]
    payments: list[PaymentView]
    emails: list[EmailView]
    sessions: list[SessionView]
    audit: list[EntryView]

    @classmethod
    def of(cls, person: Person) -> "PersonView":
        return cls(
            account=AccountView.of(person.account),
            second_factor_since=person.second_factor_since,
            courses=[PlaceView.of(place) for place in person.places],
            payments=[PaymentView.of(payment) for payment in person.payments],
            emails=[EmailView.of(email) for email in person.emails],
            sessions=[SessionView.of(session) for session in person.sessions],
            audit=[EntryView.of(entry) for entry in person.entries],
        )


@dataclass(frozen=True)
class Ended:
    sessions: int


@router.put("/{account_id}/role", openapi_extra=takes(RoleForm))
async def change_role(actor: CurrentActor, account_id: str, request: Request) -> AccountView:
    """Effective with the next thing the account does; no one changes their own."""
    form = await read_json(request, RoleForm)
    return AccountView.of(await accounts.change_role(actor, account_id, form.role))


@router.post("/{account_id}/suspend")
async def suspend(
    actor: CurrentActor, account_id: str, form: SuspendForm = NO_REASON
) -> AccountView:
    """Ends every session of the account, and every way to a new one.

    `reason`, for the audit log alone; a body is not needed.
    """
    return AccountView.of(await accounts.suspend(actor, account_id, form.reason))


@router.post("/{account_id}/restore")
async def restore(actor: CurrentActor, account_id: str) -> AccountView:
    """Undo a suspension; the person signs in again."""
    return AccountView.of(await accounts.restore(actor, account_id))


@router.post("/{account_id}/sign-out")
async def sign_out(actor: CurrentActor, account_id: str) -> Ended:
    """End every session of the account; it may sign in again."""
    return Ended(await people.sign_out_everywhere(actor, account_id))


@router.post("/{account_id}/verification", status_code=204)
async def resend_verification(actor: CurrentActor, account_id: str) -> Response:
    """Another link to confirm the address, sent to it; the one before stops working."""
    await verification.resend_to(actor, account_id)
    return Response(status_code=204, headers=NOT_STORED)


@router.delete(
    "/{account_id}/second-factor", status_code=204, responses=refusals(401, 403, 404, 409)
)
async def remove_second_factor(actor: CurrentActor, account_id: str) -> Response:
    """For someone who lost their device: their password alone opens the account, again."""
    await second_factor.remove(actor, account_id)
    return Response(status_code=204, headers=NOT_STORED)


@router.get("/{account_id}/detail")
async def detail(actor: CurrentActor, account_id: str) -> PersonView:
    """Everything about one person in one place, as their page under People has it.

    Of payments and e-mails the newest five, of the audit log the newest twenty.
    """
    return PersonView.of(await people.get(actor, account_id))


@router.get("/{account_id}/sessions")
async def sessions(actor: CurrentActor, account_id: str) -> list[SessionView]:
    """The open sessions of one person, the one last used first."""
    person = await people.get(actor, account_id)
    return [SessionView.of(session) for session in person.sessions]
