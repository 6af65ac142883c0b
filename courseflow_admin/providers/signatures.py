"""Webhook signatures of all providers: one exception for every way a delivery can be wrong."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courseflow_admin.config import settings
from courseflow_admin.errors import NotFound
from courseflow_admin.models.core import clock

TOLERANCE_SECONDS = 300
LARGEST_BODY = 1_000_000
HEX64 = re.compile(r"[0-9a-f]{64}\Z")
SIGNATURE_HEADERS = {
    "stripe": "stripe-signature",
    "razorpay": "x-razorpay-signature",
    "resend": "svix-signature",
}


@dataclass(frozen=True)
class Verified:
    event_id: str
    kind: str


class WebhookRefused(Exception):
    """With what was received and what it should have been, as evidence."""

    def __init__(self, reason: str, computed: str = "", skew_seconds: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.computed, self.skew_seconds = reason, computed, skew_seconds


def verify(provider: str, raw: bytes, headers: Mapping[str, str]) -> Verified:
    """Check a delivery on its raw body. WebhookRefused when anything is wrong with it.

    `headers` has lower-case names. NotFound when the provider is off or has no webhook secret.
    """
    keys = settings()
    found = {"stripe": keys.stripe, "razorpay": keys.razorpay, "resend": keys.resend}.get(provider)
    if found is None or not found.webhook_secrets:
        raise NotFound("webhook endpoint")
    if not 0 < len(raw) <= LARGEST_BODY:
        raise WebhookRefused("the body is empty or too large")
    check = {"stripe": _stripe, "razorpay": _razorpay, "resend": _resend}[provider]
    return check(raw, headers, found.webhook_secrets)


def _stripe(raw: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Verified:
    """https://docs.stripe.com/webhooks#verify-manually; the SDK accepts future timestamps."""
    from stripe import SignatureVerificationError, WebhookSignature

    header = headers.get("stripe-signature", "")
    stamp = re.search(r"(?:^|,)t=(\d{1,12})(?:,|\Z)", header)
    skew = int(clock.wall().timestamp()) - int(stamp[1]) if stamp else None
    text = _text(raw)
    for secret in secrets:
        try:
            WebhookSignature.verify_header(text, header, secret, TOLERANCE_SECONDS)
        except (SignatureVerificationError, ValueError, AttributeError, TypeError):
            continue
        if skew is None or skew < -TOLERANCE_SECONDS:
            raise WebhookRefused("its time is in the future", skew_seconds=skew)
        event = _object(raw)
        event_id = str(event.get("id", ""))
        if event.get("object") != "event" or not event_id.startswith("evt_"):
            raise WebhookRefused("it is not an event")
        return Verified(event_id, str(event.get("type", "")))
    signed = f"{stamp[1] if stamp else ''}.{text}".encode()
    raise WebhookRefused("its signature is wrong or too old", _hmac(secrets[0], signed), skew)


def _razorpay(raw: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Verified:
    """https://razorpay.com/docs/webhooks/validate-test; no timestamp and no signed event id."""
    from razorpay import Client
    from razorpay.errors import SignatureVerificationError

    header = headers.get("x-razorpay-signature", "")
    text = _text(raw)
    client: Any = Client(auth=("", ""))
    for secret in secrets:
        if not HEX64.match(header):
            break
        try:
            client.utility.verify_webhook_signature(text, header, secret)
        except SignatureVerificationError:
            continue
        event = _object(raw)
        event_id = headers.get("x-razorpay-event-id", "")[:100]
        return Verified(event_id or hashlib.sha256(raw).hexdigest(), str(event.get("event", "")))
    raise WebhookRefused("its signature is wrong", _hmac(secrets[0], raw))


def _resend(raw: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Verified:
    """https://www.standardwebhooks.com: what Resend's svix headers are."""
    from standardwebhooks import Webhook, WebhookVerificationError

    names = ("id", "timestamp", "signature")
    signed = {f"webhook-{name}": headers.get(f"svix-{name}", "") for name in names}
    stamp = signed["webhook-timestamp"]
    skew = int(clock.wall().timestamp()) - int(stamp) if re.fullmatch(r"\d{1,12}", stamp) else None
    text = _text(raw)
    for secret in secrets:
        try:
            Webhook(secret).verify(text, signed)
        except (WebhookVerificationError, ValueError, TypeError):
            continue
        return Verified(signed["webhook-id"], str(_object(raw).get("type", "")))
    raise WebhookRefused("its signature is wrong or too old", skew_seconds=skew)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise WebhookRefused("the body is not text") from error


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WebhookRefused("the body is not JSON") from error
    if not isinstance(body, dict):
        raise WebhookRefused("the body is not an object")
    return body


def _hmac(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
