import asyncio
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.migrations import bring_up_to_date
from courseflow_admin.development.embedded import EmbeddedMongo
from courseflow_admin.development.supervisor import Supervisor, hash_of, read_settings
from tests.patience import within

ROOT = Path(__file__).parents[2]
PATIENCE = 150.0  # seconds, on a machine that may have much else to do


class Run:
    """A real `courseflow run` on ports of its own, and what it said."""

    def __init__(
        self, folder: Path, port: int, command: Sequence[str] = (), **variables: str
    ) -> None:
        environment = {
            **os.environ,
            "PUBLIC_URL": f"http://localhost:{port}",
            "DATA_DIR": str(folder),
            "PORT": str(port),
            **variables,
        }
        self.port = port
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "courseflow_admin", "run"],
            cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.environment = environment
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def until(self, words: str, seconds: float = PATIENCE) -> str:
        wait(lambda: words in self.text or self.process.poll() is not None, seconds)
        assert words in self.text, self.text
        return self.text

    def family(self) -> dict[str, psutil.Process]:
        """Every process that belongs to it, by what it does."""
        names = {
            "watch.py": "watch",
            "mongod --dbpath": "mongod",
            "courseflow_admin.development.sandbox": "sandbox",
            "courseflow_admin worker": "worker",
            "courseflow_admin web": "web",
        }
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                folder = self.environment["DATA_DIR"]
                is_ours = folder in line or process.environ().get("DATA_DIR") == folder
                name = next((names[part] for part in names if part in line), None)
                if is_ours and name and process.status() != psutil.STATUS_ZOMBIE:
                    found[name] = process
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.code()

    def code(self, seconds: float = PATIENCE) -> int:
        """The exit code, once it has ended and all it said is read."""
        code = self.process.wait(seconds)
        self.reader.join()
        self.process.stdout.close()
        return code

    def ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/api/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def wait(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def are_free(port: int, count: int = 5) -> bool:
    for each in range(port, port + count):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", each))
            except OSError:
                return False
    return True


@pytest.fixture
def port():
    """The first of five free ports in a row, other ones for each process of a test run."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return next(p for p in range(14200 + 500 * worker, 14700 + 500 * worker, 5) if are_free(p))


@pytest.fixture(scope="module")
async def disconnected():
    """The connection of the tests before is closed in their loop; we use others."""
    await client.close()


@pytest.fixture(scope="module")
def started_before(disconnected, tmp_path_factory):
    """A data folder on which the first start has been: the demo school has tests of its own."""
    folder = tmp_path_factory.mktemp("started")

    async def migrate(uri: str) -> None:
        await client.connect(uri, "courseflow")
        await bring_up_to_date()
        await client.close()

    with EmbeddedMongo(folder) as uri:
        asyncio.run(migrate(uri))
    supervisor = Supervisor(read_settings(data_dir=folder))
    (folder / "db" / "prepared").write_text(supervisor._preparation())
    return folder


@pytest.fixture
def folder(started_before, tmp_path):
    return Path(shutil.copytree(started_before, tmp_path / "data"))


@pytest.fixture
def start(folder, port):
    """`start()`: a run on this folder; what is left of it afterwards is ended."""
    runs: list[Run] = []

    def begin(command: Sequence[str] = (), **variables: str) -> Run:
        runs.append(Run(folder, port, command, **variables))
        return runs[-1]

    yield begin
    for run in runs:
        for process in run.family().values():
            process.kill()
        run.end(signal.SIGKILL)


def test_it_starts_everything_mends_what_dies_and_ctrl_c_ends_all_of_it(start):
    run = start()
    said = run.until("Press Ctrl-C to stop everything.")

    assert re.search(r"CourseFlow is ready after \d+\.\d s: http://localhost:\d+\n", said)
    assert re.search(r"sign in as  admin@demo\.test  demo-[0-9a-f]{8}\n", said)
    assert f"http://127.0.0.1:{run.port + 1}/ " in said
    assert f"http://127.0.0.1:{run.port + 4}/mailbox\n" in said
    family = run.family()
    assert sorted(family) == ["mongod", "sandbox", "watch", "web", "worker"]
    listening = {
        connection.laddr.ip
        for process in family.values()
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}  # nothing of it can be reached from elsewhere

    family["mongod"].kill()
    run.until("The database stopped; restarting it.")
    assert wait(run.ready)
    family["web"].kill()
    run.until("The web process ended (code -9); starting it again in 0.25 s.")
    assert wait(run.ready)
    family["worker"].kill()
    run.until("The worker process ended (code -9)")

    with within(6):
        assert run.end(signal.SIGINT) == 0
    assert run.text.endswith("Stopped.\n")
    assert run.family() == {}
    assert are_free(run.port)


def test_after_kill_9_the_next_start_just_works(start):
    first = start()
    first.until("Press Ctrl-C to stop everything.")
    before = first.family()
    assert first.end(signal.SIGKILL) == -signal.SIGKILL

    second = start()
    second.until("Press Ctrl-C to stop everything.")

    assert not any(before[name].is_running() for name in ("sandbox", "web", "worker"))
    assert second.ready()
    assert second.end(signal.SIGTERM) == 0
    assert second.family() == {}


def test_a_run_of_make_ends_when_make_is_killed(start, folder):
    script = f'"{sys.executable}" -m courseflow_admin run --stop-with-parent & wait'
    run = start(command=["sh", "-c", script])
    run.until("Database: embedded MongoDB")

    run.process.kill()

    assert wait(lambda: run.family() == {} and are_free(run.port))
    assert run.end(signal.SIGKILL) == -signal.SIGKILL


def test_a_second_run_on_the_same_folder_says_where_the_first_one_is(start, folder):
    first = start()
    wait(lambda: (folder / "run.json").exists())

    second = start(PORT=str(first.port + 5))

    assert second.code() == 2
    assert second.text == (
        f"CourseFlow is already running from {folder}, at http://localhost:{first.port}. "
        "Stop it, or set DATA_DIR to another folder.\n"
    )
    assert first.end() == 0


@pytest.mark.parametrize(
    ("offset", "purpose"),
    [(0, "the app"), (2, "the sandbox of Razorpay"), (4, "the sandbox of Resend")],
)
def test_a_taken_port_is_named_and_nothing_starts(start, port, folder, offset, purpose):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port + offset))
        stranger.listen()

        run = start()
        assert run.code() == 2

    assert run.text == (
        f"Port {port + offset}, needed for {purpose}, is taken by another program. "
        f"Stop it, or choose another port: PORT={port + 100} make run\n"
    )
    assert run.family() == {}


def test_wrong_settings_are_named_line_by_line_and_nothing_starts(start, folder):
    run = start(SCHOOL_TIMEZONE="Mars", TRUSTED_PROXIES="-1", DATA_DIR=str(folder / "new"))

    assert run.code() == 2
    assert [line.split(":")[0] for line in run.lines] == ["SCHOOL_TIMEZONE", "TRUSTED_PROXIES"]
    assert not (folder / "new").exists()


def test_a_database_that_was_changed_since_the_last_start_is_prepared_again(start, folder):
    def act(change):
        async def connected(uri):
            await client.connect(uri, "courseflow")
            try:
                return await change()
            finally:
                await client.close()

        with EmbeddedMongo(folder) as uri:
            return asyncio.run(connected(uri))

    async def undo():
        await client.collection("accounts").drop_index("email_1")
        await client.collection("accounts").insert_one({"_id": "acc_1", "email": "a@b.test"})

    act(undo)
    run = start()
    said = run.until("Press Ctrl-C to stop everything.")

    assert "The database is not up to date: index accounts (email): missing." in said
    assert "Indexes created: 1\n" in said
    assert run.end() == 0


def test_a_file_that_the_stamp_should_cover_and_that_is_not_there_is_a_fault(tmp_path):
    here, moved = tmp_path / "here.py", tmp_path / "moved.py"
    here.write_text("1")
    before = hash_of("school", [here])
    here.write_text("2")

    assert hash_of("school", [here]) != before
    with pytest.raises(FileNotFoundError):
        hash_of("school", [here, moved])


def test_a_process_that_keeps_dying_is_given_up_loudly(start, folder):
    (folder / "sandbox.sqlite").mkdir()  # it cannot be opened as a database

    run = start()

    assert run.code() == 1
    assert "The sandbox process ended 5 times in a row" in run.text
    assert run.family() == {}


def test_a_leftover_is_stopped_only_if_it_is_still_the_same_process(start, folder):
    with subprocess.Popen(["sleep", "60"]) as stranger:
        note = {"at": "http://localhost:1", "children": [[stranger.pid, "another time"]]}
        (folder / "run.json").write_text(json.dumps(note))

        run = start()
        wait(lambda: run.family().get("sandbox") is not None)

        assert stranger.poll() is None
        stranger.kill()
    assert run.end() == 0


def test_the_command_line_works_next_to_a_run_and_without_one(start, folder):
    run = start()
    run.until("Database: embedded MongoDB")
    wait(lambda: not any(are_free(run.port + offset, 1) for offset in range(1, 5)))

    def doctor(*left_out: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in run.environment.items() if k not in left_out}
        return subprocess.run(
            [sys.executable, "-m", "courseflow_admin", "doctor", "--json"],
            cwd=ROOT, env=environment, text=True, capture_output=True, check=False,
        )  # fmt: skip

    beside = json.loads(doctor().stdout)
    # As the README has it, whatever port the run was given.
    unaddressed = json.loads(doctor("PORT", "PUBLIC_URL").stdout)
    assert "mongod" in run.family()
    assert run.end() == 0
    alone = json.loads(doctor().stdout)

    assert [check["name"] for check in beside["checks"] if not check["ok"]] == []
    assert beside["addresses"]["app"] == f"http://localhost:{run.port}"
    assert [check["name"] for check in unaddressed["checks"] if not check["ok"]] == []
    assert unaddressed["addresses"] == beside["addresses"]
    assert sorted(beside["webhook_secrets"]) == ["razorpay", "resend", "stripe"]
    assert [check["name"] for check in alone["checks"] if not check["ok"]] == [
        "stripe", "razorpay", "cloudinary", "resend",
    ]  # fmt: skip
    assert run.family() == {}
