"""A rehearsal's time is moved by a year while everything runs."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from courseflow_admin import frontend
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from tests import servers
from tests.browser.conftest import DATABASE, School
from tests.builders import PASSWORD

YEAR = timedelta(days=365)
A_WHILE = timedelta(minutes=2)  # a busy machine may need long for what follows


@pytest.fixture
def moved_school(disconnected: None, mongod_uri: str, tmp_path: Path) -> Iterator[School]:
    """A product of its own, over a database that nobody else uses."""
    frontend.ensure_built()
    port, database = servers.free_ports()[0], f"{DATABASE}_moved"
    environ = servers.environment(port, tmp_path, mongod_uri, database)
    with servers.whole_product(environ, tmp_path / "log") as address:
        yield School(address, environ, tmp_path / "log")


def until(seen: Any) -> Any:
    """What `seen` returns as soon as it is something."""
    for _ in range(600):
        if found := seen():
            return found
        time.sleep(0.1)
    raise AssertionError("It never came.")


def signed_up(school: School, email: str) -> dict[str, datetime]:
    """When it was by the web process, the worker, the sandbox and the machine."""
    form = {"name": "Ada", "email": email, "password": PASSWORD}
    answer = httpx.post(f"{school.address}/api/v1/auth/sign-up", json=form, trust_env=False)
    assert answer.status_code == 202, answer.text
    control = f"{school.sandbox(1)}/_control/state"

    def sent() -> Any:
        mails = httpx.get(control, trust_env=False).json()["mails"]
        return next((mail for mail in mails if email in mail["to"][0]), None)

    async def row(name: str, **where: str) -> Any:
        return await collection(name).find_one(where)

    mail = until(sent)
    account = school.run(lambda: row("accounts", email=email))
    queued = until(
        lambda: next(
            (
                found
                for found in [school.run(lambda: row("emails", to=email))]
                if found and found.get("sent_at")
            ),
            None,
        )
    )
    return {
        "web": account["created_at"],
        "worker": queued["sent_at"],
        "sandbox": datetime.fromisoformat(mail["created_at"]).astimezone(UTC),
        "machine": clock.wall(),
    }


def test_web_worker_and_sandbox_agree_and_nobody_is_signed_out(moved_school: School) -> None:
    before = signed_up(moved_school, "before@demo.test")
    sign_in = {"email": "before@demo.test", "password": PASSWORD}
    auth = f"{moved_school.address}/api/v1/auth"
    tokens = httpx.post(f"{auth}/sign-in", json=sign_in, trust_env=False).json()
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}

    control = f"{moved_school.sandbox(1)}/_control/clock"
    moved = httpx.post(control, json={"days": 365}, trust_env=False).json()
    time.sleep(2)

    after = signed_up(moved_school, "after@demo.test")
    me = httpx.get(f"{moved_school.address}/api/v1/me", headers=bearer, trust_env=False)
    again = httpx.post(
        f"{auth}/refresh", json={"refresh_token": tokens["refresh_token"]}, trust_env=False
    )

    assert moved["ahead_seconds"] == YEAR.total_seconds()
    for who in ("web", "worker", "sandbox"):
        assert abs(before[who] - before["machine"]) < A_WHILE, who
        assert abs(after[who] - after["machine"] - YEAR) < A_WHILE, who
    assert (me.status_code, again.status_code) == (200, 200)
    assert me.json()["email"] == "before@demo.test"
