"""What tests know about Reflex that Reflex does not promise; the package's own is state/edge.py."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.istate.proxy import StateProxy
from reflex.state import (
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    UpdateVarsInternalState,
)
from reflex_base.event import Event
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import format_event_handler

from courseflow_admin.state.edge import Handler

TAB = "tab"
TREE = BaseStateToken(ident=TAB, cls=rx.State)
STATES = {
    state.__name__: state
    for state in (State, OnLoadInternalState, FrontendEventExceptionState, UpdateVarsInternalState)
}


# Events


def named(handler: Any) -> str:
    """How the event of a handler is called on the socket."""
    if isinstance(handler, Handler):
        return f"{handler.state.get_full_name()}.{handler.function.__name__}"
    return format_event_handler(handler)


def handler(state: str, name: str) -> Any:
    """One of Reflex's own."""
    return STATES[state].event_handlers[name]


def event(of: Any, **payload: Any) -> Event:
    return Event(name=of if isinstance(of, str) else named(of), payload=payload)


HYDRATE = named(handler("State", "hydrate_and_load"))
FAULT = named(handler("FrontendEventExceptionState", "handle_frontend_exception"))
UPDATE_VARS = named(handler("UpdateVarsInternalState", "update_vars_internal"))
IS_HYDRATED = named(handler("State", "set_is_hydrated"))


def setvar(state: type[rx.State]) -> str:
    """The setter that every state brings along, for any of its variables."""
    return f"{state.get_full_name()}.setvar"


def plain(name: str) -> str:
    """A variable's name as we wrote it, from the one on the wire."""
    return name.partition("_rx_state_")[0]


def led_to(steps: list[Any]) -> str:
    """The address of the one redirect a handler answered with."""
    (step,) = steps
    return {str(name): value._var_value for name, value in step.args}["path"]


def is_redirect(step: Any) -> bool:
    return "_redirect" in str(step)


# Tabs


def new_tab(**router_data: Any) -> Any:
    """The states of a tab whose socket has just said this about itself and its page."""
    root = rx.State(_reflex_internal_init=True)
    move(root, **router_data)
    return root


def move(root: Any, **router_data: Any) -> None:
    """The tab's next event says this of socket and page; the rest stays."""
    data = {**root.router_data, **router_data}
    root._update_router_vars(data, root.router_data)
    root.router_data = data


@asynccontextmanager
async def live(root: Any) -> AsyncIterator[None]:
    """The tab as the socket has it: under a lock, which background handlers take and give back."""
    manager = StateManagerMemory()
    await manager.set_state(TREE, root)

    async def nowhere(*_: Any) -> None: ...

    context = EventContext(token=TAB, state_manager=manager, enqueue_impl=nowhere)
    before = EventContext.set(context)
    try:
        yield
    finally:
        EventContext.reset(before)
        await manager.close()


def is_live() -> bool:
    try:
        EventContext.get()
    except LookupError:
        return False
    return True


@asynccontextmanager
async def held(root: Any, state: type[rx.State], handler: Any) -> AsyncIterator[Any]:
    """The state as this handler gets it: locked, or released to a background handler."""
    if handler.is_background:
        async with nullcontext() if is_live() else live(root):
            yield StateProxy(await root.get_state(state))
    elif is_live():
        manager = EventContext.get().state_manager
        async with manager.modify_state_with_links(TREE) as tab:
            yield await tab.get_state(state)
    else:
        yield await root.get_state(state)


@contextmanager
def another_app() -> Iterator[rx.App]:
    """An app beside ours, of which there is one in a process; it knows the same states."""
    before = RegistrationContext.set(RegistrationContext.get().fork())
    try:
        yield rx.App()
    finally:
        RegistrationContext.reset(before)
