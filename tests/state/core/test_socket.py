"""The socket as a stranger would use it: raw, without our pages."""

import json
import uuid

import httpx
import pytest
import websockets

from courseflow_admin import frontend
from courseflow_admin.services.identity import accounts, my_account, sessions
from courseflow_admin.state.core.auth import AuthState, SignInState
from courseflow_admin.state.core.notices import NoticesState
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.teaching.studio import StudioState
from tests import edge
from tests.builders import PASSWORD, acting, an_account, stored
from tests.state.core.sockets import a_socket, vars_of

HYDRATE = edge.HYDRATE
DIALOG = f"{StudioState.get_full_name()}.show_dialog"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "null", "http://127.0.0.1:3000"]
)
async def test_a_foreign_page_gets_no_socket(web, origin):
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with a_socket(web[0], origin=origin):
            pass

    assert refused.value.response.status_code == 403


async def test_a_tab_built_for_other_states_is_never_told_to_reload_and_is_told_of_the_build(
    web, its_database
):
    async with a_socket(web[0], said={"state_schema": "of-another-build"}) as socket:
        updates = await socket.hydrated()

    assert socket.kinds == {"event"}  # and not "state_mismatch", after which Reflex reloads
    assert vars_of(updates, NoticesState)["build"] == frontend.build_id()


async def test_the_cookie_opens_the_tab_and_never_comes_back(web, its_database):
    token = await sessions.open_browser(await an_account())

    async with a_socket(web[0], cookie=f"cf_session={token}") as socket:
        updates = await socket.hydrated()

    assert vars_of(updates, AuthState)["email"] == "ada@demo.test"
    assert vars_of(updates, AuthState)["signed_in"] is True
    text = json.dumps(updates)
    assert token not in text
    assert "cf_session" not in text
    assert '"_actor' not in text
    assert "_bound_to" not in text


async def test_a_stolen_tab_token_shows_nothing_of_its_owner(web, its_database):
    token, tab = await sessions.open_browser(await an_account()), str(uuid.uuid4())
    async with a_socket(web[0], cookie=f"cf_session={token}", tab=tab) as socket:
        await socket.hydrated()

    async with a_socket(web[0], tab=tab) as thief:
        updates = await thief.hydrated()

    assert "ada@demo.test" not in json.dumps(updates)
    assert vars_of(updates, AuthState)["signed_in"] is False


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        (edge.setvar(AuthState), {"var_name": "signed_in", "value": True}),
        (f"{AuthState.get_full_name()}.set_signed_in", {"value": True}),
        (f"{AuthState.get_full_name()}.actor", {}),
        (edge.setvar(edge.STATES["State"]), {"var_name": "is_hydrated", "value": True}),
        (
            edge.UPDATE_VARS,
            {"vars": {f"{AuthState.get_full_name()}.signed_in": True}},
        ),
        ("no.such.event", {"password": "swordfish"}),
    ],
)
async def test_nothing_is_set_from_outside(web, its_database, name, payload):
    async with a_socket(web[0]) as socket:
        await socket.hydrated()
        await socket.send(name, **payload)
        answer = await socket.received()
        updates = await socket.hydrated()

    assert vars_of(answer, AuthState) == {}
    assert vars_of(updates, AuthState)["signed_in"] is False


async def test_wrong_arguments_are_answered_with_a_notice(web, its_database):
    async with a_socket(web[0]) as socket:
        await socket.hydrated()
        await socket.send(f"{SignInState.get_full_name()}.load", role="admin")
        updates = await socket.received()

    [notice] = vars_of(updates, NoticesState)["shown"]
    assert notice["tone"] == "error"


async def test_an_open_tab_sees_with_other_eyes_and_cannot_write_with_them(web, its_database):
    """Live, because the fence is set by the guard and must still stand when the handler runs."""
    ines = await an_account("ines@demo.test", "instructor", "Ines Weber")
    token = await sessions.open_browser(await an_account(role="admin"))
    cookie, create = f"cf_session={token}", f"{StudioState.get_full_name()}.create"

    async with a_socket(web[0], cookie=cookie) as socket, httpx.AsyncClient() as site:
        await socket.hydrated()
        await socket.send(DIALOG, is_open=True)
        await socket.received()
        headers = {"Cookie": cookie, "Origin": web[0]}
        begun = await site.post(f"{web[0]}/api/v1/accounts/{ines.id}/view-as", headers=headers)
        await socket.send(create, form={"title": "Meant as Ada"})
        first = await socket.received()
        await socket.send(DIALOG, is_open=True)
        await socket.send(create, form={"title": "Meant as Ines"})
        second = await socket.received()
        refused = await site.post(
            f"{web[0]}/api/v1/courses", headers=headers, json={"title": "Meant as Ines"}
        )
        ended = await site.post(f"{web[0]}/api/v1/view-as/end", headers=headers)
        third = await socket.hydrated()

    assert (begun.status_code, refused.json()["code"], ended.status_code) == (204, "read_only", 204)
    assert vars_of(first, AuthState)["viewing"] == "Ines Weber"
    assert vars_of(first, AuthState)["viewing_ends"] == "ends in 30 min"
    said = [one["text"] for one in vars_of(second, NoticesState)["shown"]]
    assert said[-1].startswith("View-as is read-only")
    assert await stored("courses") == []
    assert vars_of(third, AuthState)["email"] == "ada@demo.test"
    assert vars_of(third, AuthState)["viewing"] == ""


async def test_an_act_of_a_page_is_kept_with_the_address_it_came_from(web, its_database):
    token = await sessions.open_browser(await an_account(role="instructor"))
    cookie, create = f"cf_session={token}", f"{StudioState.get_full_name()}.create"

    async with (
        a_socket(web[0], cookie=cookie, forwarded="192.0.2.9, 198.51.100.1") as one,
        a_socket(web[0], cookie=cookie, forwarded="[2001:db8::7]:4711") as other,
        a_socket(web[0], cookie=cookie, forwarded="203.0.113.5, unknown") as unsaid,
        a_socket(web[0], cookie=cookie) as direct,
    ):
        sockets = {"One": one, "Other": other, "Unsaid": unsaid, "Direct": direct, "Again": one}
        for title, socket in sockets.items():
            await socket.send(DIALOG, is_open=True)
            await socket.send(create, form={"title": title})
            await socket.received()

    courses = {row["_id"]: row["title"] for row in await stored("courses")}
    made = [row for row in await stored("audit") if row["object_id"] in courses]
    assert {courses[row["object_id"]]: row["ip"] for row in made} == {
        "One": "198.51.100.1",
        "Other": "2001:db8::7",
        "Unsaid": "127.0.0.1",
        "Direct": "127.0.0.1",
        "Again": "198.51.100.1",
    }


async def test_a_form_sent_twice_at_once_makes_one_course(web, its_database):
    token = await sessions.open_browser(await an_account(role="instructor"))
    create = f"{StudioState.get_full_name()}.create"

    async with a_socket(web[0], cookie=f"cf_session={token}") as socket:
        await socket.send(DIALOG, is_open=True)
        for _ in range(3):
            await socket.send(create, form={"title": "Trees"})
        updates = await socket.received()

    assert [row["title"] for row in await stored("courses")] == ["Trees"]
    assert vars_of(updates, StudioState)["creating"] is False
    assert vars_of(updates, NoticesState)["shown"] == []


async def suspend(admin, account):
    await accounts.suspend(admin, account.id)


async def change_role(admin, account):
    await accounts.change_role(admin, account.id, "student")


async def change_password(_admin, account):
    elsewhere = await sessions.find(await sessions.open_browser(account))
    await my_account.change_password(elsewhere, PASSWORD, "kestrel over quiet water")


@pytest.mark.parametrize(
    ("act", "role_after"), [(suspend, ""), (change_role, "Learner"), (change_password, "")]
)
async def test_what_is_done_to_an_account_holds_with_the_next_event_of_its_open_tab(
    web, its_database, act, role_after
):
    ines = await an_account("ines@demo.test", "admin", "Ines Weber")
    ada = await an_account(role="admin")
    token, load = await sessions.open_browser(ada), f"{PeopleState.get_full_name()}.load"

    async with a_socket(web[0], cookie=f"cf_session={token}") as socket:
        await socket.hydrated()
        await socket.send(load)
        before = await socket.received()
        await act(acting(ines), ada)
        await socket.send(load)
        after = await socket.received()

    assert len(vars_of(before, PeopleState)["rows"]) == 2
    assert vars_of(after, PeopleState)["rows"] == []
    assert "ines@demo.test" not in json.dumps(after)
    who = vars_of(after, AuthState)
    assert (who["role_label"], who["signed_in"]) == (role_after, bool(role_after))
    assert "accounts:read" not in who["permissions"]
    assert ("/sign-in?" in json.dumps(after)) is not bool(role_after)


async def test_the_web_process_speaks_of_pages_and_api_on_one_port(web):
    async with httpx.AsyncClient(base_url=web[0]) as site:
        page = await site.get("/sign-in")
        api = await site.get("/api/v1/me")
        polling = await site.get("/_event/?EIO=4&transport=polling")

    assert (page.status_code, api.status_code, polling.status_code) == (200, 401, 400)
