"""The process: what it survives, what it refuses, where it listens, how little it needs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import stripe

from courseflow_admin.config import Settings
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.errors import SettingsInvalid
from tests.development.sandbox.conftest import School, session_params
from tests.servers import free_ports

MOST_MEMORY = 70 * 2**20


def client_of(sandbox: Sandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        sandbox.world.keys["stripe_secret_key"],
        base_addresses={"api": sandbox.world.url("stripe")},
        max_network_retries=0,
    )


async def test_nothing_is_lost_by_a_restart(
    open_box: Callable[..., Sandbox], school: School, tmp_path: Path
) -> None:
    options: Any = {"idempotency_key": "pay_ours-1"}
    with open_box(tmp_path).in_thread() as before:
        session = client_of(before).v1.checkout.sessions.create(session_params(), options)
        paid = before.pay(session.id)
        before.switch("razorpay", outage="slow")
        before.clock(2)

    with open_box(tmp_path).in_thread() as after:
        again = client_of(after).v1.checkout.sessions.create(session_params(), options)
        found = client_of(after).v1.checkout.sessions.retrieve(session.id)
        await after.deliver()

    assert again.id == session.id
    assert (found.payment_status, found.payment_intent) == ("paid", paid)
    assert (after.world.keys, school.types()) == (
        before.world.keys,
        ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"],
    )
    with open_box(tmp_path).in_thread() as last:
        assert (last.world.outage("razorpay"), last.world.clock_hours) == ("slow", 2.0)
        assert {item.state for item in last.deliveries()} == {"delivered"}


def test_production_is_refused(tmp_path: Path) -> None:
    live = Settings(
        _env_file=None,
        env="production",
        bcrypt_cost=12,
        data_dir=tmp_path,
        public_url="https://school.example",
        mongodb_uri="mongodb://db.example",
        jwt_secrets="now:a-secret-of-at-least-thirty-two-bytes",
    )

    with pytest.raises(SettingsInvalid, match="does not start when ENV=production"):
        Sandbox(live)

    assert not (tmp_path / "sandbox.sqlite").exists()
    assert not (tmp_path / "sandbox.json").exists()


async def test_a_taken_port_is_an_error_at_once(open_box: Callable[..., Sandbox]) -> None:
    taken = open_box()
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken.world.ports[2]))
        other.listen()

        with pytest.raises(OSError, match="in use"):
            await taken.start()

    taken.store.close()


async def test_it_listens_on_loopback_only(open_box: Callable[..., Sandbox]) -> None:
    async with open_box() as own:
        listening = {
            connection.laddr.ip
            for connection in psutil.Process().net_connections("inet")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port in own.world.ports
        }

    assert listening == {"127.0.0.1"}


def test_the_process_starts_small_and_stops_when_told(tmp_path: Path) -> None:
    port = free_ports()[0]
    environment = {"PORT": str(port), "DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [sys.executable, "-m", "courseflow_admin.development.sandbox"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr
        said = process.stderr.readline()
        answer = httpx.get(f"http://127.0.0.1:{port + 1}/", trust_env=False)
        memory = psutil.Process(process.pid).memory_info().rss
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        process.wait(20)

    assert said == f"Sandbox: no money moves. Dashboard http://127.0.0.1:{port + 1}/\n"
    assert "Sandbox dashboard" in answer.text
    assert memory <= MOST_MEMORY
    assert process.returncode == 0
    assert time.monotonic() - started < 10
    assert "stripe_secret_key" in json.loads((tmp_path / "sandbox.json").read_text())


def test_no_sdk_and_nothing_of_ours_is_imported() -> None:
    script = (
        "import sys, courseflow_admin.development.sandbox.server;"
        "print(sorted(n for n in sys.modules if n.partition('.')[0] in"
        " {'stripe', 'razorpay', 'cloudinary', 'resend', 'reflex', 'pymongo', 'fastapi'}"
        " or n.startswith('courseflow_admin.') and n.count('.') == 1))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == (
        "['courseflow_admin.config', 'courseflow_admin.development', 'courseflow_admin.errors', "
        "'courseflow_admin.field_sentences', 'courseflow_admin.keys']"
    )
