"""`courseflow run`: starts what a working school needs, keeps it running, and stops all of it."""

import fcntl
import hashlib
import http.client
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from courseflow_admin.config import Settings, read_settings
from courseflow_admin.development import run_note, watch
from courseflow_admin.development.embedded import EmbeddedMongo
from courseflow_admin.errors import DatabaseNotStarted, SettingsInvalid

ROOT = Path(__file__).parents[2]
PREPARED_BY = ("db/indexes.py", "db/migrations.py", "development/demo/loader.py")
QUICK_DEATH = 10.0  # seconds: who lives shorter than this has not really started
TOO_MANY_DEATHS = 5
PATIENCE = 6.0  # seconds a child has to end after SIGTERM
SETTINGS_INVALID = 2  # as an exit code, ours and a child's: trying again would not help

# The system ends the child when we are killed. Linux only and tied to the thread that starts it,
# which is always our main one; where there is no prctl, run.json tells the next start.
WITH_PARENT = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
try:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
except (OSError, AttributeError):
    pass
if os.getppid() == parent:
    os.execv(sys.argv[2], sys.argv[2:])
"""


class NotStarted(Exception):
    """Why nothing was started or all of it was stopped, in a sentence."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Stopped(Exception):
    """Ctrl-C or SIGTERM came."""


@dataclass
class Child:
    """One process of ours, started again when it dies."""

    name: str
    module: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again_at: float = 0.0


@dataclass
class Supervisor:
    settings: Settings
    stop_with_parent: bool = False
    say: Callable[[str], None] = lambda text: print(text, flush=True)
    mongo: EmbeddedMongo | None = None
    children: list[Child] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    stopping: bool = False
    _trusts_stamp: bool = False  # whether preparing the database was skipped
    _preparing: bool = False

    def run(self) -> int:
        """Start everything, watch over it until told to stop. Returns the exit code."""
        self._parent = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._told_to_stop)
        code = 0
        try:
            self._claim_data_folder()
            self._check_ports()
            self._start()
            while True:
                self._watch_over()
                self._pause(0.2)
        except Stopped:
            self.say("Stopping.")
        except (NotStarted, DatabaseNotStarted) as error:
            print(error, file=sys.stderr, flush=True)
            code = getattr(error, "code", 1)
        finally:
            self._stop()
        if code == 0:
            self.say("Stopped.")
        return code

    def _told_to_stop(self, *_: object) -> None:
        if self.stopping:
            raise KeyboardInterrupt  # the second Ctrl-C does not wait
        self.stopping = True

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            if self.stopping or (self.stop_with_parent and os.getppid() != self._parent):
                raise Stopped
            if time.monotonic() >= until:
                return
            time.sleep(0.05)

    # Before anything starts

    def _claim_data_folder(self) -> None:
        folder = self.settings.data_dir
        self._run_file = folder / run_note.FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NotStarted(
                f"The data folder {folder} cannot be used: {error.strerror}. "
                "Set DATA_DIR to another folder.",
                SETTINGS_INVALID,
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            at = run_note.read(self._run_file).at
            raise NotStarted(
                f"CourseFlow is already running from {folder}, at {at}. "
                "Stop it, or set DATA_DIR to another folder.",
                SETTINGS_INVALID,
            ) from None
        for pid in run_note.read(self._run_file).alive():
            watch.end(pid, PATIENCE)
            self.say(f"Stopped process {pid}, left over from a run that was killed.")
        self._run_file.unlink(missing_ok=True)

    def _check_ports(self) -> None:
        first = self.settings.port
        wanted = {first: (self.settings.host, "the app")}
        if self.settings.any_sandbox:
            names = ("Stripe", "Razorpay", "Cloudinary", "Resend")
            for number, name in enumerate(names, first + 1):
                wanted[number] = ("127.0.0.1", f"the sandbox of {name}")
        for port, (host, purpose) in wanted.items():
            if not _is_free(host, port):
                raise NotStarted(
                    f"Port {port}, needed for {purpose}, is taken by another program. "
                    f"Stop it, or choose another port: PORT={first + 100} make run",
                    SETTINGS_INVALID,
                )

    # Start

    def _start(self) -> None:
        began = time.monotonic()
        settings = self.settings
        self.environment = {**os.environ, "DATA_DIR": str(settings.data_dir.absolute())}
        self.say(f"CourseFlow starts; its data is in {settings.data_dir}")
        if settings.any_sandbox:
            self._keep("sandbox", ["courseflow_admin.development.sandbox"])
        build = self._spawn(["courseflow_admin", "build"])
        try:
            self._start_database()
            self._trusts_stamp = self._is_prepared()
            if not self._trusts_stamp:
                self._prepare()
            self._keep("worker", ["courseflow_admin", "worker"])
            if build.poll() is None:
                self.say("Screens: building them if they have changed (about 30 seconds)")
            if self._result_of(build) != 0:
                raise NotStarted("The screens could not be built. The reason is above.")
        finally:
            _end_group(build)
        self._keep("web", ["courseflow_admin", "web"])
        self._wait_until_ready()
        self._welcome(time.monotonic() - began)

    def _start_database(self) -> None:
        if self.settings.mongodb_uri is not None:
            self.say("Database: from MONGODB_URI")
            return
        if self.settings.production:
            raise NotStarted("MONGODB_URI: needed when ENV=production", SETTINGS_INVALID)
        self.mongo = EmbeddedMongo(self.settings.data_dir)
        uri = self.mongo.start()
        self.environment["MONGODB_URI"] = uri
        self.say(f"Database: embedded MongoDB, {uri.split('?')[0]}")

    def _prepare(self) -> None:
        """Indexes and migrations, and the demo school on the first start."""
        self.say("Database: indexes, migrations, and the demo school if it is empty")
        act = ["migrate"] if self.settings.production else ["seed", "--if-empty"]
        seeding = self._spawn(["courseflow_admin", *act])
        try:
            if self._result_of(seeding) != 0:
                raise NotStarted("The database could not be prepared. The reason is above.")
        finally:
            _end_group(seeding)
        if self.mongo is not None:
            (self.mongo.folder / "prepared").write_text(self._preparation())

    def _is_prepared(self) -> bool:
        """Whether this very code has prepared our own database before."""
        if self.mongo is None:
            return False
        with suppress(OSError):
            return (self.mongo.folder / "prepared").read_text() == self._preparation()
        return False

    def _preparation(self) -> str:
        files = [ROOT / "courseflow_admin" / name for name in PREPARED_BY]
        return hash_of(self.settings.mongodb_database, files)

    def _wait_until_ready(self) -> None:
        ports = range(self.settings.port + 1, self.settings.port + 5)
        while not _answers(self.settings.port):
            self._watch_over()
            self._pause(0.1)
        while self.settings.any_sandbox and any(_is_free("127.0.0.1", port) for port in ports):
            self._watch_over()
            self._pause(0.1)

    def _welcome(self, seconds: float) -> None:
        settings = self.settings
        lines = [f"CourseFlow is ready after {seconds:.1f} s: {settings.origin}"]
        if not settings.production:
            password = settings.demo_sign_in_password
            lines += [
                f"  sign in as  {name}@demo.test  {password}"
                for name in ("admin", "instructor", "student")
            ]
        if settings.any_sandbox:
            lines += [
                f"  sandbox     {settings.sandbox_url(1)}/  (no money moves)",
                f"  mailbox     {settings.sandbox_url(4)}/mailbox",
            ]
        self.say("\n".join([*lines, "Press Ctrl-C to stop everything."]))

    # Children

    def _spawn(self, module: list[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *module]
        return subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
            [sys.executable, "-I", "-S", "-c", WITH_PARENT, str(os.getpid()), *command],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone: we stop them in order
        )

    def _keep(self, name: str, module: list[str]) -> None:
        child = Child(name, module)
        self.children.append(child)
        self._start_child(child)

    def _start_child(self, child: Child) -> None:
        child.process, child.started = self._spawn(child.module), time.monotonic()
        pids = [it.process.pid for it in self.children if it.process is not None]
        run_note.write(self._run_file, self.settings.origin, self.settings.port, pids)

    def _result_of(self, process: subprocess.Popen[bytes]) -> int:
        while (code := process.poll()) is None:
            self._watch_over()
            self._pause(0.05)
        return code

    def _watch_over(self) -> None:
        """Start again what has died: the database first, then each child after a growing pause."""
        if self.mongo is not None and not self.mongo.alive():
            self.say("The database stopped; restarting it.")
            self.mongo.start()
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.again_at:
                    self._start_child(child)
            elif (code := child.process.poll()) is not None:
                self._died(child, code)

    def _died(self, child: Child, code: int) -> None:
        if code == SETTINGS_INVALID and self._trusts_stamp:
            self._prepare_after_all(child)
            return
        if code == SETTINGS_INVALID:
            raise NotStarted(
                f"The {child.name} process refused to start. The reason is above.", code
            )
        lived = time.monotonic() - child.started
        child.deaths = child.deaths + 1 if lived < QUICK_DEATH else 1
        if child.deaths >= TOO_MANY_DEATHS:
            raise NotStarted(
                f"The {child.name} process ended {child.deaths} times in a row within "
                f"{QUICK_DEATH:.0f} s (code {code}); giving up."
            )
        pause = 2**child.deaths / 8
        self.say(f"The {child.name} process ended (code {code}); starting it again in {pause} s.")
        child.process, child.again_at = None, time.monotonic() + pause

    def _prepare_after_all(self, child: Child) -> None:
        """The stamp was wrong: the database has been changed or restored since."""
        child.process, child.again_at = None, math.inf
        if self._preparing:
            return
        self._preparing = True
        self._prepare()
        self._preparing = self._trusts_stamp = False
        for each in self.children:
            each.again_at = min(each.again_at, time.monotonic())

    # Stop

    def _stop(self) -> None:
        """Who takes requests goes first, who answers the others goes later, the database last."""
        for names in ({"web", "worker"}, {"sandbox"}):
            running = [
                child.process
                for child in self.children
                if child.name in names and child.process is not None
            ]
            for process in running:
                process.terminate()
            until = time.monotonic() + PATIENCE
            for process in running:
                try:
                    process.wait(max(until - time.monotonic(), 0.1))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if self.mongo is not None:
            self.mongo.stop()
        if self.children:
            self._run_file.unlink(missing_ok=True)


def hash_of(text: str, files: Iterable[Path]) -> str:
    """One that is not there is a fault: a file that was moved would count as unchanged for ever."""
    digest = hashlib.sha256(text.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/api/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a passing child with everything it started, such as a build with its bun."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def main() -> int:
    try:
        settings = read_settings()
    except SettingsInvalid as error:
        print("\n".join(error.lines), file=sys.stderr)
        return SETTINGS_INVALID
    try:
        return Supervisor(settings, stop_with_parent="--stop-with-parent" in sys.argv).run()
    except KeyboardInterrupt:
        return 130  # did not want to wait; the system ends the children, watch.py the database


if __name__ == "__main__":
    sys.exit(main())
