"""The guard: what carries no mark is refused, and a tab never shows another person's state."""

from typing import Any
from urllib.parse import parse_qs

import pytest
import reflex as rx
from loguru import logger

from courseflow_admin import routes
from courseflow_admin.courseflow_admin import app
from courseflow_admin.db.core import client
from courseflow_admin.errors import NotSignedIn, Unavailable
from courseflow_admin.models.core.permissions import PERMISSIONS, Permission
from courseflow_admin.services.identity import erasure, sessions
from courseflow_admin.state.core import notices
from courseflow_admin.state.core.auth import AuthState, typed
from courseflow_admin.state.core.events import NOT_UNDERSTOOD, event
from courseflow_admin.state.core.guard import Guard
from courseflow_admin.state.core.marks import PUBLIC, SIGNED_IN, Mark, mark_of
from courseflow_admin.state.core.notices import SAID_WITH_A_MOVE, NoticesState
from courseflow_admin.state.edge import FRAMEWORK, handlers
from tests import edge
from tests.account_builders import CommandsHeard
from tests.builders import PASSWORD, acting, an_account
from tests.state.conftest import NOT_PERMITTED, a_tab, said

DENIED = ("error", NOT_PERMITTED)


class GuardedState(rx.State):
    secret: str = ""

    @event(PUBLIC)
    async def for_all(self): ...

    @event(SIGNED_IN)
    async def for_somebody(self): ...

    @event(Permission.PAYMENTS_REFUND)
    async def refund(self): ...

    @rx.event
    async def unmarked(self): ...

    def not_even_decorated(self): ...


async def asked(root: Any, handler: Any, **payload: Any) -> Any:
    """None: let through. Otherwise what is sent to the browser instead."""
    return await Guard().preprocess(app, root, edge.event(handler, **payload))


async def signed_in(role: str = "student", email: str = "ada@demo.test", **tab: Any) -> Any:
    account = await an_account(email, role)
    return a_tab(await sessions.open_browser(account), **tab)


@pytest.mark.parametrize("name", ["unmarked", "not_even_decorated", "setvar"])
async def test_a_handler_without_a_mark_is_refused_even_to_an_admin(database, name):
    root = await signed_in("admin")

    answer = await asked(root, GuardedState.event_handlers[name])

    assert answer is not None
    assert await said(root) == [DENIED]


async def test_the_line_of_a_refusal_says_who_was_refused(database):
    root = await signed_in("student")
    records: list[Any] = []
    sink = logger.add(lambda message: records.append(message.record))

    await asked(root, GuardedState.event_handlers["refund"])

    logger.remove(sink)
    [extra] = [one["extra"] for one in records if one["message"] == "guard.refused"]
    assert extra["account"] == (await root.get_state(AuthState)).actor().id
    assert extra["mark"] == "payments:refund"


async def test_an_event_that_does_not_exist_is_refused(database):
    root = await signed_in("admin")

    answer = await Guard().preprocess(app, root, edge.event("state.nothing.here"))

    assert answer is not None
    assert await said(root) == [DENIED]


ODD = ['a={"x":1}; ', "naïve=1; ", "a=1,2 3; ", "=; ", "a[b]=(c); ", "alone; "]


@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_cookie_of_somebody_else_signs_nobody_out(database, odd):
    root = await signed_in(cookies=odd)

    answer = await asked(root, GuardedState.event_handlers["for_somebody"])

    assert answer is None
    assert (await root.get_state(AuthState)).role_label == "Learner"


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_cookie_of_somebody_else_loses_nothing_that_was_typed(odd):
    name = routes.form_cookie(secure=False)

    assert typed(f"{odd}{name}=email=ada%40demo.test") == {"email": "ada@demo.test"}


@pytest.mark.parametrize(
    ("role", "name", "through"),
    [
        ("student", "for_all", True),
        ("student", "for_somebody", True),
        ("student", "refund", False),
        ("instructor", "refund", False),
        ("admin", "refund", True),
    ],
)
async def test_the_permission_decides(database, role, name, through):
    root = await signed_in(role)

    answer = await asked(root, GuardedState.event_handlers[name])

    assert (answer is None) is through
    assert await said(root) == ([] if through else [DENIED])


@pytest.mark.parametrize("token", ["", "x", "A" * 43, '"; cf_session=', "ü" * 43])
async def test_a_visitor_gets_what_is_public_and_is_else_led_to_sign_in(database, token):
    root = a_tab(token, path="/payments?state=paid")

    through = await asked(root, GuardedState.event_handlers["for_all"])
    refused = await asked(root, GuardedState.event_handlers["refund"])

    assert through is None
    path, _, query = refused.events[0].payload["path"].partition("?")
    assert (path, parse_qs(query)["next"]) == ("/sign-in", ["/payments?state=paid"])
    assert await said(root) == []


async def test_the_tab_knows_the_actor_but_the_browser_only_names(database):
    root = await signed_in("instructor")

    await asked(root, GuardedState.event_handlers["for_all"])

    auth = await root.get_state(AuthState)
    assert auth.actor().email == "ada@demo.test"
    shown = auth.dict()[AuthState.get_full_name()]
    assert {edge.plain(name) for name in shown} == {
        "known",
        "signed_in",
        "name",
        "initials",
        "email",
        "role_label",
        "permissions",
        "second_factor_due",
        "unconfirmed",
        "viewing",
        "viewing_ends",
    }
    assert (auth.name, auth.initials, auth.role_label) == ("Ada Lovelace", "AL", "Instructor")
    assert auth.permissions == sorted(PERMISSIONS["instructor"])


async def test_nobody_signed_in_has_no_actor(database):
    root = a_tab()

    await asked(root, GuardedState.event_handlers["for_all"])

    with pytest.raises(NotSignedIn):
        (await root.get_state(AuthState)).actor()


async def test_a_tab_taken_over_by_another_session_is_emptied_before_it_is_shown(database):
    root = await signed_in()
    await asked(root, GuardedState.event_handlers["for_all"])
    (await root.get_state(GuardedState)).secret = "hers"

    other = await an_account("bob@demo.test")
    edge.move(root, headers={"cookie": f"cf_session={await sessions.open_browser(other)}"})
    answer = await asked(root, edge.handler("State", "hydrate_and_load"))

    assert answer is None
    assert (await root.get_state(GuardedState)).secret == ""
    assert (await root.get_state(AuthState)).email == "bob@demo.test"


async def test_a_tab_token_without_the_cookie_shows_nothing(database):
    root = await signed_in()
    await asked(root, GuardedState.event_handlers["for_all"])
    (await root.get_state(GuardedState)).secret = "hers"

    edge.move(root, headers={"cookie": ""})
    await asked(root, edge.handler("State", "hydrate_and_load"))

    assert (await root.get_state(GuardedState)).secret == ""
    assert (await root.get_state(AuthState)).signed_in is False


async def test_a_session_that_ended_is_over_with_the_next_event_and_its_state_is_gone(database):
    account = await an_account()
    token = await sessions.open_browser(account)
    root = a_tab(token)
    await asked(root, GuardedState.event_handlers["for_somebody"])
    (await root.get_state(GuardedState)).secret = "hers"
    actor = await sessions.find(token)
    assert actor is not None
    await sessions.end(actor)

    answer = await asked(root, GuardedState.event_handlers["for_somebody"])

    assert answer.events[0].payload["path"] == "/sign-in?said=over&next=%2Foverview"
    assert (await root.get_state(GuardedState)).secret == ""
    assert (await root.get_state(AuthState)).name == ""


async def test_who_has_deleted_the_account_reads_that_in_every_tab_that_was_open(database):
    account = await an_account()
    root = a_tab(await sessions.open_browser(account), path="/account")
    await asked(root, GuardedState.event_handlers["for_somebody"])
    await erasure.erase(acting(account), PASSWORD)

    answers = [await asked(root, GuardedState.event_handlers["for_somebody"]) for _ in range(2)]

    assert [one.events[0].payload["path"] for one in answers] == ["/sign-in?said=deleted"] * 2


async def test_a_state_of_the_same_session_is_kept(database):
    root = await signed_in()
    await asked(root, GuardedState.event_handlers["for_somebody"])
    (await root.get_state(GuardedState)).secret = "hers"

    await asked(root, edge.handler("State", "hydrate_and_load"))

    assert (await root.get_state(GuardedState)).secret == "hers"


async def test_a_database_that_is_away_is_said_and_comes_back_by_itself(database, mongod_uri):
    root = await signed_in()
    await asked(root, GuardedState.event_handlers["for_somebody"])
    name = client.collection("any").raw.database.name
    await client.close()

    refused = await asked(root, GuardedState.event_handlers["for_somebody"])
    opened = await asked(root, edge.handler("State", "hydrate_and_load"))

    board = await root.get_state(NoticesState)
    assert (refused is None, opened) == (False, None)
    assert board.database_away is True
    assert await said(root) == [("error", str(Unavailable()))]
    assert (await root.get_state(AuthState)).name == "Ada Lovelace"

    await client.connect(mongod_uri, name)
    assert await asked(root, NoticesState.event_handlers["try_again"]) is None
    assert board.database_away is False


def test_every_handler_of_ours_has_a_mark_and_the_frameworks_are_those_we_looked_at():
    theirs: dict[str, set[str]] = {}
    unmarked = []
    for name, one in handlers().items():
        state, function = one.state, one.function
        if state.__module__.startswith("courseflow_admin.") and function.__name__ != "setvar":
            if mark_of(function) is None:
                unmarked.append(name)
        elif state.__module__.startswith("reflex") and function.__name__ != "setvar":
            theirs.setdefault(state.__name__, set()).add(function.__name__)

    # AuthState.actor is read by our own handlers and refused to everybody else.
    assert [name.rpartition(".")[2] for name in unmarked] == ["actor"]
    assert {name: names for name, names in theirs.items() if names} == {
        name: set(handlers) for name, handlers in FRAMEWORK["reflex.state"].items()
    }


def test_marks_are_permissions_or_one_of_two_names():
    marks: set[Mark | None] = {mark_of(one.function) for one in handlers().values()}

    assert marks <= {None, PUBLIC, SIGNED_IN, *Permission}


async def test_an_event_costs_the_guard_one_read_by_index_and_no_write(database, mongod_uri):
    root = await signed_in()
    heard = CommandsHeard()
    await client.connect(mongod_uri, database, listeners=[heard])
    heard.heard.clear()

    for _ in range(3):
        assert await asked(root, GuardedState.for_somebody) is None

    assert heard.heard == [("aggregate", "sessions")] * 3


async def test_what_was_said_on_one_page_does_not_stand_on_the_next(database):
    root = await signed_in(path="/payments/pay_1")
    await asked(root, GuardedState.event_handlers["for_somebody"])
    board = await root.get_state(NoticesState)
    hydrate = edge.handler("State", "hydrate")
    await asked(root, hydrate)
    board._say(notices.error("Stripe does not answer just now."))

    board._said_at -= SAID_WITH_A_MOVE + 1
    await asked(root, hydrate)
    kept = [notice.text for notice in board.shown]
    edge.move(root, pathname="/people", asPath="/people")
    await asked(root, hydrate)

    assert (kept, board.shown) == (["Stripe does not answer just now."], [])


async def test_what_is_said_with_a_move_is_read_on_the_next_page(database):
    root = await signed_in(path="/studio")
    hydrate = edge.handler("State", "hydrate")
    await asked(root, hydrate)
    board = await root.get_state(NoticesState)
    board._say(notices.info("The course is archived."))

    edge.move(root, pathname="/people", asPath="/people")
    await asked(root, hydrate)

    assert [notice.text for notice in board.shown] == ["The course is archived."]


FAULT = edge.FAULT
VARS = edge.UPDATE_VARS
OPEN = edge.HYDRATE
IS_OPEN = edge.IS_HYDRATED
ALSO_OPEN = edge.handler("OnLoadInternalState", "set_is_hydrated")
CLOSE = NoticesState.event_handlers["close"]


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        (IS_OPEN, {"value": "1" * 5000}),
        (IS_OPEN, {"value": "\ud800"}),
        (IS_OPEN, {"value": 1}),
        (IS_OPEN, {}),
        (ALSO_OPEN, {"value": None}),
        (edge.handler("State", "hydrate"), {"surprise": 1}),
        (OPEN, {"vars": "x"}),
        (OPEN, {"vars": {"no.such.state.name": 1}}),
        (OPEN, {"hashes": [7]}),
        (OPEN, {"hashes": ["\ud800"]}),
        (OPEN, {"surprise": 1}),
        (VARS, {}),
        (VARS, {"vars": 7}),
        (VARS, {"vars": {"no.such.state.name": 1}}),
        (FAULT, {"info": 7, "component_stack": ""}),
        (FAULT, {"info": "x"}),
        (FAULT, {"\ud800": "x"}),
        (CLOSE, {}),
        (CLOSE, {"notice_id": {"$ne": ""}}),
        (CLOSE, {"notice_id": "x", "surprise": 1}),
        (NoticesState.event_handlers["try_again"], {"surprise": 1}),
    ],
)
async def test_wrong_arguments_are_refused_also_by_handlers_without_our_decorator(
    database, handler, payload
):
    root = a_tab()
    before = root.is_hydrated

    answer = await asked(root, handler, **payload)

    assert answer is not None
    assert await said(root) == [("error", NOT_UNDERSTOOD)]
    assert root.is_hydrated == before


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        (IS_OPEN, {"value": True}),
        (OPEN, {}),
        (OPEN, {"vars": {}, "hashes": ["0a1b2c"]}),
        (OPEN, {"vars": None, "hashes": None}),
        (VARS, {"vars": {}}),
        (CLOSE, {"notice_id": "x"}),
    ],
)
async def test_what_our_pages_say_to_these_handlers_is_let_through(database, handler, payload):
    root = a_tab()

    assert await asked(root, handler, **payload) is None
    assert await said(root) == []


async def test_of_what_a_page_says_went_wrong_only_the_beginning_is_looked_at(database):
    root = a_tab()
    said_by_page = edge.event(FAULT, info="\\" * 500_000, component_stack="")

    answer = await Guard().preprocess(app, root, said_by_page)

    assert (answer, said_by_page.payload["info"]) == (None, "\\" * 500)
