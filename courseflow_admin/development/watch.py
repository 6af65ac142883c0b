"""Stops an embedded mongod when its last user is gone, also when that user was killed.

Run by path, with the standard library only: `watch.py LOCK PID`. Each user holds a shared lock on
the file LOCK; whoever gets it exclusively knows that no one is left. A signal on the parent's
death would not do: it follows the thread that started mongod, and others may still be using it.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

INTERVAL = 0.5  # seconds


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return not Path("/proc/self/stat").exists()  # no /proc here: the signal's answer counts


def end(pid: int, patience: float = 20.0) -> None:
    """SIGTERM, by which mongod writes everything down; SIGKILL if it does not listen."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        until = time.monotonic() + patience
        while alive(pid):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        else:
            return


def main(lock: str, pid: int) -> None:
    file = os.open(lock, os.O_RDWR)
    while alive(pid):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(INTERVAL)
            continue
        end(pid)  # the lock is kept meanwhile: who comes now waits, and then starts a new one
        return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
