"""Payments and e-mails for tests of lists and pages: rows as they are stored, without a gateway."""

from datetime import datetime, timedelta
from typing import Any

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import id_at
from courseflow_admin.models.mail.emails import Email, EmailKind, EmailState
from courseflow_admin.models.money.payment_parts import (
    Attempt,
    Capture,
    Dispute,
    DisputeState,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
)
from courseflow_admin.models.money.payments import Payment

CAPTURES = {
    PaymentState.REFUNDED: Capture.PAID,
    PaymentState.PARTIALLY_REFUNDED: Capture.PAID,
    PaymentState.DISPUTED: Capture.PAID,
    PaymentState.LOST: Capture.PAID,
    PaymentState.NEEDS_REVIEW: Capture.PENDING,
}


def payment_row(number: int = 0, state: str = "paid", **fields: Any) -> Payment:
    """Made `number` minutes ago."""
    at = clock.business() - timedelta(minutes=number)
    shown = PaymentState(state)
    capture = CAPTURES.get(shown) or Capture(state)
    known: dict[str, Any] = {
        "_id": id_at("pay", at),
        "account_id": "acc_ada",
        "course_id": "crs_one",
        "owner_id": "acc_ines",
        "provider": "stripe",
        "mode": "sandbox",
        "amount": Money(minor=499_900, currency="INR"),
        "listed": Money(minor=499_900, currency="INR"),
        "capture": capture,
        "state": shown,
        "name": "Ada Lovelace",
        "email": "ada@demo.test",
        "course_title": "Data Structures in Practice",
        "course_slug": "data-structures-in-practice",
        "provider_checkout_id": f"cs_{id_at('x', at)}",
        "created_at": at,
        "updated_at": at,
        "expires_at": at + timedelta(days=1),
        "paid_at": at if capture is Capture.PAID else None,
    }
    row = known | fields
    if row["capture"] is Capture.PAID and row["paid_at"]:
        row.setdefault("captured", row["amount"])
    return Payment.model_validate(row)


def told_by_the_school(at: datetime) -> dict[str, Any]:
    """Fields of a payment in which each text is for those who may read every payment."""
    refund = Refund(
        id="ref_1",
        amount_minor=10_000,
        state=RefundState.SETTLED,
        cause=RefundCause.ADMIN,
        reason="Looks like fraud",
        by="acc_of_rosa",
        provider_refund_id="re_of_stripe",
        at=at,
        settled_at=at,
    )
    attempt = Attempt(provider_payment_id="ch_of_stripe", at=at, outcome=Capture.PAID)
    dispute = Dispute(
        state=DisputeState.OPEN, provider_id="dp_of_stripe", reason="product_not_received"
    )
    return {
        "provider_checkout_id": "cs_of_stripe",
        "provider_payment_id": "pi_of_stripe",
        "checkout_url": "https://pay.of_stripe.test/",
        "refunds": [refund],
        "attempts": [attempt],
        "disputes": [dispute],
        "review": Review(state=ReviewState.RESOLVED, reason="The amount differs", at=at),
        "billing_name": "Countess of Lovelace",
        "billing_country": "GB",
    }


FOR_THE_SCHOOL = (
    "fraud",
    "acc_of_rosa",
    "of_stripe",
    "product_not_received",
    "amount differs",
    "Countess",
)


async def a_payment(number: int = 0, state: str = "paid", **fields: Any) -> Payment:
    payment = payment_row(number, state, **fields)
    await collection("payments").insert_one(payment.to_mongo())
    return payment


async def comes_in(payment: Payment) -> None:
    """Its money, as a row shows it afterwards."""
    at = clock.business()
    paid = {"capture": Capture.PAID, "state": PaymentState.PAID, "open": False, "paid_at": at}
    await collection("payments").update_one({"_id": payment.id}, {"$set": paid})


def email_row(number: int = 0, **fields: Any) -> Email:
    """Queued `number` minutes ago."""
    at = clock.business() - timedelta(minutes=number)
    email_id = id_at("eml", at)
    known: dict[str, Any] = {
        "_id": email_id,
        "kind": EmailKind.RECEIPT,
        "dedupe_key": email_id,
        "account_id": "acc_ada",
        "to": "ada@demo.test",
        "to_name": "Ada Lovelace",
        "subject": "Receipt SANDBOX-2026-00001 for Data Structures in Practice",
        "html": "<p>Thank you.</p>",
        "text": "Thank you.",
        "state": EmailState.DELIVERED,
        "queued_at": at,
        "sent_at": at,
        "state_at": at,
        "payment_id": "pay_one",
        "course_id": "crs_one",
        "course_owner_id": "acc_ines",
    }
    return Email.model_validate(known | fields)


async def an_email(number: int = 0, **fields: Any) -> Email:
    email = email_row(number, **fields)
    await collection("emails").insert_one(email.to_mongo())
    return email
