"""The mark that says who may call an event handler; a handler without one is refused."""

from collections.abc import Callable
from typing import Any, Final

from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.edge import Arguments


class _Name:
    """A mark that is no permission: everyone, or everyone who is signed in."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


PUBLIC: Final = _Name("PUBLIC")
SIGNED_IN: Final = _Name("SIGNED_IN")

Mark = Permission | _Name


def put_mark(
    handler: Callable[..., Any], mark: Mark, arguments: type[Arguments] | None = None
) -> None:
    """Write `mark` on the function that Reflex will register.

    `arguments`: what the guard lets through, where no `@event` looks at them.
    """
    handler.__dict__["courseflow_mark"] = mark
    handler.__dict__["courseflow_arguments"] = arguments


def mark_of(handler: object) -> Mark | None:
    """None: no one decided who may call this, so no one may."""
    return getattr(handler, "__dict__", {}).get("courseflow_mark")


def arguments_of(handler: object) -> type[Arguments] | None:
    return getattr(handler, "__dict__", {}).get("courseflow_arguments")
