"""A database of an earlier version under today's processes: refused, migrated, served."""

import subprocess
import sys

import httpx
import pytest
from pymongo import AsyncMongoClient

from courseflow_admin import frontend
from tests import servers
from tests.upgrade import loading

DATABASE = "test_upgrade_start"


def act(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "courseflow_admin", *arguments],
        cwd=servers.ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
async def old(mongod_uri, tmp_path):
    """The environment of processes on a database as the old code left it."""
    server = AsyncMongoClient(mongod_uri, tz_aware=True)
    await server.drop_database(DATABASE)
    await loading.load(server[DATABASE], "0001")
    yield servers.environment(servers.free_ports()[0], tmp_path, mongod_uri, DATABASE)
    await server.drop_database(DATABASE)
    await server.close()


def test_it_is_refused_until_it_is_migrated_and_then_served(old, tmp_path):
    frontend.ensure_built()
    for process in ("web", "worker"):
        refused = act(old, process)
        assert refused.returncode == 2
        assert refused.stderr.startswith("The database is not up to date: migration 0001 ")
        assert refused.stderr.endswith("Run `courseflow migrate` first.\n")
        assert refused.stderr.count("\n") == 1

    migrated = act(old, "migrate")
    again = act(old, "migrate")
    listed = act(old, "migrate", "--list")

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert migrated.stdout.endswith("The database is up to date.\n")
    assert again.stdout == "The database is up to date.\n"
    assert "expand  pending" not in listed.stdout
    with servers.web(old, tmp_path / "log") as address:
        ready = httpx.get(f"{address}/api/health/ready")
        catalog = httpx.get(f"{address}/api/v1/catalog")
    assert ready.status_code == 200
    assert "Data Structures in Practice" in catalog.text
