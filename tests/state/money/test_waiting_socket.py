"""A gateway that hangs, the real web process, and one tab's socket: other clicks are answered."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from courseflow_admin import frontend
from courseflow_admin.db.core import client
from courseflow_admin.services.identity import sessions
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.notices import NoticesState
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payments import PaymentsState
from tests import edge, servers
from tests.builders import an_account, stored
from tests.money_builders import a_payment
from tests.state.core.sockets import a_socket, vars_of

DATABASE = "test_waiting_socket"
SOON = 8.0  # seconds, on a machine with much to do; Stripe is waited for twenty


@dataclass
class School:
    web: str
    stripe: str
    sandbox: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def school(mongod_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """Web and sandbox as processes of their own."""
    frontend.ensure_built()
    folder: Path = tmp_path_factory.mktemp("waiting")
    port = servers.free_ports()[0]
    environ = servers.environment(port, folder, mongod_uri, DATABASE)
    servers.migrate(environ)
    stripe = f"http://127.0.0.1:{port + 1}"
    log = folder / "log"
    with servers.running(["courseflow_admin.development.sandbox"], environ, log) as sandbox:
        servers.wait_for(f"{stripe}/", sandbox, log)
        with servers.web(environ, log) as web:
            yield School(web, stripe, sandbox)


@pytest.fixture
async def its_database(school, mongod_uri) -> AsyncIterator[None]:
    await client.connect(mongod_uri, DATABASE)
    yield
    await client.collection("any").raw.database.client.drop_database(DATABASE)
    await client.close()


async def hang(school: School) -> None:
    """Stripe takes every request from now on, and never answers."""
    body = {"provider": "stripe", "outage": "timeout"}
    async with httpx.AsyncClient() as machine:
        answer = await machine.post(f"{school.stripe}/_control/switch", json=body)
    assert answer.status_code == 200


class Page:
    """What one page of the tab sends, and what it shows of one state."""

    def __init__(self, socket: Any, path: str, route: str) -> None:
        self.socket, self.router = socket, {"pathname": route, "asPath": path, "query": {}}

    async def send(self, handler: Any, **payload: Any) -> None:
        event = {"name": edge.named(handler), "payload": payload, "router_data": self.router}
        await self.socket.raw(["event", event])

    async def until(self, state: type, seconds: float, **shown: Any) -> None:
        """Until the browser has been told all of `shown`; a fault when that takes longer."""
        began, known = time.monotonic(), {}
        while {name: known.get(name) for name in shown} != shown:
            left = began + seconds - time.monotonic()
            assert left > 0, f"{shown} not within {seconds} s, but {known}"
            known |= vars_of(await self.socket.received(0.02), state)


async def test_while_a_gateway_hangs_the_tab_answers_and_a_closed_one_has_no_wheel_later(
    school, its_database
):
    payment = await a_payment(1)
    token = await sessions.open_browser(await an_account(role="admin"))
    cookie, tab = f"cf_session={token}", "a-tab-of-its-own"
    path = f"/payments/{payment.id}"
    await hang(school)

    async with a_socket(school.web, cookie=cookie, tab=tab) as socket:
        page = Page(socket, path, "/payments/[slug]")
        await page.send(edge.handler("State", "hydrate_and_load"))
        await page.until(AuthState, 60, signed_in=True)
        await page.send(PaymentDetailState.load)
        await page.until(PaymentDetailState, 60, view="there")

        await page.send(PaymentDetailState.recheck)
        await page.until(PaymentDetailState, SOON, checking=True)
        await page.send(PaymentDetailState.recheck)
        await page.send(PaymentDetailState.show_dialog, is_open=True)
        await page.until(PaymentDetailState, SOON, dialog=True)
        elsewhere = Page(socket, "/payments", "/payments")
        await elsewhere.send(PaymentsState.load)
        await elsewhere.until(PaymentsState, SOON, view="rows")
        asked = len(await stored("audit", act="payment.rechecked"))

    assert asked == 1

    school.sandbox.terminate()  # with it ends the call that nobody answered
    async with a_socket(school.web, cookie=cookie, tab=tab) as socket:
        page = Page(socket, path, "/payments/[slug]")
        for _ in range(60):
            await page.send(edge.handler("State", "hydrate_and_load"))
            updates = await socket.received(0.1)
            if vars_of(updates, PaymentDetailState)["checking"] is False:
                break
            await asyncio.sleep(0.5)

    assert vars_of(updates, PaymentDetailState)["checking"] is False
    [notice] = vars_of(updates, NoticesState)["shown"]
    assert notice["text"].startswith("Stripe is not responding")
