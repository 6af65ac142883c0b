"""Confirming an address and a forgotten password over HTTP, as JSON and as the browser's forms."""

import pytest

from courseflow_admin.services.identity import password_resets
from tests.account_builders import NEW_PASSWORD, a_newcomer, everything, later, secret_of
from tests.builders import PASSWORD, an_account, stored

AUTH = "/api/v1/auth"
EVE = {"email": "eve@demo.test", "password": PASSWORD}


async def test_the_form_of_the_link_confirms_and_goes_back_to_the_page(api):
    await a_newcomer()
    secret = await secret_of("welcome")

    answer = await api.post(f"{AUTH}/verify", data={"token": secret})
    again = await api.post(f"{AUTH}/verify", data={"token": secret})

    assert (answer.status_code, answer.headers["location"]) == (303, "/verify?done=verify")
    assert (again.status_code, again.headers["location"]) == (303, f"/verify?token={secret}")
    told = (await api.post(f"{AUTH}/verify", json={"token": secret})).json()
    assert told["code"] == "link_used"
    assert told["detail"].startswith("This link was used on ")
    assert "used_at" in told
    assert (await stored("accounts"))[0]["verified_at"] is not None


async def test_looking_at_the_link_does_not_use_it_up(api):
    await a_newcomer()
    secret = await secret_of("welcome")

    looked = await api.get(f"{AUTH}/verify", params={"token": secret})

    assert looked.status_code == 405
    assert (await api.post(f"{AUTH}/verify", json={"token": secret})).status_code == 204


async def test_a_link_that_does_not_work_is_a_problem_without_its_secret(api):
    answer = await api.post(f"{AUTH}/verify", json={"token": "made-up-secret"})

    assert (answer.status_code, answer.json()["code"]) == (422, "link_not_good")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "made-up-secret" not in answer.text


@pytest.mark.parametrize("kind", ["json", "data"])
async def test_known_and_unknown_addresses_are_answered_alike(api, kind):
    """Fault 6 of the ancestor: a reset needed a sign-in and returned the token."""

    await an_account()

    answers = [
        await api.post(f"{AUTH}/forgot", **{kind: {"email": email}})
        for email in ("ada@demo.test", "nobody@demo.test", "no address", "")
    ]

    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert len(await stored("emails")) == 1


async def test_a_new_password_by_the_form_ends_the_cookie_and_by_a_weak_one_keeps_the_link(api):
    await a_newcomer()
    await api.post(f"{AUTH}/sign-in", data=EVE)
    await password_resets.ask("eve@demo.test")
    secret = await secret_of("password_reset")

    weak = await api.post(f"{AUTH}/reset", data={"token": secret, "password": "password"})
    short = await api.post(f"{AUTH}/reset", data={"token": secret, "password": "short"})
    done = await api.post(f"{AUTH}/reset", data={"token": secret, "password": NEW_PASSWORD})
    me = await api.get("/api/v1/me")
    old = await api.post(f"{AUTH}/sign-in", json=EVE)
    new = await api.post(f"{AUTH}/sign-in", json={**EVE, "password": NEW_PASSWORD})

    assert weak.headers["location"] == f"/reset?problem=weak_password_common&token={secret}"
    assert short.headers["location"] == f"/reset?problem=weak_password&token={secret}"
    assert done.headers["location"] == "/reset?done=reset"
    assert (me.status_code, old.status_code, new.status_code) == (401, 401, 200)


async def test_a_weak_password_as_json_says_why(api):
    await a_newcomer()
    await password_resets.ask("eve@demo.test")
    form = {"token": await secret_of("password_reset"), "password": "evemoneypenny"}

    answer = await api.post(f"{AUTH}/reset", json=form)

    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    assert answer.json()["field"] == "password"
    assert answer.json()["detail"].startswith("This is too close to your own name")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("verify", {"token": {"$ne": None}}),
        ("verify", {"token": "x", "account_id": "acc_1"}),
        ("verify", {}),
        ("forgot", {"email": {"$gt": ""}}),
        ("forgot", {"email": "a@b.test", "to": "c@d.test"}),
        ("reset", {"token": "x" * 201, "password": NEW_PASSWORD}),
        ("reset", {"token": "x", "password": ["a"]}),
    ],
)
async def test_what_nobody_declared_is_refused(api, path, body):
    await a_newcomer()
    before = await everything()

    answer = await api.post(f"{AUTH}/{path}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await everything() == before


async def test_another_link_is_for_who_is_signed_in(api):
    await a_newcomer()
    await later()

    nobody = await api.post(f"{AUTH}/verify/resend")
    await api.post(f"{AUTH}/sign-in", data=EVE)
    answer = await api.post(f"{AUTH}/verify/resend")

    assert (nobody.status_code, answer.status_code) == (401, 204)
    assert len(await stored("emails", kind="verify_email")) == 1
