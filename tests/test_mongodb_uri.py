"""The tests run on any replica set that TEST_MONGODB_URI names, and touch only what is theirs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from courseflow_admin.development.embedded import EmbeddedMongo
from tests.servers import ROOT

FILES = ["tests/services/school/test_limits.py", "tests/services/teaching/test_prices.py"]


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[str]:
    """A replica set of one that this test run has not started for itself."""
    with EmbeddedMongo(tmp_path / "other") as uri:
        yield uri


def run_against(uri: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Two files of tests, as a person with a server of their own runs them."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    pytest_alone = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*pytest_alone, "--basetemp", str(folder), *FILES],
        cwd=ROOT,
        env=inherited | {"TEST_MONGODB_URI": uri},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_tests_run_on_the_server_that_is_named_and_leave_other_databases_alone(
    other_server: str, tmp_path: Path
):
    with MongoClient[dict[str, Any]](other_server) as server:
        server["test_left_over"]["rows"].insert_one({"from": "an earlier run"})
        server["school"]["rows"].insert_one({"of": "somebody else"})
        before = server.admin.command("serverStatus")["opcounters"]["insert"]

        ran = run_against(other_server, tmp_path / "run")

        after = server.admin.command("serverStatus")["opcounters"]["insert"]
        names = set(server.list_database_names())
        kept = [row["of"] for row in server["school"]["rows"].find()]

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert after - before > 10
    assert "test_left_over" not in names
    assert kept == ["somebody else"]
