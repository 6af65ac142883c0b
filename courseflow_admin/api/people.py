"""What admins do with people, over HTTP: their role, their access, their sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import StringConstraints
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.accounts import AccountView
from courseflow_admin.api.dependencies import CurrentActor, read_json
from courseflow_admin.api.errors import NOT_STORED, refusals
from courseflow_admin.models.accounts import Form
from courseflow_admin.services import accounts, people, second_factor, verification

router = APIRouter(prefix=f"{routes.API}/accounts", tags=["accounts"])


class RoleForm(Form):
    role: Annotated[str, StringConstraints(max_length=20)]


@dataclass(frozen=True)
class SessionView:
    """A session without anything that could be used to enter it."""

    id: str
    kind: str
    device: str
    ip: str
    created_at: datetime
    last_used_at: datetime


@dataclass(frozen=True)
class Ended:
    sessions: int


@router.put("/{account_id}/role")
async def change_role(actor: CurrentActor, account_id: str, request: Request) -> AccountView:
    """Effective with the next thing the account does; nobody changes their own."""
    form = await read_json(request, RoleForm)
    return AccountView.of(await accounts.change_role(actor, account_id, form.role))


@router.post("/{account_id}/suspend")
async def suspend(actor: CurrentActor, account_id: str) -> AccountView:
    """Ends every session of the account, and every way to a new one."""
    return AccountView.of(await accounts.suspend(actor, account_id))


@router.post("/{account_id}/restore")
async def restore(actor: CurrentActor, account_id: str) -> AccountView:
    """Undo a suspension; the person signs in anew."""
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
    """For somebody who lost their device: their password alone opens the account, anew."""
    await second_factor.remove(actor, account_id)
    return Response(status_code=204, headers=NOT_STORED)


@router.get("/{account_id}/sessions")
async def sessions(actor: CurrentActor, account_id: str) -> list[SessionView]:
    """The open sessions of one person, the one last used first."""
    person = await people.get(actor, account_id)
    return [
        SessionView(
            id=session.id,
            kind=session.kind,
            device=session.user_agent,
            ip=session.ip,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
        )
        for session in person.sessions
    ]
