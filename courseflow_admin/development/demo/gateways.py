"""What the gateways know of the demo purchases: ids, ways to pay, and the file that tells them.

The sandbox has not seen these purchases; it takes them over from `DATA_DIR/sandbox-past.json`.
The format is described at the sandbox (past.py), whose code no one else imports.
"""

import json
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.models.money.payment_parts import Attempt, Capture, GatewayName
from courseflow_admin.models.money.payments import Payment

FILE = "sandbox-past.json"
SIGNS = string.ascii_letters + string.digits
# What the gateway's record holds, and how our adapter writes it.
Way = tuple[str, str]
WAYS: dict[GatewayName, tuple[Way, ...]] = {
    "stripe": (
        ("card visa 4242", "Visa 4242"),
        ("card mastercard 4444", "Mastercard 4444"),
        ("card amex 0005", "Amex 0005"),
    ),
    "razorpay": (
        ("upi", "UPI"),
        ("upi", "UPI"),
        ("upi", "UPI"),
        ("netbanking", "Netbanking"),
        ("card", "Card"),
    ),
}
# Paid now, confirmed days later; only Stripe sells by these.
LATE_WAYS: dict[str, Way] = {
    "INR": ("upi", "Upi"),
    "EUR": ("sepa_debit", "Sepa debit"),
    "JPY": ("konbini", "Konbini"),
}
LATE_ELSEWHERE: Way = ("us_bank_account", "Us bank account")
DECLINES = (
    "Your card has insufficient funds.",
    "Your card was declined.",
    "The bank did not answer in time.",
    "The payment was cancelled at the bank.",
)
PREFIXES: dict[str, dict[GatewayName, str]] = {
    "checkout": {"stripe": "cs_test_a1", "razorpay": "order_"},
    "payment": {"stripe": "pi_", "razorpay": "pay_"},
    "refund": {"stripe": "re_", "razorpay": "rfnd_"},
    "dispute": {"stripe": "du_", "razorpay": "disp_"},
    "event": {"stripe": "evt_", "razorpay": ""},
}


def new_id(kind: str, provider: GatewayName) -> str:
    """In the provider's form. Never the same twice, also when a story is told again: the sandbox
    may still remember the earlier telling.
    """
    length = 14 if provider == "razorpay" else 56 if kind == "checkout" else 24
    return PREFIXES[kind][provider] + "".join(secrets.choice(SIGNS) for _ in range(length))


@dataclass(frozen=True)
class Try:
    """One attempt to pay, as the gateway records it."""

    id: str
    at: datetime
    outcome: Capture
    way: Way
    reason: str = ""

    def attempt(self) -> Attempt:
        return Attempt(
            provider_payment_id=self.id,
            at=self.at,
            outcome=self.outcome,
            method=self.way[1],
            reason=self.reason,
        )


@dataclass
class Purchase:
    """A payment of ours and what its gateway says about it."""

    payment: Payment
    amount_minor: int
    tries: list[Try] = field(default_factory=list)
    disputed_at: datetime | None = None

    def listed(self) -> list[Attempt]:
        """The tries the gateway remembers, oldest first: Stripe's one intent forgets what failed
        before it was paid.
        """
        remembered = self.tries[-1:] if self.payment.provider == "stripe" else self.tries
        return [one.attempt() for one in remembered]

    def told(self) -> dict[str, object]:
        payment, origin = self.payment, settings().origin
        return {
            "provider": payment.provider,
            "checkout_id": payment.provider_checkout_id,
            "payment_id": payment.id,
            "receipt": payment.idempotency_key,
            "amount": self.amount_minor,
            "currency": payment.amount.currency,
            "title": payment.course_title,
            "name": payment.name,
            "email": payment.email,
            "return_url": f"{origin}{routes.checkout_return(payment.provider)}"
            "?session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": origin
            + routes.with_query(routes.checkout(payment.course_slug), cancelled=1),
            "created": _second(payment.created_at),
            "expires": _second(payment.expires_at),
            "expired": not payment.open
            and not any(one.outcome is not Capture.FAILED for one in self.tries),
            "attempts": [
                {
                    "id": one.id,
                    "at": _second(one.at),
                    "outcome": one.outcome.value,
                    "method": one.way[0],
                    "reason": one.reason,
                }
                for one in self.tries
            ],
            "refunds": [
                {
                    "id": refund.provider_refund_id,
                    "refund_id": refund.id,
                    "amount": refund.amount_minor,
                    "at": _second(refund.at),
                }
                for refund in payment.refunds
            ],
            "dispute": self._dispute(),
        }

    def _dispute(self) -> dict[str, object] | None:
        dispute = self.payment.dispute
        if self.disputed_at is None or dispute.deadline is None:
            return None
        return {
            "id": dispute.provider_id,
            "reason": dispute.reason.replace(" ", "_"),
            "at": _second(self.disputed_at),
            "deadline": _second(dispute.deadline),
        }


def _second(instant: datetime) -> int:
    return int(instant.timestamp())


def played_here() -> set[str]:
    """The gateways that our sandbox plays."""
    known = {"stripe": settings().stripe, "razorpay": settings().razorpay}
    return {name for name, keys in known.items() if keys is not None and keys.mode == "sandbox"}


def checkout_url(payment: Payment) -> str:
    """Where an open checkout of the sandbox can be paid; Razorpay's opens by a form instead."""
    keys = settings().stripe
    if payment.provider == "razorpay" or keys is None or keys.mode != "sandbox":
        return ""
    return f"{keys.base_url}/c/pay/{payment.provider_checkout_id}"


def write_past(purchases: list[Purchase]) -> None:
    """Tell the sandbox, in the order it happened; it may read the file at any moment."""
    played = played_here()
    wanted = [one for one in purchases if one.payment.provider in played]
    wanted.sort(key=lambda one: one.payment.created_at)
    lines = [json.dumps(one.told(), ensure_ascii=False) for one in wanted]
    path: Path = settings().data_dir / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.replace(path)
