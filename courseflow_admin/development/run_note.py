"""`run.json` in the data folder: what a `courseflow run` tells of itself to others and the next."""

import json
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from courseflow_admin.development import watch

FILE = "run.json"


@dataclass(frozen=True)
class RunNote:
    at: str = "an unknown address"
    port: int | None = None
    children: tuple[tuple[int, str], ...] = ()  # process id, and when it was born

    def alive(self) -> list[int]:
        """Those of its children that still live."""
        return [pid for pid, born in self.children if watch.alive(pid) and _born(pid) == born]


def write(file: Path, at: str, port: int, children: Iterable[int]) -> None:
    note = {"at": at, "port": port, "children": [[pid, _born(pid)] for pid in children]}
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(note))
    draft.replace(file)


def read(file: Path) -> RunNote:
    try:
        note = json.loads(file.read_text())
        children = tuple((int(pid), str(born)) for pid, born in note["children"])
        port = note.get("port")
        return RunNote(str(note["at"]), None if port is None else int(port), children)
    except (OSError, ValueError, KeyError, TypeError):
        return RunNote()


def port_in_use(folder: Path) -> int | None:
    """The port of the run that works from this folder now; None when none does."""
    note = read(folder / FILE)
    return note.port if note.alive() else None


def _born(pid: int) -> str:
    """When the process began: with it a process id means one process and no later one."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
