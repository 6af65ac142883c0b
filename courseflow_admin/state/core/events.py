"""`@event(permission)`: strict arguments, one way to fail, and always an ordinary end."""

import functools
import inspect
import json
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import reflex as rx
from loguru import logger
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from courseflow_admin import measures, routes
from courseflow_admin.errors import CourseFlowError, Invalid, NotSignedIn, Unavailable, Unexpected
from courseflow_admin.field_sentences import sentence
from courseflow_admin.logs import new_reference, redact
from courseflow_admin.services.school import support
from courseflow_admin.state import edge
from courseflow_admin.state.core import notices
from courseflow_admin.state.core.marks import Mark, put_mark
from courseflow_admin.state.core.notices import Notice, NoticesState

NOT_UNDERSTOOD = "Nothing was changed. Please reload the page and try again."


class Form(BaseModel):
    """The base of what a form sends: texts within bounds, no field that no one declared."""

    model_config = ConfigDict(str_strip_whitespace=True, str_max_length=100_000, extra="forbid")


class ArgumentsRefused(Exception):
    """The browser sent something else than the handler declares."""


class Withheld(Exception):
    """Who asked is not who looks at the tab now, so they are not shown the result."""

    def __init__(self, instead: list[Any]) -> None:
        super().__init__("The result is withheld.")
        self.instead = instead  # notices and events


# Left by the guard with each event: asks once more whether who asked may see the result.
ask_again: ContextVar[Callable[[Any], Awaitable[Withheld | None]] | None] = ContextVar(
    "ask_again", default=None
)


def event(
    mark: Mark, *, background: bool = False, supersedes: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """An event handler that `mark` may call: a permission, SIGNED_IN or PUBLIC.

    The handler is `async def`, with or without `yield`. It may return or yield Reflex events
    and notices (`notices.success("Saved.")`). `supersedes`: a newer call cancels an older one.

    `background`: for what waits for a company. The handler holds no tab, so that other clicks are
    answered meanwhile: it may assign only within `async with self` before it waits, and within
    `async with resumed(self)` after, and nothing is waited for inside.
    """

    def decorate(handler: Callable[..., Any]) -> Any:
        read = _reader(handler)

        @functools.wraps(handler)
        async def guarded(self: Any, *args: Any, **kwargs: Any) -> AsyncGenerator[Any]:
            try:
                with measures.handled(handler.__qualname__):
                    async with aclosing(_steps(handler(self, **read(args, kwargs)))) as steps:
                        async for step in steps:
                            yield await _said(self, step)
            except Exception as error:  # noqa: BLE001 - a handler that raises leaves the browser waiting
                yield await _failed(self, handler, error)

        edge.show_untyped(guarded)  # `read` looks at the real types
        put_mark(guarded, mark)
        return rx.event(background=background, supersedes=supersedes)(guarded)

    return decorate


@asynccontextmanager
async def resumed(state: Any) -> AsyncIterator[None]:
    """Hold the tab again after a wait, to show the result; or raise Withheld.

    Meanwhile its owner may have signed out, been suspended, or begun to see with other eyes.
    """
    async with state:
        question = ask_again.get()
        if question and (withheld := await question(state)):
            raise withheld
        yield


def _reader(handler: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """A function from raw arguments to those the handler declares, or ArgumentsRefused."""
    signature = inspect.signature(handler)
    hints = typing.get_type_hints(handler)
    names = [name for name in signature.parameters if name != "self"]
    untyped = [name for name in names if name not in hints]
    if untyped:
        raise TypeError(f"{handler.__qualname__}: declare the type of {', '.join(untyped)}")
    adapters = {name: _adapter(hints[name]) for name in names}

    def read(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            given = signature.bind(None, *args, **kwargs).arguments
            return {name: adapters[name](given[name]) for name in names if name in given}
        except ValidationError as error:
            raise _too_long(error) or ArgumentsRefused(_what_was_wrong(error)) from None
        except (TypeError, ValueError) as error:
            raise ArgumentsRefused(_what_was_wrong(error)) from None

    return read


def _adapter(hint: Any) -> Callable[[Any], Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        # A form's fields are all text in the browser; the model says what each may become.
        return adapter.validate_python
    # As JSON, so that a text may become an enumeration or a date, but never a number.
    return lambda value: adapter.validate_json(json.dumps(value), strict=True)


def _too_long(error: ValidationError) -> Invalid | None:
    """The one fault that anyone may make who types into a form: its field and the limit."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] != "string_too_long" or not first["loc"]:
        return None
    name = str(first["loc"][-1])
    return Invalid(f"{name.replace('_', ' ').capitalize()}: {sentence(first)}", name)


def _what_was_wrong(error: Exception) -> str:
    if isinstance(error, ValidationError):  # without the values: they may be a password
        return ", ".join(f"{'.'.join(map(str, e['loc']))} {e['type']}" for e in error.errors())
    return type(error).__name__


async def _steps(running: Any) -> AsyncGenerator[Any]:
    """What a handler yields, or the one thing it returns."""
    if inspect.isasyncgen(running):
        async with aclosing(running) as steps:
            async for step in steps:
                yield step
    else:
        yield await running


async def _said(
    state: Any, step: Any, hold: Callable[[Any], AbstractAsyncContextManager[Any]] = resumed
) -> Any:
    """`step` for Reflex: notices are put into their state, everything else goes on."""
    steps = step if isinstance(step, list | tuple) else [step]
    to_say = [one for one in steps if isinstance(one, Notice)]
    if not to_say:
        return step
    if edge.is_released(state):
        async with hold(state):
            await _put_up(state, to_say)
    else:
        await _put_up(state, to_say)
    return [one for one in steps if one is not None and not isinstance(one, Notice)] or None


async def _put_up(state: Any, to_say: list[Notice]) -> None:
    board = await state.get_state(NoticesState)
    for notice in to_say:
        board._say(notice)


async def _failed(state: Any, handler: Callable[..., Any], error: Exception) -> Any:
    """What goes to the browser in place of the steps that did not come."""
    if not isinstance(error, Withheld):
        try:
            return await _said(state, await _answer(state, handler, error))
        except Withheld as withheld:
            error = withheld
    logger.info("event.result_withheld", handler=handler.__qualname__)
    return await _said(state, error.instead or None, hold=lambda tab: tab)


async def _answer(state: Any, handler: Callable[..., Any], error: Exception) -> Any:
    """What the person is told about `error`."""
    name = handler.__qualname__
    if isinstance(error, NotSignedIn):
        return rx.redirect(routes.sign_in(path_of(state)))
    if isinstance(error, Unavailable):
        logger.warning("event.database_away", handler=name)
    if isinstance(error, CourseFlowError):
        return notices.error(await support.sentence(error))
    if isinstance(error, ArgumentsRefused):
        logger.warning("event.arguments_refused", handler=name, problem=str(error))
        return notices.error(NOT_UNDERSTOOD)
    return await unexpected(error, handler=name)


async def unexpected(error: BaseException, **facts: str) -> Notice:
    """Log a fault of ours, and say so with whom to write to and the line's reference."""
    reference = log_unexpected(error, **facts)
    return notices.error(await support.sentence(Unexpected()), reference)


def log_unexpected(error: BaseException, **facts: str) -> str:
    """One line about a fault of ours; the person gets its reference."""
    reference = new_reference()
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    logger.error(
        "event.failed", reference=reference, error=redact(repr(error), 300), where=where, **facts
    )
    return reference


def path_of(state: Any) -> str:
    """The address on screen, path and query."""
    url = state.router.url
    return f"{url.path}?{url.query}" if url.query else str(url.path)
