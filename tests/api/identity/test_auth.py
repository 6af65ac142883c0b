"""Signing in and out over HTTP: tokens for programs, the cookie for browsers."""

import pytest

from courseflow_admin.services.identity import accounts, my_account, sessions
from tests.account_builders import NEW_PASSWORD, signed_in
from tests.builders import PASSWORD, acting, an_account, stored

SIGN_IN = "/api/v1/auth/sign-in"
SIGN_OUT, REFRESH, ME = "/api/v1/auth/sign-out", "/api/v1/auth/refresh", "/api/v1/me"
ADA = {"email": "ada@demo.test", "password": PASSWORD}


def bearer(answer) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_json_gets_a_pair_of_tokens_and_no_cookie(api):
    ada = await an_account()

    answer = await api.post(SIGN_IN, json=ADA)
    me = await api.get(ME, headers=bearer(answer))

    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert me.json() == {
        "id": ada.id,
        "email": "ada@demo.test",
        "name": "Ada Lovelace",
        "role": "student",
        "verified": True,
        "suspended": False,
        "created_at": ada.created_at.isoformat().replace("+00:00", "Z"),
        "zone": "",
        "permissions": ["account:own", "account:private", "courses:buy", "courses:study"],
    }


async def test_wrong_password_and_unknown_address_are_answered_alike(api):
    await an_account()

    wrong = await api.post(SIGN_IN, json={**ADA, "password": "not it"})
    unknown = await api.post(SIGN_IN, json={**ADA, "email": "nobody@demo.test"})

    bodies = [{**answer.json(), "reference": ""} for answer in (wrong, unknown)]
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "wrong_credentials"
    assert wrong.headers.keys() == unknown.headers.keys()
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_the_sixth_failure_says_how_long_to_wait(api):
    for _ in range(5):
        await api.post(SIGN_IN, json={**ADA, "password": "not it"})

    answer = await api.post(SIGN_IN, json={**ADA, "password": "not it"})

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
    assert 290 <= int(answer.headers["retry-after"]) <= 300


async def test_failures_of_others_do_not_close_the_browser_one_has_used(api):
    await an_account()
    await api.post(SIGN_IN, data=ADA)
    own = dict(api.cookies)
    api.cookies.clear()
    for _ in range(5):
        await api.post(SIGN_IN, data={**ADA, "password": "not it"})

    elsewhere = await api.post(SIGN_IN, data=ADA)
    api.cookies.clear()
    here = await api.post(SIGN_IN, data=ADA, headers={"Cookie": f"cf_device={own['cf_device']}"})

    assert elsewhere.headers["location"] == "/sign-in?said=too_many"
    assert here.headers["location"] == "/overview"


async def test_a_form_gets_the_session_cookie_and_goes_on_to_next(api):
    await an_account()

    answer = await api.post(SIGN_IN, data={**ADA, "next": "/checkout/sql-from-zero?coupon=A"})
    me = await api.get(ME)

    session, device = answer.headers.get_list("set-cookie")
    name, _, rest = session.partition("=")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/checkout/sql-from-zero?coupon=A",
    )
    assert name == "cf_session"
    assert rest.partition("; ")[2] == "HttpOnly; Max-Age=7776000; Path=/; SameSite=lax"
    assert device.startswith("cf_device=")
    assert device.partition("; ")[2] == "HttpOnly; Max-Age=34560000; Path=/; SameSite=lax"
    assert answer.headers["cache-control"] == "no-store"
    assert me.json()["email"] == "ada@demo.test"


async def test_over_https_the_cookie_is_bound_to_our_host(api, configure):
    await an_account()
    configure(PUBLIC_URL="https://school.example")

    answer = await api.post(SIGN_IN, data=ADA, headers={"Origin": "https://school.example"})

    session, device = answer.headers.get_list("set-cookie")
    assert session.startswith("__Host-cf_session=")
    assert session.endswith("; HttpOnly; Max-Age=7776000; Path=/; SameSite=lax; Secure")
    assert device.startswith("__Host-cf_device=")
    assert device.endswith("; HttpOnly; Max-Age=34560000; Path=/; SameSite=lax; Secure")
    assert "Domain" not in session + device


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%0a/evil.example\n",
        "javascript:alert(1)",
        "evil.example",
        "/api/v1/auth/sign-out",
        "",
    ],
)
async def test_next_leads_to_no_other_place_than_our_pages(api, elsewhere):
    await an_account()

    answer = await api.post(SIGN_IN, data={**ADA, "next": elsewhere})
    failed = await api.post(SIGN_IN, data={**ADA, "password": "not it", "next": elsewhere})

    assert answer.headers["location"] == "/overview"
    assert failed.headers["location"] == "/sign-in?said=wrong_credentials"


async def test_a_failed_form_goes_back_with_what_was_typed_but_the_password(api):
    await an_account()

    answer = await api.post(SIGN_IN, data={**ADA, "password": "not it", "next": "/my/courses"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?said=wrong_credentials&next=%2Fmy%2Fcourses"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith('cf_form="email=ada%40demo.test&name="; HttpOnly; Max-Age=300; Path=/')
    assert "not" not in cookie


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"email": "ada@demo.test"}, "invalid"),
        ({"email": "", "password": PASSWORD}, "wrong_credentials"),
        ({**ADA, "role": "admin"}, "invalid"),
        ({**ADA, "password": ["a", "b"]}, "invalid"),
    ],
)
async def test_a_form_that_is_none_opens_nothing(api, fields, problem):
    await an_account()

    answer = await api.post(SIGN_IN, data=fields)

    sent = f"/sign-in?said={problem}"
    assert answer.status_code in {303, 422}
    assert answer.headers.get("location", sent).startswith(sent)
    assert await stored("sessions") == []


async def test_signing_in_never_keeps_a_session_somebody_planted(api):
    eve = await an_account("eve@demo.test")
    await an_account()
    planted = await sessions.open_browser(eve)
    api.cookies.set("cf_session", planted, domain="localhost.local")

    answer = await api.post(SIGN_IN, data=ADA)

    assert planted not in answer.headers["set-cookie"]
    assert await sessions.find(planted) is None


async def test_signing_out_by_form_ends_the_session_and_clears_the_cookie(api):
    await an_account()
    await api.post(SIGN_IN, data=ADA)
    token = api.cookies["cf_session"]

    answer = await api.post(SIGN_OUT)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "cf_session=" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert await sessions.find(token) is None
    assert (await api.post(SIGN_OUT)).status_code == 303


@pytest.mark.parametrize(
    ("asked", "on"),
    [
        ("/invitations/abc", "/invitations/abc"),
        ("https://evil.example", "/sign-in"),
        ("//evil.example", "/sign-in"),
        ("/api/v1/me", "/sign-in"),
        ("", "/sign-in"),
    ],
)
async def test_signing_out_leads_on_to_a_page_of_ours_alone(api, asked, on):
    await an_account()
    await api.post(SIGN_IN, data=ADA)

    answer = await api.post(SIGN_OUT, data={"next": asked})

    assert (answer.status_code, answer.headers["location"]) == (303, on)
    assert (await api.get(ME)).status_code == 401


async def test_signing_out_by_token_ends_the_session(api):
    await an_account()
    pair = await api.post(SIGN_IN, json=ADA)

    answer = await api.post(SIGN_OUT, headers=bearer(pair))

    assert answer.status_code == 204
    assert (await api.get(ME, headers=bearer(pair))).status_code == 401
    again = await api.post(REFRESH, json={"refresh_token": pair.json()["refresh_token"]})
    assert (again.status_code, again.json()["code"]) == (401, "not_signed_in")


async def test_refresh_gives_a_new_pair_once(api):
    await an_account()
    first = (await api.post(SIGN_IN, json=ADA)).json()

    second = await api.post(REFRESH, json={"refresh_token": first["refresh_token"]})
    again = await api.post(REFRESH, json={"refresh_token": first["refresh_token"]})

    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert (again.status_code, again.json()["code"]) == (409, "just_refreshed")
    assert (await api.get(ME, headers=bearer(second))).status_code == 200


async def test_a_changed_role_and_a_suspension_reach_the_next_request(api):
    admin, ada = acting(await an_account("admin@demo.test", "admin")), await an_account()
    pair = await api.post(SIGN_IN, json=ADA)
    before = await api.get("/api/v1/accounts", headers=bearer(pair))

    await accounts.change_role(admin, ada.id, "admin")
    promoted = await api.get("/api/v1/accounts", headers=bearer(pair))
    await accounts.suspend(admin, ada.id)
    suspended = await api.get("/api/v1/accounts", headers=bearer(pair))
    sign_in = await api.post(SIGN_IN, json=ADA)

    answers = (before, promoted, suspended, sign_in)
    assert [answer.status_code for answer in answers] == [403, 200, 401, 403]
    assert sign_in.json()["code"] == "suspended"


async def test_a_changed_password_ends_the_tokens_of_programs_with_the_next_request(api):
    ada = await an_account()
    pair = await api.post(SIGN_IN, json=ADA)
    before = await api.get(ME, headers=bearer(pair))

    here = await signed_in(ada)
    await my_account.change_password(here, PASSWORD, NEW_PASSWORD)
    after = await api.get(ME, headers=bearer(pair))
    refreshed = await api.post(REFRESH, json={"refresh_token": pair.json()["refresh_token"]})

    assert (before.status_code, after.status_code, refreshed.status_code) == (200, 401, 401)


@pytest.mark.parametrize("carriage", ["query", "cookie", "body", "basic", "another header"])
async def test_an_access_token_counts_only_as_a_bearer(api, carriage):
    await an_account()
    token = (await api.post(SIGN_IN, json=ADA)).json()["access_token"]
    sent = {
        "query": {"params": {"access_token": token}},
        "cookie": {"headers": {"Cookie": f"cf_session={token}"}},
        "body": {"json": {"access_token": token}},
        "basic": {"headers": {"Authorization": f"Basic {token}"}},
        "another header": {"headers": {"X-Access-Token": token}},
    }

    answer = await api.request("GET", ME, **sent[carriage])
    as_bearer = await api.get(ME, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == (422 if carriage == "query" else 401)
    assert as_bearer.status_code == 200


async def test_a_refresh_token_is_no_access_token_nor_the_other_way_round(api):
    await an_account()
    pair = (await api.post(SIGN_IN, json=ADA)).json()

    as_access = await api.get(ME, headers={"Authorization": f"Bearer {pair['refresh_token']}"})
    as_refresh = await api.post(REFRESH, json={"refresh_token": pair["access_token"]})

    assert (as_access.status_code, as_refresh.status_code) == (401, 422)
    assert (await api.post(REFRESH, json={"refresh_token": pair["refresh_token"]})).is_success


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic YWRhOng=", "bearer null", "Token é"]
)
async def test_a_bad_authorization_header_does_not_fall_back_to_the_cookie(api, header):
    await an_account()
    await api.post(SIGN_IN, data=ADA)

    answer = await api.get(ME, headers={"Authorization": header.encode()})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_form_sent_before_its_page_was_ready_still_leads_on(api):
    """Until the page has its state the form's `next` is empty; its address has it all the same."""
    await an_account()
    page = "http://localhost:3000/sign-in?next=%2Flearn%2Fsql"

    led_on = await api.post(SIGN_IN, data={**ADA, "next": ""}, headers={"Referer": page})
    elsewhere = await api.post(
        SIGN_IN, data=ADA, headers={"Referer": "http://localhost:3000/sign-in?next=//evil.example"}
    )

    odd = await api.post(SIGN_IN, data=ADA, headers={"Referer": "http://["})

    assert led_on.headers["location"] == "/learn/sql"
    assert elsewhere.headers["location"] == "/overview"
    assert (odd.status_code, odd.headers["location"]) == (303, "/overview")
