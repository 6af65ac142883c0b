"""How long `make run` takes, cold and warm, and what all of it holds in memory; limits are checked.

`bench/start.py` measures this working tree; `--cold` also a fresh clone with an empty HOME.
"""

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
COLD_SECONDS, WARM_SECONDS, MEGABYTES, SUPERVISOR_MEGABYTES = 120, 12, 700, 40
WARM_STARTS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="measure a fresh clone too")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "4290")))
    options = parser.parse_args()
    failures: list[str] = []

    def report(what: str, value: float, unit: str, limit: float | None = None) -> None:
        over = limit is not None and value > limit
        bound = f"  (limit {limit} {unit})" if limit else ""
        print(f"{'OVER' if over else 'ok  '}  {what:<44} {value:7.1f} {unit}{bound}", flush=True)
        if over:
            failures.append(what)

    with tempfile.TemporaryDirectory(prefix="courseflow-bench-") as name:
        folder = Path(name)
        if options.cold:
            subprocess.run(["git", "clone", "-q", ROOT, folder / "clone"], check=True)
            (folder / "home").mkdir()
            with Run(folder / "clone", folder / "cold", options.port, folder / "home") as run:
                report("fresh clone to sign-in page", run.seconds, "s", COLD_SECONDS)
            shutil.rmtree(folder / "clone")
        subprocess.run(["make", "-s", "build"], cwd=ROOT, check=True)
        with Run(ROOT, folder / "data", options.port) as run:
            report("first start, with the demo school", run.seconds, "s")
        seconds, stops = [], []
        for _ in range(WARM_STARTS):
            with Run(ROOT, folder / "data", options.port) as run:
                seconds.append(run.seconds)
                time.sleep(2)
                memory = run.memory()
            stops.append(run.stop_seconds)
        report("warm start to sign-in page, median", statistics.median(seconds), "s", WARM_SECONDS)
        report("warm start to sign-in page, slowest", max(seconds), "s", WARM_SECONDS)
        report("Ctrl-C to everything stopped, slowest", max(stops), "s")
    for what, megabytes in sorted(memory.items(), key=lambda item: -item[1]):
        report(f"memory (PSS): {what}", megabytes, "MB", limit_of(what))
    report("memory (PSS) of everything", sum(memory.values()), "MB", MEGABYTES)
    return 1 if failures else 0


def limit_of(what: str) -> float | None:
    return SUPERVISOR_MEGABYTES if what == "serve" else None


class Run:
    """`make run` in a folder, until its sign-in page answers."""

    def __init__(self, tree: Path, data: Path, port: int, home: Path | None = None) -> None:
        self.environment = {**os.environ, "DATA_DIR": str(data), "PORT": str(port)}
        self.environment.pop("VIRTUAL_ENV", None)
        if home is not None:
            self.environment["HOME"] = str(home)
        self.tree, self.port, self.log = tree, port, data.with_suffix(".log")
        self.seconds = self.stop_seconds = 0.0

    def __enter__(self) -> "Run":
        began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["make", "-s", "run"],
                cwd=self.tree, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        address = f"http://localhost:{self.port}/sign-in"
        while True:
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(address, timeout=5) as answer:
                    answer.read()
                break
            if self.process.poll() is not None or time.monotonic() - began > 300:
                sys.exit(f"It did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        self.seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        began = time.monotonic()
        for child in psutil.Process(self.process.pid).children():
            child.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.stop_seconds = time.monotonic() - began

    def memory(self) -> dict[str, float]:
        """Megabytes by process: each shared page is divided among those who share it."""
        found: dict[str, float] = {}
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                words = [Path(word).name for word in process.cmdline()]
                what = next((it for it in words[1:] if not it.startswith("-")), words[0])
                name = {
                    "courseflow_admin": words[-1],
                    "courseflow_admin.development.supervisor": "serve",
                }
                key = "mongod" if words[0] == "mongod" else name.get(what, what)
                found[key] = process.memory_full_info().pss / 1e6
        return found


if __name__ == "__main__":
    sys.exit(main())
