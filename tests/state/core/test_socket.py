"""The socket as a stranger would use it: raw, without our pages."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from courseflow_admin import frontend
from courseflow_admin.db.core import client
from courseflow_admin.services.identity import accounts, my_account, sessions
from courseflow_admin.state.core.auth import AuthState, SignInState
from courseflow_admin.state.core.notices import NoticesState
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.teaching.studio import StudioState
from tests import edge, servers
from tests.builders import PASSWORD, acting, an_account, stored
from tests.patience import slowness, within

HYDRATE = edge.HYDRATE
FAULT = edge.FAULT
DIALOG = f"{StudioState.get_full_name()}.show_dialog"


@pytest.fixture(scope="module")
def web(mongod_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The real web process over a database of its own, and its log."""
    frontend.ensure_built()
    folder = tmp_path_factory.mktemp("web")
    environ = servers.environment(servers.free_ports()[0], folder, mongod_uri, "test_socket")
    environ["TRUSTED_PROXIES"] = "1"
    log = folder / "log"
    servers.migrate(environ)
    with servers.web(environ, log) as address:
        yield address, log


@pytest.fixture
async def its_database(web, mongod_uri) -> AsyncIterator[None]:
    await client.connect(mongod_uri, "test_socket")
    yield
    await client.collection("any").raw.database.client.drop_database("test_socket")
    await client.close()


class Socket:
    """A tab's connection, speaking Socket.IO by hand."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.slow = min(slowness(), 8)
        self.kinds: set[str] = set()

    async def send(self, name: str, **payload: Any) -> None:
        await self.raw(["event", {"name": name, "payload": payload, "router_data": ROUTER}])

    async def raw(self, packet: Any) -> None:
        await self.connection.send("42/_event," + json.dumps(packet))

    async def hydrated(self) -> list[dict[str, Any]]:
        """Open the page; all updates up to the one that says it is there."""
        await self.send(HYDRATE)
        return await self.received(until=is_there)

    async def received(
        self, seconds: float = 0.4, until: Callable[[dict[str, Any]], bool] = lambda update: False
    ) -> list[dict[str, Any]]:
        """All updates until it is quiet for a while; the first may take longer."""
        updates: list[dict[str, Any]] = []
        while not (updates and until(updates[-1])):
            try:
                patience = seconds if updates else 5 * seconds
                message = await asyncio.wait_for(self.connection.recv(), patience * self.slow)
            except TimeoutError:
                return updates
            if message == "2":
                await self.connection.send("3")
            if message.startswith("42/_event,"):
                kind, update = json.loads(message.removeprefix("42/_event,"))
                self.kinds.add(kind)
                if kind == "event":
                    updates.append(update)
        return updates


def is_there(update: dict[str, Any]) -> bool:
    shown = update.get("delta", {}).get(edge.STATES["State"].get_full_name(), {})
    return any(edge.plain(name) == "is_hydrated" and value for name, value in shown.items())


ROUTER = {"pathname": "/sign-in", "asPath": "/sign-in", "query": {}}


@asynccontextmanager
async def a_socket(
    address: str,
    *,
    origin: str | None = None,
    cookie: str = "",
    tab: str = "",
    forwarded: str = "",
    said: dict[str, Any] | None = None,
):
    headers = {"Cookie": cookie} if cookie else {}
    headers |= {"X-Forwarded-For": forwarded} if forwarded else {}
    url = address.replace("http", "ws") + "/_event/?EIO=4&transport=websocket"
    async with websockets.connect(
        f"{url}&token={tab or uuid.uuid4()}", origin=origin or address, additional_headers=headers
    ) as connection:
        assert (await connection.recv()).startswith("0")
        await connection.send("40/_event," + (json.dumps(said) if said else ""))
        assert (await connection.recv()).startswith("40/_event,")
        yield Socket(connection)


def vars_of(updates: list[dict[str, Any]], state: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for update in updates:
        for name, value in update.get("delta", {}).get(state.get_full_name(), {}).items():
            found[edge.plain(name)] = value
    return found


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


async def test_rubbish_is_one_line_each_without_cookie_token_or_traceback(web, its_database):
    tab = "tab-token-that-must-not-be-logged"
    token = await sessions.open_browser(await an_account())
    before = len(web[1].read_text())

    async with a_socket(web[0], cookie=f"cf_session={token}", tab=tab) as socket:
        for packet in (
            ["event", {"name": "no.such.event", "payload": {"password": "swordfish"}}],
            ["event", "not json"],
            ["event", 7],
            ["event", {"payload": {}}],
            ["event", {"name": HYDRATE, "payload": {"vars": "x", "hashes": 7}}],
            ["event", {"name": HYDRATE, "payload": {"surprise": 1}}],
            ["event", {"name": HYDRATE, "router_data": {"pathname": 7, "asPath": {"a": 1}}}],
            ["event", {"name": HYDRATE, "router_data": {"query": {"a": {"b": "swordfish"}}}}],
            ["event", {"name": ["x"], "payload": []}],
            ["client_error", {"error_type": "x", "message": "y" * 5000}],
            ["nothing", {}],
        ):
            await socket.raw(packet)
            await socket.received(0.03)
        alive = await socket.hydrated()

    for text in ("42/_event,not json", "42", "4", "", "99x", "42/_event,[" + "[" * 50_000):
        async with a_socket(web[0]) as socket:
            await socket.connection.send(text)
            with suppress(websockets.ConnectionClosed):
                await socket.received(0.03)

    log = web[1].read_text()[before:]
    assert vars_of(alive, AuthState)["email"] == "ada@demo.test"
    assert "Traceback" not in log
    for secret in (token, tab, "swordfish"):
        assert secret not in log
    assert max(len(line) for line in log.splitlines() or [""]) < 1200


async def test_the_web_process_speaks_of_pages_and_api_on_one_port(web):
    async with httpx.AsyncClient(base_url=web[0]) as site:
        page = await site.get("/sign-in")
        api = await site.get("/api/v1/me")
        polling = await site.get("/_event/?EIO=4&transport=polling")

    assert (page.status_code, api.status_code, polling.status_code) == (200, 401, 400)


async def test_who_sends_more_than_a_person_can_is_cut_off(web, its_database):
    before = len(web[1].read_text())
    async with a_socket(web[0]) as socket:
        for _ in range(400):
            await socket.raw(["event", {"name": "no.such.event"}])
        said = ""
        while said != "41/_event,":
            said = await asyncio.wait_for(socket.connection.recv(), 60)

    log = web[1].read_text()[before:]
    [cut_off] = [line for line in log.splitlines() if "socket.too_many" in line]
    assert "ip=127.0.0.1" in cut_off
    assert log.count("guard.refused") <= 61  # a stranger fills no log


async def test_while_one_floods_another_is_served_within_a_second(web, its_database):
    calm_person = await an_account("calm@demo.test", "student", "Calm Person")
    token = await sessions.open_browser(calm_person)
    async with (
        a_socket(web[0]) as flood,
        a_socket(web[0], cookie=f"cf_session={token}") as calm,
    ):
        sending = asyncio.create_task(flooding(flood))
        await asyncio.sleep(0.05)

        with within(1):
            await calm.send(HYDRATE)
            name = ""
            while name != "Calm Person":
                name = vars_of(await calm.received(seconds=0.1), AuthState).get("name", "")

        assert await sending > 300


@pytest.mark.parametrize(
    "router",
    [
        {"pathname": "/", "asPath": "/" + "x" * 8_192},
        {"pathname": "/" + "x" * 8_192, "asPath": "/"},
        {"pathname": "/", "asPath": "/", "query": {"a": "x" * 200_000}},
        {"pathname": "/", "asPath": "/", "other": ["x" * 200_000]},
        {"pathname": "/", "asPath": "/?a=\ud800"},
        {"pathname": "/", "asPath": "/", "query": {"\udfff": "a"}},
    ],
)
async def test_an_address_that_is_too_long_or_no_text_is_not_kept_and_the_tab_stays_open(
    web, its_database, router
):
    async with a_socket(web[0]) as socket:
        await socket.raw(["event", {"name": HYDRATE, "payload": {}, "router_data": router}])
        refused = await socket.received(0.15)
        after = await socket.hydrated()

    assert refused == []
    assert vars_of(after, AuthState)["signed_in"] is False
    assert "x" * 100 not in json.dumps(after)


async def test_the_longest_address_that_http_takes_is_taken_by_the_socket(web, its_database):
    query = "é" * 4_000
    router = {"pathname": "/sign-in", "asPath": f"/sign-in?a={query}", "query": {"a": query}}

    async with a_socket(web[0]) as socket:
        await socket.raw(["event", {"name": HYDRATE, "payload": {}, "router_data": router}])
        updates = await socket.received()

    assert vars_of(updates, AuthState)["signed_in"] is False


@pytest.mark.parametrize("value", ["1" * 20_000, "a" * 200_000, "eyJ-" * 50_000])
async def test_nobody_waits_for_a_long_text_of_somebody_else(web, its_database, value):
    before = len(web[1].read_text())
    async with a_socket(web[0]) as stranger, a_socket(web[0]) as calm:
        await stranger.send(edge.IS_HYDRATED, value=value)
        await stranger.send(FAULT, info=value, component_stack=value)
        await stranger.raw(["client_error", {"error_type": value, "message": value}])
        await asyncio.sleep(0.05)

        with within(2):
            await calm.send(HYDRATE)
            assert vars_of(await calm.received(seconds=0.1), AuthState)["signed_in"] is False

    said = web[1].read_text()[before:].splitlines()
    refused = [line for line in said if "event.arguments_refused" in line]
    assert len(refused) == 1
    assert "value bool_type" in refused[0]
    assert max(len(line) for line in said) < 1200


async def flooding(socket: Socket) -> int:
    """Send as fast as possible until cut off; how much was sent."""
    for number in range(5_000):
        try:
            await socket.send(HYDRATE)
        except websockets.ConnectionClosed:
            return number
    return 5_000


async def test_a_message_larger_than_any_of_ours_ends_the_connection(web):
    async with a_socket(web[0]) as socket:
        await socket.raw(["event", {"name": "x" * 1_100_000}])

        await asyncio.wait_for(socket.connection.wait_closed(), 60)

    assert socket.connection.close_code == 1009  # message too big
