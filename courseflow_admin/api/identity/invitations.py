"""Invitations over HTTP: sent, listed and taken back by admins, taken by whoever holds the link."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    CurrentActor,
    Paging,
    is_form,
    read_form,
    read_json,
    takes,
)
from courseflow_admin.api.core.errors import NOT_STORED
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.api.identity.accounts import AccountView
from courseflow_admin.api.identity.auth import back, problem_code, signed_in
from courseflow_admin.errors import CourseFlowError
from courseflow_admin.models.core.accounts import Form, NewPassword, PersonName
from courseflow_admin.models.core.addresses import EmailAddress
from courseflow_admin.models.identity.invitations import Invitation
from courseflow_admin.services.identity import invitations
from courseflow_admin.services.identity.invitations import Sent

router = APIRouter(prefix=f"{routes.API}/invitations", tags=["invitations"])
Secret = Annotated[str, Field(min_length=1, max_length=200, repr=False)]


class InvitationForm(Form):
    email: EmailAddress
    role: Annotated[str, StringConstraints(max_length=20)]


class AcceptForm(Form):
    token: Secret


class InvitedForm(AcceptForm):
    """Without an address: it is the one the invitation was sent to."""

    name: PersonName
    password: NewPassword


class InvitationView(BaseModel):
    id: str
    email: str
    role: str
    invited_by: str
    invited_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        return cls.model_validate(invitation, from_attributes=True)


class PendingView(InvitationView):
    """`email_state` is what became of the e-mail with the newest link."""

    inviter: str
    expired: bool
    email_id: str
    email_state: str

    @classmethod
    def of_sent(cls, sent: Sent) -> "PendingView":
        view = InvitationView.of(sent.invitation)
        return cls(
            **view.model_dump(),
            inviter=sent.inviter,
            expired=sent.expired,
            email_id=sent.email_id,
            email_state=sent.email_state.value if sent.email_state else "",
        )


@router.get("")
async def pending(actor: CurrentActor, page: Paging) -> PageView[PendingView]:
    """Those no one has taken or revoked, newest first; also those that have expired."""
    found = await invitations.pending(actor, page)
    return PageView[PendingView].of(found, PendingView.of_sent)


@router.post("", status_code=201, openapi_extra=takes(InvitationForm))
async def create(actor: CurrentActor, request: Request) -> InvitationView:
    """Send a link, good once and for seven days, by which its receiver takes the role."""
    form = await read_json(request, InvitationForm)
    return InvitationView.of(await invitations.create(actor, form.email, form.role))


@router.post("/sign-up", status_code=201, response_model=AccountView,
             openapi_extra=takes(InvitedForm, form=InvitedForm))  # fmt: skip
async def sign_up(request: Request) -> Response:
    """Make the invited account. The browser's form is then signed in."""
    if not is_form(request):
        form = await read_json(request, InvitedForm)
        account = await invitations.sign_up(form.token, form.name, form.password.get_secret_value())
        view = AccountView.of(account)
        return JSONResponse(view.model_dump(mode="json"), 201, headers=NOT_STORED)

    fields = await read_form(request)
    try:
        form = InvitedForm.model_validate(fields)
        password = form.password.get_secret_value()
        account = await invitations.sign_up(form.token, form.name, password)
        return await signed_in(request, account, routes.OVERVIEW)
    except (CourseFlowError, ValidationError) as error:
        return _back(fields, error)


@router.post(
    "/accept", response_model=AccountView, openapi_extra=takes(AcceptForm, form=AcceptForm)
)
async def accept(actor: CurrentActor, request: Request) -> Response:
    """Take the role with one's own account, which has the invited address and has proved it."""
    if not is_form(request):
        form = await read_json(request, AcceptForm)
        view = AccountView.of(await invitations.accept(actor, form.token))
        return JSONResponse(view.model_dump(mode="json"), headers=NOT_STORED)

    fields = await read_form(request)
    try:
        await invitations.accept(actor, AcceptForm.model_validate(fields).token)
        return RedirectResponse(routes.OVERVIEW, 303, headers=NOT_STORED)
    except (CourseFlowError, ValidationError) as error:
        return _back(fields, error)


@router.delete("/{invitation_id}", status_code=204)
async def revoke(actor: CurrentActor, invitation_id: str) -> Response:
    """Take it back: its link stops working."""
    await invitations.revoke(actor, invitation_id)
    return Response(status_code=204, headers=NOT_STORED)


@router.post("/{invitation_id}/resend")
async def resend(actor: CurrentActor, invitation_id: str) -> InvitationView:
    """A new link for another seven days; the one before stops working."""
    return InvitationView.of(await invitations.resend(actor, invitation_id))


def _back(fields: dict[str, str], error: CourseFlowError | ValidationError) -> Response:
    page = routes.invitation(fields.get("token", "")[:200] or "none")
    return back(page, problem_code(error), fields, "")
