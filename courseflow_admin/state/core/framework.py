"""Reflex's own handlers: which of them a browser may call, and with what."""

from typing import Annotated, Any

from pydantic import Field, ValidationError
from reflex_base.registry import RegisteredEventHandler

from courseflow_admin.state.core.marks import Arguments

LONGEST_FAULT = 500  # signs of what a page says went wrong


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


def arguments_of(registered: RegisteredEventHandler) -> type[Arguments] | None:
    """What this handler of Reflex takes; None: it is none of those.

    All event names start alike, so the class that holds the handler decides.
    """
    state, function = registered.states[0], registered.handler.fn
    if function.__module__ != state.__module__:
        return None
    return FRAMEWORK.get(state.__module__, {}).get(state.__name__, {}).get(function.__name__)


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
