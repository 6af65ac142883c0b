"""What works while signed out: confirming an address, and a forgotten password."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    CurrentActor,
    is_form,
    read_form,
    read_json,
    takes,
)
from courseflow_admin.api.core.errors import NOT_STORED
from courseflow_admin.api.identity.auth import problem_code
from courseflow_admin.errors import CourseFlowError
from courseflow_admin.models.core.accounts import Form, NewPassword
from courseflow_admin.models.core.addresses import SoughtEmail
from courseflow_admin.services.identity import password_resets, verification
from courseflow_admin.services.identity.one_time_links import LinkUsed

router = APIRouter(prefix=f"{routes.API}/auth", tags=["auth"])
SENT = "If an account with this address exists, we've sent it an e-mail with a link."

Secret = Annotated[str, Field(min_length=1, max_length=200, repr=False)]


class LinkForm(Form):
    token: Secret


class ForgotForm(Form):
    """The address is not checked for form: a wrong one reads like an unknown one."""

    email: SoughtEmail


class ResetForm(Form):
    token: Secret
    password: NewPassword


class Said(BaseModel):
    """One sentence for the person."""

    detail: str


@router.post("/verify", status_code=204, openapi_extra=takes(LinkForm, form=LinkForm))
async def verify(request: Request) -> Response:
    """Confirm the address that an e-mail's link was sent to. The browser's form gets 303."""
    if not is_form(request):
        await verification.confirm((await read_json(request, LinkForm)).token)
        return Response(status_code=204, headers=NOT_STORED)

    fields = await read_form(request)
    try:
        use = await verification.confirm(LinkForm.model_validate(fields).token)
        return _to(routes.VERIFY, done=use)
    except LinkUsed:
        return _to(routes.VERIFY, token=fields["token"])  # the page says what it did, and when
    except (CourseFlowError, ValidationError) as error:
        return _to(routes.VERIFY, problem=problem_code(error))


@router.post("/verify/resend", status_code=204)
async def resend(actor: CurrentActor) -> Response:
    """Another link to confirm one's own address; the one before stops working."""
    await verification.resend(actor)
    return Response(status_code=204, headers=NOT_STORED)


@router.post(
    "/forgot",
    status_code=202,
    response_model=Said,
    openapi_extra=takes(ForgotForm, form=ForgotForm),
)
async def forgot(request: Request) -> Response:
    """Send a link for a new password. The answer is the same whether there is such an account."""
    if not is_form(request):
        await password_resets.ask((await read_json(request, ForgotForm)).email)
        return JSONResponse(Said(detail=SENT).model_dump(), 202, headers=NOT_STORED)

    fields = await read_form(request)
    try:
        await password_resets.ask(ForgotForm.model_validate(fields).email)
        return _to(routes.FORGOT, done="sent")
    except (CourseFlowError, ValidationError) as error:
        return _to(routes.FORGOT, problem=problem_code(error))


@router.post("/reset", status_code=204, openapi_extra=takes(ResetForm, form=ResetForm))
async def reset(request: Request) -> Response:
    """Set a new password by the link of an e-mail. All sessions of the account end."""
    if not is_form(request):
        form = await read_json(request, ResetForm)
        await password_resets.set_new(form.token, form.password.get_secret_value())
        return Response(status_code=204, headers=NOT_STORED)

    fields = await read_form(request)
    try:
        form = ResetForm.model_validate(fields)
        await password_resets.set_new(form.token, form.password.get_secret_value())
        return _to(routes.RESET, done="reset")
    except (CourseFlowError, ValidationError) as error:
        # Back with the link, because a password that is too weak does not use it up.
        return _to(routes.RESET, problem=problem_code(error), token=fields.get("token", "")[:200])


def _to(page: str, **query: str) -> Response:
    return RedirectResponse(routes.with_query(page, **query), 303, headers=NOT_STORED)
