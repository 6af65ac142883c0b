"""View as over HTTP: the browser's forms, programs, and what both are told."""

import pytest

from courseflow_admin.db.core.client import close_for_writing
from tests.api.identity.test_accounts import sign_in
from tests.builders import PASSWORD, an_account, audited, stored

END = "/api/v1/view-as/end"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def own_context():
    """Requests of these tests share the test's own context, which is nobody's request."""
    yield
    close_for_writing(False)


async def as_admin(api):
    maya = await an_account("maya@demo.test", name="Maya Rao")
    await an_account("admin@demo.test", "admin", "Rosa Admin")
    await sign_in(api, "admin@demo.test")
    return maya, f"/api/v1/accounts/{maya.id}/view-as"


async def test_the_forms_lead_to_the_overview_and_back_to_the_person(api):
    maya, at = await as_admin(api)

    begun = await api.post(at, headers=FORM)
    seen = (await api.get("/api/v1/me")).json()
    ended = await api.post(END, headers=FORM)
    again = await api.post(END, headers=FORM)

    assert (begun.status_code, begun.headers["location"]) == (303, "/overview")
    assert seen["email"] == "maya@demo.test"
    assert (ended.status_code, ended.headers["location"]) == (303, f"/people/{maya.id}")
    assert again.headers["location"] == "/overview"
    assert (await api.get("/api/v1/me")).json()["email"] == "admin@demo.test"
    assert [act for act, about in await audited() if about == maya.id] == [
        "account.created",
        "account.view_begun",
        "account.view_ended",
    ]


async def test_signing_out_ends_both(api):
    _, at = await as_admin(api)
    await api.post(at)

    out = await api.post("/api/v1/auth/sign-out", headers=FORM)

    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert [row["ended_at"] is None for row in await stored("sessions")] == [False]


async def test_who_cannot_be_viewed_leads_back_to_their_page_or_is_a_problem(api):
    await as_admin(api)
    other = await an_account("other@demo.test", "admin")
    at = f"/api/v1/accounts/{other.id}/view-as"

    form, program = await api.post(at, headers=FORM), await api.post(at)

    assert form.headers["location"] == f"/people/{other.id}?said=not_viewable"
    assert (program.status_code, program.json()["code"]) == (409, "not_viewable")
    assert [act for act, _ in await audited()].count("account.view_begun") == 0


async def test_a_program_with_a_token_is_told_that_it_works_in_the_browser(api):
    _, at = await as_admin(api)
    api.cookies.clear()
    pair = await api.post(
        "/api/v1/auth/sign-in", json={"email": "admin@demo.test", "password": PASSWORD}
    )
    bearer = {"Authorization": f"Bearer {pair.json()['access_token']}"}

    answer = await api.post(at, headers=bearer)

    assert (answer.status_code, answer.json()["code"]) == (409, "browser_only")
    assert await stored("emails") == []
