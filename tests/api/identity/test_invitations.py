"""Invitations over HTTP: by admins as JSON, by the invited as JSON and as the browser's forms."""

import pytest

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.services.identity import invitations
from tests.account_builders import a_newcomer, everything
from tests.api.identity.test_accounts import sign_in
from tests.builders import PASSWORD, an_account, stored
from tests.invitation_builders import secret_of_newest

AT = "/api/v1/invitations"
INES = {"email": "ines@demo.test", "role": "instructor"}


async def as_admin(api) -> None:
    await an_account("admin@demo.test", "admin", "Rosa Admin")
    await sign_in(api, "admin@demo.test")


async def a_secret(email="ines@demo.test", role="instructor") -> str:
    await invitations.create(SYSTEM, email, role)
    return await secret_of_newest()


async def test_an_admin_invites_lists_resends_and_revokes(api):
    await as_admin(api)

    made = await api.post(AT, json=INES)
    again = await api.post(AT, json=INES)
    listed = await api.get(AT)
    resent = await api.post(f"{AT}/{made.json()['id']}/resend")
    revoked = await api.delete(f"{AT}/{made.json()['id']}")
    gone = await api.delete(f"{AT}/{made.json()['id']}")

    assert (made.status_code, made.json()["email"]) == (201, "ines@demo.test")
    assert (again.status_code, again.json()["code"]) == (409, "invited_already")
    [row] = listed.json()["rows"]
    assert (row["role"], row["inviter"], row["email_state"], row["expired"]) == (
        "instructor",
        "Rosa Admin",
        "queued",
        False,
    )
    assert "token" not in listed.text
    assert resent.json()["expires_at"] > made.json()["expires_at"]
    assert (revoked.status_code, gone.status_code) == (204, 404)
    assert (await api.get(AT)).json()["total"] == 0


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"email": "ines@demo.test"}, "role"),
        ({**INES, "role": ["admin"]}, "role"),
        ({**INES, "email": {"$ne": ""}}, "email"),
        ({**INES, "name": "Ines"}, "name"),
    ],
)
async def test_what_does_not_fit_is_refused_by_field(api, sent, field):
    await as_admin(api)

    answer = await api.post(AT, json=sent)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await stored("invitations") == []


async def test_the_form_makes_the_account_and_signs_it_in(api):
    secret = await a_secret()

    answer = await api.post(
        f"{AT}/sign-up", data={"token": secret, "name": "Ines Weber", "password": PASSWORD}
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
    me = (await api.get("/api/v1/me")).json()
    assert (me["email"], me["role"], me["verified"]) == ("ines@demo.test", "instructor", True)


@pytest.mark.parametrize("more", [{"email": "boss@demo.test"}, {"role": "admin"}])
async def test_neither_address_nor_role_can_be_chosen(api, more):
    secret = await a_secret()
    fields = {"token": secret, "name": "Ines", "password": PASSWORD, **more}

    answer = await api.post(f"{AT}/sign-up", json=fields)

    assert answer.status_code == 422
    assert await stored("accounts") == []


async def test_a_weak_password_leads_back_to_the_link_which_still_works(api):
    secret = await a_secret()

    answer = await api.post(
        f"{AT}/sign-up", data={"token": secret, "name": "Ines", "password": "password"}
    )

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/invitations/{secret}?said=weak_password_common"
    assert (await invitations.look_at(None, secret)).way == "sign_up"


async def test_one_click_accepts_and_the_cookie_has_the_new_role(api):
    await an_account()
    await sign_in(api, "ada@demo.test")
    secret = await a_secret("ada@demo.test", "admin")

    answer = await api.post(f"{AT}/accept", data={"token": secret})
    again = await api.post(f"{AT}/accept", json={"token": secret})

    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
    assert (await api.get("/api/v1/me")).json()["role"] == "admin"
    assert (again.status_code, again.json()["code"]) == (422, "invitation_ended")
    assert secret not in again.text


async def test_others_and_the_unverified_are_refused(api):
    secret = await a_secret()
    await an_account("bob@demo.test")
    await a_newcomer("ines@demo.test")
    answers = []

    for email in ("bob@demo.test", "ines@demo.test"):
        await sign_in(api, email)
        before = await everything("accounts", "invitations", "audit")
        answers.append(await api.post(f"{AT}/accept", json={"token": secret}))
        assert await everything("accounts", "invitations", "audit") == before

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (403, "another_address"),
        (403, "confirm_first"),
    ]
