"""One's own second factor over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, read_json, takes
from courseflow_admin.api.core.errors import NOT_STORED, refusals
from courseflow_admin.models.core.accounts import LONGEST_CODE, AnyPassword, Form
from courseflow_admin.services.identity import second_factor

router = APIRouter(prefix=f"{routes.API}/me/second-factor", tags=["second factor"])
Code = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_CODE)]


class BeginForm(Form):
    current_password: AnyPassword


class ConfirmForm(Form):
    code: Code


class ProofForm(Form):
    """`code`: of the app, or a recovery code."""

    current_password: AnyPassword
    code: Code


class SecondFactorView(BaseModel):
    state: Literal["on", "off"]
    since: datetime | None
    recovery_codes_left: int
    required: bool = Field(description="The school asks this account for a second factor.")


class SetUpView(BaseModel):
    """Told this once. The key goes into an authenticator app, by its address or typed."""

    key: str
    address: str
    qr_svg: str


class RecoveryCodes(BaseModel):
    """Told this once; each is good once."""

    recovery_codes: list[str]


@router.get("", responses=refusals(401))
async def get(actor: CurrentActor) -> SecondFactorView:
    found = await second_factor.get(actor)
    return SecondFactorView(
        state="on" if found.on else "off",
        since=found.since,
        recovery_codes_left=found.recovery_codes_left,
        required=found.required,
    )


@router.post(
    "", status_code=201, openapi_extra=takes(BeginForm), responses=refusals(401, 409, 422, 429)
)
async def begin(request: Request, actor: CurrentActor) -> SetUpView:
    """Begin the set-up; nothing is asked at sign-in before it is confirmed."""
    form = await read_json(request, BeginForm)
    made = await second_factor.begin(actor, form.current_password.get_secret_value())
    return SetUpView(key=made.key, address=made.address, qr_svg=made.qr_svg)


@router.post("/confirm", openapi_extra=takes(ConfirmForm), responses=refusals(401, 409, 422, 429))
async def confirm(request: Request, actor: CurrentActor) -> RecoveryCodes:
    """Switch it on by the app's first code. All other sessions end."""
    form = await read_json(request, ConfirmForm)
    codes = await second_factor.confirm(actor, form.code.get_secret_value())
    return RecoveryCodes(recovery_codes=codes)


@router.delete(
    "",
    status_code=204,
    openapi_extra=takes(ProofForm),
    responses=refusals(401, 403, 409, 422, 429),
)
async def switch_off(request: Request, actor: CurrentActor) -> Response:
    """403 where the school asks for a second factor."""
    form = await read_json(request, ProofForm)
    password, code = form.current_password, form.code
    await second_factor.switch_off(actor, password.get_secret_value(), code.get_secret_value())
    return Response(status_code=204, headers=NOT_STORED)


@router.post(
    "/recovery-codes", openapi_extra=takes(ProofForm), responses=refusals(401, 409, 422, 429)
)
async def renew_recovery_codes(request: Request, actor: CurrentActor) -> RecoveryCodes:
    """New recovery codes; those before are worth nothing."""
    form = await read_json(request, ProofForm)
    password, code = form.current_password, form.code
    codes = await second_factor.renew_recovery_codes(
        actor, password.get_secret_value(), code.get_secret_value()
    )
    return RecoveryCodes(recovery_codes=codes)
