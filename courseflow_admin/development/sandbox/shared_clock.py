"""The school's time: moved forward here or there, and told by a file that both may only raise.

`DATA_DIR/clock.json` holds `{"ahead_seconds": 31536000}`. The app keeps the same number in the
database of its rehearsal; whoever is behind follows. It never goes back: what was sold would
otherwise be older than its course.
"""

import json
import os
from pathlib import Path

from courseflow_admin.development.sandbox.world import World

FILE = "clock.json"
KEY = "ahead_seconds"
MOST = 20 * 365 * 86_400  # seconds; certificates and signatures end somewhere


def move(world: World, *, days: float = 0, hours: float = 0) -> None:
    """Forward by so much."""
    seconds = round(days * 86_400 + hours * 3600)
    if seconds < 1:
        raise ValueError("Time only moves forward. Enter a number greater than 0.")
    if world.ahead + seconds > MOST:
        raise ValueError("Time can be moved at most 20 years ahead.")
    world.set_ahead(world.ahead + seconds)
    _write(world.clock_file, world.ahead)


def follow(world: World) -> None:
    """Whoever is behind catches up."""
    told = _read(world.clock_file)
    if told > world.ahead:
        world.set_ahead(min(told, MOST))
    elif told < world.ahead:
        _write(world.clock_file, world.ahead)


def forget(world: World) -> None:
    """Back to the machine's time, as far as the sandbox goes: an app that runs tells it again."""
    if world.clock_file is not None:
        world.clock_file.unlink(missing_ok=True)


def _read(path: Path | None) -> int:
    if path is None:
        return 0
    try:
        return int(json.loads(path.read_text())[KEY])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _write(path: Path | None, seconds: int) -> None:
    if path is None:
        return
    new = path.with_name(f"{path.name}.{os.getpid()}.sandbox")
    new.write_text(json.dumps({KEY: seconds}))
    new.replace(path)
