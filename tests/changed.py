"""`make quick`: the tests of the rooms that were changed since they last landed, one a line."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.servers import ROOT

ROOMS = {"figures", "identity", "money", "teaching", "mail", "school", "core"}
ALWAYS = ("tests/test_contracts.py", "tests/test_documents.py", "tests/models")
LAYERS = ("models", "db", "services", "api", "state")


def changed_files() -> list[str]:
    """Uncommitted and new files, and what is committed and not on the branch this one follows."""
    commands = [
        ["git", "diff", "--name-only", "HEAD"],
        ["git", "ls-files", "--others", "--exclude-standard"],
        ["git", "diff", "--name-only", "@{upstream}...HEAD"],
    ]
    found: set[str] = set()
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        found |= set(done.stdout.split("\n")) if done.returncode == 0 else set()
    return sorted(found - {""})


def chosen_for(files: Iterable[str]) -> list[str]:
    """The folders of each room that `files` touch, in all layers, and test files among them."""
    chosen = set(ALWAYS)
    for name in files:
        parts = Path(name).parts
        if parts[0] == "tests":
            if parts[-1].startswith("test_"):
                chosen.add(name)
            elif len(parts) > 2:
                chosen.add(str(Path(name).parent))
            else:  # a builder of all tests
                chosen |= {f"tests/{layer}" for layer in LAYERS}
        elif parts[0] == "courseflow_admin":
            chosen |= {f"tests/{layer}/{room}" for room in ROOMS & set(parts) for layer in LAYERS}
            if parts[1] in {"providers", "development"}:
                chosen.add(f"tests/{parts[1]}")
            elif not ROOMS & set(parts):
                chosen |= {f"tests/{layer}/core" for layer in LAYERS}
    return sorted(path for path in chosen if (ROOT / path).exists() and not _covered(path, chosen))


def _covered(path: str, chosen: set[str]) -> bool:
    """Whether a folder above it is chosen, which pytest would otherwise collect it twice for."""
    return any(str(above) in chosen for above in Path(path).parents)


if __name__ == "__main__":
    sys.stdout.write("\n".join(chosen_for(changed_files())) + "\n")
