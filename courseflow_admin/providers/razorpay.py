"""Razorpay: orders by the official SDK, and the native form to its hosted checkout."""

import asyncio
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import razorpay.client
import requests
from razorpay import Client
from razorpay.errors import (
    BadRequestError,
    GatewayError,
    ServerError,
    SignatureVerificationError,
)

from courseflow_admin import measures
from courseflow_admin.errors import GatewayKeysRefused, ProviderRefused, ProviderUnreachable
from courseflow_admin.keys import RazorpayKeys
from courseflow_admin.models.core.addresses import for_providers
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

TIMEOUT = (3.0, 20.0)  # connect, read in seconds; the SDK itself has none
AT_A_CLICK = (3.0, 8.0)  # a thread cannot be called off when its buyer waits no longer
# The SDK calls these, too, a bad request; but the same request may be granted later, or has been.
KEYS_REFUSED = {401, 403}
UNANSWERED = {*KEYS_REFUSED, 409, 429}
SETTINGS = "RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET"
# The SDK prints what went wrong; standard output is for what our commands answer, and for logs.
razorpay.client.print = lambda *_: None  # pyright: ignore[reportAttributeAccessIssue]
MOST = 100  # of a list at once
CONCURRENCY = 16  # calls in threads at the same time

# https://razorpay.com/docs/payments/payments/#payment-life-cycle
STATUSES = {
    "created": ChargeStatus.PENDING,
    "authorized": ChargeStatus.AUTHORIZED,
    "captured": ChargeStatus.CAPTURED,
    "failed": ChargeStatus.FAILED,
}
REFUND_STATUSES = {"processed": RefundStatus.SUCCEEDED, "failed": RefundStatus.FAILED}
# https://razorpay.com/docs/api/disputes/: a retrieval is a question, no money moves before `lost`.
DISPUTE_STATUSES = {
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "closed": DisputeStatus.CLOSED,
}
INQUIRY = "retrieval"
METHODS = {"upi": "UPI", "netbanking": "Netbanking", "wallet": "Wallet", "emi": "EMI"}


class RazorpayGateway:
    name: GatewayName = "razorpay"

    def __init__(self, keys: RazorpayKeys) -> None:
        self.mode: str = keys.mode
        self.currencies = keys.currencies
        self._keys = keys
        # Threads of its own, because a call may hold one for 20 seconds: PyMongo and httpx look up
        # names in the default ones. Each has a client of its own: a requests session is not safe
        # to share.
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="razorpay")
        self._own = threading.local()
        self._clients: list[Any] = []

    def _client(self) -> Any:
        """One for each thread. Any: the SDK sets its resources by name at run time."""
        if not hasattr(self._own, "client"):
            client: Any = Client(
                auth=(self._keys.key_id, self._keys.key_secret), base_url=self._keys.base_url
            )
            client.session.max_redirects = 0  # its API has none; elsewhere we ask nothing
            client.session.hooks["response"].append(_unanswered)
            self._own.client = client
            self._clients.append(client)
        return self._own.client

    async def check_keys(self) -> None:
        await self._asked("order.all", {"count": 1})

    @understood("razorpay")
    async def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        existing = await self._order_of(order.idempotency_key)
        if existing:
            return OpenedCheckout(existing)
        try:
            made = await self._asked(
                "order.create",
                {
                    "amount": order.amount_minor,
                    "currency": order.currency,
                    "receipt": order.idempotency_key,
                    "unique_receipt": True,
                    "notes": {"payment_id": order.payment_id},
                },
                timeout=AT_A_CLICK,
            )
        except ProviderRefused:
            # A second click was quicker by a moment: the receipt is taken, by our own order.
            existing = await self._order_of(order.idempotency_key)
            if existing:
                return OpenedCheckout(existing)
            raise
        return OpenedCheckout(str(made["id"]))

    async def _order_of(self, receipt: str) -> str:
        wanted = {"receipt": receipt, "count": 1}
        found = await self._asked("order.all", wanted, timeout=AT_A_CLICK)
        return str(found["items"][0]["id"]) if found["items"] else ""

    def form(self, order: CheckoutOrder, checkout_id: str) -> CheckoutForm | None:
        """The fields of Razorpay's hosted checkout (Standard Checkout without JavaScript)."""
        return CheckoutForm(
            action=f"{self._keys.base_url}/v1/checkout/embedded",
            fields={
                "key_id": self._keys.key_id,
                "order_id": checkout_id,
                "amount": str(order.amount_minor),
                "currency": order.currency,
                "name": order.title,
                "prefill[name]": order.name,
                "prefill[email]": for_providers(order.email),
                "notes[payment_id]": order.payment_id,
                "callback_url": order.return_url,
                "cancel_url": order.cancel_url,
            },
        )

    async def expire(self, checkout_id: str) -> bool:  # noqa: ARG002 - an order cannot be expired
        return False

    @understood("razorpay")
    async def fetch(
        self,
        checkout_id: str,
        also: tuple[str, ...] = (),  # noqa: ARG002 - all payments of an order are in its own list
        disputes: tuple[str, ...] = (),
    ) -> CheckoutTold:
        order = await self._asked("order.fetch", checkout_id)
        paid = await self._all("order.payments", checkout_id)
        disputed = [await self._asked("dispute.fetch", one) for one in disputes]
        ours = _notes(order).get("payment_id", "")
        return CheckoutTold(
            checkout_id=str(order["id"]),
            payment_id=ours,
            amount_minor=int(order["amount"]),
            currency=str(order["currency"]),
            mode=self.mode,
            charges=tuple([await self._charge(row, ours, disputed) for row in paid]),
        )

    async def capture(self, provider_payment_id: str, amount_minor: int, currency: str) -> None:
        await self._asked(
            "payment.capture", provider_payment_id, amount_minor, {"currency": currency}
        )

    @understood("razorpay")
    async def refund(
        self, provider_payment_id: str, amount_minor: int, refund_id: str, payment_id: str, key: str
    ) -> RefundTold:
        made = await self._asked(
            "payment.refund",
            provider_payment_id,
            {
                "amount": amount_minor,
                "notes": {"payment_id": payment_id, "refund_id": refund_id},
                "receipt": refund_id,
            },
            headers={"X-Refund-Idempotency": key, "Content-type": "application/json"},
        )
        return _refund(made)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client.session.close()

    def return_checkout(self, fields: Mapping[str, str]) -> str:
        names = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")
        values = {name: fields.get(name, "") for name in names}
        if "error[metadata]" in fields:
            return _order_of_failure(fields["error[metadata]"])
        if not all(values.values()):
            return ""
        try:
            self._client().utility.verify_payment_signature(values)
        except (SignatureVerificationError, TypeError, ValueError):
            return ""
        return values["razorpay_order_id"]

    def reference(self, event: Mapping[str, object]) -> WebhookReference | None:
        payload = event.get("payload")
        if not isinstance(payload, dict):
            return None
        payment, order = _entity(payload, "payment"), _entity(payload, "order")
        refund, dispute = _entity(payload, "refund"), _entity(payload, "dispute")
        if not (payment or order or refund or dispute):
            return None
        return WebhookReference(
            payment_id=_notes(payment).get("payment_id", "")
            or _notes(order).get("payment_id", "")
            or _notes(refund).get("payment_id", ""),
            checkout_id=str(payment.get("order_id") or order.get("id") or ""),
            provider_payment_id=str(
                payment.get("id") or refund.get("payment_id") or dispute.get("payment_id") or ""
            ),
            dispute_id=str(dispute.get("id") or ""),
        )

    async def _charge(
        self, row: Mapping[str, Any], order_payment_id: str, disputed: list[Mapping[str, Any]]
    ) -> ChargeTold:
        refunds: tuple[RefundTold, ...] = ()
        # Razorpay itself refunds what was never captured; such a refund ends nothing.
        was_captured = bool(row.get("captured"))
        if was_captured:  # whatever its sums say: they count no refund that has failed
            made = await self._all("payment.fetch_multiple_refund", row["id"])
            refunds = tuple(_refund(refund) for refund in made)
        status = STATUSES.get(str(row["status"]), ChargeStatus.PENDING)
        if str(row["status"]) == "refunded":
            status = ChargeStatus.CAPTURED if was_captured else ChargeStatus.LAPSED
        return ChargeTold(
            id=str(row["id"]),
            about=str(row["id"]),
            amount_minor=int(row["amount"]),
            currency=str(row["currency"]),
            status=status,
            payment_id=order_payment_id,  # a payment belongs to its order, whose notes are ours
            at=datetime.fromtimestamp(int(row["created_at"]), UTC),
            method=_method(row),
            reason=str(row.get("error_description") or ""),
            refunds=refunds,
            disputes=tuple(_dispute(one) for one in disputed if one["payment_id"] == row["id"]),
        )

    async def _all(self, call: str, of: str) -> list[Mapping[str, Any]]:
        """A list to its end."""
        rows: list[Mapping[str, Any]] = []
        more = True
        while more:
            wanted = {"count": MOST, "skip": len(rows)}
            items = (await self._asked(call, of, wanted))["items"]
            known = {row["id"] for row in rows}
            new = [row for row in items if row["id"] not in known]
            rows += new
            more = len(items) == MOST and bool(new)
        return rows

    async def _asked(
        self,
        call: str,
        *arguments: Any,
        timeout: tuple[float, float] = TIMEOUT,  # noqa: ASYNC109 - the SDK's own
        **options: Any,
    ) -> Any:
        """One call of the SDK, such as `order.create`, in a thread; its errors in our words."""

        def ask() -> Any:
            return attrgetter(call)(self._client())(*arguments, timeout=timeout, **options)

        with measures.called("razorpay"):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
            except BadRequestError as error:
                raise ProviderRefused("razorpay", str(error)) from error
            except (
                GatewayError,
                ServerError,
                requests.RequestException,
                ValueError,  # an answer that is not JSON
            ) as error:
                answer = getattr(error, "response", None)
                if answer is not None and answer.status_code in KEYS_REFUSED:
                    raise GatewayKeysRefused("razorpay", SETTINGS) from error
                raise ProviderUnreachable("razorpay") from error


def _unanswered(response: requests.Response, *_: Any, **__: Any) -> None:
    """Said to each answer of a session: keys, a key in use or a limit say nothing of the money."""
    if response.status_code in UNANSWERED:
        response.close()  # no one reads it any more
        raise requests.HTTPError(str(response.status_code), response=response)


def _entity(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    wrapped = payload.get(name)
    entity = wrapped.get("entity") if isinstance(wrapped, dict) else None
    return entity if isinstance(entity, dict) else {}


def _notes(entity: Mapping[str, Any]) -> dict[str, str]:
    """Razorpay sends empty notes as a list."""
    notes = entity.get("notes")
    return {str(key): str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}


def _order_of_failure(metadata: str) -> str:
    """A failure comes without signature: good for a look at the gateway, and for nothing else."""
    try:
        about = json.loads(metadata)
    except ValueError:
        return ""
    order = about.get("order_id") if isinstance(about, dict) else ""
    return order if isinstance(order, str) else ""


def _dispute(row: Mapping[str, Any]) -> DisputeTold:
    status = DISPUTE_STATUSES.get(str(row["status"]), DisputeStatus.OPEN)
    if str(row.get("phase")) == INQUIRY and status is DisputeStatus.OPEN:
        status = DisputeStatus.INQUIRY
    due = row.get("respond_by")
    deducted = int(row.get("amount_deducted") or 0) if status is DisputeStatus.LOST else 0
    return DisputeTold(
        id=str(row["id"]),
        amount_minor=deducted or int(row["amount"]),
        status=status,
        at=datetime.fromtimestamp(int(row["created_at"]), UTC),
        reason=_reason(row),
        deadline=datetime.fromtimestamp(int(due), UTC) if due else None,
    )


def _reason(row: Mapping[str, Any]) -> str:
    """Why a payment is disputed, as part of a sentence."""
    told = str(row.get("reason_description") or row.get("reason_code") or "")
    return told.replace("_", " ").rstrip(".")


def _refund(refund: Mapping[str, Any]) -> RefundTold:
    return RefundTold(
        id=str(refund["id"]),
        amount_minor=int(refund["amount"]),
        status=REFUND_STATUSES.get(str(refund["status"]), RefundStatus.PENDING),
        at=datetime.fromtimestamp(int(refund["created_at"]), UTC),
        our_id=_notes(refund).get("refund_id", ""),
    )


def _method(row: Mapping[str, Any]) -> str:
    kind = str(row.get("method") or "")
    card = row.get("card") if isinstance(row.get("card"), dict) else None
    if card:
        return f"{card.get('network') or 'Card'} {card.get('last4') or ''}".strip()
    return METHODS.get(kind, kind.capitalize())
