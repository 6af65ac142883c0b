"""When a payment is looked at: its job at the gateway's lane, and the next one without being asked.

The look itself is `sync.look`.
"""

from datetime import datetime, timedelta

from courseflow_admin.models.money.payment_parts import (
    Capture,
    GatewayName,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.school.jobs import Priority
from courseflow_admin.services.school import jobs

KIND = "payment-look"
PENDING_EVERY = timedelta(minutes=10)
REFUND_EVERY, REFUND_SOON = timedelta(minutes=1), timedelta(minutes=10)
FIRST_DAY, SLOW_EVERY = timedelta(days=1), timedelta(hours=1)  # a delayed method takes days
LATE_EVERY = timedelta(hours=6)
LATE_MONEY_UNTIL = timedelta(days=4)  # Razorpay may authorise three days late
AFTER_A_REFUND = timedelta(seconds=30)  # whoever asks for a refund sends it; a look comes after
ON_ITS_WAY = frozenset({Capture.PENDING, Capture.AUTHORIZED})


async def ask(payment_id: str, provider: GatewayName, at: datetime) -> None:
    """Let the worker look at this payment at `at` or before; in the transaction of its reason."""
    await jobs.queue(KIND, payment_id, provider, due_at=at)


async def ask_now(payment_id: str, provider: GatewayName) -> None:
    """The buyer is back from the gateway and waits."""
    await jobs.queue(KIND, payment_id, provider, priority=Priority.URGENT)


async def plan(payment: Payment, at: datetime | None) -> None:
    """The next look of routine, unless one is already planned; None: nothing is to be expected."""
    if at is None:
        await jobs.settle(KIND, payment.id)
    else:
        await jobs.plan(KIND, payment.id, payment.provider, at)


def next_look(payment: Payment, at: datetime) -> datetime | None:
    """When to look again without being asked; None when nothing more is to be expected."""
    waiting = [refund.at for refund in payment.refunds if refund.state is RefundState.PENDING]
    if waiting:
        newest = max(waiting)
        return at + (REFUND_EVERY if at < newest + REFUND_SOON else _every(newest, at))
    if payment.capture is Capture.PAID or payment.review.state is ReviewState.OPEN:
        return None
    if payment.capture in ON_ITS_WAY:
        return at + _every(payment.created_at, at)
    if payment.open and at < payment.expires_at:
        return min(at + PENDING_EVERY, payment.expires_at)
    return at + LATE_EVERY if at < payment.created_at + LATE_MONEY_UNTIL else None


def _every(since: datetime, at: datetime) -> timedelta:
    return PENDING_EVERY if at < since + FIRST_DAY else SLOW_EVERY
