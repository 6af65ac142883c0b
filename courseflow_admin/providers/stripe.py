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
from courseflow_admin.models.money.facts import ChargeStatus, DisputeStatus, RefundStatus
from courseflow_admin.models.money.gateways import (
    ChargeTold,
    CheckoutForm,
    CheckoutOrder,
    CheckoutTold,
    DisputeTold,
    OpenedCheckout,
    RefundTold,
    WebhookReference,
)
from courseflow_admin.models.money.payment_parts import GatewayName
from courseflow_admin.providers.answers import understood

Answer = TypeVar("Answer")
CONNECT_SECONDS, READ_SECONDS = 3.0, 20.0

MOST = 100  # of a list at once

# https://docs.stripe.com/api/payment_intents/object#payment_intent_object-status
STATUSES = {
    "succeeded": ChargeStatus.CAPTURED,
    "requires_capture": ChargeStatus.AUTHORIZED,
    "processing": ChargeStatus.PENDING,
    "canceled": ChargeStatus.FAILED,
}
REFUND_STATUSES = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
# https://docs.stripe.com/api/disputes/object#dispute_object-status
# An inquiry ("warning_...") takes no money; only a real dispute counts.
DISPUTE_STATUSES = {
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
}


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
    async def fetch(
        self, checkout_id: str, also: tuple[str, ...] = (), disputes: tuple[str, ...] = ()
    ) -> CheckoutTold:
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
        charges = [await self._told(intent, disputes) for intent in intents]
        return CheckoutTold(
            checkout_id=session["id"],
            payment_id=(session["metadata"] or {}).get("payment_id", ""),
            amount_minor=int(session["amount_total"] or 0),
            currency=str(session["currency"] or "").upper(),
            mode=self._mode_of(session),
            expired=session["status"] == "expired",
            complete=session["status"] == "complete",
            charges=tuple(charge for charge in charges if charge),
        )

    async def capture(self, provider_payment_id: str, amount_minor: int, currency: str) -> None:  # noqa: ARG002 - Gateway
        raise ProviderRefused("stripe", "its checkout captures automatically")

    @understood("stripe")
    async def refund(
        self, provider_payment_id: str, amount_minor: int, refund_id: str, payment_id: str, key: str
    ) -> RefundTold:
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
            disputed = thing_id if kind == "dispute" else ""
            return WebhookReference(ours, "", intent, disputed)
        return None

    def _mode_of(self, session: Mapping[str, Any]) -> str:
        if session["livemode"]:
            return "live"
        return "test" if self.mode == "live" else self.mode

    async def _told(
        self, intent: Mapping[str, Any], disputes: tuple[str, ...]
    ) -> ChargeTold | None:
        """The newest try of a payment intent; None when there was none."""
        charge = intent["latest_charge"] if isinstance(intent["latest_charge"], dict) else None
        error = intent["last_payment_error"] or {}
        status = STATUSES.get(intent["status"])
        if status is None and error:
            status = ChargeStatus.FAILED
        if status is None:
            return None
        return ChargeTold(
            id=charge["id"] if charge else intent["id"],
            about=intent["id"],
            amount_minor=int(intent["amount_received"] or intent["amount"]),
            currency=str(intent["currency"]).upper(),
            status=status,
            payment_id=(intent["metadata"] or {}).get("payment_id", ""),
            at=datetime.fromtimestamp((charge or intent)["created"], UTC),
            method=_method(charge),
            reason=str(error.get("message") or ""),
            refunds=await self._refunds(charge),
            disputes=await self._disputes(charge, disputes),
        )

    async def _refunds(self, charge: Mapping[str, Any] | None) -> tuple[RefundTold, ...]:
        """All of them: a charge shows its newest ten."""
        shown = (charge or {}).get("refunds") or {}
        if charge and shown.get("has_more"):
            params: Any = {"charge": charge["id"], "limit": MOST}
            rows = await self._all(self._client.v1.refunds.list_async, params)
        else:
            rows = shown.get("data", [])
        return tuple(_refund(row) for row in rows)

    async def _disputes(
        self, charge: Mapping[str, Any] | None, known: tuple[str, ...]
    ) -> tuple[DisputeTold, ...]:
        if not charge or not (charge["disputed"] or known):
            return ()
        params: Any = {"charge": charge["id"], "limit": MOST}
        rows = await self._all(self._client.v1.disputes.list_async, params)
        return tuple(_dispute(row) for row in rows)

    async def _all(self, listed: Any, params: dict[str, Any]) -> list[dict[str, Any]]:
        """A list to its end."""
        rows: list[dict[str, Any]] = []
        more = True
        while more:
            after = {"starting_after": rows[-1]["id"]} if rows else {}
            answer = (await _asked(listed(params={**params, **after}))).to_dict()
            rows += answer["data"]
            more = bool(answer["has_more"] and answer["data"])
        return rows


def _dispute(row: Mapping[str, Any]) -> DisputeTold:
    due = (row["evidence_details"] or {}).get("due_by")
    return DisputeTold(
        id=row["id"],
        amount_minor=int(row["amount"]),
        status=DISPUTE_STATUSES.get(row["status"], DisputeStatus.OPEN),
        at=datetime.fromtimestamp(row["created"], UTC),
        reason=str(row["reason"] or "").replace("_", " "),
        deadline=datetime.fromtimestamp(due, UTC) if due else None,
    )


def _refund(refund: Mapping[str, Any]) -> RefundTold:
    return RefundTold(
        id=refund["id"],
        amount_minor=int(refund["amount"]),
        status=REFUND_STATUSES.get(refund["status"], RefundStatus.PENDING),
        at=datetime.fromtimestamp(refund["created"], UTC),
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
