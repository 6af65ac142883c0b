"""How far a rehearsal's time is moved forward, in a file that app and sandbox share.

The database of the rehearsal is what the app goes by (docs/decisions/0017-time.md); the sandbox
knows no database, so that the number is in a file as well. Both sides only ever raise it.
"""

import json
import os
from pathlib import Path

FILE = "clock.json"
KEY = "ahead_seconds"


def read(folder: Path) -> int:
    """In seconds; nothing that can be read is no time at all."""
    try:
        return max(int(json.loads((folder / FILE).read_text())[KEY]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def write(folder: Path, seconds: int) -> None:
    """All of it or nothing: another file is renamed over the old one."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.{os.getpid()}"
    new.write_text(json.dumps({KEY: seconds}))
    new.replace(folder / FILE)
