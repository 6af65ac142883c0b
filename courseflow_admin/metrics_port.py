"""A port on this machine where a process without a web server shows its metrics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

HOST = "127.0.0.1"
PATH = "/metrics"
PATIENCE_SECONDS = 5
LONGEST_HEAD = 8 * 1024


@asynccontextmanager
async def served(
    port: int | None, exposition: Callable[[], Awaitable[bytes]], content_type: str
) -> AsyncIterator[None]:
    """Answer GET /metrics on `port` until the end; without a port do nothing."""
    if port is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(
            TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                found = head.startswith(f"GET {PATH} HTTP/".encode())
                body = await exposition() if found else b""
                writer.write(_head(200 if found else 404, content_type, len(body)) + body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, HOST, port, limit=LONGEST_HEAD)
    async with server:
        yield


def _head(status: int, content_type: str, length: int) -> bytes:
    text = "OK" if status == 200 else "Not Found"
    return (
        f"HTTP/1.1 {status} {text}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    ).encode()
