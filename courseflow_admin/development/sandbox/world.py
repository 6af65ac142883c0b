"""What every part of the sandbox shares: its keys, addresses, memory, switches and clock."""

import secrets
import string
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from courseflow_admin.development.sandbox.store import Store

PROVIDERS = ("stripe", "razorpay", "cloudinary", "resend")
OUTAGES = ("ok", "500", "timeout", "slow", "rubbish")
WEBHOOKS = ("now", "after", "never", "twice", "out_of_order", "forged")
REFUNDS = ("at_once", "pending")
BALANCE = ("at_once", "late")  # when a charge gets its balance transaction, and so its fee
SETTLEMENTS = ("", "usd", "eur", "gbp", "inr")  # empty: in the currency of the charge
PAYOUTS = ("daily", "manual")
SWITCHES = {
    "outage": OUTAGES,
    "webhooks": WEBHOOKS,
    "capture": ("automatic", "manual"),
    "refunds": REFUNDS,
    "balance": BALANCE,
    "settlement": SETTLEMENTS,
    "payouts": PAYOUTS,
}
LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class World:
    store: Store
    keys: dict[str, str]
    ports: tuple[int, int, int, int]  # Stripe, Razorpay, Cloudinary, Resend
    app_url: str  # where people reach the app, for links and returns
    webhook_base: str  # webhooks go to {webhook_base}/{provider}
    slow_seconds: float = 3.0
    silence_seconds: float = 60.0
    after_seconds: float = 5.0
    settle_seconds: float = 1.0  # how long a mail takes to arrive
    clock_file: Path | None = None  # how far time was moved, told to the app
    quiet: bool = False  # nothing that happens makes an event

    def url(self, provider: str) -> str:
        return f"http://127.0.0.1:{self.ports[PROVIDERS.index(provider)]}"

    # Clock

    @property
    def ahead(self) -> int:
        """Seconds that the school's time, and so the providers', was moved forward."""
        return int(self.store.switch("ahead", "0"))

    def set_ahead(self, seconds: int) -> None:
        self.store.set_switch("ahead", str(seconds))

    @property
    def clock_hours(self) -> float:
        """What the providers' clock is ahead of the school's."""
        return float(self.store.switch("clock", "0"))

    @property
    def offset(self) -> int:
        """The same in seconds."""
        return int(self.clock_hours * 3600)

    def now(self) -> int:
        """The providers' time; the dashboard moves it. Signatures use the real time."""
        return int(time.time()) + self.ahead + self.offset

    def moment(self, second: int, *, quiet: bool = False) -> "World":
        """The same world at another time: for what happened while no one looked."""
        shared: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(World)}
        shared["quiet"] = quiet
        return _Moment(**shared, second=second)

    # Switches

    def outage(self, provider: str) -> str:
        return self.store.switch(f"outage.{provider}", "ok")

    def webhooks(self, provider: str) -> str:
        return self.store.switch(f"webhooks.{provider}", "now")

    def refunds(self, provider: str) -> str:
        """Whether a refund is made at once, or stays pending until `settle_refund`."""
        return self.store.switch(f"refunds.{provider}", "at_once")

    def balance(self, provider: str) -> str:
        return self.store.switch(f"balance.{provider}", "at_once")

    def settlement(self, provider: str) -> str:
        return self.store.switch(f"settlement.{provider}", "")

    def payouts(self, provider: str) -> str:
        return self.store.switch(f"payouts.{provider}", "daily")

    @property
    def capture(self) -> str:
        """What Razorpay does with an authorised payment whose order does not say: its setting."""
        return self.store.switch("capture", "automatic")

    def switch(self, provider: str, **wanted: str | None) -> None:
        """ValueError names what is not a switch; None leaves one as it is."""
        _one_of("provider", provider, PROVIDERS)
        for name, value in wanted.items():
            _one_of("switch", name, tuple(SWITCHES))
            if value is not None:
                _one_of(name, value, SWITCHES[name])
        for name, value in wanted.items():
            if value is not None:
                self.store.set_switch(name if name == "capture" else f"{name}.{provider}", value)


@dataclass(frozen=True)
class _Moment(World):
    second: int = 0

    def now(self) -> int:
        return self.second


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not '{value}'")


def token(length: int) -> str:
    # 256 is no multiple of 62, so the first letters come up a little more often: ids may.
    return "".join(LETTERS[byte % len(LETTERS)] for byte in secrets.token_bytes(length))
