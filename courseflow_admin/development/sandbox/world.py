"""What every part of the sandbox shares: its keys, addresses, memory, switches and clock."""

import secrets
import string
import time
from dataclasses import dataclass

from courseflow_admin.development.sandbox.store import Store

PROVIDERS = ("stripe", "razorpay", "cloudinary", "resend")
OUTAGES = ("ok", "500", "timeout", "slow", "rubbish")
WEBHOOKS = ("now", "after", "never", "twice", "out_of_order", "forged")
REFUNDS = ("at_once", "pending")
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

    def url(self, provider: str) -> str:
        return f"http://127.0.0.1:{self.ports[PROVIDERS.index(provider)]}"

    # Clock

    @property
    def clock_hours(self) -> float:
        return float(self.store.switch("clock", "0"))

    @property
    def offset(self) -> int:
        return int(self.clock_hours * 3600)

    def now(self) -> int:
        """The providers' time; the dashboard's clock moves it. Signatures use the real time."""
        return int(time.time()) + self.offset

    # Switches

    def outage(self, provider: str) -> str:
        return self.store.switch(f"outage.{provider}", "ok")

    def webhooks(self, provider: str) -> str:
        return self.store.switch(f"webhooks.{provider}", "now")

    def refunds(self, provider: str) -> str:
        """Whether a refund is made at once, or stays pending until `settle_refund`."""
        return self.store.switch(f"refunds.{provider}", "at_once")

    @property
    def capture(self) -> str:
        """What Razorpay does with an authorised payment whose order does not say: its setting."""
        return self.store.switch("capture", "automatic")

    def switch(
        self,
        provider: str,
        *,
        outage: str | None = None,
        webhooks: str | None = None,
        capture: str | None = None,
        refunds: str | None = None,
    ) -> None:
        """ValueError names what is not a switch."""
        _one_of("provider", provider, PROVIDERS)
        if outage is not None:
            _one_of("outage", outage, OUTAGES)
            self.store.set_switch(f"outage.{provider}", outage)
        if webhooks is not None:
            _one_of("webhooks", webhooks, WEBHOOKS)
            self.store.set_switch(f"webhooks.{provider}", webhooks)
        if capture is not None:
            _one_of("capture", capture, ("automatic", "manual"))
            self.store.set_switch("capture", capture)
        if refunds is not None:
            _one_of("refunds", refunds, REFUNDS)
            self.store.set_switch(f"refunds.{provider}", refunds)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not '{value}'")


def token(length: int) -> str:
    # 256 is no multiple of 62, so the first letters come up a little more often: ids may.
    return "".join(LETTERS[byte % len(LETTERS)] for byte in secrets.token_bytes(length))
