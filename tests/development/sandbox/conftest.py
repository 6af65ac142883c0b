"""The sandbox in a thread of its own, the official SDKs pointed at it, a school that listens."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import razorpay
import resend
import stripe

from courseflow_admin.config import Settings
from courseflow_admin.development.sandbox.server import Sandbox
from tests.servers import free_ports


@dataclass
class School:
    """Listens for webhooks as the app would, and answers what `answers` says, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def types(self, provider: str | None = None) -> list[str]:
        """What arrived, in the order it did."""
        bodies = [(name, json.loads(raw)) for name, _, raw in self.seen]
        return [
            body.get("notification_type") or body.get("event") or body["type"]
            for name, body in bodies
            if provider in {None, name}
        ]


@pytest.fixture(scope="session")
def listening() -> Iterator[School]:
    school = School()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            school.seen.append((self.path.rpartition("/")[2], headers, raw))
            self.send_response(school.answers.pop(0) if school.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        school.url = f"http://127.0.0.1:{server.server_port}/api/v1/webhooks"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield school
        server.shutdown()
        thread.join()


@pytest.fixture
def school(listening: School) -> School:
    listening.answers.clear()
    listening.seen.clear()
    return listening


def sandbox_settings(folder: Path) -> Settings:
    return Settings(_env_file=None, env="development", data_dir=folder)


@pytest.fixture(scope="session")
def open_box(listening: School, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Sandbox]:
    """Another sandbox, not running yet: `open_box(folder=…)`."""

    def make(folder: Path | None = None, **options: Any) -> Sandbox:
        first, second, third, fourth = free_ports(4)
        options.setdefault("auto", False)
        return Sandbox(
            sandbox_settings(folder or tmp_path_factory.mktemp("box")),
            ports=(first, second, third, fourth),
            webhook_base=listening.url,
            slow_seconds=0.2,
            silence_seconds=0.3,
            **options,
        )

    return make


@pytest.fixture(scope="session")
def running_box(open_box: Callable[..., Sandbox]) -> Iterator[Sandbox]:
    with open_box().in_thread() as sandbox:
        yield sandbox


@pytest.fixture
def box(running_box: Sandbox, school: School) -> Sandbox:
    """Empty, all switches as they are at first; webhooks go when `deliver()` is called."""
    running_box.reset()
    return running_box


@pytest.fixture
def deliver(box: Sandbox) -> Callable[[], Any]:
    """`box.deliver()` for a test that is no coroutine."""
    return lambda: asyncio.run(box.deliver())


@pytest.fixture
def keys(box: Sandbox) -> dict[str, str]:
    return box.world.keys


@pytest.fixture
def stripe_client(box: Sandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        box.world.keys["stripe_secret_key"],
        base_addresses={"api": box.world.url("stripe")},
        max_network_retries=0,
    )


@pytest.fixture
def razorpay_client(box: Sandbox) -> Iterator[razorpay.Client]:
    keys = box.world.keys
    client = razorpay.Client(
        auth=(keys["razorpay_key_id"], keys["razorpay_key_secret"]),
        base_url=box.world.url("razorpay"),
    )
    yield client
    client.session.close()


@pytest.fixture
def mailer(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(resend, "api_key", box.world.keys["resend_api_key"])
    monkeypatch.setattr(resend, "api_url", box.world.url("resend"))
    return resend.Emails


@pytest.fixture
def browser(box: Sandbox) -> Iterator[httpx.Client]:
    """A browser without scripts; `post` follows nothing by itself."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def control(box: Sandbox, browser: httpx.Client) -> Callable[..., Any]:
    def ask(name: str, /, **values: object) -> Any:
        return browser.post(f"{box.world.url('stripe')}/_control/{name}", json=values)

    return ask


def session_params(**changes: Any) -> Any:
    """What the app asks Stripe for: a course for INR 499.00."""
    params: dict[str, Any] = {
        "mode": "payment",
        "success_url": "http://localhost:3000/back?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:3000/courses/ink",
        "client_reference_id": "pay_ours",
        "customer_email": "student@demo.test",
        "adaptive_pricing": {"enabled": False},
        "metadata": {"payment_id": "pay_ours"},
        "payment_intent_data": {"metadata": {"payment_id": "pay_ours"}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "inr",
                    "unit_amount": 49_900,
                    "product_data": {"name": "Ink & paper"},
                },
            }
        ],
    }
    return params | changes


def mail(**changes: Any) -> Any:
    params = {
        "from": "School <school@demo.test>",
        "to": ["student@demo.test"],
        "subject": "Welcome",
        "html": "<p>Hello</p>",
        "text": "Hello",
    }
    return params | changes
