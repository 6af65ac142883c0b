"""What every test may ask for: settings of its own, a real MongoDB, an empty database."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from loguru import logger
from pymongo import MongoClient
from xdist.scheduler import LoadFileScheduling

from courseflow_admin.api.app import create_api
from courseflow_admin.config import settings
from courseflow_admin.db.core import client
from courseflow_admin.db.migrations import bring_up_to_date
from courseflow_admin.development.embedded import EmbeddedMongo
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.errors import Unavailable
from courseflow_admin.providers import gateways, resend
from courseflow_admin.services.money import webhooks
from tests import servers
from tests.listening import Listener

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
# As the product logs: with the values in every frame, a traceback is pages that hide what failed.
logger.remove()
logger.add(sys.stderr, backtrace=False, diagnose=False)
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - a folder of our own in it
NO_ROWS = hashlib.md5(b"").hexdigest()  # noqa: S324 - what MongoDB's dbHash says of no documents
TOURS = ("test_pages_full.py", "test_pages_empty.py")  # of schools of their own
MIDDLE = "test_o"  # of the other browser tests: each half has a school, and takes about as long
KEPT = {"webhook_rejections", "migrations"}  # capped: cannot be deleted from; which ones have run
_connections: dict[str, Any] = {}


class ByParts(LoadFileScheduling):
    """Two processes have a school in a browser each; all else is given out by files."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(super()._split_scope(nodeid))


def part_of(file: str) -> str:
    folder, _, name = file.rpartition("/")
    if not folder.endswith("/browser") or name in TOURS:
        return file
    return f"{folder}: {'first' if name < MIDDLE else 'second'} half"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByParts:
    return ByParts(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The three parts that take longest come first: no process goes on alone at the end."""

    def place(item: pytest.Item) -> tuple[bool, bool, str]:
        file = item.path.as_posix()
        part = part_of(file)
        return item.path.name != TOURS[0], part == file, "" if part == file else part

    items.sort(key=place)


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
    """A real mongod, a replica set of one, shared by all processes of this test run.

    In memory where there is room: each majority write waits for its journal, so that a disk would
    be most of what many tests wait for. TEST_MONGODB_URI names another one (a replica set), whose
    databases `test_*` are dropped first.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    if uri := os.environ.get("TEST_MONGODB_URI"):
        _drop_test_databases_once(uri, folder)
        yield uri
        return
    if not (MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM):
        with EmbeddedMongo(folder) as uri:
            yield uri
        return
    shared = MEMORY / f"courseflow-tests-{hashlib.sha256(bytes(folder)).hexdigest()[:16]}"
    mongo = EmbeddedMongo(shared)
    yield mongo.start()
    if mongo.stop():  # the last of this run
        shutil.rmtree(shared)


def _drop_test_databases_once(uri: str, folder: Path) -> None:
    """What an earlier run left on a server that is not ours; once for all processes of this run."""
    with (folder / "mongodb.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() == "":
            with MongoClient[dict[str, Any]](uri) as server:
                for name in server.list_database_names():
                    if name.startswith("test_"):
                        server.drop_database(name)
            lock.write("dropped")


@pytest.fixture(scope="session")
def _heard() -> Listener:
    return Listener()


@pytest.fixture
def listener(_heard: Listener) -> Listener:
    """What has been written since this test began."""
    _heard.begin_again()
    return _heard


@pytest.fixture(scope="session")
async def _closed_at_the_end() -> AsyncIterator[None]:
    yield
    await client.close()


@pytest.fixture
async def database(
    mongod_uri: str, listener: Listener, _closed_at_the_end: None
) -> AsyncIterator[str]:
    """The connection of `db.client`, to a database with all indexes and no documents; its name.

    One for all tests of this process; opened again after a test that closed it or opened another.
    After each test: nothing that a service wrote meanwhile lacks its audit entry.
    """
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"
    if _connection() is None or _connection() is not _connections.get(name):
        await client.connect(mongod_uri, name, listeners=[listener])
        if name not in _connections:
            await bring_up_to_date()
        _connections[name] = _connection()
        listener.begin_again()
    before = asyncio.all_tasks()
    yield name
    await _end_what_was_left(before)
    await empty_database()
    assert listener.unaudited == set(), "written without an audit entry in the same transaction"
    assert listener.rewritten == set(), "the audit log is only ever added to"


def _connection() -> Any:
    try:
        return client.collection("any").raw.database.client
    except Unavailable:
        return None


async def _end_what_was_left(before: set[asyncio.Task[Any]]) -> None:
    """Tasks of a test end with it, as they would with a loop of its own; PyMongo's look on."""
    left = [
        task
        for task in asyncio.all_tasks() - before
        if task is not asyncio.current_task() and not _is_of_pymongo(task)
    ]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _is_of_pymongo(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "/pymongo/" in code.co_filename


@pytest.fixture
async def restored_schema(database: str) -> AsyncIterator[None]:
    """For a test that changes indexes, or which migrations have run."""
    yield
    await empty_database()  # documents that a unique index would not bear
    await client.collection("migrations").delete_many({})
    await bring_up_to_date()


async def empty_database() -> None:
    """Delete all there is: most tests wrote to few collections, and no rows have a known hash."""
    database = client.collection("any").raw.database
    for name, rows in (await database.command("dbHash"))["collections"].items():
        if rows != NO_ROWS and name not in KEPT:
            await database[name].delete_many({})


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """All four companies in a thread of this process; their webhooks wait for `deliver()`."""
    first, second, third, fourth = servers.free_ports(4)
    folder: Path = tmp_path_factory.mktemp("sandbox")
    settings.cache_clear()
    sandbox = Sandbox(
        settings(),
        data_dir=folder,
        ports=(first, second, third, fourth),
        receive=webhooks.receive,
        slow_seconds=0.5,  # what a test does meanwhile must fit into it on a busy machine
        silence_seconds=1.0,
    )
    with sandbox.in_thread():
        yield sandbox


@pytest.fixture
async def sandbox(
    running_sandbox: Sandbox, configure: Callable[..., None]
) -> AsyncIterator[Sandbox]:
    """The sandbox, empty, with our settings pointing at it."""
    stripe, razorpay, cloudinary, mail = running_sandbox.world.ports
    configure(
        STRIPE_BASE_URL=f"http://127.0.0.1:{stripe}",
        RAZORPAY_BASE_URL=f"http://127.0.0.1:{razorpay}",
        CLOUDINARY_BASE_URL=f"http://127.0.0.1:{cloudinary}",
        RESEND_BASE_URL=f"http://127.0.0.1:{mail}",
    )
    await gateways.close()  # an earlier test may have looked at adapters with other settings
    running_sandbox.reset()
    yield running_sandbox
    await gateways.close()  # their connections belong to this test's loop
    resend.forget()


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """One for all tests: it holds nothing, and reading its routes takes longer than most tests."""
    return create_api()


@pytest.fixture
async def api(application: FastAPI, database: None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API that keeps cookies and, like a browser's form, sends our own Origin."""
    transport = httpx.ASGITransport(application, client=("203.0.113.9", 50_000))
    origin = "http://localhost:3000"
    async with httpx.AsyncClient(
        transport=transport, base_url=origin, headers={"Origin": origin}
    ) as client:
        yield client
