"""The guard in front of every socket event: what carries no mark is refused."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import reflex as rx
from loguru import logger

from courseflow_admin import logs, routes
from courseflow_admin.errors import NotPermitted, ReadOnly, Unavailable
from courseflow_admin.models.core.permissions import Actor, Permission, SecondFactorRequired
from courseflow_admin.services.identity import sessions
from courseflow_admin.services.school import support
from courseflow_admin.state import edge
from courseflow_admin.state.core import binding, marks, notices, times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import (
    NOT_UNDERSTOOD,
    Withheld,
    ask_again,
    path_of,
    unexpected,
)
from courseflow_admin.state.core.marks import PUBLIC, Arguments, Mark, mark_of
from courseflow_admin.state.core.notices import Notice, NoticesState
from courseflow_admin.state.core.school import SchoolState
from courseflow_admin.state.edge import Handler, Tab

NOT_DONE = " Your last click had no effect."
WINDOW_SECONDS = 10
MOST_EVENTS = 300  # of one socket in a window


@dataclass
class Request:
    """One event, and what the steps have found out about it."""

    app: rx.App
    tab: Tab
    auth: AuthState
    board: NoticesState
    name: str
    payload: dict[str, Any]
    handler: Handler | None  # None: there is no such event
    of_reflex: type[Arguments] | None  # what it takes, if it is one of Reflex's own
    mark: Mark | None
    actor: Actor | None = None
    news: str = ""  # as whom else the same session sees since the event before
    let_through: Actor | None = None  # who asked, where it is asked again after a wait

    @property
    def label(self) -> str:
        """The name for a line in the log."""
        return self.name[-80:]


@dataclass(frozen=True)
class Refusal:
    """What is said or done instead; with neither, the page says it automatically."""

    say: Notice | None = None
    do: Any = field(default=None)


Step = Callable[[Request], Awaitable[Refusal | None]]


class Guard(rx.Middleware):
    """One look at the session per event; the service asks again, on the object."""

    build: str = ""  # set when the app is put together

    async def preprocess(self, app: rx.App, state: Any, event: edge.Event) -> Any:
        request = await _request(app, edge.tab_of(state), event)
        request.board._served_by(self.build)
        for step in (*EVERY_EVENT, *(OF_REFLEX if request.of_reflex else OF_OURS)):
            if refusal := await step(request):
                if refusal.say:
                    request.board._say(refusal.say)
                return await edge.answer(request.tab, refusal.do)
        ask_again.set(partial(_ask_again, request))
        return None


async def _ask_again(request: Request, state: Any) -> Withheld | None:
    """Whether who asked may see the result in this tab, now that the wait is over."""
    tab = edge.tab_of(state)
    again = replace(
        request,
        tab=tab,
        auth=await tab.get_state(AuthState),
        board=await tab.get_state(NoticesState),
        news="",
        let_through=request.actor,
    )
    for step in AFTER_A_WAIT:
        if refusal := await step(again):
            return Withheld([one for one in (refusal.say, refusal.do) if one is not None])
    return None


async def _request(app: rx.App, tab: Tab, event: edge.Event) -> Request:
    # Each event has a context of its own, made from one that belongs to no one.
    logs.request_id.set(logs.new_reference())
    logs.client_ip.set(tab.router.session.client_ip)
    handler = edge.handler_of(event.name)
    return Request(
        app=app,
        tab=tab,
        auth=await tab.get_state(AuthState),
        board=await tab.get_state(NoticesState),
        name=event.name,
        payload=event.payload,
        handler=handler,
        of_reflex=edge.arguments_of(handler) if handler else None,
        mark=mark_of(handler.function) if handler else None,
    )


async def identify_actor(request: Request) -> Refusal | None:
    """The session decides. While the database is away pages open, and nothing else happens."""
    try:
        request.actor, request.news = await binding.bind(request.tab, request.auth)
    except Unavailable as problem:
        request.board._database(away=True)
        logger.warning("guard.database_away", event=request.label)
        return None if request.of_reflex else Refusal(say=notices.error(problem.message))
    except Exception as problem:  # noqa: BLE001 - without an answer the browser waits for ever
        return Refusal(say=await unexpected(problem, event=request.label))
    request.board._database(away=False)
    return None


async def check_arguments(request: Request) -> Refusal | None:
    """Where no `@event` looks at them."""
    ours = marks.arguments_of(request.handler.function) if request.handler else None
    takes = request.of_reflex or ours
    wrong = edge.what_is_wrong(takes, request.payload) if takes else ""
    if not wrong:
        return None
    logger.warning("event.arguments_refused", event=request.label, problem=wrong)
    return Refusal(say=notices.error(NOT_UNDERSTOOD))


async def note_page(request: Request) -> Refusal | None:
    """Never refuses: what was said on the page before does not stay on the next."""
    board, path = request.board, request.tab.router.url.path
    loaded = request.handler is not None and edge.opens_page(request.handler)
    if loaded:
        board._forget_successes()  # said before this page was loaded
    if path != board._path:
        board._path = path
        board._forget_older()
        (await request.tab.get_state(SchoolState))._forget()
    if request.news and not loaded:  # a link was clicked on a page of before
        board._say(notices.info(request.news))
    return None


async def note_zone(request: Request) -> Refusal | None:
    """Never refuses: in whose hours this event shows times."""
    times.viewer.set(request.auth._calendar())
    return None


async def refuse_if_identity_changed(request: Request) -> Refusal | None:
    """Not by whom the page showed until now; they see first who they are."""
    if not request.news:
        return None
    look = edge.function_of(AuthState.look_again)
    clicked = request.handler is not None and request.handler.function is not look
    return Refusal(say=notices.info(request.news + NOT_DONE * clicked), do=edge.RUN_LOADERS)


async def refuse_if_others_look(request: Request) -> Refusal | None:
    """The act is done; the result is for the eyes of who asked."""
    before, now = request.let_through, request.actor
    if request.news:
        return Refusal(say=notices.info(request.news), do=edge.RUN_LOADERS)
    if before and now and binding.eyes(before) != binding.eyes(now):
        return Refusal()  # they have been told already
    return None


async def require_mark(request: Request) -> Refusal | None:
    return None if request.mark is not None else await _denied(request)


async def require_sign_in(request: Request) -> Refusal | None:
    if request.mark is PUBLIC or request.actor is not None:
        return None
    _log_refusal(request)
    return Refusal(do=rx.redirect(await _way_in(request.tab)))


async def require_second_factor(request: Request) -> Refusal | None:
    if request.mark is PUBLIC or request.actor is None or not request.actor.second_factor_due:
        return None
    if _on_own_account(request.tab):
        return None
    return Refusal(do=rx.redirect(routes.ACCOUNT, replace=True))


async def require_permission(request: Request) -> Refusal | None:
    if not isinstance(request.mark, Permission):
        return None
    permitted = request.actor is not None and request.actor.can(request.mark)
    return None if permitted else await _denied(request)


# In this order; the first that refuses is answered.
EVERY_EVENT: tuple[Step, ...] = (identify_actor, note_zone, check_arguments)
OF_REFLEX: tuple[Step, ...] = (note_page,)
OF_OURS: tuple[Step, ...] = (
    refuse_if_identity_changed,
    require_mark,
    require_sign_in,
    require_second_factor,
    require_permission,
)
# Before what a handler has waited for is shown.
AFTER_A_WAIT: tuple[Step, ...] = (
    identify_actor,
    refuse_if_others_look,
    require_sign_in,
    require_permission,
)


async def _denied(request: Request) -> Refusal:
    _log_refusal(request)
    if request.handler and edge.is_loader(request.app, request.tab, request.handler):
        await (await request.tab.get_state(SchoolState))._name_support()
        return Refusal()  # the page shows its 403 automatically
    return Refusal(say=notices.error(await support.sentence(_why(request.actor))))


def _log_refusal(request: Request) -> None:
    actor = request.actor
    account = (actor.viewer or actor).id if actor else ""
    logger.warning("guard.refused", event=request.label, mark=str(request.mark), account=account)


def _why(actor: Actor | None) -> NotPermitted:
    if actor and actor.second_factor_due:
        return SecondFactorRequired()
    return ReadOnly() if actor and actor.viewer else NotPermitted()


async def _way_in(tab: Tab) -> str:
    """The sign-in page, which says what has become of the session."""
    token = binding.session_token(tab.router.headers.cookie)
    if token and await sessions.ended_with_account(token):
        return routes.sign_in(said="deleted")
    return routes.sign_in(path_of(tab), "over" if token else "")


def _on_own_account(tab: Tab) -> bool:
    """Only leads people there; what they may do is decided by the permissions they hold."""
    return str(tab.router.url.path).rstrip("/") == routes.ACCOUNT


class Gate:
    """In front of the guard: lets in what is an event, and no one who sends more than a person."""

    def __init__(self, sockets: edge.Sockets) -> None:
        self._sockets = sockets
        self._seen: dict[str, tuple[float, int]] = {}
        self._refused: set[str] = set()

    async def wants(self, sid: str, data: Any) -> bool:
        """Whether what arrived on this socket goes on to Reflex."""
        count = self._count(sid)
        if count > MOST_EVENTS:
            if count == MOST_EVENTS + 1:
                ip = self._sockets.address(sid)
                logger.warning("socket.too_many", events=count - 1, ip=ip)
                await self._sockets.cut_off(sid)
            return False
        if self._sockets.is_open(sid) and edge.is_event(data):
            return True
        if sid not in self._refused:
            self._refused.add(sid)  # one line for each socket is enough
            ip = self._sockets.address(sid)
            logger.warning("socket.refused", kind=type(data).__name__, ip=ip)
        return False

    def _count(self, sid: str) -> int:
        """How many came on it in the running window, with this one."""
        began, count = self._seen.get(sid, (time.monotonic(), 0))
        if time.monotonic() - began > WINDOW_SECONDS:
            began, count = time.monotonic(), 0
            for gone in [other for other in self._seen if not self._sockets.is_open(other)]:
                del self._seen[gone]
                self._refused.discard(gone)
        self._seen[sid] = (began, count + 1)
        return count + 1
