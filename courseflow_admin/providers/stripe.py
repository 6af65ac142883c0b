"""Stripe: hosted Checkout Sessions by the official SDK."""

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import stripe

from courseflow_admin import measures
from courseflow_admin.errors import (
    GatewayKeysRefused,
    ProviderFailed,
    ProviderRefused,
    ProviderUnreachable,
)
from courseflow_admin.keys import StripeKeys
from courseflow_admin.models.core.addresses import for_providers
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.money.gateways import (
    CheckoutFacts,
    CheckoutForm,
    CheckoutOrder,
    DisputeFacts,
    OpenedCheckout,
    PaymentFacts,
    RefundFacts,
    WebhookReference,
)
from courseflow_admin.models.money.payments import Capture, DisputeState, GatewayName, RefundState
from courseflow_admin.providers.answers import understood

Answer = TypeVar("Answer")
CONNECT_SECONDS, READ_SECONDS = 3.0, 20.0

# https://docs.stripe.com/api/payment_intents/object#payment_intent_object-status
CAPTURES = {
    "succeeded": Capture.PAID,
    "requires_capture": Capture.AUTHORIZED,
    "processing": Capture.PENDING,
    "canceled": Capture.FAILED,
}
REFUND_STATES = {
    "succeeded": RefundState.SETTLED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
DISPUTE_STATES = {"won": DisputeState.WON, "lost": DisputeState.LOST}
# An inquiry ("warning_…") takes no money; only a real dispute counts.
NO_DISPUTE = {"warning_needs_response", "warning_under_review", "warning_closed", "prevented"}


class StripeGateway:
    name: GatewayName = "stripe"
    currencies = tuple(CURRENCIES)

    def __init__(self, keys: StripeKeys) -> None:
        stripe.enable_telemetry = False
        self._http = stripe.HTTPXClient(timeout=_timeout(), allow_sync_methods=False)
        self.mode: str = keys.mode
        self._client = stripe.StripeClient(
            keys.secret_key,
            base_addresses={"api": keys.base_url} if keys.base_url else {},
            max_network_retries=1,
            http_client=self._http,
        )

    async def check_keys(self) -> None:
        await _asked(self._client.v1.checkout.sessions.list_async(params={"limit": 1}))

    @understood("stripe")
    async def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        metadata = {"payment_id": order.payment_id}
        params: Any = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency.lower(),
                        "unit_amount": order.amount_minor,
                        "product_data": {"name": order.title},
                    },
                }
            ],
            "client_reference_id": order.payment_id,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "adaptive_pricing": {"enabled": False},  # else buyers would see another currency
            "customer_email": for_providers(order.email),
            "expires_at": int(order.expires_at.timestamp()),
            "success_url": f"{order.return_url}?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": order.cancel_url,
        }
        session = await _asked(
            self._client.v1.checkout.sessions.create_async(
                params=params, options={"idempotency_key": order.idempotency_key}
            )
        )
        return OpenedCheckout(session.id, session.url or "")

    def form(self, order: CheckoutOrder, checkout_id: str) -> CheckoutForm | None:  # noqa: ARG002 - Gateway
        return None

    async def expire(self, checkout_id: str) -> bool:
        try:
            await _asked(self._client.v1.checkout.sessions.expire_async(checkout_id))
        except ProviderRefused:
            return False  # paid or expired already
        return True

    @understood("stripe")
    async def fetch(self, checkout_id: str, also: tuple[str, ...] = ()) -> CheckoutFacts:
        params: Any = {"expand": ["payment_intent.latest_charge.refunds"]}
        answer = await _asked(
            self._client.v1.checkout.sessions.retrieve_async(checkout_id, params=params)
        )
        session = answer.to_dict()
        intents = [session["payment_intent"]] if isinstance(session["payment_intent"], dict) else []
        known = {intent["id"] for intent in intents}
        for intent_id in also:
            if intent_id not in known:
                more: Any = {"expand": ["latest_charge.refunds"]}
                found = await _asked(
                    self._client.v1.payment_intents.retrieve_async(intent_id, params=more)
                )
                intents.append(found.to_dict())
        return CheckoutFacts(
            checkout_id=session["id"],
            payment_id=(session["metadata"] or {}).get("payment_id", ""),
            amount_minor=int(session["amount_total"] or 0),
            currency=str(session["currency"] or "").upper(),
            mode=self._mode_of(session),
            expired=session["status"] == "expired",
            complete=session["status"] == "complete",
            payments=tuple([await self._payment(intent) for intent in intents]),
        )

    async def capture(self, provider_payment_id: str, amount_minor: int, currency: str) -> None:  # noqa: ARG002 - Gateway
        raise ProviderRefused("stripe", "its checkout captures automatically")

    @understood("stripe")
    async def refund(
        self, provider_payment_id: str, amount_minor: int, refund_id: str, payment_id: str, key: str
    ) -> RefundFacts:
        params: Any = {
            "payment_intent": provider_payment_id,
            "amount": amount_minor,
            "metadata": {"payment_id": payment_id, "refund_id": refund_id},
        }
        answer = await _asked(
            self._client.v1.refunds.create_async(params=params, options={"idempotency_key": key})
        )
        return _refund(answer.to_dict())

    async def close(self) -> None:
        await self._http.close_async()

    def return_checkout(self, fields: Mapping[str, str]) -> str:
        return fields.get("session_id", "")

    def reference(self, event: Mapping[str, object]) -> WebhookReference | None:
        data = event.get("data")
        thing = data.get("object") if isinstance(data, dict) else None
        if not isinstance(thing, dict):
            return None
        metadata = thing.get("metadata") or {}
        ours = str(metadata.get("payment_id", "")) if isinstance(metadata, dict) else ""
        kind, thing_id = str(thing.get("object", "")), str(thing.get("id", ""))
        intent = thing_id if kind == "payment_intent" else str(thing.get("payment_intent") or "")
        if kind == "checkout.session":
            return WebhookReference(ours, thing_id, intent)
        if kind in {"payment_intent", "charge", "refund", "dispute"}:
            return WebhookReference(ours, "", intent)
        return None

    def _mode_of(self, session: Mapping[str, Any]) -> str:
        if session["livemode"]:
            return "live"
        return "test" if self.mode == "live" else self.mode

    async def _payment(self, intent: Mapping[str, Any]) -> PaymentFacts:
        charge = intent["latest_charge"] if isinstance(intent["latest_charge"], dict) else None
        error = intent["last_payment_error"] or {}
        capture = CAPTURES.get(intent["status"], Capture.CREATED)
        if capture is Capture.CREATED and error:
            capture = Capture.FAILED
        refunds = (charge or {}).get("refunds") or {}
        return PaymentFacts(
            id=intent["id"],
            amount_minor=int(intent["amount_received"] or intent["amount"]),
            currency=str(intent["currency"]).upper(),
            capture=capture,
            payment_id=(intent["metadata"] or {}).get("payment_id", ""),
            at=datetime.fromtimestamp((charge or intent)["created"], UTC),
            method=_method(charge),
            reason=str(error.get("message") or ""),
            refunds=tuple(_refund(refund) for refund in refunds.get("data", [])),
            dispute=await self._dispute(charge),
        )

    async def _dispute(self, charge: Mapping[str, Any] | None) -> DisputeFacts | None:
        if not charge or not charge["disputed"]:
            return None
        params: Any = {"charge": charge["id"], "limit": 1}
        answer = await _asked(self._client.v1.disputes.list_async(params=params))
        rows = answer.to_dict()["data"]
        if not rows or rows[0]["status"] in NO_DISPUTE:
            return None
        due = (rows[0]["evidence_details"] or {}).get("due_by")
        return DisputeFacts(
            id=rows[0]["id"],
            state=DISPUTE_STATES.get(rows[0]["status"], DisputeState.OPEN),
            reason=str(rows[0]["reason"] or "").replace("_", " "),
            deadline=datetime.fromtimestamp(due, UTC) if due else None,
        )


def _refund(refund: Mapping[str, Any]) -> RefundFacts:
    return RefundFacts(
        id=refund["id"],
        amount_minor=int(refund["amount"]),
        state=REFUND_STATES.get(refund["status"], RefundState.PENDING),
        our_id=(refund["metadata"] or {}).get("refund_id", ""),
    )


def _method(charge: Mapping[str, Any] | None) -> str:
    details = (charge or {}).get("payment_method_details") or {}
    kind = str(details.get("type") or "")
    card = details.get("card") or {}
    if card:
        return f"{str(card.get('brand') or 'Card').capitalize()} {card.get('last4') or ''}".strip()
    return kind.replace("_", " ").capitalize()


def _timeout() -> Any:
    import httpx

    return httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)


async def _asked(call: Awaitable[Answer]) -> Answer:
    """Stripe's errors in our words.

    A 409 is a key in use by a call under way, a 401 or 403 is about our keys: neither says
    anything of the money, so ask again later.
    """
    with measures.called("stripe"):
        return await _in_our_words(call)


async def _in_our_words(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise ProviderUnreachable("stripe") from error
    except stripe.StripeError as error:
        status = error.http_status or 500
        if status >= 500:
            raise ProviderFailed("stripe") from error
        if status in {401, 403}:
            raise GatewayKeysRefused("stripe", "STRIPE_SECRET_KEY") from error
        if status == 409:
            raise ProviderUnreachable("stripe") from error
        raise ProviderRefused("stripe", error.user_message or "the request was not accepted") from (
            error
        )
