"""Reviews: payments that want a person, each with its reason in words.

Both acts are one transaction each: if the process dies, all of it has happened or nothing has.
"""

import hashlib

from loguru import logger

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.core.texts import as_text
from courseflow_admin.models.money.decisions import decided
from courseflow_admin.models.money.facts import CheckoutStatus, Fact, FactKind
from courseflow_admin.models.money.from_slots import review_of
from courseflow_admin.models.money.observing import Seen
from courseflow_admin.models.money.payment_parts import (
    ASKS_A_PERSON,
    Capture,
    DisputeState,
    RefundCause,
    ReviewState,
    SettledBy,
)
from courseflow_admin.models.money.payments import LONGEST_NOTE, Payment
from courseflow_admin.services.money import facts
from courseflow_admin.services.money.refunds import Disputed
from courseflow_admin.services.teaching import enrollments
from courseflow_admin.services.teaching.enrollments import AlreadyEnrolled


class NothingToResolve(Conflict):
    code = "no_open_review"

    def __init__(self) -> None:
        super().__init__(
            "This payment no longer needs review, or the reason has changed. Reload the page."
        )


class MoneyHeld(Conflict):
    code = "money_held"

    def __init__(self, held: Money, provider: str) -> None:
        super().__init__(
            f"{provider.capitalize()} holds {held} of this payment. Accept it, or refund it."
        )


class NothingHeld(Conflict):
    code = "nothing_held"

    def __init__(self) -> None:
        super().__init__(
            "The gateway holds nothing of this payment that could be accepted or refunded."
        )


async def open_review(payment_id: str, reason: str) -> None:
    """Ask for a person, once for each reason."""
    payment = await payments_db.get(payment_id)
    about = f"{payment_id}-{hashlib.sha256(reason.encode()).hexdigest()[:12]}"
    wanted = decided(
        payment,
        FactKind.REVIEW_OPENED,
        about,
        clock.business(),
        status="trouble",
        reason=reason,
    )
    await facts.add(payment_id, [wanted])


async def resolve(actor: Actor, payment_id: str, note: str, reason: str = "") -> Payment:
    """Note what a person found who looked at a payment; no money moves and no access changes.

    `reason` is the one that was read, so that no one resolves what was asked meanwhile; "" means
    whatever it is. A payment that is not paid ends with it, so that its buyer may start again;
    money that comes late is judged as ever. NothingToResolve, MoneyHeld, Invalid.
    """
    return await settle(actor, payment_id, SettledBy.NOTED, note, reason)


async def settle(
    actor: Actor, payment_id: str, how: SettledBy, note: str, reason: str = ""
) -> Payment:
    """Settle what a payment is looked at for.

    ACCEPTED: what the gateway holds buys the course, for what it is. REFUNDED: all of it goes back;
    the worker asks the gateway for it, and a refusal asks for a person again. NOTED and
    NOTHING_CAPTURED: nothing is held. NothingToResolve, MoneyHeld, NothingHeld, Disputed,
    AlreadyEnrolled.
    """
    actor.require(Permission.PAYMENTS_REVIEW)
    payment = await payments_db.get(payment_id)
    note = as_text(note).strip()
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise Invalid(f"Enter your findings in 1 to {LONGEST_NOTE} characters.", "note")

    async def body() -> Payment:
        before = await payments_db.get(payment.id)
        review = before.review
        if review.state is not ReviewState.OPEN or (reason and review.reason != reason):
            raise NothingToResolve
        settled = _decided(actor, before, FactKind.REVIEW_SETTLED, review_of(before), how, note)
        acts = await _act(actor, before, how, note)
        over = [] if before.capture is Capture.PAID else _over(before)
        return await facts.add(payment.id, [settled, *acts, *over], actor=actor)

    after = await transaction(body)
    logger.info("payment.review_settled", payment=payment.id, how=how)
    return after


def _over(payment: Payment) -> list[Fact]:
    return Seen(payment, (), clock.business(), "decision").closed(CheckoutStatus.EXPIRED)


async def _act(actor: Actor, payment: Payment, how: SettledBy, note: str) -> list[Fact]:
    """What settling it in this way decides about the money that is held."""
    held = Money(minor=payment.held_minor, currency=payment.charged.currency)
    waiting = held.minor > 0 and payment.held_for in ASKS_A_PERSON
    if how in {SettledBy.NOTED, SettledBy.NOTHING_CAPTURED}:
        if waiting:
            raise MoneyHeld(held, payment.provider)
        return []
    if payment.dispute.state is DisputeState.OPEN:
        raise Disputed
    left = payment.refundable  # without what is already on its way back
    if not held.minor or not left.minor:
        raise NothingHeld
    if how is SettledBy.REFUNDED:
        refund, cause = new_id("ref"), RefundCause.REVIEW
        return [_decided(actor, payment, FactKind.REFUND_ASKED, refund, cause, note, left)]
    if await enrollments.another_gives_access(payment.access):
        raise AlreadyEnrolled
    return [_decided(actor, payment, FactKind.ACCEPTED, payment.charge_id, "", note, left)]


def _decided(
    actor: Actor,
    payment: Payment,
    kind: FactKind,
    about: str,
    status: str,
    note: str,
    amount: Money | None = None,
) -> Fact:
    money = {"amount_minor": amount.minor, "currency": amount.currency} if amount else {}
    return decided(
        payment, kind, about, clock.business(), status=status, reason=note, by=actor.id, **money
    )
