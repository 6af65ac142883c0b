"""Read-only means read-only: every route and every handler, while an admin views somebody."""

import pytest

from courseflow_admin.db.core.client import close_for_writing
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.services.identity import sessions, view_as
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.marks import mark_of
from tests.security.handlers import HANDLERS, PATHS, arguments
from tests.security.matrix import (
    a_school,
    address_of,
    body_of,
    everything_stored,
    routes_there_are,
)
from tests.state.conftest import a_tab, run, said
from tests.state.core.test_guard import asked

READS = ("GET ", "HEAD ")
ENDS = {"POST /api/v1/view-as/end", "POST /api/v1/auth/sign-out"}
VIEWED = ("learner", "owner")


@pytest.fixture(autouse=True)
def own_context():
    """Requests of these tests share the test's own context, which is nobody's request."""
    yield
    close_for_writing(False)


async def viewing(school, person) -> str:
    """The cookie of an admin who views this person."""
    token = await school.token("admin")
    admin = await sessions.find(token)
    assert admin is not None
    await view_as.begin(admin, school.people[person].id)
    return token


async def call(api, school, route, token):
    body = body_of(route, school)
    api.cookies.clear()
    return await api.request(
        route.partition(" ")[0],
        address_of(route, school),
        headers={"Cookie": f"cf_session={token}"},
        **({"content": body} if isinstance(body, bytes) else {"json": body} if body else {}),
    )


@pytest.mark.parametrize("person", VIEWED)
async def test_no_route_changes_anything_and_every_write_says_why(api, sandbox, person):
    school = await a_school()
    token = await viewing(school, person)
    before, changed, refused = await everything_stored(), [], {}

    for route in sorted(routes_there_are() - ENDS):
        answer = await call(api, school, route, token)
        if await everything_stored() != before:
            changed.append(route)
            before = await everything_stored()
        if not route.startswith(READS):
            refused[route] = (answer.status_code, answer.json()["code"])
        assert answer.status_code != 500, route

    assert changed == []
    assert {route: one for route, one in refused.items() if one != (403, "read_only")} == {}


async def test_what_is_private_is_closed(api):
    school = await a_school()
    token = await viewing(school, "learner")

    private = [one for one in routes_there_are() if one.startswith("GET /api/v1/me/")]
    answers = {route: await call(api, school, route, token) for route in private}

    assert len(private) >= 2
    assert {route: one.json()["code"] for route, one in answers.items()} == dict.fromkeys(
        private, "read_only"
    )


async def test_what_the_person_sees_is_seen_and_what_admins_see_is_not(api):
    school = await a_school()
    token = await viewing(school, "learner")
    me = await call(api, school, "GET /api/v1/me", token)
    payment = await call(api, school, "GET /api/v1/payments/{payment_id}", token)
    people = await call(api, school, "GET /api/v1/accounts", token)

    assert me.json()["email"] == school.people["learner"].email
    assert payment.status_code == 200
    assert people.status_code == 403


@pytest.mark.parametrize("person", VIEWED)
async def test_no_handler_changes_anything(database, sandbox, person):
    """As the socket calls them, behind the guard, on the person's own objects."""
    school = await a_school()
    token = await viewing(school, person)
    before, changed, reached = await everything_stored(), [], 0

    for name, registered in HANDLERS.items():
        state, function = registered.state, registered.function
        if state.__name__ == "NoticesState":  # what a tab says, kept nowhere
            continue
        root = a_tab(token, path=PATHS.get(state.__name__, lambda _: "/overview")(school))
        if await asked(root, registered, **arguments(name, function, school)) is None:
            reached += 1
            if "load" in state.event_handlers:
                await run(root, state, "load")
            await run(root, state, function.__name__, **arguments(name, function, school))
        if await everything_stored() != before:
            changed.append(name)
            before = await everything_stored()

    assert changed == []
    assert reached > 15


@pytest.mark.parametrize("person", VIEWED)
async def test_every_page_of_the_person_can_be_looked_at(database, sandbox, person):
    """Their loaders write nothing: none of them runs into the fence."""
    school = await a_school()
    token = await viewing(school, person)

    heard = {}
    for name, registered in HANDLERS.items():
        state = registered.state
        if registered.function.__name__ != "load" or state.__name__ == "CheckoutState":
            continue
        root = a_tab(token, path=PATHS.get(state.__name__, lambda _: "/overview")(school))
        if await asked(root, registered, **arguments(name, registered.function, school)) is None:
            await run(root, state, "load")
            heard[name] = [text for tone, text in await said(root) if tone == "error"]

    assert "MyCoursesState.load" in heard
    assert {name: texts for name, texts in heard.items() if texts} == {}


async def test_the_account_page_is_marked_as_private():
    marks = {
        name: mark_of(one.function)
        for name, one in HANDLERS.items()
        if one.state.__name__ == "AccountState"
    }

    assert set(marks.values()) == {Permission.ACCOUNT_PRIVATE}


# A tab that was open when the view began or ended


async def test_a_click_meant_as_oneself_is_not_done_as_somebody_else_nor_the_other_way(database):
    school = await a_school()
    token = await school.token("owner")  # anybody's handler would do
    token = await school.token("admin")
    root = a_tab(token, path="/people")
    handler = HANDLERS["PeopleState.load"]
    assert await asked(root, handler) is None
    admin = await sessions.find(token)
    assert admin is not None
    await view_as.begin(admin, school.people["learner"].id)

    begun = await asked(root, HANDLERS["NoticesState.close"], notice_id="x")
    auth = await root.get_state(AuthState)
    seen = (auth.viewing, auth.viewing_ends, auth.email)
    after = await asked(root, HANDLERS["NoticesState.close"], notice_id="x")
    actor = await sessions.find(token)
    assert actor is not None
    await view_as.end(actor)
    ended = await asked(root, HANDLERS["AuthState.look_again"])

    assert [event.name.rpartition(".")[2] for event in begun.events] == ["on_load_internal"]
    assert seen == ("learner", "ends in 30 min", "learner@demo.test")
    assert after is None
    assert [event.name.rpartition(".")[2] for event in ended.events] == ["on_load_internal"]
    assert (auth.viewing, auth.email) == ("", "admin@demo.test")
    assert await said(root) == [("info", "View-as ended.")]


async def test_what_the_admin_had_on_screen_is_gone_from_the_tab(database):
    school = await a_school()
    token = await school.token("admin")
    people = HANDLERS["PeopleState.load"]
    root = a_tab(token, path="/people")
    assert await asked(root, people) is None
    await run(root, people.state, "load")
    state = await root.get_state(people.state)
    assert len(state.rows) > 3
    admin = await sessions.find(token)
    assert admin is not None
    await view_as.begin(admin, school.people["learner"].id)

    await asked(root, people)

    assert state.rows == []
