"""Every route and every handler, called by everybody: as the table says, or nothing is done."""

import runpy
from dataclasses import replace
from functools import cache

import httpx
import pytest
from starlette.routing import Route

from courseflow_admin import frontend
from courseflow_admin.api.app import create_api
from courseflow_admin.api.permissions import RULES, Rule
from courseflow_admin.errors import TooMany
from courseflow_admin.models.core.permissions import PERMISSIONS
from courseflow_admin.services.school import limits
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.marks import mark_of
from tests.builders import acting
from tests.security.handlers import HANDLERS, PATHS, STRANGERS, arguments, behind_the_guard, may
from tests.security.matrix import (
    BEYOND,
    PEOPLE,
    READERS,
    School,
    a_school,
    address_of,
    body_of,
    everything_stored,
    routes_there_are,
)
from tests.state.conftest import a_tab, run, said
from tests.state.core.test_guard import asked

REFUSED = {401, 403, 404}


def expected(rule: Rule, person: str) -> int | None:
    """The status of the refusal; None when the call is allowed."""
    if rule.needs is None:
        return None
    role = PEOPLE[person]
    if not role:
        return 401
    if rule.needs not in PERMISSIONS[role]:
        return 404 if rule.seen_by and person not in rule.seen_by else 403
    reaches = rule.everyones in PERMISSIONS[role] or person in rule.parties
    return rule.strangers if rule.parties and not reaches else None


async def call(api, school: School, route: str, person: str) -> int:
    token = await school.token(person)
    before = await everything_stored()
    answer = await asked_for(api, school, route, token)
    if answer.status_code in REFUSED and RULES[route].needs is not None:
        assert await everything_stored() == before, f"{person} was refused, but something changed"
    return answer.status_code


async def asked_for(api, school: School, route: str, token: str) -> httpx.Response:
    api.cookies.clear()
    body = body_of(route, school)
    return await api.request(
        route.partition(" ")[0],
        address_of(route, school),
        headers={"Cookie": f"cf_session={token}"} if token else {},
        **({"content": body} if isinstance(body, bytes) else {"json": body} if body else {}),
    )


@cache
def described() -> dict:
    return create_api().openapi()


def documented(route: str) -> set[str]:
    """The statuses that OpenAPI names."""
    method, _, path = route.partition(" ")
    return set(described()["paths"][path][method.lower()]["responses"])


def test_every_refusal_is_described_as_a_problem():
    refusals = [
        (path, method, status, set(answer.get("content", {})))
        for path, operations in described()["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status >= "400"
    ]

    assert len(refusals) > 200
    assert [one for one in refusals if one[3] != {"application/problem+json"}] == []
    assert "HTTPValidationError" not in str(described())


@pytest.mark.parametrize("route", RULES)
def test_a_route_says_that_it_needs_somebody_only_if_it_does(route):
    method, _, path = route.partition(" ")
    operation = described()["paths"][path][method.lower()]

    asked = [name for one in operation.get("security", []) for name in one]

    assert asked == (["token", "session"] if RULES[route].needs else [])
    assert set(asked) <= set(described()["components"]["securitySchemes"])


def test_the_table_names_every_route_and_no_other():
    outside = {one.path for one in create_api().router.routes if isinstance(one, Route)}

    assert set(RULES) == routes_there_are()
    # The last one answers 404; /metrics answers programs by where they are (test_prometheus.py).
    assert outside == {"/api/v1/openapi.json", "/metrics", "/api/{path:path}"}


@pytest.mark.parametrize("route", [key for key, rule in RULES.items() if rule.needs is not None])
async def test_each_route_is_for_those_of_the_table_and_leaves_nothing_for_others(
    api, sandbox, route
):
    school = await a_school()
    rule = RULES[route]

    answered = {person: await call(api, school, route, person) for person in PEOPLE}

    refused = {person: status for person, status in answered.items() if status in REFUSED}
    wanted = {person: expected(rule, person) for person in PEOPLE}
    assert refused == {person: status for person, status in wanted.items() if status is not None}
    assert max(answered.values()) != 500
    let_through = {status for person, status in answered.items() if wanted[person] is None}
    assert {status for status in let_through if status >= 300} <= {BEYOND.get(route, 303)}
    assert {str(status) for status in answered.values()} <= documented(route)


@pytest.mark.parametrize("route", [key for key, rule in RULES.items() if rule.needs is None])
async def test_a_route_for_everybody_answers_everybody_alike(api, sandbox, route):
    school = await a_school()

    answered = {person: await call(api, school, route, person) for person in PEOPLE}

    assert {str(status) for status in answered.values()} <= documented(route)
    assert len(set(answered.values())) == 1, answered


async def test_each_limit_is_described_where_it_can_be_reached_and_nowhere_else(
    api, sandbox, monkeypatch
):
    school, reached = await a_school(), set()

    async def too_many(*_args, **_named):
        raise TooMany(7)

    monkeypatch.setattr(limits, "count", too_many)
    monkeypatch.setattr(limits, "check", too_many)
    for route in sorted(RULES, key=lambda one: one.startswith("DELETE")):  # which leave less
        for person in PEOPLE:
            answer = await asked_for(api, school, route, await school.token(person))
            if answer.status_code == 429:
                assert answer.headers["retry-after"] == "7"
                reached.add(route)

    assert reached == {route for route in RULES if "429" in documented(route)}


# A draft

ABOUT_COURSES = [
    route
    for route in sorted(RULES)
    if "{course_id}" in route or "{slug}" in route or route.endswith("/payments/checkout")
]
KNOWS_DRAFTS = {"owner", "admin"}


@pytest.mark.parametrize("route", ABOUT_COURSES)
async def test_a_draft_is_answered_like_no_course_at_all_to_those_who_may_not_know_it(
    api, sandbox, route
):
    school = await a_school()
    unknown = school.draft.model_copy(update={"id": "crs_unknown", "slug": "unknown"})
    there, nowhere = replace(school, course=school.draft), replace(school, course=unknown)

    for person in set(PEOPLE) - KNOWS_DRAFTS:
        token = await school.token(person)
        before = await everything_stored()
        answers = [await answer_of(api, one, route, token) for one in (there, nowhere)]

        assert answers[0] == answers[1], person
        assert answers[0][0] in REFUSED, person
        assert await everything_stored() == before, person
    if "{course_id}" in route and RULES[route].parties:
        assert (await answer_of(api, there, route, await school.token("owner")))[0] not in REFUSED


async def answer_of(api, school: School, route: str, token: str) -> tuple[int, str]:
    """The status and the sentence, which is all that tells one refusal from another."""
    answer = await asked_for(api, school, route, token)
    said = answer.json()
    return answer.status_code, said.get("detail", "") if isinstance(said, dict) else ""


@pytest.mark.parametrize(
    "state", ["StudioCourseState", "StudioLessonState", "StudioAuthorsState", "ClassroomState"]
)
async def test_on_a_page_too_a_draft_is_not_there_for_others(database, state):
    school = await a_school()
    hidden = replace(school, course=school.draft)
    cls = next(one.state for one in HANDLERS.values() if one.state.__name__ == state)

    for person in set(PEOPLE) - KNOWS_DRAFTS:
        root = a_tab(path=PATHS[state](hidden))
        account = school.people.get(person)
        (await root.get_state(AuthState))._sign_in(acting(account) if account else None)
        await run(root, cls, "load")
        shown = await root.get_state(cls)
        assert "Nobody Knows This" not in str(shown.dict()), person


# The handlers of the pages


async def a_tab_of(school: School, person: str, state: str):
    path = PATHS[state](school) if state in PATHS else "/overview"
    return a_tab(await school.token(person), path=path)


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_guard_lets_each_person_through_to_what_is_marked_for_them(database, person):
    school = await a_school()
    root = await a_tab_of(school, person, "")
    before = await everything_stored()

    through = {
        name
        for name, registered in HANDLERS.items()
        if await asked(root, registered, **arguments(name, registered.function, school)) is None
    }

    assert through == {name for name, one in HANDLERS.items() if may(mark_of(one.function), person)}
    assert await everything_stored() == before


@pytest.mark.parametrize("person", PEOPLE)
async def test_behind_the_guard_the_services_refuse_too_and_nothing_changes(database, person):
    """As if the guard were not there: each handler, by those it is not for, on others' objects."""
    school = await a_school()
    before, changed, told = await everything_stored(), [], {}

    for name, registered in HANDLERS.items():
        state, function = registered.state, registered.function
        stranger = person in STRANGERS.get(state.__name__, [])
        if may(mark_of(function), person) and not stranger:
            continue
        root = await behind_the_guard(school, person, state)
        steps = await run(root, state, "load") if "load" in state.event_handlers else []
        steps += await run(root, state, function.__name__, **arguments(name, function, school))
        read = await read_in(root, state, steps)
        if read - (set() if stranger else readable(person)):
            told[name] = read
        if await everything_stored() != before:
            changed.append(name)
            before = await everything_stored()

    assert changed == []
    assert told == {}


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_pages_tell_each_person_all_that_is_for_them_and_nothing_else(database, person):
    """Also those who hold the permission of a list, which then holds other people's objects."""
    school = await a_school()
    states = {registered.state for registered in HANDLERS.values()}
    told = set()

    for state in states:
        if "load" in state.event_handlers:
            root = await behind_the_guard(school, person, state)
            told |= await read_in(root, state, await run(root, state, "load"))

    assert told == readable(person)


def readable(person: str) -> set[str]:
    return {text for text, people in READERS.items() if person in people}


async def read_in(root, state: type, steps: list) -> set[str]:
    """Which marked texts reached the browser: in the state, in a notice, or in an answer."""
    sent = f"{(await root.get_state(state)).dict()} {await said(root)} {steps}"
    return {text for text in READERS if text in sent}


# The page about it


def test_the_page_in_docs_is_current():
    """If not: `python docs/permissions.py`."""
    folder = frontend.ROOT / "docs"

    page = runpy.run_path(str(folder / "permissions.py"))["text"]()

    assert (folder / "permissions.md").read_text(encoding="utf-8") == page
