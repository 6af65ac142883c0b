"""What every gateway can do, and the one place that knows which gateways are switched on."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol

from courseflow_admin.config import Settings, settings
from courseflow_admin.errors import NotFound
from courseflow_admin.models.money.gateways import (
    CheckoutForm,
    CheckoutOrder,
    CheckoutTold,
    OpenedCheckout,
    RefundTold,
    WebhookReference,
)
from courseflow_admin.models.money.payment_parts import GATEWAYS, GatewayName


class Gateway(Protocol):
    """A provider that moves money.

    Every call raises ProviderRefused (nothing happened) or ProviderUnreachable (we do not know).
    """

    @property
    def name(self) -> GatewayName: ...

    @property
    def mode(self) -> str:
        """`sandbox`, `test` or `live`."""
        ...

    @property
    def currencies(self) -> tuple[str, ...]: ...

    async def check_keys(self) -> None:
        """Ask for something harmless; GatewayKeysRefused when our keys are not accepted."""
        ...

    async def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        """Open a checkout; the same idempotency key gives the same checkout again."""
        ...

    def form(self, order: CheckoutOrder, checkout_id: str) -> CheckoutForm | None:
        """The native form that takes the browser there; None where a redirect does."""
        ...

    async def expire(self, checkout_id: str) -> bool:
        """Make an open checkout unpayable; False where the gateway cannot, or it is over."""
        ...

    async def fetch(
        self, checkout_id: str, also: tuple[str, ...] = (), disputes: tuple[str, ...] = ()
    ) -> CheckoutTold:
        """The checkout and all that was paid on it as they are now.

        `also` and `disputes`: payment and dispute ids that a webhook named, or that are known.
        """
        ...

    async def capture(self, provider_payment_id: str, amount_minor: int, currency: str) -> None:
        """Take what the bank holds; asked for twice, the gateway refuses the second time."""
        ...

    async def refund(
        self, provider_payment_id: str, amount_minor: int, refund_id: str, payment_id: str, key: str
    ) -> RefundTold:
        """Give money back; `key` is the idempotency key."""
        ...

    def return_checkout(self, fields: Mapping[str, str]) -> str:
        """The checkout id the browser came back with; "" when missing or its signature is wrong."""
        ...

    async def close(self) -> None:
        """Close the connections; the last call."""
        ...

    def reference(self, event: Mapping[str, object]) -> WebhookReference | None:
        """What a verified webhook event is about; None when it is not about a payment."""
        ...


@cache
def _made(name: GatewayName) -> Gateway | None:
    return make(name, settings())


def make(name: GatewayName, keys: Settings) -> Gateway | None:
    """An adapter of its own, for whoever closes it; None when the gateway is switched off."""
    if name == "stripe" and keys.stripe:
        from courseflow_admin.providers.stripe import StripeGateway

        return StripeGateway(keys.stripe)
    if name == "razorpay" and keys.razorpay:
        from courseflow_admin.providers.razorpay import RazorpayGateway

        return RazorpayGateway(keys.razorpay)
    return None


def gateway(name: str) -> Gateway:
    """NotFound when the gateway is unknown or switched off."""
    for known in GATEWAYS:
        if known == name and (found := _made(known)):
            return found
    raise NotFound("payment provider")


def gateways_for(currency: str) -> list[Gateway]:
    """The gateways that sell in this currency, in the order people are offered them."""
    made = [_made(name) for name in GATEWAYS]
    return [found for found in made if found and currency in found.currencies]


async def close() -> None:
    """Close the adapters' connections; the next call makes new ones from the settings."""
    for name in GATEWAYS:
        if made := _made(name):
            await made.close()
    _made.cache_clear()
