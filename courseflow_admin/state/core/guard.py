"""The guard in front of every socket event: what carries no mark is refused."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import reflex as rx
from loguru import logger
from reflex.app import EventNamespace
from reflex.state import OnLoadInternalState, StateUpdate
from reflex_base.constants import RouteVar
from reflex_base.event import Event
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from starlette.requests import HTTPConnection, cookie_parser

from courseflow_admin import logs, routes
from courseflow_admin.config import settings
from courseflow_admin.errors import NotPermitted, ReadOnly, Unavailable
from courseflow_admin.models.core.permissions import Actor, Permission, SecondFactorRequired, raises
from courseflow_admin.services.identity import sessions
from courseflow_admin.services.school import support
from courseflow_admin.state.core import framework, marks, notices
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.core.events import NOT_UNDERSTOOD, path_of, unexpected
from courseflow_admin.state.core.marks import PUBLIC, SIGNED_IN, mark_of
from courseflow_admin.state.core.notices import Notice, NoticesState
from courseflow_admin.state.core.school import SchoolState

LOOKUP_SECONDS = 5
NOT_DONE = " What you just clicked was not done."
WINDOW_SECONDS = 10
LONGEST_PLACE = 8 * 1024  # of a page's address, as over HTTP
LARGEST_ROUTER_DATA = 4 * LONGEST_PLACE  # it says the address three times
MOST_EVENTS = 300  # of one socket in a window


class Guard(rx.Middleware):
    """One look at the session per event; the service asks again, on the object."""

    async def preprocess(self, app: rx.App, state: Any, event: Event) -> StateUpdate | None:
        root = state._get_root_state()
        # Each event has a context of its own, made from one that belongs to nobody.
        logs.request_id.set(logs.new_reference())
        logs.client_ip.set(root.router.session.client_ip)
        auth = await state.get_state(AuthState)
        board = await state.get_state(NoticesState)
        registered = RegistrationContext.get().event_handlers.get(event.name)
        theirs = framework.arguments_of(registered) if registered else None
        takes = theirs or (marks.arguments_of(registered.handler.fn) if registered else None)
        wrong = framework.what_is_wrong(takes, event.payload) if takes else ""
        try:
            actor, news = await self._bind(root, auth)
        except Unavailable as problem:
            board._database(away=True)
            logger.warning("guard.database_away", event=event.name[-80:])
            if theirs and not wrong:
                return None
            return await _refused(root, board, notices.error(problem.message))
        except Exception as problem:  # noqa: BLE001 - without an answer the browser waits for ever
            fault = await unexpected(problem, event=event.name[-80:])
            return await _refused(root, board, fault)
        board._database(away=False)
        if wrong:
            logger.warning("event.arguments_refused", event=event.name[-80:], problem=wrong)
            return await _refused(root, board, notices.error(NOT_UNDERSTOOD))
        if registered and theirs:
            anew = "hydrate" in registered.handler.fn.__name__
            if anew:
                board._forget_successes()  # said before this page was loaded
            if root.router.url.path != board._path:
                board._path = root.router.url.path
                board._forget_older()
                (await state.get_state(SchoolState))._forget()
            if news and not anew:  # a link was clicked on a page of before
                board._say(notices.info(news))
            return None
        if news:
            # Meant by whom the page showed until now; they see first who they are.
            asked = registered is not None and registered.handler.fn is not AuthState.look_again.fn
            board._say(notices.info(news + NOT_DONE * asked))
            return await _refused(root, board, OnLoadInternalState.on_load_internal)
        mark = mark_of(registered.handler.fn) if registered else None
        if mark is PUBLIC:
            return None
        if mark and actor and actor.second_factor_due and not _on_own_account(root):
            return await _refused(root, board, rx.redirect(routes.ACCOUNT, replace=True))
        if actor and mark is SIGNED_IN:
            return None
        if isinstance(mark, Permission) and actor and actor.can(mark):
            return None
        account = (actor.viewer or actor).id if actor else ""
        logger.warning("guard.refused", event=event.name[-80:], mark=str(mark), account=account)
        if mark is not None and actor is None:
            return await _refused(root, board, rx.redirect(await _way_in(root)))
        if registered and _is_loader(app, root, registered):
            await (await state.get_state(SchoolState))._name_support()
            return await _refused(root, board)  # the page shows its 403 by itself
        return await _refused(root, board, notices.error(await support.sentence(_why(actor))))

    async def _bind(self, root: Any, auth: AuthState) -> tuple[Actor | None, str]:
        """The actor of the tab's cookie; a state that belonged to another session is emptied.

        And, in words, as whom else the same session sees since the last event, if it does.
        """
        token = session_token(root.router.headers.cookie)
        mine = hashlib.sha256(token.encode()).hexdigest() if token else ""
        if auth._bound_to != mine:
            _empty(root)
            auth._bound_to = mine
        actor = await _find(token) if token else None
        if actor is None and auth._actor is not None:  # signed out, suspended or expired
            _empty(root)
            auth._bound_to = mine
        former = auth._actor
        news = _news(former, actor) if former and actor else ""
        if news:
            _empty(root)
            auth._bound_to = mine
        auth._sign_in(actor)
        return actor, news


def _news(former: Actor, actor: Actor) -> str:
    """What must not stay on screen was shown to `former`: why, or nothing."""
    if _eyes(actor) != _eyes(former):
        return _whose_eyes(actor)
    if actor.role != former.role and not raises(former.role, actor.role):
        return f"Your role was changed: {ROLE_LABELS.get(actor.role, 'none')}."
    return ""


def _eyes(actor: Actor) -> tuple[str, bool]:
    return actor.id, actor.viewer is not None


def _why(actor: Actor | None) -> NotPermitted:
    if actor and actor.second_factor_due:
        return SecondFactorRequired()
    return ReadOnly() if actor and actor.viewer else NotPermitted()


def _whose_eyes(actor: Actor) -> str:
    if actor.viewer:
        return f"You see CourseFlow as {actor.name} now."
    return "You see CourseFlow as yourself again."


async def _way_in(root: Any) -> str:
    """The sign-in page, which says what has become of the session."""
    token = session_token(root.router.headers.cookie)
    if token and await sessions.ended_with_account(token):
        return routes.sign_in(said="deleted")
    return routes.sign_in(path_of(root), "over" if token else "")


async def _find(token: str) -> Actor | None:
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            return await sessions.find(token)
    except TimeoutError:
        raise Unavailable from None


def from_where(
    namespace: EventNamespace, client_address: Callable[[HTTPConnection], str]
) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """What stands in for the namespace's `_build_static_router_data`.

    Every event of a socket carries the address its connection came from, as our API reads it.
    """
    build = namespace._build_static_router_data

    def run(sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        address = client_address(HTTPConnection(environ["asgi.scope"]))
        return {**build(sid, environ), RouteVar.CLIENT_IP: address}

    return run


def _address(namespace: EventNamespace, sid: str) -> str:
    """Where a socket's connection came from, as `from_where` noted it."""
    noted: str = namespace._static_router_data.get(sid, {}).get(RouteVar.CLIENT_IP, "")
    return noted


def gate(namespace: EventNamespace) -> Callable[[str, Any], Awaitable[None]]:
    """What stands in for the namespace's `on_event`: lets through only what is an event of ours.

    Reflex writes a whole unknown event, cookie and all, with a traceback into the log, for
    everybody who sends one. Who sends more than a person can is cut off; their page reconnects.
    """
    pass_on = namespace.on_event
    seen: dict[str, tuple[float, int]] = {}
    refused: set[str] = set()

    async def on_event(sid: str, data: Any) -> None:
        began, count = seen.get(sid, (time.monotonic(), 0))
        if time.monotonic() - began > WINDOW_SECONDS:
            began, count = time.monotonic(), 0
            for gone in [other for other in seen if other not in namespace.sid_to_token]:
                del seen[gone]
                refused.discard(gone)
        seen[sid] = (began, count + 1)
        if count + 1 > MOST_EVENTS:
            if count + 1 == MOST_EVENTS + 1:
                logger.warning("socket.too_many", events=count, ip=_address(namespace, sid))
                await namespace.disconnect(sid)
        elif sid in namespace.sid_to_token and _is_event(data):
            await pass_on(sid, data)
        elif sid not in refused:
            refused.add(sid)  # one line for each socket is enough
            ip = _address(namespace, sid)
            logger.warning("socket.refused", kind=type(data).__name__, ip=ip)

    return on_event


def _is_event(data: Any) -> bool:
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return False
    router, payload = data.get("router_data") or {}, data.get("payload") or {}
    if not isinstance(router, dict) or not isinstance(payload, dict):
        return False
    places = [router.get("pathname", "/"), router.get("asPath", "/")]
    if not all(isinstance(place, str) and place.startswith("/") for place in places):
        return False
    if not isinstance(router.get("query", {}), dict) or not _is_kept(router, places):
        return False
    return data["name"] in RegistrationContext.get().event_handlers


def _is_kept(router: dict[str, Any], places: list[str]) -> bool:
    """Whether it may stay in the state of its tab: bounded, and with no half of a sign."""
    try:
        size = len(json.dumps(router, ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        return False
    return size <= LARGEST_ROUTER_DATA and max(map(len, places)) <= LONGEST_PLACE


def session_token(cookie: str) -> str:
    """The session's token in a Cookie header, or nothing; read as the API reads it."""
    return cookie_parser(cookie).get(routes.session_cookie(secure=settings().secure), "")


def _empty(root: Any) -> None:
    hydrated = root.is_hydrated
    root.reset()
    root.is_hydrated = hydrated  # of the page on screen, not of its owner


def _on_own_account(root: Any) -> bool:
    """Only leads people there; what they may do is decided by the permissions they hold."""
    return str(root.router.url.path).rstrip("/") == routes.ACCOUNT


def _is_loader(app: rx.App, root: Any, registered: RegisteredEventHandler) -> bool:
    loaders = app.get_load_events(root.router.url.path)
    return any(
        getattr(getattr(loader, "handler", loader), "fn", None) is registered.handler.fn
        for loader in loaders
    )


async def _refused(root: Any, board: NoticesState, answer: Any = None) -> StateUpdate:
    if isinstance(answer, Notice):
        board._say(answer)
        answer = None
    delta = await root._get_resolved_delta()
    root._clean()
    return StateUpdate(delta=delta, events=Event.from_event_type(answer) if answer else [])
