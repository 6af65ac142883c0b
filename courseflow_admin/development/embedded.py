"""The embedded MongoDB: a real mongod of our own, shared by every process that uses the folder."""

import fcntl
import json
import os
import pwd
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from courseflow_admin.development import watch
from courseflow_admin.development.mongod import find_mongod
from courseflow_admin.errors import DatabaseNotStarted

REPLICA_SET = "rs0"
START_PATIENCE = 60.0  # seconds, on a machine under heavy load; quiet it takes half a second
NOT_YET_INITIALIZED = 94


class EmbeddedMongo:
    """One user's hold on the mongod of a data folder: the first starts it, the last stops it.

    Two locks: `start.lock`, held exclusively while someone starts or stops; `users.lock`, held
    shared as long as one uses the database. The system lets go of both when a process is killed.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir.absolute() / "db"
        self._users_lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

        self._watch: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str:
        """Attach to the mongod that runs on this folder, or start it. Returns its URI.

        May be called again when mongod has died: it comes back on the same port.
        """
        self._make_folder()
        with self._starting():
            was_alone = self._hold()
            try:
                port = self._running_port(was_alone) or self._launch()
            except BaseException:
                self._let_go()
                raise
        return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"

    def stop(self) -> bool:
        """Let go of the database. The last one out stops it and is answered True."""
        if self._users_lock is None:
            return False
        pid = self.pid
        with self._starting():
            fcntl.flock(self._users_lock, fcntl.LOCK_UN)
            is_last = self._is_last()
            if is_last and pid:
                watch.end(pid)
            self._part_with_children(is_last)
            self._let_go()
        return is_last

    @property
    def pid(self) -> int | None:
        """The process id of the running mongod."""
        found = self._facts().get("pid")
        return found if isinstance(found, int) and watch.alive(found) else None

    def alive(self) -> bool:
        if self._process is not None:
            self._process.poll()  # collects it, if it was our child and has ended
        return self.pid is not None

    # Locks

    def _make_folder(self) -> None:
        for folder in (self.folder, self.folder.parent):
            if folder.exists() and folder.stat().st_uid != os.geteuid():
                raise DatabaseNotStarted(_wrong_owner(folder))
        try:
            (self.folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseNotStarted(
                f"The data folder {self.folder} cannot be made: {error.strerror}. "
                "Set DATA_DIR to another folder."
            ) from None

    @contextmanager
    def _starting(self) -> Iterator[None]:
        file = os.open(self.folder / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _hold(self) -> bool:
        """Become a user; True when no one else is one. Waits while watch.py is stopping mongod."""
        if self._users_lock is None:
            self._users_lock = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._users_lock, fcntl.LOCK_SH)
        try:
            fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_alone = False
        else:
            is_alone = True
        fcntl.flock(self._users_lock, fcntl.LOCK_SH)  # again: a failed change had given it up
        return is_alone

    def _let_go(self) -> None:
        if self._users_lock is not None:
            os.close(self._users_lock)
            self._users_lock = None

    def _part_with_children(self, is_last: bool) -> None:
        for child in (self._watch, self._process):
            if child is None:
                continue
            if is_last:
                child.terminate()
                child.wait(10)
            if child.poll() is None:
                child.returncode = 0  # it goes on for the others, and is theirs to stop
        self._watch = self._process = None

    def _is_last(self) -> bool:
        assert self._users_lock is not None  # noqa: S101 - stop() asked
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            with suppress(BlockingIOError):
                fcntl.flock(self._users_lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return False  # shared with others
            time.sleep(0.05)  # watch.py was quicker and is stopping it

    # What server.json remembers

    def _facts(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / "server.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, **facts: object) -> None:
        draft = self.folder / "server.json.new"
        draft.write_text(json.dumps(facts))
        draft.replace(self.folder / "server.json")

    def _running_port(self, was_alone: bool) -> int | None:
        """The port of the mongod that is already there, if it is ours and answers."""
        facts = self._facts()
        pid, port = facts.get("pid") or self._locked_pid(), facts.get("port")
        if not isinstance(pid, int) or not watch.alive(pid) or not self._is_ours(pid):
            return None
        if isinstance(port, int):
            with suppress(PyMongoError):
                _make_primary(port, patience=5)
                if was_alone:  # its starter was killed, and perhaps watch.py too
                    self._remember(port=port, pid=pid)
                    self._watch = self._start_watch(pid)
                return port
        watch.end(pid)  # left over from a start that was killed halfway, or it hangs
        return None

    def _locked_pid(self) -> int | None:
        """The owner of the data by mongod's own note, all there is after a kill while starting."""
        try:
            return int((self.folder / "data" / "mongod.lock").read_text())
        except (OSError, ValueError):
            return None

    def _is_ours(self, pid: int) -> bool:
        """Whether the process is a mongod on this very folder and no stranger."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            command = subprocess.run(  # noqa: S603
                ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607
                capture_output=True, text=True, check=False,
            ).stdout  # fmt: skip
        return "mongod" in command and f"--dbpath {self.folder / 'data'} " in f"{command} "

    # Start

    def _launch(self) -> int:
        binary = find_mongod()
        port = _free_port(self._facts().get("port"))
        self._remember(port=port)
        log = self.folder / "mongod.log"
        if log.exists():
            log.replace(self.folder / "mongod.log.1")
        self._part_with_children(is_last=False)  # those of a mongod that died
        self._process = subprocess.Popen(  # noqa: S603
            _command(binary, self.folder, port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: mongod goes last
        )
        self._remember(port=port, pid=self._process.pid)
        try:
            self._wait_for_primary(port)
        except BaseException:
            watch.end(self._process.pid)
            self._process.wait()
            raise
        self._watch = self._start_watch(self._process.pid)
        return port

    def _start_watch(self, pid: int) -> subprocess.Popen[bytes]:
        users_lock = str(self.folder / "users.lock")
        return subprocess.Popen(  # noqa: S603 - our own interpreter, our own file
            [sys.executable, "-I", "-S", watch.__file__, users_lock, str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # else whoever reads our output would wait for its end
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _wait_for_primary(self, port: int) -> None:
        assert self._process is not None  # noqa: S101 - _launch() made it
        until = time.monotonic() + START_PATIENCE
        while True:
            code = self._process.poll()
            if code is not None:
                raise DatabaseNotStarted(
                    f"mongod ended at start with code {code}. {self._last_words()}"
                )
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    pass
                _make_primary(port, patience=max(until - time.monotonic(), 1))
            except (OSError, PyMongoError) as error:
                if time.monotonic() > until:
                    raise DatabaseNotStarted(
                        f"mongod did not become ready within {START_PATIENCE:.0f} s: {error}. "
                        f"{self._last_words()}"
                    ) from None
                time.sleep(0.02)
            else:
                return

    def _last_words(self) -> str:
        """The last thing mongod complained about, in its own words."""
        log = self.folder / "mongod.log"
        with suppress(OSError, ValueError):
            events = [json.loads(line) for line in log.read_text().splitlines()[-200:]]
            worst = [event for event in events if event.get("s") in {"E", "F"}]
            if worst:
                said = worst[0]
                return f"It said: {said['msg']} {json.dumps(said.get('attr', {}))} (all: {log})"
        return f"Its log: {log}"


def _command(binary: Path, folder: Path, port: int) -> list[str]:
    return [
        str(binary),
        "--dbpath", str(folder / "data"),
        "--logpath", str(folder / "mongod.log"),
        "--port", str(port),
        "--bind_ip", "127.0.0.1",
        "--replSet", REPLICA_SET,
        "--wiredTigerCacheSizeGB", "0.25",
        "--oplogSize", "100",
        "--nounixsocket",
        "--networkMessageCompressors", "snappy",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
        # A killed worker's open transaction locks its rows until mongod gives it up: 60 s by
        # default (measured by tests/kill), while ours take some 20 ms.
        "--setParameter", "transactionLifetimeLimitSeconds=3",
        "--wiredTigerEngineConfigString", "log=(file_max=8MB)",
    ]  # fmt: skip


def _make_primary(port: int, patience: float) -> None:
    """Make the replica set of one what it has to be, and wait until it takes writes.

    With a client of its own, thrown away: one that saw the server before `replSetInitiate` goes on
    believing that it has no sessions. After a change of port the set has to be told by force.
    """
    host = f"127.0.0.1:{port}"
    client: MongoClient[dict[str, Any]]
    with MongoClient(
        f"mongodb://{host}", directConnection=True, serverSelectionTimeoutMS=int(patience * 1000)
    ) as client:
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            members = [{"_id": 0, "host": host}]
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        else:
            if [member["host"] for member in config["members"]] != [host]:
                config["members"] = [{**config["members"][0], "host": host}]
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
        until = time.monotonic() + patience
        while not client.admin.command("hello")["isWritablePrimary"]:
            if time.monotonic() > until:
                raise PyMongoError("it is not the primary of its replica set")
            time.sleep(0.02)


def _free_port(remembered: object) -> int:
    """The same port as last time if it is free, so that open clients find it again.

    A new one lies below those that the system hands out to outgoing connections (from 32,768 on
    Linux): there a stranger's connection could take it while mongod is being started again.
    """
    ours = list(range(27_100, 29_100))
    random.shuffle(ours)
    for port in (remembered, *ours, 0):
        if not isinstance(port, int):
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise DatabaseNotStarted("No free port on this machine.")


def _wrong_owner(folder: Path) -> str:
    owner = folder.stat().st_uid
    with suppress(KeyError):
        return (
            f"{folder} belongs to {pwd.getpwuid(owner).pw_name}, not to you. "
            "Run as that user, or name another folder by DATA_DIR."
        )
    return (
        f"{folder} belongs to user {owner}, not to you. "
        "Run as that user, or name another folder by DATA_DIR."
    )
