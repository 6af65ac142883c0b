"""The API in this process, without a network."""

from collections.abc import AsyncIterator

import httpx
import pytest

from courseflow_admin.api.app import create_api


@pytest.fixture
async def api(database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API that keeps cookies and, like a browser's form, sends our own Origin."""
    transport = httpx.ASGITransport(create_api(), client=("203.0.113.9", 50_000))
    origin = "http://localhost:3000"
    async with httpx.AsyncClient(
        transport=transport, base_url=origin, headers={"Origin": origin}
    ) as client:
        yield client
