"""What nobody declared is refused in every input, and an object is no text anywhere.

Bodies and queries of the API, forms that browsers post, and what a page sends over the socket.
"""

import inspect
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute

from courseflow_admin.api.app import ROUTERS, create_api
from courseflow_admin.api.permissions import RULES
from courseflow_admin.state.core.events import NOT_UNDERSTOOD
from tests.security.handlers import FORMS, HANDLERS, an_open_tab, arguments
from tests.security.matrix import a_school, address_of, body_of, everything_stored
from tests.security.test_fields_twice import FORMS as POSTED
from tests.state.conftest import run, said

FROM_ELSEWHERE = ("/api/v1/checkout/return/", "/api/v1/webhooks/")  # with what a gateway adds
OPERATOR = {"$ne": None}


def described(route: str) -> dict[str, Any]:
    """The bodies that OpenAPI says a route takes, by their kind."""
    method, _, path = route.partition(" ")
    return DESCRIBED["paths"][path][method.lower()].get("requestBody", {}).get("content", {})


DESCRIBED = create_api().openapi()
JSON = [route for route in sorted(RULES) if "application/json" in described(route)]
QUERIES = sorted(
    f"{method} {route.path}"
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
    if route.path.startswith("/api/v1/") and not route.path.startswith(FROM_ELSEWHERE)
)


async def caller(school, route: str) -> str:
    return await school.token("admin" if "learner" not in RULES[route].parties else "learner")


@pytest.mark.parametrize("route", JSON)
async def test_a_body_with_a_field_nobody_declared_is_refused(api, sandbox, route):
    school = await a_school()
    method, _, _ = route.partition(" ")
    body = body_of(route, school)
    cookie = {"Cookie": f"cf_session={await caller(school, route)}"}
    before = await everything_stored()
    assert isinstance(body, dict), f"tests/security/matrix.py has no body for {route}"

    async def sent(changed: dict[str, Any]) -> tuple[int, str]:
        api.cookies.clear()
        answer = await api.request(method, address_of(route, school), headers=cookie, json=changed)
        return answer.status_code, answer.json().get("field", "")

    assert await sent({**body, "surprise": 1}) == (422, "surprise")
    for name in body:
        status, field = await sent({**body, name: OPERATOR})
        assert (status, field.partition(".")[0]) == (422, name)
    assert await everything_stored() == before


@pytest.mark.parametrize("path", [path for path in POSTED if not path.startswith(FROM_ELSEWHERE)])
async def test_a_posted_form_with_such_a_field_does_nothing(api, sandbox, path):
    school = await a_school()
    api.cookies.set("cf_session", await school.token("admin"), domain="localhost.local")
    before = await everything_stored()

    answer = await api.post(
        path,
        content=urlencode({**POSTED[path], "course_id": school.course.id, "surprise": "1"})
        if "course_id" in POSTED[path]
        else urlencode({**POSTED[path], "surprise": "1"}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code in {303, 422}
    assert "invalid" in answer.headers.get("location", answer.text)
    assert await everything_stored() == before


async def test_a_query_with_a_parameter_nobody_declared_is_refused(api, sandbox):
    school = await a_school()
    cookies = {route: {"Cookie": f"cf_session={await caller(school, route)}"} for route in QUERIES}
    before = await everything_stored()

    for route, cookie in cookies.items():
        address = f"{address_of(route, school)}?surprise=1"
        answer = await api.request(route.partition(" ")[0], address, headers=cookie)

        assert (answer.status_code, answer.json()["field"]) == (422, "surprise"), route
        assert answer.json()["detail"] == "This parameter is not recognized. Remove it."
        assert await everything_stored() == before, route


@pytest.mark.parametrize("name", sorted(FORMS))
async def test_a_form_over_the_socket_with_such_a_field_is_not_understood(database, name):
    school = await a_school()
    registered = HANDLERS[name]
    state, function = registered.state, registered.function
    known = arguments(name, function, school)
    before = await everything_stored()

    async def nothing(_school: object) -> None: ...

    changes = [{"surprise": "1"}, *({field: OPERATOR} for field in FORMS[name])]
    for change in changes:
        root = await an_open_tab(school, name, nothing)
        await run(root, state, function.__name__, **{**known, "form": {**FORMS[name], **change}})
        assert NOT_UNDERSTOOD in [text for _, text in await said(root)], change

    assert await everything_stored() == before


def test_every_route_and_handler_that_takes_something_is_tried_above():
    reading = {
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and not route.path.startswith(FROM_ELSEWHERE)
        for method in route.methods
        if route.body_field or "read_json(" in inspect.getsource(route.endpoint)
    }
    with_form = {
        name
        for name, one in HANDLERS.items()
        if "form" in inspect.signature(one.function).parameters
    }

    assert set(JSON) == reading
    assert set(FORMS) == with_form
    assert len(QUERIES) == len([one for one in RULES if "/api/v1/" in one]) - 3


def closed(schema: dict[str, Any]) -> bool:
    """Whether a body takes no other field than those described; or may be left out."""
    if "anyOf" in schema:
        return all(closed(one) for one in schema["anyOf"])
    if "$ref" in schema:
        schema = DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema.get("type") == "null" or schema.get("additionalProperties") is False


def test_what_a_body_may_hold_is_described_to_the_last_field():
    schemas = DESCRIBED["components"]["schemas"]
    named = re.findall(r"'\$ref': '#/([^']+)'", str(DESCRIBED))
    open_ended = [
        (route, kind)
        for route in JSON
        for kind, content in described(route).items()
        if not closed(content["schema"])
    ]

    assert {name.removeprefix("components/schemas/") for name in named} <= set(schemas)
    assert open_ended == []
