"""One's own account over HTTP."""

import json

import pytest

from courseflow_admin.field_sentences import TEXT
from courseflow_admin.models.core import calendar
from tests.account_builders import NEW_PASSWORD, a_newcomer, everything, later, secret_of
from tests.builders import PASSWORD, an_account, stored

ME = "/api/v1/me"
EVE = {"email": "eve@demo.test", "password": PASSWORD}
CALLS = [
    ("PATCH", ME, {"name": "Mallory"}),
    ("POST", f"{ME}/password", {"current_password": PASSWORD, "password": NEW_PASSWORD}),
    ("POST", f"{ME}/email", {"email": "new@demo.test", "current_password": PASSWORD}),
    ("GET", f"{ME}/email", None),
    ("POST", f"{ME}/email/resend", None),
    ("DELETE", f"{ME}/email/waiting", None),
    ("GET", f"{ME}/sessions", None),
    ("DELETE", f"{ME}/sessions", None),
    ("DELETE", f"{ME}/sessions/ses_x", None),
    ("GET", f"{ME}/export", None),
    ("POST", f"{ME}/deletion", {"current_password": PASSWORD}),
]


async def sign_in(api, email: str = "eve@demo.test") -> dict[str, str]:
    answer = await api.post("/api/v1/auth/sign-in", json={**EVE, "email": email})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_who_is_not_signed_in_reaches_nothing(api, method, path, body):
    await a_newcomer()
    before = await everything()

    answer = await api.request(method, path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert await everything() == before


async def test_a_name_is_changed(api):
    await a_newcomer()

    answer = await api.patch(ME, json={"name": "Eve King"}, headers=await sign_in(api))

    assert (answer.status_code, answer.json()["name"]) == (200, "Eve King")


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "Eve", "role": "admin"}, {"name": {"$set": 1}}, {"role": "x"}]
)
async def test_a_change_of_name_changes_nothing_else(api, body):
    await a_newcomer()
    before = await everything("accounts")

    answer = await api.patch(ME, json=body, headers=await sign_in(api))

    assert answer.status_code == 422
    assert (await stored("accounts"))[0]["name"] == before["accounts"][0]["name"]
    assert (await stored("accounts"))[0]["role"] == "student"


async def test_a_time_zone_is_chosen_and_me_answers_it(api):
    await a_newcomer()
    eve = await sign_in(api)
    assert (await api.get(ME, headers=eve)).json()["zone"] == ""

    answer = await api.patch(ME, json={"zone": "Asia/Kolkata"}, headers=eve)

    assert (answer.status_code, answer.json()["zone"]) == (200, "Asia/Kolkata")
    assert answer.json() == (await api.get(ME, headers=eve)).json()
    [account] = await stored("accounts")
    assert (account["zone"], account["name"]) == ("Asia/Kolkata", "Eve Moneypenny")
    [noted] = await stored("audit", act="account.zone_changed")
    assert (noted["actor_id"], noted["facts"]["after"]) == (
        account["_id"],
        {"zone": "Asia/Kolkata"},
    )


async def test_a_zone_under_its_older_name_is_kept_under_its_own_and_an_empty_one_follows_again(
    api,
):
    await a_newcomer()
    eve = await sign_in(api)

    older = await api.patch(ME, json={"zone": "Asia/Calcutta"}, headers=eve)
    empty = await api.patch(ME, json={"zone": ""}, headers=eve)

    assert (older.json()["zone"], empty.json()["zone"]) == ("Asia/Kolkata", "")


async def test_name_and_zone_change_together_or_not_at_all(api):
    await a_newcomer()
    eve = await sign_in(api)

    wrong = await api.patch(ME, json={"name": "Eve King", "zone": "Mars/Olympus"}, headers=eve)
    [kept] = await stored("accounts")
    both = await api.patch(ME, json={"name": "Eve King", "zone": "UTC"}, headers=eve)

    assert (wrong.status_code, kept["name"]) == (422, "Eve Moneypenny")
    assert (both.json()["name"], both.json()["zone"]) == ("Eve King", "UTC")


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("Mars/Olympus", calendar.UNKNOWN_ZONE),
        ("Europe", calendar.UNKNOWN_ZONE),
        ("../etc/passwd", calendar.UNKNOWN_ZONE),
        ("+05:30", calendar.UNKNOWN_ZONE),
        (5, TEXT),
        (None, TEXT),
        (["UTC"], TEXT),
        ({"$ne": ""}, TEXT),
    ],
)
async def test_an_unknown_zone_is_refused_in_a_sentence_and_nothing_changes(api, zone, says):
    await a_newcomer()
    eve = await sign_in(api)
    before = await everything("accounts", "audit")

    answer = await api.patch(ME, json={"zone": zone}, headers=eve)

    [wrong] = answer.json()["errors"]
    assert (answer.status_code, wrong["field"], wrong["detail"]) == (422, "zone", says)
    assert await everything("accounts", "audit") == before


async def test_a_change_of_nothing_is_refused(api):
    await a_newcomer()

    answer = await api.patch(ME, json={}, headers=await sign_in(api))

    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (
        422, "Send a name, a zone, or both.",
    )  # fmt: skip


async def test_openapi_says_what_a_change_of_oneself_takes_and_answers(api):
    known = (await api.get("/api/v1/openapi.json")).json()

    change = known["paths"][ME]["patch"]
    taken = change["requestBody"]["content"]["application/json"]["schema"]

    assert set(taken["properties"]) == {"name", "zone"}
    assert taken["additionalProperties"] is False
    assert "zone" in known["components"]["schemas"]["Me"]["properties"]
    answered = change["responses"]["200"]["content"]["application/json"]["schema"]
    assert answered == {"$ref": "#/components/schemas/Me"}


async def test_a_password_is_changed_by_the_current_one(api):
    await a_newcomer()
    here, _elsewhere = await sign_in(api), await sign_in(api)
    form = {"current_password": PASSWORD, "password": NEW_PASSWORD}

    wrong = await api.post(
        f"{ME}/password", json={**form, "current_password": "not it"}, headers=here
    )
    answer = await api.post(f"{ME}/password", json=form, headers=here)

    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_password")
    assert wrong.json()["field"] == "current_password"
    assert (answer.status_code, answer.json()) == (200, {"sessions_ended": 1})


async def test_an_address_is_changed_by_the_link_to_the_new_one(api):
    await a_newcomer()
    here = await sign_in(api)

    asked = await api.post(
        f"{ME}/email", json={"email": "new@demo.test", "current_password": PASSWORD}, headers=here
    )
    confirmed = await api.post(
        "/api/v1/auth/verify", json={"token": await secret_of("email_change")}
    )
    me = await api.get(ME, headers=here)

    assert (asked.status_code, confirmed.status_code) == (202, 204)
    assert (me.json()["email"], me.json()["verified"]) == ("new@demo.test", True)


async def test_a_new_address_that_waits_is_told_sent_again_and_cancelled(api):
    await a_newcomer()
    here = await sign_in(api)
    form = {"email": "new@demo.test", "current_password": PASSWORD}

    none = await api.post(f"{ME}/email/resend", headers=here)
    await api.post(f"{ME}/email", json=form, headers=here)
    told = (await api.get(f"{ME}/email", headers=here)).json()
    await later()
    again = await api.post(f"{ME}/email/resend", headers=here)
    cancelled = [await api.delete(f"{ME}/email/waiting", headers=here) for _ in range(2)]
    after = (await api.get(f"{ME}/email", headers=here)).json()

    assert (none.status_code, none.json()["code"]) == (409, "no_change_waiting")
    assert (told["email"], told["verified"], told["waiting"]["email"]) == (
        "eve@demo.test",
        False,
        "new@demo.test",
    )
    assert again.status_code == 204
    assert len(await stored("emails", kind="email_change")) == 2
    assert [answer.status_code for answer in cancelled] == [204, 204]
    assert after["waiting"] is None


async def test_sessions_are_listed_and_ended(api):
    await a_newcomer()
    here = await sign_in(api)
    there = await sign_in(api)

    listed = (await api.get(f"{ME}/sessions", headers=here)).json()
    other = next(one["id"] for one in listed if not one["is_this"])
    ended = await api.delete(f"{ME}/sessions/{other}", headers=here)
    again = await api.delete(f"{ME}/sessions/{other}", headers=here)
    gone = await api.get(ME, headers=there)

    assert [one["is_this"] for one in listed] == [True, False]
    assert set(listed[0]) == {
        "id",
        "device",
        "is_program",
        "ip",
        "signed_in_at",
        "last_used_at",
        "is_this",
    }
    assert (ended.status_code, again.status_code, gone.status_code) == (204, 404, 401)
    assert (await api.delete(f"{ME}/sessions", headers=here)).json() == {"sessions_ended": 0}


async def test_the_export_is_a_file_that_is_stored_nowhere(api):
    await a_newcomer()

    answer = await api.get(f"{ME}/export", headers=await sign_in(api))

    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.text)["account"][0]["email"] == "eve@demo.test"


async def test_deleting_wants_the_password_and_ends_the_session(api):
    await a_newcomer()
    here = await sign_in(api)

    wrong = await api.post(f"{ME}/deletion", json={"current_password": "not it"}, headers=here)
    answer = await api.post(f"{ME}/deletion", json={"current_password": PASSWORD}, headers=here)
    me = await api.get(ME, headers=here)

    assert (wrong.status_code, wrong.json()["field"]) == (422, "current_password")
    assert (answer.status_code, me.status_code) == (204, 401)


async def test_the_last_admin_is_told_why_not(api):
    await an_account("eve@demo.test", "admin")

    answer = await api.post(
        f"{ME}/deletion", json={"current_password": PASSWORD}, headers=await sign_in(api)
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert (await stored("accounts"))[0]["erased_at"] is None
