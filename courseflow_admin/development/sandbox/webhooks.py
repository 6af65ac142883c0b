"""Webhooks as the four companies send them: signed, POSTed, tried again, and badly if asked to."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from courseflow_admin.development.sandbox.store import Delivery
from courseflow_admin.development.sandbox.world import World, token

MAX_ATTEMPTS = 12
FIRST_WAIT = 0.5  # seconds; doubles up to the longest
LONGEST_WAIT = 60.0
SHUFFLE_SECONDS = 2.0  # how long "out of order" collects before it sends the newest first
ANSWER_SECONDS = 10.0

Receiver = Callable[[str, bytes, dict[str, str]], Awaitable[object]]


@dataclass(frozen=True)
class Signed:
    """A webhook as it goes over the wire."""

    provider: str
    event_id: str
    body: bytes
    headers: dict[str, str]


def signed(world: World, delivery: Delivery, at: int | None = None) -> Signed:
    """With the real time, which is what a receiver compares the signature's age with."""
    timestamp = int(time.time()) if at is None else at
    keys = world.keys
    headers = {"content-type": "application/json"}
    body = delivery.body
    if delivery.provider == "stripe":
        secret = _secret(keys["stripe_webhook_secret"], delivery)
        digest = hex_signature(secret, str(timestamp).encode() + b"." + body)
        headers["content-type"] = "application/json; charset=utf-8"
        headers["stripe-signature"] = f"t={timestamp},v1={digest}"
        headers["user-agent"] = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
    elif delivery.provider == "razorpay":
        secret = _secret(keys["razorpay_webhook_secret"], delivery)
        headers["x-razorpay-signature"] = hex_signature(secret, body)
        headers["x-razorpay-event-id"] = delivery.event_id
        headers["user-agent"] = "Razorpay-Webhook/v1"
    elif delivery.provider == "resend":
        key = base64.b64decode(keys["resend_webhook_secret"].removeprefix("whsec_"))
        content = f"{delivery.event_id}.{timestamp}.".encode() + body
        proof = hmac.digest(b"forged" if delivery.forged else key, content, "sha256")
        headers["svix-id"] = delivery.event_id
        headers["svix-timestamp"] = str(timestamp)
        headers["svix-signature"] = f"v1,{base64.b64encode(proof).decode()}"
        headers["user-agent"] = "Svix-Webhooks/1.24.0"
    else:
        secret = _secret(keys["cloudinary_api_secret"], delivery)
        content = body + str(timestamp).encode() + secret.encode()
        headers["x-cld-timestamp"] = str(timestamp)
        headers["x-cld-signature"] = hashlib.sha256(content).hexdigest()
    return Signed(delivery.provider, delivery.event_id, body, headers)


def _secret(secret: str, delivery: Delivery) -> str:
    return "whsec_forged_by_somebody" if delivery.forged else secret


def hex_signature(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def unsent(provider: str, event_id: str, body: bytes, *, forged: bool = False) -> Delivery:
    """A delivery that is in no table, to sign it without sending it."""
    now = time.time()
    return Delivery(
        0, provider, event_id, "", "", body, forged, 0, "withheld", 0, now, now, None, ""
    )


def new_event_id(provider: str) -> str:
    """In the provider's shape; Razorpay's has no prefix."""
    prefix = {"stripe": "evt_", "resend": "msg_", "cloudinary": "cld_"}.get(provider, "")
    return f"{prefix}{token(24 if prefix else 14)}"


def emit(
    world: World, provider: str, event_id: str, event_type: str, subject: str, event: dict[str, Any]
) -> None:
    """Put an event in the table, the way the provider's webhook switch says."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    mode = world.webhooks(provider)
    now = time.time()
    later = {"after": world.after_seconds, "out_of_order": SHUFFLE_SECONDS}.get(mode, 0.0)
    for _ in range(2 if mode == "twice" else 1):
        world.store.add_delivery(
            provider,
            event_id,
            event_type,
            subject,
            body,
            state="withheld" if mode == "never" else "waiting",
            next_at=now + later,
            created=now,
            forged=mode == "forged",
            rank=-time.time_ns() if mode == "out_of_order" else 0,
        )


class Courier:
    """Takes waiting webhooks to the app: over HTTP, or to a callable in the same process."""

    def __init__(self, world: World, receive: Receiver | None = None) -> None:
        self.world = world
        self.receive = receive
        self._on_the_way: set[int] = set()  # so that two calls of deliver() send nothing twice

    async def deliver(self, *, everything: bool = False) -> list[Delivery]:
        """Send what is due, or all that waits; returns how each one stands now."""
        waiting = self.world.store.waiting(2.0**60 if everything else time.time())
        due = [delivery for delivery in waiting if delivery.seq not in self._on_the_way]
        if not due:
            return []
        self._on_the_way.update(delivery.seq for delivery in due)
        try:
            await self._send_all(due)
        finally:
            self._on_the_way.difference_update(delivery.seq for delivery in due)
        found = (self.world.store.delivery(item.seq) for item in due)
        return [delivery for delivery in found if delivery is not None]

    async def _send_all(self, due: list[Delivery]) -> None:
        async with _client() as client:
            providers = {delivery.provider for delivery in due}
            await asyncio.gather(
                *(
                    self._one_by_one(client, [item for item in due if item.provider == provider])
                    for provider in sorted(providers)
                )
            )

    async def _one_by_one(self, client: httpx.AsyncClient, due: list[Delivery]) -> None:
        for delivery in due:
            status, error = await self._send(client, delivery)
            attempts = delivery.attempts + 1
            wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
            if not error:
                state = "delivered"
            elif delivery.forged:
                state = "refused"  # whoever forges one does not come back with the same
            else:
                state = "given up" if attempts >= MAX_ATTEMPTS else "waiting"
            self.world.store.tried(
                delivery.seq, state=state, next_at=time.time() + wait, status=status, error=error
            )

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> tuple[int | None, str]:
        """The status, and what went wrong in words."""
        webhook = signed(self.world, delivery)
        if self.receive is not None:
            try:
                await self.receive(webhook.provider, webhook.body, webhook.headers)
            except Exception as error:  # noqa: BLE001 - the receiver's refusal, whatever it is
                return getattr(error, "status", None), f"{type(error).__name__}: {error}"
            return 200, ""
        url = f"{self.world.webhook_base}/{delivery.provider}"
        try:
            answer = await client.post(url, content=webhook.body, headers=webhook.headers)
        except httpx.ConnectError:
            return None, "the school is not responding"
        except httpx.HTTPError as error:
            return None, f"{type(error).__name__}: {error}"
        if answer.is_success:
            return answer.status_code, ""
        return answer.status_code, f"answered {answer.status_code}"


def _client() -> httpx.AsyncClient:
    # Loopback and plain http only, so no certificates have to be read (and 20 MB are saved).
    return httpx.AsyncClient(
        timeout=ANSWER_SECONDS,
        trust_env=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        follow_redirects=False,
    )
