"""Signing up over HTTP: by form and as JSON, with a known address and with a new one."""

from urllib.parse import parse_qs

import pytest

from tests.builders import PASSWORD, an_account, stored

SIGN_IN, SIGN_UP, ME = "/api/v1/auth/sign-in", "/api/v1/auth/sign-up", "/api/v1/me"
ADA = {"email": "ada@demo.test", "password": PASSWORD}
NEW = {"email": "eve@demo.test", "name": "Eve", "password": PASSWORD}


def bearer(answer) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_sign_up_answers_alike_whether_or_not_the_address_has_an_account(api):
    await an_account()

    new = await api.post(SIGN_UP, json=NEW)
    taken = await api.post(SIGN_UP, json={**NEW, "email": "ada@demo.test"})

    assert (new.status_code, taken.status_code) == (202, 202)
    assert new.json() == {
        "email": "eve@demo.test",
        "detail": "We have sent an e-mail to this address. "
        "A new account signs in with its password now.",
    }
    assert taken.json() == {**new.json(), "email": "ada@demo.test"}
    assert new.headers.keys() == taken.headers.keys()
    pair = await api.post(SIGN_IN, json={**ADA, "email": "eve@demo.test"})
    assert (await api.get(ME, headers=bearer(pair))).json()["verified"] is False


async def test_nobody_signs_up_as_an_admin(api):
    answer = await api.post(SIGN_UP, json={**NEW, "role": "admin"})

    assert (answer.status_code, answer.json()["field"]) == (422, "role")
    assert await stored("accounts") == []


async def test_sign_up_by_form_signs_in_at_once_and_keeps_next(api):
    answer = await api.post(SIGN_UP, data={**NEW, "next": "/checkout/sql"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/checkout/sql")
    assert set(api.cookies) == {"cf_session", "cf_device"}
    me = (await api.get(ME)).json()
    assert (me["email"], me["role"], me["verified"]) == ("eve@demo.test", "student", False)
    assert [one["kind"] for one in await stored("emails")] == ["welcome"]


async def test_sign_up_by_form_with_a_known_address_opens_nothing_and_keeps_next(api):
    ada = await an_account()

    # With her own password too: a form that anybody may send is no second way to guess it.
    answer = await api.post(SIGN_UP, data={**ADA, "name": "Eve", "next": "/checkout/sql"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?said=check_email&next=%2Fcheckout%2Fsql"
    assert list(api.cookies) == ["cf_form"]
    assert parse_qs(api.cookies["cf_form"].strip('"')) == {
        "email": ["ada@demo.test"],
        "name": ["Eve"],
    }
    assert (await api.get(ME)).status_code == 401
    assert await stored("sessions") == []
    assert [(one["kind"], one["account_id"]) for one in await stored("emails")] == [
        ("account_exists", ada.id)
    ]


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"email": "eve"}, "invalid_email"),
        ({"name": " "}, "invalid_name"),
        ({"password": "short"}, "weak_password"),
        ({"password": "password"}, "weak_password_common"),
        ({"password": "eve@demo.test"}, "weak_password_personal"),
        ({"role": "admin"}, "invalid"),
    ],
)
async def test_a_failed_sign_up_form_says_which_field(api, sent, problem):
    answer = await api.post(SIGN_UP, data={**NEW, **sent, "next": "/my/courses"})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-up?said={problem}&next=%2Fmy%2Fcourses"
    assert NEW["password"] not in str(answer.headers)
    assert await stored("accounts") == []
