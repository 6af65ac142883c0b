"""The product's own processes, started for a test run on free ports."""

import itertools
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
PATIENCE = 180.0  # seconds; alone it is up in four
LANES = 8


def _lane() -> range:
    """The ports of this test process: no other process of the run looks for one among them.

    Below those that the system gives to outgoing connections, of which a test run has thousands.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % LANES
    width = 11_000 // LANES
    return range(16_000 + number * width, 16_000 + (number + 1) * width)


_ports = _lane()
_starts = itertools.count(secrets.randbelow(len(_ports)))


def free_ports(count: int = 5) -> tuple[int, ...]:
    """Free ports in a row (five: the app's and the sandbox's four), handed out in turn."""
    for _ in _ports:
        start = next(_starts) % len(_ports)
        ports = tuple(_ports[start : start + count])
        if len(ports) == count and all(_is_free(port) for port in ports):
            for _ in range(count - 1):
                next(_starts)
            return ports
    raise RuntimeError(f"There are no {count} free ports in a row.")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def environment(port: int, folder: Path, uri: str, database: str) -> dict[str, str]:
    return {
        **os.environ,
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "DATA_DIR": str(folder),
        "MONGODB_URI": uri,
        "MONGODB_DATABASE": database,
        "BCRYPT_COST": "4",
    }


@contextmanager
def running(module: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """One process of ours, ended afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    """Until it answers; with what it said when it does not."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(address, timeout=2, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{address} does not answer:\n{log.read_text()[-3000:]}")


def migrate(environ: dict[str, str]) -> None:
    """The database as web and worker ask for it."""
    subprocess.run(
        [sys.executable, "-m", "courseflow_admin", "migrate"],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def web(environ: dict[str, str], log: Path) -> Iterator[str]:
    """The web process alone; its address."""
    address = environ["PUBLIC_URL"]
    with running(["courseflow_admin", "web"], environ, log) as process:
        wait_for(f"{address}/api/health/live", process, log)
        yield address


@contextmanager
def whole_product(environ: dict[str, str], log: Path) -> Iterator[str]:
    """Sandbox, worker and web over a database with its indexes; the app's address."""
    migrate(environ)
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            running(["courseflow_admin.development.sandbox"], environ, log)
        )
        stack.enter_context(running(["courseflow_admin", "worker"], environ, log))
        address = stack.enter_context(web(environ, log))
        wait_for(f"http://127.0.0.1:{int(environ['PORT']) + 1}/", sandbox, log)
        yield address
