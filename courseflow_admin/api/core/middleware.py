"""What every HTTP exchange goes through: request id, headers, Origin, sizes."""

import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courseflow_admin import measures, routes
from courseflow_admin.api.core import cors
from courseflow_admin.api.core.dependencies import (
    ONLY_JSON,
    bearer_token,
    client_address,
    content_type,
    session_token,
)
from courseflow_admin.api.core.errors import LastResort, problem
from courseflow_admin.config import LOOPBACK, Settings
from courseflow_admin.logs import new_reference, request_context

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# What a foreign page can send without asking us first.
TEXT = "text/plain"
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data", TEXT}
# Called by the gateways and their pages: verified by signature, not by where they come from.
NOT_OUR_PAGES = (f"{routes.API}/webhooks/", f"{routes.API}/checkout/return/")
LARGEST_BODY = 1_000_000
LONGEST_QUERY = 8 * 1024
TOO_LARGE = "This request is too large."
A_YEAR = 31_536_000
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def protect(app: ASGIApp, settings: Settings, policy: str) -> ASGIApp:
    """`app` behind everything in this file, outermost first."""
    inner = only_own_origin(unprintable_is_unknown(app), settings)
    inner = limit_body(inner)
    inner = one_address(inner, settings)
    inner = limit_query(inner)
    inner = cors.answer_listed(inner, settings)
    inner = LastResort(inner)
    inner = add_headers(inner, security_headers(settings, policy))
    return note_request(inner)


def note_request(app: ASGIApp) -> ASGIApp:
    """A request id in every line of the log and in the answer."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await app(scope, receive, send)
            return
        reference, started, status = new_reference(), time.perf_counter(), 0
        noted = scope.setdefault("state", {})  # where `current_actor` says who it was

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = reference
            await send(message)

        with request_context(reference, client_address(HTTPConnection(scope))):
            try:
                await app(scope, receive, with_id)
            finally:
                if scope["type"] == "http":
                    took = time.perf_counter() - started
                    measures.request(scope["method"], _template(scope), status, took)
                    # Of the path what is no secret, and no query: it may carry a one-time token.
                    level = "INFO" if scope["path"].startswith("/api/") else "DEBUG"
                    logger.log(
                        level,
                        "http",
                        method=scope["method"],
                        path=routes.without_secret(scope["path"])[:200],
                        status=status,
                        ms=round(took * 1000),
                        account=noted.get("account", ""),
                    )

    return run


def _template(scope: Scope) -> str:
    """The route's template, `(page)/…` for a page; of all that is not known one name."""
    of_api = getattr(scope.get("route"), "path", "")  # of Reflex's own mount it is empty
    return str(scope["state"].get("page") or of_api or "(other)")


def security_headers(settings: Settings, policy: str) -> Mapping[str, str]:
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # Not no-referrer: our own forms would then arrive with `Origin: null` and be refused.
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
    }
    if settings.secure:
        headers["strict-transport-security"] = f"max-age={A_YEAR}; includeSubDomains"
    return headers


def add_headers(app: ASGIApp, headers: Mapping[str, str]) -> ASGIApp:
    """Security headers on every answer; what the API says is stored nowhere."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        private = scope["path"].startswith("/api/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in headers.items():
                    answer.setdefault(name, value)
                if private:
                    answer.setdefault("cache-control", "no-store")
            await send(message)

        await app(scope, receive, with_headers)

    return run


def one_address(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Pages asked for on 127.0.0.1 go on at our own address, where the cookie is."""
    own = urlsplit(settings.origin).netloc

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            answer = problem(400, "bad_host", "The Host header of this request is not valid.")
            await answer(scope, receive, send)
            return
        if host == own or name not in LOOPBACK or _answers_everywhere(scope["path"]):
            await app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        path = "/" + scope["path"].lstrip("/")  # two slashes would name another host
        target = f"{settings.origin}{path}" + (f"?{query}" if query else "")
        await RedirectResponse(target, 307)(scope, receive, send)

    return run


def _answers_everywhere(path: str) -> bool:
    return path.startswith(("/api/", "/_event", "/metrics"))


def limit_query(app: ASGIApp) -> ASGIApp:
    """A long address is refused before anyone takes it apart."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(scope["query_string"]) > LONGEST_QUERY:
            answer = problem(414, "address_too_long", "This address is too long.")
            await answer(scope, receive, send)
            return
        await app(scope, receive, send)

    return run


def unprintable_is_unknown(app: ASGIApp) -> ASGIApp:
    """A path with a line break or another control character is answered like any unknown path.

    No route has one, but a pattern's `$` also matches before a last line break and its `.` matches
    none, so that without this some reached a route and some fell through all of them.
    """

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and CONTROL.search(scope["path"]):
            of_api = scope["path"].startswith("/api/")
            scope = {**scope, "path": "/api/_unprintable" if of_api else "/_unprintable"}
        await app(scope, receive, send)

    return run


def limit_body(app: ASGIApp, largest: int = LARGEST_BODY) -> ASGIApp:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        too_large = problem(413, "content_too_large", TOO_LARGE)
        if not declared.isdecimal() or int(declared) > largest:
            await too_large(scope, receive, send)
            return
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > largest:  # raised, so that no reader takes half a body for a whole one
                raise HTTPException(413, TOO_LARGE)
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await app(scope, counted, watched)
        except HTTPException as error:
            if started or error.status_code != 413:
                raise
            await too_large(scope, receive, send)

    return run


def only_own_origin(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Writes a browser sends automatically (with its cookie, or as a form) come from our pages."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _needs_origin(scope):
            origin = Headers(scope=scope).get("origin", "")
            if origin != settings.origin:
                logger.warning("origin.refused", path=scope["path"][:200], origin=origin[:200])
                answer = problem(
                    403, "foreign_origin", ("This request did not come from our own pages.")
                )
                if _is_text_of_a_program(scope, origin):
                    answer = problem(415, "unsupported_media_type", ONLY_JSON)
                await answer(scope, receive, send)
                return
        await app(scope, receive, send)

    return run


def _is_text_of_a_program(scope: Scope, origin: str) -> bool:
    """It is refused as a form is, but for another reason: a program forgot to say what it sends."""
    connection = HTTPConnection(scope)
    return not origin and not session_token(connection) and content_type(connection) == TEXT


def _needs_origin(scope: Scope) -> bool:
    path = scope["path"]
    if scope["method"] not in WRITES or not path.startswith(f"{routes.API}/"):
        return False
    if path.startswith(NOT_OUR_PAGES):
        return False
    connection = HTTPConnection(scope)
    if content_type(connection) in FORMS:
        return True
    # A browser never adds this header automatically, so no foreign page can send it either.
    return bool(session_token(connection)) and not bearer_token(connection)
