"""Keys of the four companies, and the ones our sandbox makes for itself."""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["sandbox", "test", "live"]


@dataclass(frozen=True)
class StripeKeys:
    secret_key: str
    webhook_secrets: tuple[str, ...]
    base_url: str | None  # None: Stripe's own
    mode: Mode


@dataclass(frozen=True)
class RazorpayKeys:
    key_id: str
    key_secret: str
    webhook_secrets: tuple[str, ...]
    base_url: str
    currencies: tuple[str, ...]
    mode: Mode


@dataclass(frozen=True)
class CloudinaryKeys:
    cloud_name: str
    api_key: str
    api_secret: str
    base_url: str
    delivery_url: str
    mode: Mode


@dataclass(frozen=True)
class ResendKeys:
    api_key: str
    webhook_secrets: tuple[str, ...]
    base_url: str
    email_from: str
    mode: Mode


def mode_of(key: str, override: str | None) -> Mode:
    if override:
        return "sandbox"
    return "live" if "_live_" in key else "test"


def strict_whsec(secret: str) -> bool:
    """Resend's own check takes an empty `whsec_`; we want 24 bytes of strict base64."""
    try:
        return len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) >= 24
    except (binascii.Error, ValueError):
        return False


def new_sandbox_keys() -> dict[str, str]:
    return {
        "stripe_secret_key": f"sk_sandbox_{secrets.token_hex(16)}",
        "stripe_webhook_secret": f"whsec_{secrets.token_hex(24)}",
        "razorpay_key_id": f"rzp_sandbox_{secrets.token_hex(7)}",
        "razorpay_key_secret": secrets.token_hex(16),
        "razorpay_webhook_secret": secrets.token_hex(20),
        "cloudinary_cloud_name": "sandbox",
        "cloudinary_api_key": str(secrets.randbelow(9 * 10**14) + 10**14),
        "cloudinary_api_secret": secrets.token_urlsafe(20),
        "resend_api_key": f"re_sandbox_{secrets.token_hex(12)}",
        "resend_webhook_secret": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }


def made_once(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Read `path`, or make it; of several processes starting together one wins, all read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(make(), indent=1))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    found: dict[str, str] = json.loads(path.read_text())
    return found
