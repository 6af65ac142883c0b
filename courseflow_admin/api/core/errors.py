"""Every refusal of the API as RFC 9457 `application/problem+json`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from loguru import logger
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courseflow_admin.errors import Busy, CourseFlowError, Invalid, NotSignedIn, TooMany, Unexpected
from courseflow_admin.field_sentences import sentence
from courseflow_admin.logs import new_reference, redact, request_id
from courseflow_admin.services.school import support

NOT_STORED = {"Cache-Control": "no-store"}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    field: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """`code` is for programs, `detail` for the person, `reference` for whoever reads our log."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _clean(detail),
        "code": code,
        "reference": request_id.get() or new_reference(),
        **({"field": _clean(field)} if field else {}),
        **more,
    }
    return JSONResponse(
        content,
        status,
        headers={**NOT_STORED, **(headers or {})},
        media_type="application/problem+json",
    )


class Problem(BaseModel):
    """What OpenAPI says of a refusal."""

    type: str
    title: str
    status: int
    detail: str = Field(description="A message for the user.")
    code: str = Field(description="For programs.")
    reference: str = Field(description="Matches the entry in our log.")
    field: str = ""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may be answered with these."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


async def of_error(error: CourseFlowError, **more: Any) -> JSONResponse:
    headers: dict[str, str] = {}
    if isinstance(error, TooMany | Busy):
        headers["Retry-After"] = str(error.wait_seconds)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    field = error.field if isinstance(error, Invalid) else ""
    detail = await support.sentence(error)
    facts = {**error.facts, **more}
    return problem(error.status, error.code, detail, field=field, headers=headers, **facts)


def of_validation(error: RequestValidationError) -> JSONResponse:
    """All fields that do not fit, never their values: one of them may be a password."""
    found = [
        {"field": _clean(_field(one["loc"])), "detail": _clean(sentence(one))}
        for one in error.errors()[:20]
    ]
    first = found[0]
    return problem(422, "invalid", first["detail"], field=first["field"], errors=found)


def of_http(error: HTTPException) -> JSONResponse:
    code = HTTPStatus(error.status_code).name.lower()
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


def install(app: FastAPI) -> None:
    app.add_middleware(LastResort)

    @app.exception_handler(CourseFlowError)
    async def ours(_request: Request, error: CourseFlowError) -> JSONResponse:
        return await of_error(error)

    @app.exception_handler(RequestValidationError)
    async def validation(_request: Request, error: RequestValidationError) -> JSONResponse:
        return of_validation(error)

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> JSONResponse:
        return of_http(error)


class LastResort:
    """A fault of ours is one line in the log and an answer with its reference.

    A middleware, because Starlette's own handler for `Exception` answers and then raises again,
    which prints a traceback for everyone who found a way to cause one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - uvicorn would print a traceback for each
            reference = request_id.get() or new_reference()
            logger.error(
                "api.failed",
                reference=reference,
                method=scope["method"],
                path=scope["path"][:200],
                error=redact(repr(error), 300),
                where=_where(error),
            )
            if started:
                return  # the server ends the connection, so that half an answer is none
            answer = await of_error(Unexpected(), reference=reference)
            await answer(scope, receive, send)


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _field(location: tuple[object, ...]) -> str:
    """`("body", "email")` -> `email`; a position in broken JSON is no field."""
    return ".".join(part for part in location[1:] if isinstance(part, str))


def _clean(text: str) -> str:
    """Half of a surrogate pair, as JSON can escape it, cannot be written into an answer."""
    return text[:500].encode(errors="replace").decode()
