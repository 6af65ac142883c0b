"""Writes by cookie or form are refused from foreign pages, and nothing happens."""

from collections.abc import AsyncIterator

import httpx
import pytest

from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.api.permissions import RULES
from courseflow_admin.config import settings
from courseflow_admin.models.money.webhooks import WebhookState
from courseflow_admin.services.identity import sessions
from tests.builders import PASSWORD, an_account, stored
from tests.pictures import a_picture
from tests.security.matrix import a_school, address_of, body_of, everything_stored
from tests.services.figures.figures import an_event

SIGN_IN, SIGN_UP = "/api/v1/auth/sign-in", "/api/v1/auth/sign-up"
SIGN_OUT, ME = "/api/v1/auth/sign-out", "/api/v1/me"
OWN = {"Origin": "http://localhost:3000"}
ADA = {"email": "ada@demo.test", "password": PASSWORD}
# The gateways call these, and their pages lead back to us; neither has our cookie.
OF_GATEWAYS = ("POST /api/v1/webhooks/", "POST /api/v1/checkout/return/")


def is_write(route: str) -> bool:
    return not route.startswith(("GET ", *OF_GATEWAYS))


@pytest.fixture
async def site(database) -> AsyncIterator[httpx.AsyncClient]:
    """The API behind the middleware it runs behind; no header is sent by itself."""
    transport = httpx.ASGITransport(protect(create_api(), settings(), "default-src 'self'"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield client


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.example",
        "http://127.0.0.1:3000",
    ],
)
async def test_a_foreign_form_neither_signs_in_nor_out_nor_up(site, origin):
    ada = await an_account()
    new = {"email": "eve@demo.test", "name": "Eve", "password": PASSWORD}
    token = await sessions.open_browser(ada)
    site.cookies.set("cf_session", token, domain="localhost.local")

    answers = [
        await site.post(path, data=fields, headers={"Origin": origin})
        for path, fields in [(SIGN_IN, ADA), (SIGN_UP, new), (SIGN_OUT, {"x": "y"})]
    ]
    bare = await site.post(SIGN_OUT, headers={"Origin": origin})

    assert [answer.status_code for answer in [*answers, bare]] == [403] * 4
    assert "set-cookie" not in answers[0].headers
    assert len(await stored("accounts")) == 1
    assert len(await stored("sessions")) == 1
    assert await sessions.find(token) is not None


async def test_a_form_without_origin_is_refused(site):
    await an_account()

    answer = await site.post(SIGN_IN, data=ADA)

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert await stored("sessions") == []


async def test_text_is_no_form_and_no_json_and_a_program_reads_so(site):
    token = await sessions.open_browser(await an_account())
    text = {"content": '{"email": "ada@demo.test"}', "headers": {"Content-Type": "text/plain"}}
    foreign = {**text, "headers": {**text["headers"], "Origin": "https://evil.example"}}

    told = await site.post(SIGN_IN, **text)
    refused = await site.post(SIGN_IN, **foreign)
    site.cookies.set("cf_session", token, domain="localhost.local")
    out = await site.post(SIGN_OUT, **text)

    assert (told.status_code, told.json()["detail"]) == (415, "Send this as application/json.")
    assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")
    assert (out.status_code, "set-cookie" in out.headers) == (403, False)
    assert await sessions.find(token) is not None


async def test_our_own_form_signs_in(site):
    await an_account()

    answer = await site.post(SIGN_IN, data=ADA, headers=OWN)

    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
    assert (await site.get(ME)).json()["email"] == "ada@demo.test"


async def test_programs_need_no_origin(site):
    await an_account()

    pair = (await site.post(SIGN_IN, json=ADA)).json()
    out = await site.post(SIGN_OUT, headers={"Authorization": f"Bearer {pair['access_token']}"})

    assert out.status_code == 204


async def test_a_foreign_page_cannot_use_the_cookie_with_another_authorization(site):
    token = await sessions.open_browser(await an_account())
    site.cookies.set("cf_session", token, domain="localhost.local")

    answer = await site.post(
        SIGN_OUT, headers={"Authorization": "Basic eDp5", "Origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert await sessions.find(token) is not None


async def test_a_foreign_page_cannot_replay_a_webhook_with_an_admins_cookie(site):
    """What gateways send is let in from everywhere; this is not among it."""
    token = await sessions.open_browser(await an_account("root@demo.test", "admin"))
    event = await an_event(30, WebhookState.FAILED)
    site.cookies.set("cf_session", token, domain="localhost.local")

    address = f"/api/v1/webhook-events/{event.id}/replay"
    foreign = await site.post(address, headers={"Origin": "https://evil.example"})
    refused = await stored("webhook_events")
    own = await site.post(address, headers=OWN)

    assert (foreign.status_code, refused[0]["state"]) == (403, "failed")
    assert (own.status_code, (await stored("webhook_events"))[0]["state"]) == (204, "waiting")


async def test_a_foreign_page_cannot_send_a_logo_with_an_admins_cookie(site):
    token = await sessions.open_browser(await an_account("root@demo.test", "admin"))
    site.cookies.set("cf_session", token, domain="localhost.local")
    picture = {"content": a_picture(), "headers": {"Content-Type": "image/png"}}

    foreign = await site.put("/api/v1/settings/logo", **picture)
    assert (foreign.status_code, await stored("school")) == (403, [])

    picture["headers"] |= OWN
    assert (await site.put("/api/v1/settings/logo", **picture)).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "", "null"])
async def test_no_write_by_cookie_comes_from_a_foreign_page(site, origin):
    school = await a_school()
    cookie = {"Cookie": f"cf_session={await school.token('admin')}"}
    before = await everything_stored()

    for route in (route for route in sorted(RULES) if is_write(route)):
        body = body_of(route, school)
        answer = await site.request(
            route.partition(" ")[0],
            address_of(route, school),
            headers={**cookie, **({"Origin": origin} if origin else {})},
            **({"content": body} if isinstance(body, bytes) else {"json": body} if body else {}),
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), route
        assert await everything_stored() == before, route
