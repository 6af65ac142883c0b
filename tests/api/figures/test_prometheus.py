"""`/metrics`: who may read it, and what stands in it."""

import asyncio
import re
from contextlib import nullcontext
from datetime import timedelta

import httpx
import pytest

from courseflow_admin import measures
from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.config import settings
from courseflow_admin.db.core import client
from courseflow_admin.errors import (
    GatewayKeysRefused,
    Invalid,
    ProviderRefused,
    ProviderUnreachable,
)
from courseflow_admin.models.core import clock
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import looks
from courseflow_admin.services.school import jobs
from tests import servers
from tests.money_builders import an_email

TOKEN = "a-token-of-prometheus"
ELSEWHERE, HERE = ("198.51.100.7", 50_000), ("127.0.0.1", 50_000)


@pytest.fixture
def reader(database):
    """`reader(peer)`: somebody who connects from there."""

    def at(peer) -> httpx.AsyncClient:
        app = protect(create_api(), settings(), "default-src 'self'")
        transport = httpx.ASGITransport(app, client=peer)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000")

    return at


@pytest.mark.parametrize(
    ("peer", "headers", "token", "status"),
    [
        (HERE, {}, "", 200),
        (("::1", 50_000), {}, "", 200),
        (HERE, {"X-Forwarded-For": "127.0.0.1"}, "", 404),
        (HERE, {"Forwarded": "for=127.0.0.1"}, "", 404),
        (HERE, {"X-Real-IP": "127.0.0.1"}, "", 404),
        (ELSEWHERE, {}, "", 404),
        (ELSEWHERE, {"X-Forwarded-For": "127.0.0.1"}, "", 404),
        (ELSEWHERE, {"Authorization": "Bearer "}, "", 404),
        (ELSEWHERE, {"Authorization": f"Bearer {TOKEN}"}, "", 404),
        (ELSEWHERE, {"Authorization": f"Bearer {TOKEN}"}, TOKEN, 200),
        (HERE, {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "1.1.1.1"}, TOKEN, 200),
        (ELSEWHERE, {"Authorization": f"Bearer {TOKEN}x"}, TOKEN, 404),
        (ELSEWHERE, {"Authorization": f"Basic {TOKEN}"}, TOKEN, 404),
        (ELSEWHERE, {}, TOKEN, 404),
        (HERE, {}, TOKEN, 200),
    ],
)
@pytest.mark.parametrize("proxies", ["0", "1"])
async def test_only_this_machine_or_who_has_the_token_may_read_it(
    reader, configure, peer, headers, token, status, proxies
):
    configure(METRICS_TOKEN=token, TRUSTED_PROXIES=proxies)

    async with reader(peer) as someone:
        answer = await someone.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert ("courseflow_" in answer.text) is (status == 200)
    if status == 200:
        assert answer.headers["content-type"].startswith("text/plain; version=")
    else:
        assert answer.json()["code"] == "not_found"


def value(text: str, name: str, **labels: str) -> float | None:
    """Of one sample; None when it is not there."""
    marks = ",".join(f'{key}="{label}"' for key, label in sorted(labels.items()))
    line = re.escape(f"{name}{{{marks}}}" if marks else name)
    found = re.search(rf"^{line} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


async def read(reader) -> str:
    async with reader(HERE) as someone:
        return (await someone.get("/metrics")).text


async def test_it_says_what_waits_and_for_how_long(reader):
    at = clock.business()
    for number in range(3):
        late = at - timedelta(seconds=90)
        await jobs.queue(looks.KIND, f"pay_{number}", "razorpay", due_at=late)
    await jobs.queue(looks.KIND, "pay_3", "razorpay", due_at=at + timedelta(hours=1))
    email = await an_email(1, state=EmailState.QUEUED)
    await jobs.queue(outbox.KIND, email.id, "resend", due_at=at - timedelta(seconds=30))
    await an_email(2, state=EmailState.BOUNCED)
    await an_email(60 * 25, state=EmailState.BOUNCED)

    text = await read(reader)

    assert value(text, "courseflow_database_up") == 1
    assert value(text, "courseflow_lane_due", lane="razorpay") == 3
    assert value(text, "courseflow_lane_due", lane="resend") == 1
    assert value(text, "courseflow_lane_due", lane="stripe") == 0
    assert value(text, "courseflow_lane_age_seconds", lane="resend") == pytest.approx(30, abs=5)
    assert value(text, "courseflow_look_lag_seconds") == pytest.approx(90, abs=5)
    assert value(text, "courseflow_emails_last_day", state="bounced") == 1
    assert value(text, "courseflow_emails_last_day", state="queued") == 1


async def test_requests_are_timed_by_template_and_never_by_path(reader):
    name = "courseflow_http_request_seconds_count"
    labels = {"method": "GET", "route": "/api/v1/courses/{slug}", "status": "4xx"}
    before = value(await read(reader), name, **labels) or 0

    async with reader(ELSEWHERE) as someone:
        for slug in ("algebra", "one-more", "wp-login.php"):
            await someone.get(f"/api/v1/courses/{slug}")
        for path in ("/nothing/here", "/wp-admin"):
            await someone.get(path)
        await someone.request("BREW", "/api/v1/courses/algebra")

    text = await read(reader)
    assert value(text, name, **labels) == before + 3
    assert "wp-login" not in text
    assert "wp-admin" not in text
    assert "BREW" not in text


def test_event_handlers_are_timed_by_name_and_by_how_they_ended():
    name = "courseflow_event_seconds_count"

    def count(outcome: str) -> float:
        text = measures.exposition().decode()
        return value(text, name, handler="PaymentsState.load", outcome=outcome) or 0

    before = {outcome: count(outcome) for outcome in ("ok", "refused", "failed")}
    for error in (None, Invalid("No."), RuntimeError("oh")):
        expected = pytest.raises(type(error)) if error else nullcontext()
        with expected, measures.handled("PaymentsState.load"):
            if error:
                raise error

    assert {outcome: count(outcome) - number for outcome, number in before.items()} == {
        "ok": 1, "refused": 1, "failed": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProviderRefused("stripe", "no"), "refused"),
        (ProviderUnreachable("stripe"), "unreachable"),
        (GatewayKeysRefused("stripe", "STRIPE_SECRET_KEY"), "keys_refused"),
    ],
)
def test_errors_of_providers_are_counted_by_kind(error, kind):
    name = "courseflow_provider_errors_total"

    def count() -> float:
        text = measures.exposition().decode()
        return value(text, name, provider="stripe", kind=kind) or 0

    before = count()
    with pytest.raises(type(error)), measures.called("stripe"):
        raise error

    assert count() == before + 1


async def test_without_a_database_it_says_so_and_goes_on(reader, mongod_uri, database):
    await client.close()
    text = await read(reader)
    await client.connect(mongod_uri, database)

    assert value(text, "courseflow_database_up") == 0
    assert "courseflow_http_request_seconds_count" in text


async def test_the_worker_shows_its_own_on_this_machine(mongod_uri, database, tmp_path):
    port, *_ = servers.free_ports(1)
    environ = servers.environment(servers.free_ports()[0], tmp_path, mongod_uri, database)
    environ["METRICS_PORT"] = str(port)
    log = tmp_path / "log"

    def ask() -> tuple[httpx.Response, httpx.Response]:
        with servers.running(["courseflow_admin", "worker"], environ, log) as process:
            address = f"http://127.0.0.1:{port}"
            servers.wait_for(f"{address}/metrics", process, log)
            return httpx.get(f"{address}/metrics"), httpx.get(f"{address}/")

    found, elsewhere = await asyncio.to_thread(ask)

    assert value(found.text, "courseflow_database_up") == 1
    assert value(found.text, "courseflow_lane_due", lane="stripe") == 0
    assert elsewhere.status_code == 404
