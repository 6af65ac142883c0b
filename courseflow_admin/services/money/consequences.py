"""What follows from a payment's new facts: access, receipt, e-mails, audit entries, looks.

All of it inside the transaction that adds the facts, and from the payment before and after, so that
the same difference has its consequences once.
"""

from collections.abc import Sequence

from loguru import logger

from courseflow_admin.db.core.client import require_transaction
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.money.decisions import FAILED_AT_THE_GATEWAY
from courseflow_admin.models.money.facts import CheckoutStatus, Fact, FactKind
from courseflow_admin.models.money.payment_parts import (
    ASKS_A_PERSON,
    Capture,
    Dispute,
    HeldFor,
    Refund,
    RefundCause,
    RefundState,
    SettledBy,
)
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching.enrollments import AccessState
from courseflow_admin.services.money import looks, money_mails, receipts
from courseflow_admin.services.school import audit
from courseflow_admin.services.teaching import enrollments

BECAUSE = {
    CheckoutStatus.EXPIRED: "time",
    CheckoutStatus.REPLACED: "replaced",
    CheckoutStatus.BOUGHT: "bought",
}


async def follow(before: Payment, after: Payment, new: Sequence[Fact], actor: Actor) -> None:
    """Everything that the difference asks for."""
    require_transaction()
    unmarked = not before.revision and after.access.state is AccessState.SUSPENDED
    changed = after.access != before.access or unmarked
    ended = changed and await enrollments.follow(after.access)
    if after.accepted_minor and not before.accepted_minor:
        await receipts.open_receipt(after)
    await _note_money(before, after, new, actor)
    await _note_refunds(before, after, actor, ended=ended)
    await _note_disputes(before, after)
    await _note_review(before, after, new, actor)


async def _note_money(before: Payment, after: Payment, new: Sequence[Fact], actor: Actor) -> None:
    if after.capture is Capture.PAID and before.capture is not Capture.PAID:
        held = {} if after.accepted_minor else {"held": after.held_for}
        second = {"second_of": after.duplicate_of} if after.duplicate_of else {}
        came, paid_by = after.charged, after.provider_payment_id
        await audit.record(
            actor,
            Act.PAYMENT_PAID,
            after.id,
            amount=came,
            provider_payment=paid_by,
            **held,
            **second,
        )
        logger.info("payment.paid", payment=after.id, provider=after.provider)
    for fact in new:
        if fact.kind is FactKind.CHECKOUT:
            await _note_closed(after, fact, actor)
            return
    if after.capture is not before.capture and after.capture is not Capture.PAID:
        await audit.record(SYSTEM, Act.PAYMENT_MOVED, after.id, to=after.capture)


async def _note_closed(after: Payment, closed: Fact, actor: Actor) -> None:
    """The checkout is over: for a reason of time and choice, or with a failed payment."""
    if because := BECAUSE.get(CheckoutStatus(closed.status)):
        await audit.record(actor, Act.CHECKOUT_EXPIRED, after.id, because=because)
    else:
        why = {"why": closed.reason} if closed.reason else {}
        await audit.record(actor, Act.PAYMENT_MOVED, after.id, to=after.capture, **why)


async def _note_refunds(before: Payment, after: Payment, actor: Actor, *, ended: bool) -> None:
    known = {refund.id: refund for refund in before.refunds}
    for refund in after.refunds:
        old = known.get(refund.id)
        reopened = old and old.state is RefundState.FAILED and refund.state is not old.state
        if old is None or reopened:
            await _note_begun(after, refund, actor, again=reopened is True)
        if old and old.state is refund.state:
            continue
        if refund.state is RefundState.SETTLED:
            amount = _amount(after, refund)
            await audit.record(
                actor, Act.PAYMENT_REFUNDED, after.id, amount=amount, cause=refund.cause
            )
            await money_mails.refunded(after, refund, ended=ended)
        elif refund.state is RefundState.FAILED:
            why = refund.refused or FAILED_AT_THE_GATEWAY
            await audit.record(SYSTEM, Act.PAYMENT_REFUND_FAILED, after.id, why=why)


async def _note_begun(after: Payment, refund: Refund, actor: Actor, *, again: bool) -> None:
    at_the_gateway = refund.cause is RefundCause.PROVIDER
    name = after.provider.capitalize()
    why = f"Refunded at {name}" if at_the_gateway else refund.reason
    if again:
        why = f"It had failed, but {name} now reports it as refunded"
    ours = refund.by == actor.id
    await audit.record(
        actor if ours else SYSTEM,
        Act.PAYMENT_REFUND_STARTED,
        after.id,
        amount=_amount(after, refund),
        why=why,
    )


def _amount(payment: Payment, refund: Refund) -> Money:
    return Money(minor=refund.amount_minor, currency=payment.charged.currency)


async def _note_disputes(before: Payment, after: Payment) -> None:
    known = {dispute.provider_id: dispute for dispute in before.disputes}
    for dispute in after.disputes:
        old = known.get(dispute.provider_id, Dispute())
        if old.state is not dispute.state:
            await audit.record(
                SYSTEM,
                Act.PAYMENT_DISPUTE_CHANGED,
                after.id,
                to=dispute.state,
                why=dispute.reason,
            )


async def _note_review(before: Payment, after: Payment, new: Sequence[Fact], actor: Actor) -> None:
    for fact in new:
        held = fact.kind is FactKind.HELD and HeldFor(fact.status) in ASKS_A_PERSON
        if held or fact.kind is FactKind.REVIEW_OPENED:
            await audit.record(SYSTEM, Act.PAYMENT_REVIEW_OPENED, after.id, why=fact.reason)
            logger.warning("payment.review", payment=after.id, reason=fact.reason)
    for fact in new:
        if fact.kind is FactKind.REVIEW_SETTLED:
            act = {} if fact.status == SettledBy.NOTED else {"how": fact.status}
            await audit.record(
                actor,
                Act.PAYMENT_REVIEW_RESOLVED,
                after.id,
                why=fact.reason,
                reason=before.review.reason,
                before=before.state,
                after=after.state,
                **act,
            )


async def ask_for_looks(before: Payment, after: Payment) -> None:
    """A refund that is still to be asked for, or followed, has a look planned with it."""
    pending = {one.id for one in before.refunds if one.state is RefundState.PENDING}
    if any(one.state is RefundState.PENDING and one.id not in pending for one in after.refunds):
        await looks.ask(after.id, after.provider, clock.business() + looks.AFTER_A_REFUND)
