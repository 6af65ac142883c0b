"""Refusals of the API: RFC 9457 problems, whatever is sent."""

import httpx
import pytest

from courseflow_admin.api.app import create_api
from courseflow_admin.db.core import client
from courseflow_admin.models.core.paging import Cursor
from tests.builders import an_account

SIGN_UP = "/api/v1/auth/sign-up"
AS_JSON = {"Content-Type": "application/json"}


async def test_a_refusal_is_a_problem_with_code_and_reference(api):
    answer = await api.get("/api/v1/me")

    reference = answer.json().pop("reference")
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(reference) >= 8
    assert {**answer.json(), "reference": ""} == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Please sign in first.",
        "code": "not_signed_in",
        "reference": "",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/", 404),
        ("POST", "/api/v1/me", 405),
        ("GET", SIGN_UP, 405),
    ],
)
async def test_an_unknown_address_or_method_is_a_problem_too(api, method, path, status):
    answer = await api.request(method, path)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"\xff\xfe", ""),
        (b'{"email": "\\ud800@demo.test", "name": "x", "password": "12345678"}', ""),
        (b'{"\\ud800": 1}', ""),
        (b'{"email": {"$ne": null}, "name": "x", "password": "12345678"}', "email"),
        (b'{"email": "x@demo.test", "name": 7, "password": "12345678"}', "name"),
        (b'{"email": "x@demo.test", "name": "x", "password": "1234567"}', "password"),
        (b"[" * 50_000, ""),
        (b'{"email": ' + b"9" * 50_000 + b"}", ""),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_body_that_does_not_fit_is_422_and_not_repeated(api, body, field):
    answer = await api.post(SIGN_UP, content=body, headers=AS_JSON)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    if field:
        assert answer.json()["field"] == field
    assert "1234567" not in answer.text


async def test_what_does_not_fit_is_said_in_our_words_and_with_its_limit(api):
    sent = {"email": "x@demo.test", "name": 7, "password": "12345678", "role": "admin"}

    answer = await api.post(SIGN_UP, json=sent)

    assert {one["field"]: one["detail"] for one in answer.json()["errors"]} == {
        "name": "Enter text.",
        "role": "This field is not recognized. Remove it.",
    }


async def test_a_body_beyond_the_limit_is_read_no_further(api):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 16_384
            yield b"x" * 16_384

    answer = await api.post(SIGN_UP, content=endless(), headers=AS_JSON)

    assert answer.status_code == 413
    assert sent <= 64 * 1024 + 3 * 16_384


async def test_another_content_type_is_refused(api):
    answer = await api.post(SIGN_UP, content=b"{}", headers={"Content-Type": "text/plain"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_parameter_given_twice_is_refused(api):
    answer = await api.get("/api/v1/accounts?role=student&role=admin")

    assert (answer.status_code, answer.json()["field"]) == (422, "role")


@pytest.mark.parametrize(
    "address",
    ["accounts?q=", "accounts?email=", "payments?email=", "enrollments?email=", "emails?to="],
)
@pytest.mark.parametrize("sign", ["%00", "a%0Ab", "%7F", "%C2%85"])
async def test_no_control_character_is_searched_for(api, address, sign):
    answer = await api.get(f"/api/v1/{address}{sign}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["detail"] == "This parameter contains an invalid character. Remove it."


TOO_LARGE = Cursor(2**63, "acc_1").encode()
HALF_A_LETTER = Cursor("ada@demo.test", "acc_\ud800").encode()


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=e30",
        "after=a&before=b",
        "before=%25",
        f"after={TOO_LARGE}",
        f"before={HALF_A_LETTER}",
    ],
)
async def test_a_made_up_cursor_is_422(api, query):
    await an_account("admin@demo.test", "admin")
    await api.post(
        "/api/v1/auth/sign-in",
        data={"email": "admin@demo.test", "password": "correct horse battery"},
    )

    answer = await api.get(f"/api/v1/accounts?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, "after")


async def test_a_fault_of_ours_is_500_with_a_reference_and_one_line_in_the_log(caplog):
    app = create_api()
    lines: list[str] = []

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError("the inside of the house")

    from loguru import logger

    sink = logger.add(lines.append, format="{message} {extra}")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost:3000"
    ) as http:
        answer = await http.get("/fault")
    logger.remove(sink)

    assert answer.status_code == 500
    assert "inside" not in answer.text
    assert len(lines) == 1
    assert answer.json()["reference"] in lines[0]
    assert "the inside of the house" in lines[0]


async def test_without_a_database_the_process_lives_and_is_not_ready(api, mongod_uri, database):
    api.cookies.set("cf_session", "x" * 43)
    before = await api.get("/api/health/ready")
    await client.close()

    live, ready = await api.get("/api/health/live"), await api.get("/api/health/ready")
    me = await api.get("/api/v1/me")
    await client.connect(mongod_uri, database)

    assert (before.status_code, before.json()) == (200, {"status": "ok"})
    assert (live.status_code, ready.status_code, me.status_code) == (200, 503, 503)
    assert ready.json()["code"] == "unavailable"


async def test_each_redirect_is_described_with_where_it_leads(api):
    paths = (await api.get("/api/v1/openapi.json")).json()["paths"]
    led_on = {
        f"{method.upper()} {path}": answer
        for path, operations in paths.items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status == "303"
    }

    way_back = led_on["GET /api/v1/checkout/return/{provider}"]
    assert way_back == led_on["POST /api/v1/checkout/return/{provider}"]
    assert way_back["description"].startswith("To the payment, or to the list")
    assert {
        *("POST /api/v1/auth/sign-in", "POST /api/v1/auth/sign-out"),
        *("POST /api/v1/payments/checkout", "POST /api/v1/view-as/end"),
    } < set(led_on)
    for answer in led_on.values():
        assert answer["headers"]["Location"]["schema"] == {
            "type": "string",
            "format": "uri-reference",
        }
        assert "content" not in answer


async def test_the_api_describes_itself(api):
    described = (await api.get("/api/v1/openapi.json")).json()

    sign_in = described["paths"]["/api/v1/auth/sign-in"]["post"]["requestBody"]["content"]
    assert set(sign_in) == {"application/json", "application/x-www-form-urlencoded"}
    assert "/api/{path}" not in described["paths"]
    assert described["servers"] == [{"url": "http://localhost:3000"}]
    assert described["components"]["securitySchemes"] == {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": "cf_session"},
    }
    used = {
        tag
        for operations in described["paths"].values()
        for operation in operations.values()
        for tag in operation["tags"]
    }
    assert {tag["name"] for tag in described["tags"] if tag["description"]} == used
    assert "Authorization: Bearer" in described["info"]["description"]
