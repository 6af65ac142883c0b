"""What stands on every answer, whatever kind of answer it is."""

from collections.abc import AsyncIterator

import httpx
import pytest
from loguru import logger

from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.config import settings
from courseflow_admin.db.core import client
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.services.identity import sessions
from courseflow_admin.services.school import school_logo
from tests.builders import PASSWORD, an_account
from tests.pictures import a_picture

SCHOOL, PARTNER = "https://school.example", "https://partner.example"
POLICY = "default-src 'self'; frame-ancestors 'none'"
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
V1 = "/api/v1"
JSON = {"Content-Type": "application/json"}
ASKED = {"Access-Control-Request-Method": "GET"}
ADA = {"email": "ada@demo.test", "password": PASSWORD}


@pytest.fixture
async def site(database, configure) -> AsyncIterator[httpx.AsyncClient]:
    """The API as it stands behind a proxy with TLS, in the browser of an admin."""
    configure(PUBLIC_URL=SCHOOL, CORS_ORIGINS=PARTNER)
    app = create_api()

    @app.get("/fault", include_in_schema=False)
    async def fault() -> None:
        raise RuntimeError("the inside of the house")

    await school_logo.put(SYSTEM, a_picture())
    await an_account()
    token = await sessions.open_browser(await an_account("root@demo.test", "admin"))
    transport = httpx.ASGITransport(protect(app, settings(), POLICY))
    async with httpx.AsyncClient(transport=transport, base_url=SCHOOL) as browser:
        browser.cookies.set("__Host-cf_session", token, domain="school.example")
        browser.headers["Origin"] = SCHOOL
        yield browser


@pytest.mark.parametrize(
    ("status", "method", "path", "sent"),
    [
        (200, "GET", f"{V1}/me", {}),
        (405, "HEAD", "/api/health/live", {}),
        (200, "GET", f"{V1}/openapi.json", {}),
        (200, "GET", f"{V1}/audit/export", {}),
        (200, "GET", f"{V1}/school/logo", {}),
        (202, "POST", f"{V1}/auth/forgot", {"json": {"email": "x@demo.test"}}),
        (204, "POST", f"{V1}/view-as/end", {}),
        (204, "OPTIONS", f"{V1}/me", {"headers": {"Origin": PARTNER, **ASKED}}),
        (303, "POST", f"{V1}/auth/sign-in", {"data": ADA}),
        (303, "GET", f"{V1}/checkout/return/stripe", {}),
        (307, "GET", "/sign-in", {"headers": {"Host": "127.0.0.1"}}),
        (401, "GET", f"{V1}/me", {"headers": {"Authorization": "Bearer x"}}),
        (403, "PATCH", f"{V1}/me", {"headers": {"Origin": PARTNER}, "json": {"name": "X"}}),
        (404, "GET", f"{V1}/nothing", {}),
        (404, "GET", f"{V1}/catalog%0A", {}),
        (404, "GET", f"{V1}/courses/a%0Ab", {}),
        (404, "POST", f"{V1}/me%0D%0A", {}),
        (405, "TRACE", f"{V1}/me", {}),
        (405, "POST", f"{V1}/me", {}),
        (409, "POST", f"{V1}/auth/verify/resend", {}),
        (413, "POST", f"{V1}/auth/forgot", {"content": b"x" * 70_000, "headers": JSON}),
        (413, "POST", f"{V1}/auth/forgot", {"content": b"x" * 1_000_001, "headers": JSON}),
        (414, "GET", f"{V1}/catalog?q={'x' * 9000}", {}),
        (415, "POST", f"{V1}/auth/forgot", {"content": b"{}"}),
        (422, "GET", f"{V1}/catalog?surprise=1", {}),
        (500, "GET", "/fault", {}),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, str | int) else "",
)
async def test_the_headers_stand_on_every_kind_of_answer(site, status, method, path, sent):
    answer = await site.request(method, path, **sent)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert len(answer.headers["x-request-id"]) == 9
    if path.startswith("/api/") and not path.endswith("/logo"):
        assert answer.headers["cache-control"] == "no-store"
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_they_stand_also_where_the_database_is_away(site, mongod_uri, database):
    await client.close()

    answer = await site.get(f"{V1}/me")

    await client.connect(mongod_uri, database)
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_and_where_somebody_tried_too_often(site):
    for _ in range(5):
        await site.post(f"{V1}/auth/sign-in", json={**ADA, "password": "not it"})

    answer = await site.post(f"{V1}/auth/sign-in", json=ADA)

    assert answer.status_code == 429
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


async def test_the_line_of_a_refusal_says_who_was_refused(site):
    eve = await an_account("eve@demo.test")
    pair = await sessions.open_api(eve)
    records = []
    sink = logger.add(lambda message: records.append(message.record))

    await site.get(f"{V1}/audit", headers={"Authorization": f"Bearer {pair.access_token}"})
    await site.get(f"{V1}/me", headers={"Authorization": "Bearer x"})

    logger.remove(sink)
    told = [one["extra"] for one in records if one["message"] == "http"]
    assert [(one["status"], one["account"]) for one in told] == [(403, eve.id), (401, "")]
