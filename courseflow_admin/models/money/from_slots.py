"""The facts of a payment from before there were facts: what its row knew, marked as migrated."""

from datetime import datetime

from courseflow_admin.models.core.base import id_at
from courseflow_admin.models.money.facts import (
    ChargeStatus,
    CheckoutStatus,
    DisputeStatus,
    Fact,
    FactKind,
    RefundStatus,
)
from courseflow_admin.models.money.fold import fold
from courseflow_admin.models.money.ledger import Entry, difference, wanted
from courseflow_admin.models.money.payment_parts import (
    Attempt,
    Capture,
    Dispute,
    DisputeState,
    HeldFor,
    Refund,
    RefundCause,
    RefundState,
    ReviewState,
    SettledBy,
)
from courseflow_admin.models.money.payments import Payment

OUTCOMES = {
    Capture.PENDING: ChargeStatus.PENDING,
    Capture.AUTHORIZED: ChargeStatus.AUTHORIZED,
    Capture.FAILED: ChargeStatus.FAILED,
}
REFUNDS = {
    RefundState.PENDING: RefundStatus.PENDING,
    RefundState.SETTLED: RefundStatus.SUCCEEDED,
    RefundState.FAILED: RefundStatus.FAILED,
}


def books_of(payment: Payment, at: datetime) -> tuple[Payment, list[Fact], list[Entry]]:
    """The payment as its facts say, these, and the entries they ask for, posted at `at`."""
    facts = facts_from_slots(payment)
    after = fold(payment, facts).model_copy(update={"revision": 1})
    return after, facts, difference(after, wanted(after, facts), [], at)


def facts_from_slots(payment: Payment) -> list[Fact]:
    """What is known of a payment whose row has no facts yet."""
    return [
        *(fact for one in payment.attempts for fact in _attempt(payment, one)),
        *_money(payment),
        *_checkout(payment),
        *(fact for refund in payment.refunds for fact in _refund(payment, refund)),
        *(fact for dispute in payment.disputes for fact in _dispute(payment, dispute)),
        *_review(payment),
    ]


def review_of(payment: Payment) -> str:
    """What the review of a payment is about; of a row from before facts, the payment itself."""
    return payment.review.about or f"review-{payment.id}"


def _fact(
    payment: Payment, kind: FactKind, object_id: str, status: str, at: datetime, **said: object
) -> Fact:
    return Fact.model_validate(
        {
            "_id": id_at("fct", at),
            "payment_id": payment.id,
            "provider": payment.provider,
            "mode": payment.mode,
            "kind": kind,
            "object_id": object_id,
            "status": status,
            "currency": payment.amount.currency,
            "occurred_at": at,
            "seen_at": at,
            "source": "migrated",
            "migrated": True,
            **said,
        }
    )


def _attempt(payment: Payment, attempt: Attempt) -> list[Fact]:
    """A try that brought no money."""
    if attempt.provider_payment_id == payment.provider_payment_id:
        return []
    status = OUTCOMES.get(attempt.outcome)
    if status is None:
        return []
    ours = attempt.provider_payment_id
    return [
        _fact(
            payment,
            FactKind.CHARGE,
            ours,
            status,
            attempt.at,
            about=ours,
            amount_minor=payment.amount.minor,
            method=attempt.method,
            reason=attempt.reason,
        )
    ]


def _money(payment: Payment) -> list[Fact]:
    if payment.capture is not Capture.PAID:
        return _on_its_way(payment)
    at = payment.paid_at or payment.review.at or payment.created_at
    money = {"amount_minor": payment.charged.minor, "currency": payment.charged.currency}
    charge = payment.provider_payment_id or payment.id
    came = _fact(
        payment,
        FactKind.CHARGE,
        charge,
        ChargeStatus.CAPTURED,
        at,
        about=charge,
        method=payment.method,
        **money,
    )
    if payment.held_for:
        why = payment.review.reason
        waits = _fact(payment, FactKind.HELD, charge, payment.held_for, at, reason=why, **money)
        return [came, waits]
    second = payment.duplicate_of or any(
        refund.cause is RefundCause.SECOND_PAYMENT for refund in payment.refunds
    )
    if second:
        held = HeldFor.SECOND_PAYMENT
        return [came, _fact(payment, FactKind.HELD, charge, held, at, **money)]
    return [came, _fact(payment, FactKind.ACCEPTED, charge, "", at, **money)]


def _on_its_way(payment: Payment) -> list[Fact]:
    status = OUTCOMES.get(payment.capture)
    known = any(attempt.outcome is payment.capture for attempt in payment.attempts)
    if status is None or known or payment.capture is Capture.FAILED:
        return []
    return [
        _fact(
            payment,
            FactKind.CHARGE,
            payment.id,
            status,
            payment.updated_at,
            amount_minor=payment.amount.minor,
        )
    ]


def _checkout(payment: Payment) -> list[Fact]:
    if payment.open or payment.capture is Capture.PAID or payment.duplicate_of:
        return []
    failed = payment.capture is Capture.FAILED
    status = CheckoutStatus.COMPLETE if failed else CheckoutStatus.EXPIRED
    return [_fact(payment, FactKind.CHECKOUT, payment.id, status, payment.updated_at)]


def _refund(payment: Payment, refund: Refund) -> list[Fact]:
    found, money = [], {"amount_minor": refund.amount_minor}
    ours = refund.cause is not RefundCause.PROVIDER
    if ours:
        found.append(
            _fact(
                payment,
                FactKind.REFUND_ASKED,
                refund.id,
                refund.cause,
                refund.at,
                reason=refund.reason,
                by=refund.by,
                **money,
            )
        )
    known = refund.provider_refund_id or ("" if ours else refund.id)
    if known:
        found.append(
            _fact(
                payment,
                FactKind.REFUND,
                known,
                REFUNDS[refund.state],
                refund.settled_at or refund.at,
                about=payment.provider_payment_id,
                our_id=refund.id,
                reason=refund.reason,
                **money,
            )
        )
    elif refund.state is RefundState.FAILED:
        why = refund.refused or "The gateway did not make it."
        found.append(_fact(payment, FactKind.REFUND_REFUSED, refund.id, "", refund.at, reason=why))
    elif refund.state is RefundState.SETTLED:
        found.append(
            _fact(
                payment,
                FactKind.REFUND,
                refund.id,
                RefundStatus.SUCCEEDED,
                refund.settled_at or refund.at,
                about=payment.provider_payment_id,
                our_id=refund.id,
                **money,
            )
        )
    return found


def _dispute(payment: Payment, dispute: Dispute) -> list[Fact]:
    """Of old disputes no amount and no day is known: what was not refunded, on the last change."""
    if dispute.state is DisputeState.NONE:
        return []
    at = dispute.at or payment.updated_at
    statuses = [DisputeStatus(dispute.state.value)]
    if statuses[0] in {DisputeStatus.WON, DisputeStatus.LOST}:
        statuses.insert(0, DisputeStatus.OPEN)
    return [
        _fact(
            payment,
            FactKind.DISPUTE,
            dispute.provider_id or payment.id,
            status,
            at,
            about=payment.provider_payment_id,
            amount_minor=dispute.amount_minor,
            reason=dispute.reason,
            deadline=dispute.deadline,
        )
        for status in statuses
    ]


def _review(payment: Payment) -> list[Fact]:
    review = payment.review
    if review.state is ReviewState.NONE or payment.held_for:
        return []
    at = review.at or payment.updated_at
    about = review_of(payment)
    opened = _fact(payment, FactKind.REVIEW_OPENED, about, "migrated", at, reason=review.reason)
    if review.state is ReviewState.OPEN:
        return [opened]
    settled = _fact(payment, FactKind.REVIEW_SETTLED, about, SettledBy.NOTED, payment.updated_at)
    return [opened, settled]
