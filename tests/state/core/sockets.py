"""A tab's connection, spoken by hand: raw, without our pages."""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import websockets

from tests import edge
from tests.patience import slowness

HYDRATE = edge.HYDRATE


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


def is_there(update: dict[str, Any]) -> bool:
    shown = update.get("delta", {}).get(edge.STATES["State"].get_full_name(), {})
    return any(edge.plain(name) == "is_hydrated" and value for name, value in shown.items())
