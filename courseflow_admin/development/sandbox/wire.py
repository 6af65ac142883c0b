"""How requests and answers look on the wire: bracket notation, credentials, outages, errors."""

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from courseflow_admin.development.sandbox.world import World

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Under the school's Referrer-Policy its form arrives with `Origin: null`, like a stranger's.
FROM_THE_SCHOOL = {"/v1/checkout/embedded"}
NO_FORM_FROM_ELSEWHERE = {"POST", "PUT", "PATCH", "DELETE"}


class Answer(Response):
    """JSON the way these companies write it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False).encode()


def bracketed(text: str) -> dict[str, Any]:
    """`a[b][0]=1` as nested objects; objects whose keys are all numbers become lists."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = [head, *(part.rstrip("]") for part in rest.split("["))] if rest else [head]
        node = tree
        for step in path[:-1]:
            below = node.setdefault(step, {})
            if not isinstance(below, dict):
                below = node[step] = {}
            node = below
        last = path[-1] or str(len(node))  # a[]=x appends
        node[last] = value
    return {key: _listed(value) for key, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    below = {key: _listed(item) for key, item in value.items()}
    if below and all(key.isdigit() for key in below):
        return [below[key] for key in sorted(below, key=int)]
    return below


def basic(request: Request) -> tuple[str, str]:
    """User and password of an Authorization header; empty if there is none."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def bearer(request: Request) -> str:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def fingerprint(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def whole(value: object, default: int) -> int:
    try:
        return int(str(value))
    except ValueError:
        return default


class Fence:
    """In front of each server: only this machine, and no form sent by a foreign page.

    A browser that visits some website must not be able to press our buttons. What comes from the
    app's own pages (the native form of the Razorpay checkout, a direct upload) is let in.
    """

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.friends = {*LOOPBACK, urlsplit(world.app_url).hostname or ""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        origin = headers.get("origin", "")
        foreign = bool(origin) and urlsplit(origin).hostname not in self.friends
        foreign = foreign and scope["path"] not in FROM_THE_SCHOOL
        if urlsplit(f"//{headers.get('host', '')}").hostname not in LOOPBACK:
            await Response("The sandbox answers on 127.0.0.1 only.", 421)(scope, receive, send)
        elif foreign and scope["method"] in NO_FORM_FROM_ELSEWHERE:
            await Response("This page is not allowed to use the sandbox.", 403)(
                scope, receive, send
            )
        else:
            await self.app(scope, receive, send)


Handler = Callable[[Request], Awaitable[Response]]


def with_outages(
    world: World,
    provider: str,
    paths: Iterable[str],
    broken: Callable[[Request], Awaitable[Response]],
) -> Callable[[ASGIApp], ASGIApp]:
    """What the outage switch does to an API: refuse, be slow, say nothing or nothing sensible."""
    prefixes = tuple(paths)

    def around(app: ASGIApp) -> ASGIApp:
        async def outage(scope: Scope, receive: Receive, send: Send) -> None:
            state = world.outage(provider)
            if state == "ok" or not scope["path"].startswith(prefixes):
                await app(scope, receive, send)
            elif state == "500":
                request = Request(scope, receive)
                await (await broken(request))(scope, receive, send)
            elif state == "rubbish":
                await Answer({"object": "rubbish"})(scope, receive, send)
            elif state == "slow":
                await asyncio.sleep(world.slow_seconds)
                await app(scope, receive, send)
            else:
                await _work_and_say_nothing(app, scope, receive, send, world.silence_seconds)

        return outage

    return around


async def _work_and_say_nothing(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, seconds: float
) -> None:
    """The worst kind of timeout: it was done, and no one hears of it."""

    async def swallow(message: object) -> None:
        pass

    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    given = False

    async def again() -> dict[str, object]:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    await app(scope, again, swallow)
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass
    # uvicorn would answer 500 for us; cutting the line is what a client of a dead server sees
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
