"""`make steady N=10`: the tests so many times in a row, and no further than the first failure."""

import subprocess
import sys
import time

from tests.servers import ROOT


def run(times: int, arguments: list[str]) -> int:
    """One line for each run; of one that fails all it said. The exit code of the last."""
    for number in range(1, times + 1):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        outcome = "failed" if done.returncode else "green"
        if done.returncode:
            sys.stdout.write(done.stdout)
        sys.stdout.write(f"{number} of {times}: {outcome} in {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
