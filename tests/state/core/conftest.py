"""A real web process over a database of its own, for the tests that speak to its socket."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from courseflow_admin import frontend
from courseflow_admin.db.core import client
from tests import servers

DATABASE = (
    f"test_socket_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # two files use it at one time
)


@pytest.fixture(scope="module")
def web(mongod_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The real web process over a database of its own, and its log."""
    frontend.ensure_built()
    folder = tmp_path_factory.mktemp("web")
    environ = servers.environment(servers.free_ports()[0], folder, mongod_uri, DATABASE)
    environ["TRUSTED_PROXIES"] = "1"
    log = folder / "log"
    servers.migrate(environ)
    with servers.web(environ, log) as address:
        yield address, log


@pytest.fixture
async def its_database(web, mongod_uri) -> AsyncIterator[None]:
    await client.connect(mongod_uri, DATABASE)
    yield
    await client.collection("any").raw.database.client.drop_database(DATABASE)
    await client.close()
