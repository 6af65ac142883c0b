"""Signing up, in and out: JSON for programs, the browser's own forms for people."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, TypedDict
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, SecretStr, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    bearer_token,
    client_address,
    current_actor,
    device_token,
    is_form,
    read_form,
    read_json,
    session_token,
    takes,
)
from courseflow_admin.api.core.errors import NOT_STORED, refusals
from courseflow_admin.config import settings
from courseflow_admin.errors import Busy, CourseFlowError, Invalid
from courseflow_admin.models.core.accounts import (
    LONGEST_CODE,
    Account,
    ApiSignInForm,
    Form,
    SignInForm,
    SignUpForm,
)
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.identity.known_devices import KEPT
from courseflow_admin.models.identity.second_factor import (
    SIGN_IN_WITHIN,
    SecondFactorNeeded,
    SignInOver,
)
from courseflow_admin.models.identity.sessions import ABSOLUTE, TokenPair
from courseflow_admin.services.identity import accounts, second_step, sessions
from courseflow_admin.services.identity.password_rules import WeakPassword

router = APIRouter(prefix=f"{routes.API}/auth", tags=["auth"])
FORM_KEPT = 300  # seconds
FIELD_PROBLEMS = {
    "email": "invalid_email",
    "name": "invalid_name",
    "password": "weak_password",
}


class CodeForm(Form):
    code: Annotated[SecretStr, Field(max_length=LONGEST_CODE)] = SecretStr("")
    next: str = ""
    by: str = ""  # "recovery": which of the two fields it was typed into


class RefreshForm(Form):
    refresh_token: Annotated[str, Field(max_length=200, repr=False)]


class SignedUp(BaseModel):
    """The same for a new address and for one that has an account."""

    email: str
    detail: str = (
        "We have sent an e-mail to this address. A new account signs in with its password now."
    )


@router.post(
    "/sign-up",
    status_code=202,
    response_model=SignedUp,
    openapi_extra=takes(SignUpForm, form=SignUpForm),
)
async def sign_up(request: Request) -> Response:
    """Make a learner's account; of an address that has one only its owner is told.

    JSON gets the same answer either way. The browser's form is signed in and led on to `next`, or
    told to read its e-mail (docs/decisions/0009).
    """
    if not is_form(request):
        form = await read_json(request, SignUpForm)
        await accounts.sign_up(form)
        return JSONResponse(SignedUp(email=form.email).model_dump(), 202, headers=NOT_STORED)

    fields = await read_form(request)
    next_path = _next_of(request, fields)
    try:
        account = await accounts.sign_up(SignUpForm.model_validate(fields))
        if account is None:
            return back(routes.SIGN_IN, "check_email", fields, next_path)
        return await signed_in(request, account, next_path)
    except (CourseFlowError, ValidationError) as error:
        return back(routes.SIGN_UP, problem_code(error), fields, next_path)


@router.post(
    "/sign-in",
    response_model=TokenPair,
    openapi_extra=takes(ApiSignInForm, form=SignInForm),
    responses=refusals(401, 403, 422, 429, 503),
)
async def sign_in(request: Request) -> Response:
    """JSON gets a pair of tokens; the browser's form gets the session cookie and 303."""
    if not is_form(request):
        asked = await read_json(request, ApiSignInForm)
        account = await accounts.authenticate(asked.email, asked.password.get_secret_value())
        code = asked.code.get_secret_value()
        return _tokens(await second_step.open_api(account, code, **_device(request)))

    fields = await read_form(request)
    next_path = _next_of(request, fields)
    try:
        form = SignInForm.model_validate(fields)
        account = await accounts.authenticate(
            form.email, form.password.get_secret_value(), device_token(request)
        )
        return await signed_in(request, account, next_path)
    except CourseFlowError as error:
        return back(routes.SIGN_IN, error.code, fields, next_path)
    except ValidationError:
        return back(routes.SIGN_IN, "invalid", fields, next_path)


@router.post(
    "/sign-in/code",
    status_code=303,
    response_class=RedirectResponse,
    openapi_extra=takes(form=CodeForm),
)
async def sign_in_code(request: Request) -> Response:
    """The second half of the browser's sign-in: its form with the code, and the pending cookie."""
    if not is_form(request):
        raise HTTPException(415, "Send this as a form.")
    fields = await read_form(request)
    next_path = fields.get("next", "")
    try:
        form = CodeForm.model_validate(fields)
        token = await second_step.open_browser(
            request.cookies.get(routes.pending_cookie(secure=settings().secure), ""),
            form.code.get_secret_value(),
            **_browser(request),
        )
    except SignInOver as error:
        response = back(routes.SIGN_IN, error.code, {}, next_path)
        _set_cookie(response, routes.pending_cookie, "", max_age=0)
        return response
    except (CourseFlowError, ValidationError) as error:
        recovery = fields.get("by") == "recovery"
        again = routes.sign_in_code(next_path, recovery=recovery, said=problem_code(error))
        return RedirectResponse(again, 303, headers=NOT_STORED)
    response = _with_session(request, token, next_path)
    _set_cookie(response, routes.pending_cookie, "", max_age=0)
    return response


@router.post("/refresh", response_model=TokenPair, openapi_extra=takes(RefreshForm))
async def refresh(request: Request) -> Response:
    """A new pair for a refresh token, which is good for this once."""
    form = await read_json(request, RefreshForm)
    return _tokens(await sessions.refresh(form.refresh_token, ip=client_address(request)))


@router.post("/sign-out", status_code=204, responses={303: {"description": "The browser's form"}})
async def sign_out(request: Request) -> Response:
    """End the session: 204 for a bearer token, 303 for the browser.

    To the sign-in page, or to `next`, which its form may say.
    """
    if bearer_token(request) is not None:
        await sessions.end(await current_actor(request))
        return Response(status_code=204, headers=NOT_STORED)

    fields = await read_form(request) if is_form(request) else {}
    if set(fields) - {"next"}:
        raise Invalid("This field is not recognized. Remove it.")
    actor = await sessions.find(session_token(request))
    if actor:
        await sessions.end(actor)
    on = routes.safe_next(fields.get("next", ""), routes.SIGN_IN)
    response = RedirectResponse(on, 303, headers=NOT_STORED)
    _set_cookie(response, routes.session_cookie, "", max_age=0)
    return response


async def signed_in(request: Request, account: Account, next_path: str) -> Response:
    """The session cookie of `account`, and on to `next_path`; or to its second factor first."""
    try:
        token = await sessions.open_browser(account, **_browser(request))
    except SecondFactorNeeded:
        return await _ask_for_code(account, next_path)
    return _with_session(request, token, next_path)


async def _ask_for_code(account: Account, next_path: str) -> Response:
    response = RedirectResponse(routes.sign_in_code(next_path), 303, headers=NOT_STORED)
    token = await second_step.ask_for_code(account)
    seconds = int(SIGN_IN_WITHIN.total_seconds())
    _set_cookie(response, routes.pending_cookie, token, max_age=seconds)
    return response


def _with_session(request: Request, token: str, next_path: str) -> Response:
    response = RedirectResponse(routes.safe_next(next_path), 303, headers=NOT_STORED)
    # Longer than the session lasts unused: its row decides.
    _set_cookie(response, routes.session_cookie, token, max_age=int(ABSOLUTE.total_seconds()))
    _set_cookie(
        response, routes.device_cookie, device_token(request), max_age=int(KEPT.total_seconds())
    )
    if routes.form_cookie(secure=settings().secure) in request.cookies:
        _set_cookie(response, routes.form_cookie, "", max_age=0)
    return response


def _set_cookie(response: Response, name: Callable[..., str], value: str, *, max_age: int) -> None:
    secure = settings().secure
    response.set_cookie(
        name(secure=secure),
        value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def _tokens(pair: TokenPair) -> Response:
    return JSONResponse(asdict(pair), headers=NOT_STORED)


class _Device(TypedDict):
    user_agent: str
    ip: str


class _Browser(_Device):
    device_token: str
    replaced_token: str


def _next_of(request: Request, fields: dict[str, str]) -> str:
    """Where to go on to: as the form says, or, sent before its page was ready, the page's address.

    Of an address that says it twice nothing counts, as on the page.
    The Referer is our own page's: forms of others are refused by their Origin.
    """
    query = request.headers.get("referer", "").partition("?")[2].partition("#")[0]
    said = parse_qs(query).get("next", [])
    return fields.pop("next", "") or (said[0] if len(said) == 1 else "")


def _device(request: Request) -> _Device:
    return {"user_agent": request.headers.get("user-agent", ""), "ip": client_address(request)}


def _browser(request: Request) -> _Browser:
    return {
        **_device(request),
        "device_token": device_token(request),
        "replaced_token": session_token(request),
    }


def problem_code(error: CourseFlowError | ValidationError) -> str:
    """By which the page that it leads back to finds its sentence."""
    if isinstance(error, WeakPassword):
        return f"{error.code}_{error.reason}"
    if isinstance(error, Invalid) and error.code == Invalid.code:
        return FIELD_PROBLEMS.get(error.field, error.code)
    if isinstance(error, CourseFlowError):
        return error.code
    location = error.errors(include_url=False, include_input=False)[0]["loc"]
    return FIELD_PROBLEMS.get(str(location[0]) if location else "", "invalid")


def back(page: str, code: str, fields: Mapping[str, str], next_path: str) -> Response:
    """To the form with what is to be said and what was typed, but never the password.

    What was typed goes by a cookie: addresses are kept in histories and in logs.
    """
    address = routes.with_query(page, said=code, next=routes.safe_next(next_path, ""))
    response = RedirectResponse(address, 303, headers=NOT_STORED)
    if code == Busy.code:
        response.headers["Retry-After"] = str(Busy.wait_seconds)
    typed = urlencode({name: fields.get(name, "")[:LONGEST_EMAIL] for name in ("email", "name")})
    _set_cookie(response, routes.form_cookie, typed, max_age=FORM_KEPT)
    return response
