"""What every test may ask for: settings of its own, a real MongoDB, an empty database."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db import client
from courseflow_admin.db.embedded import EmbeddedMongo
from courseflow_admin.db.indexes import create_indexes

# Before anybody reads settings: nothing of a developer's own `.env` reaches a test.
os.environ.update(
    ENV="development",
    PORT="3000",
    PUBLIC_URL="http://localhost:3000",
    DATA_DIR=tempfile.mkdtemp(prefix="courseflow-tests-"),
    BCRYPT_COST="4",
    TRUSTED_PROXIES="0",
    JWT_SECRETS="now:the-secret-that-signs-in-tests-0123456789,"
    "old:the-secret-that-signed-before-0123456789",
)
_indexed: set[str] = set()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`configure(TRUSTED_PROXIES="1")`: other settings for this one test."""

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(scope="session")
def mongod_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real mongod, a replica set of one, shared by all processes of this test run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with EmbeddedMongo(folder) as uri:
        yield uri


@pytest.fixture
async def database(mongod_uri: str) -> AsyncIterator[str]:
    """The connection of `db.client`, to a database with all indexes and no documents; its name."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"
    await client.connect(mongod_uri, name)
    if name not in _indexed:
        await create_indexes()
        _indexed.add(name)
    yield name
    await empty_database()
    await client.close()


async def empty_database() -> None:
    database = client.collection("any").raw.database
    for name in await database.list_collection_names():
        if name != "webhook_rejections":  # capped: cannot be deleted from
            await database[name].delete_many({})
