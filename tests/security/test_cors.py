"""Scripts of other web sites: listed ones use the API by token, the rest read nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest

from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.config import settings
from courseflow_admin.services.identity import sessions
from tests.builders import PASSWORD, an_account, stored

LISTED = "https://app.example"
ME, SIGN_IN, SIGN_OUT = "/api/v1/me", "/api/v1/auth/sign-in", "/api/v1/auth/sign-out"
ASKS = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
async def site(database, configure) -> AsyncIterator[httpx.AsyncClient]:
    configure(CORS_ORIGINS=f"{LISTED}, https://admin.example:8443")
    transport = httpx.ASGITransport(protect(create_api(), settings(), "default-src 'self'"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield client


def permits(answer: httpx.Response) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


async def test_a_listed_site_is_told_what_it_may_ask_with_and_a_cookie_is_not_among_it(site):
    answer = await site.options(ME, headers={"Origin": LISTED, **ASKS})

    assert (answer.status_code, answer.content) == (204, b"")
    assert permits(answer) == {
        "allow-origin": LISTED,
        "allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "allow-headers": "Authorization, Content-Type, Idempotency-Key",
        "expose-headers": "Retry-After, X-Request-Id",
        "max-age": "600",
    }
    assert answer.headers["vary"] == "Origin"


async def test_a_script_of_a_listed_site_signs_in_reads_and_writes_by_token(site):
    await an_account()
    from_there = {"Origin": LISTED}
    ada = {"email": "ada@demo.test", "password": PASSWORD}

    pair = await site.post(SIGN_IN, json=ada, headers=from_there)
    from_there |= {"Authorization": f"Bearer {pair.json()['access_token']}"}
    read = await site.get(ME, headers=from_there)
    written = await site.patch(ME, json={"name": "Ada King"}, headers=from_there)

    assert [answer.status_code for answer in (pair, read, written)] == [200, 200, 200]
    assert {answer.headers["access-control-allow-origin"] for answer in (pair, read, written)} == {
        LISTED
    }
    assert "set-cookie" not in pair.headers
    assert [row["name"] for row in await stored("accounts")] == ["Ada King"]


async def test_a_refusal_can_be_read_by_a_listed_site_too(site):
    answer = await site.get(ME, headers={"Origin": LISTED})

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["access-control-allow-origin"] == LISTED


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://sub.app.example",
        "https://app.example:8443",
        "http://app.example",
        "null",
        "*",
        "",
    ],
)
async def test_a_site_that_is_not_listed_is_permitted_nothing(site, origin):
    preflight = await site.options(ME, headers={"Origin": origin, **ASKS})
    read = await site.get(ME, headers={"Origin": origin})

    assert (permits(preflight), permits(read)) == ({}, {})


@pytest.mark.parametrize("path", ["/api/health/live", "/metrics", "/api/v10/me", "/sign-in"])
async def test_a_listed_site_is_permitted_nothing_outside_the_api(site, path):
    answer = await site.get(path, headers={"Origin": LISTED})

    assert permits(answer) == {}


async def test_a_cookie_that_comes_from_a_listed_site_writes_nothing(site):
    token = await sessions.open_browser(await an_account())
    site.cookies.set("cf_session", token, domain="localhost.local")
    from_there = {"Origin": LISTED}

    out = await site.post(SIGN_OUT, headers=from_there)
    renamed = await site.patch(ME, json={"name": "Eve"}, headers=from_there)
    form = await site.post(SIGN_IN, data={"email": "x", "password": "y"}, headers=from_there)

    assert [answer.json()["code"] for answer in (out, renamed, form)] == ["foreign_origin"] * 3
    assert "access-control-allow-credentials" not in out.headers
    assert await sessions.find(token) is not None
    assert [row["name"] for row in await stored("accounts")] == ["Ada Lovelace"]
