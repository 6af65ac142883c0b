"""Which modules play a payment, a refund or a dispute: Stripe's or Razorpay's, by the id."""

from typing import Any

from courseflow_admin.development.sandbox import (
    razorpay_acts,
    razorpay_disputes,
    razorpay_foreign,
    razorpay_refunds,
    stripe_acts,
    stripe_disputes,
    stripe_foreign,
    stripe_refunds,
)

OF_RAZORPAY = ("order_", "pay_", "rfnd_", "disp_")


def is_razorpay(any_id: str) -> bool:
    return any_id.startswith(OF_RAZORPAY)


def payments(any_id: str) -> Any:
    return razorpay_acts if is_razorpay(any_id) else stripe_acts


def refunds(any_id: str) -> Any:
    return razorpay_refunds if is_razorpay(any_id) else stripe_refunds


def disputes(any_id: str) -> Any:
    return razorpay_disputes if is_razorpay(any_id) else stripe_disputes


def foreign(provider: str) -> Any:
    """What else is on the account with this provider."""
    return {"stripe": stripe_foreign, "razorpay": razorpay_foreign}[provider]
