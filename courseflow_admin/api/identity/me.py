"""One's own account over HTTP: what it is called, where it is signed in, what is kept of it."""

import json
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator
from pydantic_core import to_jsonable_python
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    CurrentActor,
    not_from_elsewhere,
    read_json,
    takes,
)
from courseflow_admin.api.core.errors import NOT_STORED
from courseflow_admin.api.identity.accounts import Me
from courseflow_admin.models.core.accounts import (
    AnyPassword,
    Form,
    NewPassword,
    PersonName,
)
from courseflow_admin.models.core.addresses import EmailAddress
from courseflow_admin.models.core.calendar import ChosenZone
from courseflow_admin.services.identity import (
    accounts,
    data_export,
    erasure,
    my_account,
    verification,
)

router = APIRouter(prefix=f"{routes.API}/me", tags=["me"])


class MeForm(Form):
    """What is left out stays as it is."""

    name: PersonName = Field(default="", examples=["Ada Lovelace"])
    zone: ChosenZone = Field(
        default="",
        description="IANA name of the time zone this account sees times in; empty: its browser's.",
        examples=["Asia/Kolkata"],
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Send a name, a zone, or both.")
        return self


class PasswordForm(Form):
    current_password: AnyPassword
    password: NewPassword


class EmailForm(Form):
    email: EmailAddress
    current_password: AnyPassword


class WaitingView(BaseModel):
    """A new address, which becomes the account's when the link sent there is used."""

    email: str
    expires_at: datetime


class EmailView(BaseModel):
    email: str
    verified: bool
    waiting: WaitingView | None


class DeletionForm(Form):
    current_password: AnyPassword


class SessionView(BaseModel):
    id: str
    device: str
    is_program: bool
    ip: str
    signed_in_at: datetime
    last_used_at: datetime
    is_this: bool


Rows = list[dict[str, Any]]


class Export(BaseModel):
    """Rows as they are stored, without secrets and words for the school."""

    school: str
    made_at: datetime
    account: Rows
    sessions: Rows
    second_factor: Rows
    devices: Rows
    links: Rows
    invitations: Rows
    courses: Rows
    enrollments: Rows
    payments: Rows
    receipts: Rows
    emails: Rows
    audit: Rows


class Ended(BaseModel):
    sessions_ended: int


@router.patch("", openapi_extra=takes(MeForm))
async def change(request: Request, actor: CurrentActor) -> Me:
    """Change one's own name, time zone, or both."""
    form = await read_json(request, MeForm)
    if "name" in form.model_fields_set:
        await my_account.rename(actor, form.name)
    if "zone" in form.model_fields_set:
        await my_account.choose_zone(actor, form.zone)
    return Me.of_actor(await accounts.get(actor, actor.id), actor)


@router.post("/password", openapi_extra=takes(PasswordForm))
async def change_password(request: Request, actor: CurrentActor) -> Ended:
    """Set a new password; all other sessions end."""
    form = await read_json(request, PasswordForm)
    current, new = form.current_password, form.password
    ended = await my_account.change_password(
        actor, current.get_secret_value(), new.get_secret_value()
    )
    return Ended(sessions_ended=ended)


@router.post("/email", status_code=202, response_class=Response, openapi_extra=takes(EmailForm))
async def change_email(request: Request, actor: CurrentActor) -> Response:
    """Send a link to the new address; it becomes one's own when the link is used."""
    form = await read_json(request, EmailForm)
    password = form.current_password.get_secret_value()
    await verification.ask_for_new_email(actor, form.email, password)
    return Response(status_code=202, headers=NOT_STORED)


@router.get("/email")
async def my_email(actor: CurrentActor) -> EmailView:
    """One's own address, and the new one while its link waits to be used."""
    account = await accounts.get(actor, actor.id)
    waiting = await verification.change_waiting(actor)
    return EmailView(
        email=account.email,
        verified=account.verified_at is not None,
        waiting=WaitingView.model_validate(waiting, from_attributes=True) if waiting else None,
    )


@router.post("/email/resend", status_code=204)
async def send_change_again(actor: CurrentActor) -> Response:
    """Another link to the new address that waits; the one before stops working."""
    await verification.send_change_again(actor)
    return Response(status_code=204, headers=NOT_STORED)


@router.delete("/email/waiting", status_code=204)
async def cancel_change(actor: CurrentActor) -> Response:
    """Keep the address one has: the link to the new one stops working."""
    await verification.cancel_change(actor)
    return Response(status_code=204, headers=NOT_STORED)


@router.get("/sessions")
async def my_sessions(actor: CurrentActor) -> list[SessionView]:
    """Where one is signed in, this session first."""
    found = await my_account.my_sessions(actor)
    return [SessionView.model_validate(one, from_attributes=True) for one in found]


@router.delete("/sessions")
async def end_other_sessions(actor: CurrentActor) -> Ended:
    """Sign out everywhere but here."""
    return Ended(sessions_ended=await my_account.end_other_sessions(actor))


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(actor: CurrentActor, session_id: str) -> Response:
    await my_account.end_session(actor, session_id)
    return Response(status_code=204, headers=NOT_STORED)


@router.get("/export", response_model=Export, dependencies=[Depends(not_from_elsewhere)])
async def export(actor: CurrentActor) -> Response:
    """Everything we hold about oneself, as a file."""
    found = to_jsonable_python(await data_export.export(actor))
    return Response(
        json.dumps(found, ensure_ascii=False, indent=1),
        media_type="application/json",
        headers={**NOT_STORED, "Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@router.post("/deletion", status_code=204, openapi_extra=takes(DeletionForm))
async def delete(request: Request, actor: CurrentActor) -> Response:
    """Delete one's own account permanently."""
    form = await read_json(request, DeletionForm)
    await erasure.erase(actor, form.current_password.get_secret_value())
    return Response(status_code=204, headers=NOT_STORED)
