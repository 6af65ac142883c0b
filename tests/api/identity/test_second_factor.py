"""The second factor over HTTP: at sign-in, on one's own account, and asked of admins."""

import pytest

from courseflow_admin.services.identity import sessions
from tests.builders import PASSWORD, an_account, stored
from tests.second_factor_builders import code_of, school_asks, with_second_factor

SIGN_IN, CODE = "/api/v1/auth/sign-in", "/api/v1/auth/sign-in/code"
MINE = "/api/v1/me/second-factor"
ADA = {"email": "ada@demo.test", "password": PASSWORD}


def bearer(pair) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair.access_token}"}


def cookies(answer) -> dict[str, str]:
    return dict(
        line.partition("; ")[0].split("=", 1) for line in answer.headers.get_list("set-cookie")
    )


async def test_a_program_sends_the_code_with_the_password(api):
    owner = await with_second_factor(await an_account())

    without = await api.post(SIGN_IN, json=ADA)
    wrong = await api.post(SIGN_IN, json={**ADA, "code": "000000"})
    unknown = await api.post(SIGN_IN, json={**ADA, "password": "not it", "code": "000000"})
    code = code_of(owner.key)
    right = await api.post(SIGN_IN, json={**ADA, "code": code})
    again = await api.post(SIGN_IN, json={**ADA, "code": code})
    recovery = await api.post(SIGN_IN, json={**ADA, "code": owner.codes[0]})

    answers = (without, wrong, unknown, right, again, recovery)
    assert [answer.status_code for answer in answers] == [401, 401, 401, 200, 401, 200]
    assert [answer.json().get("code") for answer in answers] == [
        "second_factor_needed",
        "wrong_code",
        "wrong_credentials",
        None,
        "wrong_code",
        None,
    ]
    assert wrong.headers.keys() == unknown.headers.keys()
    assert wrong.headers["content-type"] == "application/problem+json"


async def test_a_code_nobody_asked_for_is_no_hindrance(api):
    await an_account()

    answer = await api.post(SIGN_IN, json={**ADA, "code": "123456"})

    assert answer.status_code == 200


async def test_a_browser_is_led_to_the_code_and_then_to_where_it_wanted(api):
    owner = await with_second_factor(await an_account())

    half = await api.post(SIGN_IN, data={**ADA, "next": "/my/courses"})
    me = await api.get("/api/v1/me")
    wrong = await api.post(CODE, data={"code": "000000", "next": "/my/courses", "by": ""})
    whole = await api.post(CODE, data={"code": code_of(owner.key), "next": "/my/courses"})

    [pending] = half.headers.get_list("set-cookie")
    assert (half.status_code, half.headers["location"]) == (
        303,
        "/sign-in/code?next=%2Fmy%2Fcourses",
    )
    assert pending.startswith("cf_sign_in=")
    assert pending.partition("; ")[2] == "HttpOnly; Max-Age=300; Path=/; SameSite=lax"
    assert me.status_code == 401
    assert wrong.headers["location"] == "/sign-in/code?said=wrong_code&next=%2Fmy%2Fcourses"
    assert "set-cookie" not in wrong.headers
    assert whole.headers["location"] == "/my/courses"
    assert cookies(whole)["cf_sign_in"] == '""'
    assert (await api.get("/api/v1/me")).json()["email"] == "ada@demo.test"


async def test_the_half_cookie_in_place_of_the_session_cookie_opens_nothing(api):
    await with_second_factor(await an_account())
    half = cookies(await api.post(SIGN_IN, data=ADA))["cf_sign_in"]
    api.cookies.clear()

    for headers in ({"Cookie": f"cf_session={half}"}, {"Authorization": f"Bearer {half}"}):
        assert (await api.get("/api/v1/me", headers=headers)).status_code == 401


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil"])
async def test_after_the_code_nobody_is_led_elsewhere(api, elsewhere):
    owner = await with_second_factor(await an_account())

    half = await api.post(SIGN_IN, data={**ADA, "next": elsewhere})
    wrong = await api.post(CODE, data={"code": "0", "next": elsewhere, "by": "recovery"})
    whole = await api.post(CODE, data={"code": code_of(owner.key), "next": elsewhere})

    assert [answer.headers["location"] for answer in (half, wrong, whole)] == [
        "/sign-in/code",
        "/sign-in/code?by=recovery&said=wrong_code",
        "/overview",
    ]


async def test_without_or_after_half_a_sign_in_one_begins_again(api):
    owner = await with_second_factor(await an_account())
    before = await stored("sessions")

    never = await api.post(CODE, data={"code": code_of(owner.key)})
    as_json = await api.post(CODE, json={"code": code_of(owner.key)})

    assert (never.status_code, never.headers["location"]) == (303, "/sign-in?said=sign_in_over")
    assert as_json.status_code == 415
    assert await stored("sessions") == before


async def test_it_is_set_up_renewed_and_switched_off(api):
    ada = await an_account()
    api.headers.update(bearer(await sessions.open_api(ada)))

    off = await api.get(MINE)
    begun = await api.post(MINE, json={"current_password": PASSWORD})
    key = begun.json()["key"]
    on = await api.post(f"{MINE}/confirm", json={"code": code_of(key, -1)})
    state = await api.get(MINE)
    proof = {"current_password": PASSWORD, "code": code_of(key)}
    new = await api.post(f"{MINE}/recovery-codes", json=proof)
    used = await api.request("DELETE", MINE, json=proof)
    gone = await api.request("DELETE", MINE, json={**proof, "code": code_of(key, 1)})

    assert off.json() == {
        "state": "off",
        "since": None,
        "recovery_codes_left": 0,
        "required": False,
    }
    assert (begun.status_code, set(begun.json())) == (201, {"key", "address", "qr_svg"})
    assert len(on.json()["recovery_codes"]) == 10
    assert (state.json()["state"], state.json()["recovery_codes_left"]) == ("on", 10)
    assert key not in state.text
    assert not set(new.json()["recovery_codes"]) & set(on.json()["recovery_codes"])
    assert (used.status_code, used.json()["code"], used.json()["field"]) == (
        422,
        "wrong_code",
        "code",
    )
    assert gone.status_code == 204
    assert (await api.get(MINE)).json()["state"] == "off"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("", {"current_password": "not it"}, 422, "wrong_password"),
        ("", {"current_password": PASSWORD, "more": "1"}, 422, "invalid"),
        ("/confirm", {"code": "123456"}, 409, "set_up_over"),
        ("/confirm", {"code": ["1"]}, 422, "invalid"),
        ("/recovery-codes", {"current_password": PASSWORD, "code": "1"}, 409, "second_factor_off"),
    ],
)
async def test_what_does_not_fit_is_a_problem_with_its_code(api, path, body, status, code):
    api.headers.update(bearer(await sessions.open_api(await an_account())))

    answer = await api.post(MINE + path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await stored("second_factors") == []


async def test_where_the_school_asks_an_admin_reaches_the_own_account_alone(api):
    admin = await an_account("root@demo.test", "admin")
    ada = await with_second_factor(await an_account())
    api.headers.update(bearer(await sessions.open_api(admin)))
    await school_asks()

    refused = [
        await api.get("/api/v1/accounts"),
        await api.get(f"/api/v1/accounts/{ada.account.id}"),
        await api.get("/api/v1/payments/pay_unknown"),
        await api.get("/api/v1/audit"),
        await api.get("/api/v1/metrics/sales"),
        await api.request("DELETE", f"/api/v1/accounts/{ada.account.id}/second-factor"),
        await api.put(f"/api/v1/accounts/{ada.account.id}/role", json={"role": "admin"}),
    ]
    me = await api.get("/api/v1/me")
    state = await api.get(MINE)

    assert {(one.status_code, one.json()["code"]) for one in refused} == {
        (403, "second_factor_required")
    }
    assert me.json()["permissions"] == ["account:own", "account:private"]
    assert (state.json()["state"], state.json()["required"]) == ("off", True)
    assert len(await stored("second_factors")) == 1

    begun = await api.post(MINE, json={"current_password": PASSWORD})
    await api.post(f"{MINE}/confirm", json={"code": code_of(begun.json()["key"], -1)})
    proof = {"current_password": PASSWORD, "code": code_of(begun.json()["key"])}
    kept = await api.request("DELETE", MINE, json=proof)
    assert (await api.get("/api/v1/accounts")).status_code == 200
    assert (kept.status_code, kept.json()["code"]) == (403, "second_factor_required")


async def test_an_admin_removes_it_over_http(api):
    admin = await an_account("root@demo.test", "admin")
    ada = await with_second_factor(await an_account())
    api.headers.update(bearer(await sessions.open_api(admin)))
    path = f"/api/v1/accounts/{ada.account.id}/second-factor"

    removed, again = [await api.request("DELETE", path) for _ in range(2)]

    assert (removed.status_code, again.status_code) == (204, 409)
    assert again.json()["code"] == "second_factor_off"
    assert (await api.post(SIGN_IN, json=ADA)).status_code == 200


async def test_a_browser_keeps_its_device_cookie_from_account_to_account(api):
    await an_account()
    await an_account("bob@demo.test")

    first = cookies(await api.post(SIGN_IN, data=ADA))["cf_device"]
    second = cookies(await api.post(SIGN_IN, data={**ADA, "email": "bob@demo.test"}))["cf_device"]

    assert first == second
    assert len(first) == 43
    assert first not in str([await stored(name) for name in ("known_devices", "sessions", "audit")])


async def test_the_documentation_says_how_each_route_may_refuse(api):
    paths = (await api.get("/api/v1/openapi.json")).json()["paths"]

    refusals = set(paths[MINE]["delete"]["responses"])
    assert {"204", "401", "403", "409", "422", "429"} <= refusals
    assert "401" in paths[SIGN_IN]["post"]["responses"]
    bodies = paths[SIGN_IN]["post"]["requestBody"]["content"]
    assert "code" in bodies["application/json"]["schema"]["properties"]
    assert "code" not in bodies["application/x-www-form-urlencoded"]["schema"]["properties"]
