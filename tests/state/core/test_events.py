"""`@event`: strict arguments, and an ordinary end whatever happens."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import pytest
import reflex as rx
from loguru import logger

from courseflow_admin.errors import Conflict, NotSignedIn, Unavailable, Unexpected
from courseflow_admin.services.school import support
from courseflow_admin.state.core import notices
from courseflow_admin.state.core.events import NOT_UNDERSTOOD, Form, event, resumed
from courseflow_admin.state.core.marks import PUBLIC, mark_of
from tests import edge
from tests.state.conftest import a_tab, run, said

seen: list[object] = []


class Colour(StrEnum):
    RED = "red"


@dataclass
class Point:
    x: int
    y: int


class RefundForm(Form):
    amount: str
    reason: str = ""


class TriedState(rx.State):
    busy: bool = False

    @event(PUBLIC)
    async def text(self, target: str):
        seen.append(target)

    @event(PUBLIC)
    async def many(self, number: int, flag: bool, colour: Colour, side: Literal["l", "r"]):
        seen.append((number, flag, colour, side))

    @event(PUBLIC)
    async def point(self, point: Point, ids: list[str]):
        seen.append((point, ids))

    @event(PUBLIC)
    async def refund(self, form: RefundForm):
        seen.append(form)
        return notices.success("Refunded.")

    @event(PUBLIC)
    async def optional(self, target: str = "none"):
        seen.append(target)

    @event(PUBLIC)
    async def fails(self, how: str):
        self.busy = True
        yield
        try:
            if how == "ours":
                raise Conflict("Only INR 100.00 of this payment can still be refunded.")
            if how == "away":
                raise Unavailable
            if how == "who":
                raise NotSignedIn
            raise RuntimeError("the secret is swordfish")
        finally:
            self.busy = False

    @event(PUBLIC, background=True)
    async def waits(self, how: str):
        async with self:
            self.busy = True
        try:
            await asyncio.sleep(0)
            if how == "fails":
                raise RuntimeError("the secret is swordfish")
            async with resumed(self):
                yield notices.success("Done.")
        finally:
            async with self:
                self.busy = False

    @event(PUBLIC)
    async def steps(self):
        yield notices.info("One.")
        yield [notices.success("Two."), rx.redirect("/payments")]


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    seen.clear()


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(f"{message} {message.record['extra']}"))
    yield lines
    logger.remove(sink)


@pytest.mark.parametrize(
    "value",
    [{"$ne": None}, ["a"], 7, True, None, 1.5, b"bytes", "\ud800"],
    ids=lambda value: type(value).__name__ + str(value)[:8].encode("ascii", "replace").decode(),
)
async def test_what_is_no_text_is_refused_where_a_text_is_declared(value):
    root = a_tab()

    await run(root, TriedState, "text", target=value)

    assert seen == []
    assert await said(root) == [("error", NOT_UNDERSTOOD)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"number": "7", "flag": True, "colour": "red", "side": "l"},
        {"number": True, "flag": True, "colour": "red", "side": "l"},
        {"number": 7, "flag": "true", "colour": "red", "side": "l"},
        {"number": 7, "flag": 1, "colour": "red", "side": "l"},
        {"number": 7, "flag": True, "colour": "green", "side": "l"},
        {"number": 7, "flag": True, "colour": "red", "side": "top"},
        {"number": 7, "flag": True, "colour": "red"},
        {"number": 7, "flag": True, "colour": "red", "side": "l", "role": "admin"},
    ],
)
async def test_arguments_are_never_converted_left_out_or_added(arguments):
    root = a_tab()

    await run(root, TriedState, "many", **arguments)

    assert seen == []
    assert await said(root) == [("error", NOT_UNDERSTOOD)]


async def test_declared_types_arrive_as_what_they_are():
    root = a_tab()

    await run(root, TriedState, "many", number=7, flag=False, colour="red", side="r")
    await run(root, TriedState, "point", point={"x": 1, "y": 2}, ids=["a"])
    await run(root, TriedState, "optional")

    assert seen == [(7, False, Colour.RED, "r"), (Point(1, 2), ["a"]), "none"]
    assert await said(root) == []


async def test_a_form_is_its_model_and_nothing_else():
    root = a_tab()

    await run(root, TriedState, "refund", form={"amount": " 900 "})
    await run(root, TriedState, "refund", form={"amount": "700", "role": "admin"})
    await run(root, TriedState, "refund", form={"amount": {"$gt": ""}})
    await run(root, TriedState, "refund", form="amount=900")

    assert seen == [RefundForm(amount="900")]
    assert await said(root) == [("error", NOT_UNDERSTOOD)]  # the success before it has gone


async def test_refused_arguments_are_logged_without_their_values(log):
    await run(a_tab(), TriedState, "refund", form={"amount": {"password": "swordfish"}})

    assert "event.arguments_refused" in log[0]
    assert "amount string_type" in log[0]
    assert "swordfish" not in log[0]


async def test_an_error_of_ours_is_said_in_its_own_words_and_finally_is_reached():
    root = a_tab()

    await run(root, TriedState, "fails", how="ours")

    sentence = "Only INR 100.00 of this payment can still be refunded."
    assert await said(root) == [("error", sentence)]
    assert (await root.get_state(TriedState)).busy is False


async def test_a_fault_is_one_log_line_and_its_reference_for_the_person(database, log):
    root = a_tab()

    await run(root, TriedState, "fails", how="ours not")

    board = await root.get_state(notices.NoticesState)
    assert [(one.tone, one.text) for one in board.shown] == [
        ("error", await support.sentence(Unexpected()))
    ]
    assert len(log) == 1
    assert board.shown[0].reference in log[0]
    assert "Traceback" not in log[0]
    assert (await root.get_state(TriedState)).busy is False


async def test_a_background_handler_says_what_came_of_it_and_ends():
    root = a_tab()

    await run(root, TriedState, "waits", how="well")

    assert await said(root) == [("success", "Done.")]
    assert (await root.get_state(TriedState)).busy is False


async def test_a_background_handler_that_fails_ends_too_and_is_one_log_line(database, log):
    root = a_tab()

    await run(root, TriedState, "waits", how="fails")

    board = await root.get_state(notices.NoticesState)
    assert [(one.tone, one.text) for one in board.shown] == [
        ("error", await support.sentence(Unexpected()))
    ]
    assert (len(log), board.shown[0].reference in log[0]) == (1, True)
    assert (await root.get_state(TriedState)).busy is False


async def test_who_is_signed_out_meanwhile_is_led_to_sign_in_and_back():
    root = a_tab(path="/payments?state=paid")

    handed_on = await run(root, TriedState, "fails", how="who")

    assert "/sign-in?next=%2Fpayments%3Fstate%3Dpaid" in str(handed_on[-1])


async def test_a_database_that_is_away_is_said_and_nothing_breaks():
    root = a_tab()

    await run(root, TriedState, "fails", how="away")

    assert await said(root) == [("error", str(Unavailable()))]


async def test_handlers_may_say_things_and_hand_on_events_in_steps():
    root = a_tab()

    handed_on = await run(root, TriedState, "steps")

    assert await said(root) == [("info", "One."), ("success", "Two.")]
    assert [edge.is_redirect(step) for step in handed_on] == [True]


async def test_the_same_sentence_stands_once():
    root = a_tab()

    for _ in range(6):
        await run(root, TriedState, "text", target=1)

    assert await said(root) == [("error", NOT_UNDERSTOOD)]


def test_the_mark_is_on_the_function_that_reflex_registers():
    assert mark_of(TriedState.event_handlers["text"].fn) is PUBLIC
    assert mark_of(TriedState.event_handlers["setvar"].fn) is None


def test_an_argument_without_a_type_is_a_mistake_at_import():
    async def handler(self, target): ...

    with pytest.raises(TypeError, match="declare the type of target"):
        event(PUBLIC)(handler)
