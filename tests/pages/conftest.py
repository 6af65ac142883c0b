"""The built screens and the whole web application in this process."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from courseflow_admin import frontend

OWN = "http://localhost:3000"


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built screens; builds them if a source has changed."""
    return frontend.ensure_built()


@pytest.fixture(scope="session")
def application(built: Path) -> Any:
    from courseflow_admin.courseflow_admin import asgi_app

    return asgi_app()


@pytest.fixture
async def site(application: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the web application: pages, files and API, without a database."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        yield client
