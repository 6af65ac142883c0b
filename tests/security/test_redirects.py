"""An API of a company that sends us elsewhere is not followed: our keys go to its address alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from courseflow_admin.errors import ProviderRefused, ProviderUnreachable
from courseflow_admin.providers import gateways, resend


@asynccontextmanager
async def a_server_that_leads_elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """Its address, and the paths it was asked for."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.split()[1].partition("?")[0])
        code = "200 OK" if asked[-1] == "/elsewhere" else "307 Temporary Redirect"
        writer.write(
            f"HTTP/1.1 {code}\r\nLocation: /elsewhere\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nConnection: close\r\n\r\n{}".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def of_stripe() -> None:
    await gateways.gateway("stripe").fetch("cs_sandbox_1")


async def of_razorpay() -> None:
    await gateways.gateway("razorpay").fetch("order_1")


async def of_resend() -> None:
    await resend.sender().send(resend.Message("a@demo.test", "Hello", "<p>x</p>", "x", "key-1"))


@pytest.mark.parametrize(
    ("company", "call"),
    [("STRIPE", of_stripe), ("RAZORPAY", of_razorpay), ("RESEND", of_resend)],
)
async def test_no_call_of_ours_is_led_elsewhere(configure, company, call):
    async with a_server_that_leads_elsewhere() as (address, asked):
        configure(**{f"{company}_BASE_URL": address})
        await gateways.close()
        resend.forget()

        with pytest.raises((ProviderUnreachable, ProviderRefused)):
            await call()

        await gateways.close()
        resend.forget()
    assert asked != []
    assert "/elsewhere" not in asked
