"""The Chromium of the tests: the system's own, or what `make browser` installed."""

import shutil
import sys

# The headless shell is the same engine without a desk around it: a third less work for two cores.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def executable() -> str | None:
    """Its path; None leaves it to Playwright's own download."""
    return next(filter(None, map(shutil.which, NAMES)), None)


if __name__ == "__main__":
    sys.exit(executable() is None)
