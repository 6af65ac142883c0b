"""What a socket does not take: rubbish, floods, and texts longer than any of ours."""

import asyncio
import json
from contextlib import suppress

import pytest
import websockets

from courseflow_admin.services.identity import sessions
from courseflow_admin.state.core.auth import AuthState
from tests import edge
from tests.builders import an_account
from tests.patience import within
from tests.state.core.sockets import Socket, a_socket, vars_of

HYDRATE = edge.HYDRATE
FAULT = edge.FAULT


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
