"""Everything CourseFlow knows about Reflex that Reflex does not promise, in one module.

Private names, undocumented behavior, the shape of events, the names of its own handlers. No other
module of the package may touch these (tests/test_reflex_names.py), and each has a contract test
that says what changed when a new Reflex differs (tests/state/core/test_edge.py).
"""

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from reflex.app import EventNamespace
from reflex.istate.proxy import StateProxy
from reflex.state import OnLoadInternalState, StateUpdate
from reflex.style import color_mode, set_color_mode
from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from reflex_base.config import get_config
from reflex_base.constants import CompileVars, RouteVar
from reflex_base.environment import environment
from reflex_base.event import Event
from reflex_base.event.processor.event_processor import EventProcessor
from reflex_base.registry import RegistrationContext
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.elements.base import BaseHTML
from reflex_components_core.el.elements.forms import Form
from reflex_components_core.react_router.dom import ReactRouterLink
from reflex_components_lucide.icon import LUCIDE_ICON_LIST
from starlette.requests import HTTPConnection

__all__ = [
    "BaseHTML",
    "Event",
    "ReactRouterLink",
    "StateUpdate",
    "color_mode",
    "has_connection_errors",
    "set_color_mode",
]

Tab = Any  # the root of a tab's states; Reflex types neither it nor what stands below


# What a browser may call


class Arguments(BaseModel):
    """What a handler that is no `@event` takes: these and no others, never converted."""

    model_config = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True)
class Handler:
    """An event handler as Reflex has registered it."""

    state: type[Any]
    function: Callable[..., Any]


def handler_of(event_name: str) -> Handler | None:
    """The handler an event names; a browser may name anything."""
    registered = RegistrationContext.get().event_handlers.get(event_name)
    return Handler(registered.states[0], registered.handler.fn) if registered else None


def handlers() -> dict[str, Handler]:
    """All of them, ours and those of Reflex, by the name of their event."""
    return {
        name: Handler(registered.states[0], registered.handler.fn)
        for name, registered in RegistrationContext.get().event_handlers.items()
    }


def function_of(handler: Any) -> Callable[..., Any]:
    """The function behind `State.handler`, or behind one that already has its arguments."""
    function: Callable[..., Any] = getattr(handler, "handler", handler).fn
    return function


def show_untyped(wrapper: Any) -> None:
    """Let Reflex see the arguments of a wrapped handler, and Any where it declares their types.

    Reflex compares them with the trigger's when a page is built, so that a form declared as a
    model would not compile, and converts loosely by them when an event comes.
    """
    signature = inspect.signature(wrapper)
    del wrapper.__wrapped__
    wrapper.__signature__ = signature.replace(
        parameters=[
            parameter if name == "self" else parameter.replace(annotation=Any)
            for name, parameter in signature.parameters.items()
        ]
    )
    wrapper.__annotations__ = {}


def is_background(handler: Handler) -> bool:
    """Whether it runs beside others in the same tab, and holds it only where it says so."""
    name = handler.function.__name__
    return bool(handler.state.event_handlers[name].is_background)


def is_loader(app: rx.App, tab: Tab, handler: Handler) -> bool:
    """Whether the page on screen runs it when it is opened."""
    loaders = app.get_load_events(tab.router.url.path)
    return any(function_of(loader) is handler.function for loader in loaders)


IS_LOADED: Final[Any] = rx.State.is_hydrated  # false from a change of address to its last loader
RUN_LOADERS: Final = OnLoadInternalState.on_load_internal  # of the page on screen, once more


# Reflex's own handlers: which of them a browser may call, and with what

LONGEST_FAULT = 500  # characters of what a page says went wrong


class _IsHydrated(Arguments):
    value: bool


# Nothing of ours is kept in the storage of browsers, so that there is nothing to bring along.
_NoVars = Annotated[dict[str, Any], Field(max_length=0)]


class _Vars(Arguments):
    vars: _NoVars


class _Hydration(Arguments):
    vars: _NoVars | None = None
    hashes: (
        Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=1000)] | None
    ) = None


class _Fault(Arguments):
    info: str
    component_stack: str


# Each looked at: they open a page, count its loaders, report its faults.
FRAMEWORK: dict[str, dict[str, dict[str, type[Arguments]]]] = {
    "reflex.state": {
        "State": {
            "hydrate": Arguments,
            "hydrate_and_load": _Hydration,
            "set_is_hydrated": _IsHydrated,
        },
        "OnLoadInternalState": {"on_load_internal": Arguments, "set_is_hydrated": _IsHydrated},
        "FrontendEventExceptionState": {"handle_frontend_exception": _Fault},
        "UpdateVarsInternalState": {"update_vars_internal": _Vars},
    }
}


def arguments_of(handler: Handler) -> type[Arguments] | None:
    """What this handler of Reflex takes; None: it is none of those.

    All event names start alike, so the class that holds the handler decides.
    """
    state, function = handler.state, handler.function
    if function.__module__ != state.__module__:
        return None
    return FRAMEWORK.get(state.__module__, {}).get(state.__name__, {}).get(function.__name__)


def opens_page(handler: Handler) -> bool:
    """Whether this handler of Reflex answers a page that was just loaded, not a link followed."""
    return "hydrate" in handler.function.__name__


def what_is_wrong(arguments: type[Arguments], payload: dict[str, Any]) -> str:
    """Which arguments do not fit, without their values, or nothing."""
    try:
        arguments.model_validate(payload)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:5]
        return ", ".join(f"{'.'.join(map(str, one['loc']))[:60]} {one['type']}" for one in found)
    if arguments is _Fault:
        # Reflex looks through it by expressions that take far longer for longer texts.
        payload["info"] = payload["info"][:LONGEST_FAULT]
    return ""


# A tab and its states


def tab_of(state: Any) -> Tab:
    """The root, below which all states of the same tab hang."""
    return state._get_root_state()


def empty(tab: Tab) -> None:
    """Forget everything in it, except whether the page is open, which is the browser's affair."""
    hydrated = tab.is_hydrated
    tab.reset()
    tab.is_hydrated = hydrated


def is_released(state: Any) -> bool:
    """Whether a background handler holds it without its lock, so that nothing may be assigned."""
    return isinstance(state, StateProxy) and not state._is_mutable()


async def answer(tab: Tab, event: Any = None) -> StateUpdate:
    """What goes to the browser instead of what it asked for: what has changed, and an event."""
    delta = await tab._get_resolved_delta()
    tab._clean()
    return StateUpdate(delta=delta, events=Event.from_event_type(event) if event else [])


# The socket

LONGEST_PLACE = 8 * 1024  # of a page's address, as over HTTP
LARGEST_ROUTER_DATA = 4 * LONGEST_PLACE  # it says the address three times


def is_event(data: Any) -> bool:
    """Whether it is an event that Reflex can read, for a handler that there is.

    Reflex writes a whole unknown event, cookie and all, with a traceback into the log, for
    everyone who sends one.
    """
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
    return handler_of(data["name"]) is not None


def _is_kept(router: dict[str, Any], places: list[str]) -> bool:
    """Whether it may stay in the state of its tab: bounded, and with no half of a character."""
    try:
        size = len(json.dumps(router, ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        return False
    return size <= LARGEST_ROUTER_DATA and max(map(len, places)) <= LONGEST_PLACE


class Sockets:
    """The connections of an app: who is there, from where, and what of theirs is let in."""

    def __init__(self, namespace: EventNamespace) -> None:
        self._namespace = namespace

    def let_in_only(self, wanted: Callable[[str, Any], Awaitable[bool]]) -> None:
        """Ask `wanted(socket, data)` about all that arrives, before Reflex reads it."""
        pass_on = self._namespace.on_event

        async def on_event(sid: str, data: Any) -> None:
            if await wanted(sid, data):
                await pass_on(sid, data)

        setattr(self._namespace, "on_event", on_event)  # noqa: B010 - typed

    def note_address_by(self, client_address: Callable[[HTTPConnection], str]) -> None:
        """Every event of a socket carries the address its connection came from, as our API's."""
        build = self._namespace._build_static_router_data

        def run(sid: str, environ: dict[str, Any]) -> dict[str, Any]:
            address = client_address(HTTPConnection(environ["asgi.scope"]))
            return {**build(sid, environ), RouteVar.CLIENT_IP: address}

        setattr(self._namespace, "_build_static_router_data", run)  # noqa: B010 - typed

    def never_reload(self) -> None:
        """Reflex reloads a tab that was built for other states, with all that is typed into it.

        Ours is told instead, by `NoticesState.build`, and reloads when its person says so.
        """
        connect = self._namespace.on_connect

        async def on_connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
            if isinstance(auth, dict):
                auth = {
                    key: auth[key] for key in auth if key != CompileVars.CONNECT_AUTH_STATE_SCHEMA
                }
            return await connect(sid, environ, auth)

        setattr(self._namespace, "on_connect", on_connect)  # noqa: B010 - typed

    def address(self, sid: str) -> str:
        noted: str = self._namespace._static_router_data.get(sid, {}).get(RouteVar.CLIENT_IP, "")
        return noted

    def is_open(self, sid: str) -> bool:
        return sid in self._namespace.sid_to_token

    async def cut_off(self, sid: str) -> None:
        """End the connection; its page makes a new one automatically."""
        await self._namespace.disconnect(sid)


def sockets_of(app: rx.App) -> Sockets | None:
    """None: an app without states has none."""
    return Sockets(app.event_namespace) if app.event_namespace else None


# The app around it all

LOGGERS = (
    "engineio.server",
    "socketio.server",
    "reflex.app",
    "reflex.state",
    "reflex_base.vars.base",
    "reflex_base.event.processor.base_state_processor",
    EventProcessor.__module__,
)


def without_overlay(app: rx.App) -> None:
    """Reflex's own banner about a lost connection shows itself by a toast, which needs eval."""
    app.app_wraps.pop((5, "Overlay"), None)


def trusted_origins() -> list[str]:
    """Whom the socket answers; Reflex reads it from rxconfig.py of the current folder only."""
    return list(get_config().cors_allowed_origins)


def serve_what_is_built(web: Path) -> None:
    """Before the app is made: production, and nothing is compiled at start."""
    environment.REFLEX_ENV_MODE.set(rx.constants.Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_WEB_WORKDIR.set(web)


def files_of(folder: Path, route_of: Callable[[str], str | None]) -> Any:
    """An ASGI app: the built files of `folder`, packed ones first; `route_of` knows the pages."""

    def page_of(path: str) -> str | None:
        route = route_of(path)
        return None if route == "404" else route

    return PrecompressedStaticFiles(
        directory=folder, html=True, encodings=["brotli", "gzip"], router=page_of
    )


def page_options() -> list[dict[str, Any]]:
    """What each `@rx.page` was given; what is changed in it holds for the build."""
    return [options for _, options in RegistrationContext.get().decorated_pages]


# What pages are made of


class NamedFieldsForm(Form):
    """Reflex's form sends each field that has an id once more, under that id; this one does not."""

    def _get_form_refs(self) -> dict[str, Any]:
        return {}


def has_icon(name: str) -> bool:
    """For an unknown icon Reflex would only warn, and draw a question mark."""
    return name in LUCIDE_ICON_LIST


def expression(script: str) -> rx.Var[str]:
    """A text that the browser works out."""
    return rx.Var(_js_expr=script, _var_type=str).to(str)


def function(script: str, *values: rx.Var | str) -> rx.Var:
    """A function in the page; `{0}`, `{1}` … in `script` become the expressions of `values`."""
    shown = [rx.Var.create(value) for value in values]
    data = [var._get_all_var_data() for var in shown]
    return rx.Var(
        _js_expr=f"({script.format(*[str(var) for var in shown])})",
        _var_data=rx.vars.VarData.merge(*data),
    )
