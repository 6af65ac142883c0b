"""Refunds: asked for as a fact first, then of the gateway with their own id, settled when sure.

If the process dies after the first, the refund stays pending with its amount reserved, and the
next `sync` asks the gateway again with the same id. Once the gateway has taken it on, its own id is
known, and it is only looked at: gateways forget the keys of requests after a day.
"""

import asyncio
import hashlib
from collections.abc import Collection
from datetime import timedelta

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import (
    Conflict,
    Invalid,
    ProviderFailed,
    ProviderRefused,
    ProviderUnreachable,
)
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission
from courseflow_admin.models.core.texts import as_text
from courseflow_admin.models.money.decisions import decided
from courseflow_admin.models.money.facts import FactKind
from courseflow_admin.models.money.observing import Seen
from courseflow_admin.models.money.payment_parts import (
    AT_THE_BANK,
    Refund,
    RefundCause,
    RefundState,
)
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.money import facts, looks

ASK_FIRST = timedelta(seconds=30)  # whoever reserves a refund sends it; `sync` comes after
SAME_KEY = timedelta(hours=1)  # gateways forget a key after a day: later only `sync` asks again
STEP = 0.1  # seconds between two looks at what another call of the same request found out


class RefundTooLarge(Conflict):
    code = "refund_too_large"

    def __init__(self, refundable: object) -> None:
        super().__init__(
            f"Only {refundable} of this payment can still be refunded. Enter that or less."
        )
        self.refundable = refundable


class Disputed(Conflict):
    code = "disputed"

    def __init__(self) -> None:
        super().__init__(
            "This payment is disputed or was charged back. A refund would pay it back twice. "
            "Respond to the dispute at the gateway instead."
        )


class OtherRefund(Conflict):
    code = "other_refund"

    def __init__(self, asked_for: Money) -> None:
        super().__init__(
            f"A refund of {asked_for} was already requested under this request id. Nothing more "
            "was refunded. Start a new request to refund another amount."
        )


class NewerRefund(Conflict):
    """Another refund of the same payment that the one who asks has not seen."""

    code = "newer_refund"

    def __init__(self, amount: Money, when: str, who: str) -> None:
        super().__init__(
            f"There is a newer refund of {amount}, made {when} by {who}. Check the payment before "
            "you refund again."
        )


def request_id_of(actor: Actor, payment_id: str, request_id: str, key: str) -> str:
    """The id of a refund that a program asks for: its own, or the one its key always stands for.

    Without either a lost answer could only be tried again as a second refund.
    """
    if request_id and key:
        raise Invalid("Send either an Idempotency-Key or a request_id, not both.", "request_id")
    if request_id:
        return request_id
    if not key.strip():
        raise Invalid(
            "A refund needs an Idempotency-Key header (or a request_id in the body), so that "
            "sending it again cannot refund twice.",
            "Idempotency-Key",
        )
    named = f"{actor.id} {payment_id} {key.strip()}"
    return f"ref_{hashlib.sha256(named.encode(errors='replace')).hexdigest()[:26]}"


async def refund(
    actor: Actor,
    payment_id: str,
    amount: Money,
    reason: str,
    request_id: str,
    seen: Collection[str] | None = None,
) -> Payment:
    """Give `amount` of a payment back to the learner who made it.

    `request_id` is made when the dialog opens and becomes the refund's id: the same request sent
    again, or several times at one moment, is one refund and answers the same. `seen`: the ids of
    the refunds that whoever asks has seen; NewerRefund when there is another. RefundTooLarge;
    ProviderRefused: nothing happened. When the gateway is not responding the refund stays pending:
    sending the request again asks again, and so does `sync`.
    """
    actor.require(Permission.PAYMENTS_REFUND)
    payment = await payments_db.get(payment_id)
    currency = payment.charged.currency
    if amount.currency != currency or amount.minor <= 0:
        raise Invalid(f"Enter an amount in {currency} greater than 0.", "amount")
    amount.require_payable("amount")
    reason = as_text(reason).strip()
    if not reason:
        raise Invalid("Enter a reason. It is kept in the payment history.", "reason")
    if _asked_for(payment, request_id):
        return await _same_again(actor, payment, request_id, amount)
    wanted = decided(
        payment,
        FactKind.REFUND_ASKED,
        request_id,
        clock.business(),
        status=RefundCause.ADMIN,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason,
        by=actor.id,
        request_id=request_id,
    )

    async def reserve() -> bool:
        current = await payments_db.get(payment.id)
        if _asked_for(current, request_id):  # by another call at the same moment
            return False
        await _require_seen(current, seen)
        _require_refundable(current, amount)
        after = await facts.add(payment.id, [wanted], actor=actor)
        refund = _asked_for(after, request_id)
        until = clock.wall() + ASK_FIRST
        return refund is not None and await payments_db.ask_for_refund_again(
            payment.id, refund, until
        )

    await _require_seen(payment, seen)
    _require_refundable(payment, amount)
    if not await transaction(reserve):
        return await _same_again(actor, await payments_db.get(payment_id), request_id, amount)
    reserved = await payments_db.get(payment.id)
    if refund := _asked_for(reserved, request_id):
        await _send(reserved, refund, actor)
    return await payments_db.get(payment.id)


async def _require_seen(payment: Payment, seen: Collection[str] | None) -> None:
    """NewerRefund, naming the newest: of two admins neither refunds what the other just did."""
    if seen is None:
        return
    unseen = [
        refund
        for refund in payment.refunds
        if refund.id not in seen and refund.state is not RefundState.FAILED
    ]
    if unseen:
        newest = unseen[-1]
        account = await accounts_db.find(newest.by) if newest.by else None
        at_the_gateway = newest.cause is RefundCause.PROVIDER
        who = payment.provider.capitalize() if at_the_gateway else "CourseFlow"
        raise NewerRefund(
            Money(minor=newest.amount_minor, currency=payment.charged.currency),
            calendar.school().ago(newest.at, clock.business()),
            account.name if account else who,
        )


def _require_refundable(payment: Payment, amount: Money) -> None:
    """Disputed, RefundTooLarge: what the bank decides about, or took, is not ours to give."""
    refundable = payment.refundable
    if payment.dispute.state in AT_THE_BANK and refundable.minor == 0:
        raise Disputed
    if amount.minor > refundable.minor:
        raise RefundTooLarge(refundable)


def _asked_for(payment: Payment, request_id: str) -> Refund | None:
    return next((one for one in payment.refunds if one.id == request_id), None)


async def _same_again(actor: Actor, payment: Payment, request_id: str, amount: Money) -> Payment:
    """The answer to a request that is known: the result, once that is known.

    While another call asks the gateway, this one waits for its answer. Where none came, the
    gateway is asked again with the same key. After a fault of the gateway there is a new key, and
    `sync` has to look first whether the refund was made with the old one.
    """
    waited = False
    while known := _asked_for(payment, request_id):
        if known.amount_minor != amount.minor:
            raise OtherRefund(Money(minor=known.amount_minor, currency=amount.currency))
        if known.being_asked(clock.wall()):
            waited = True
            await asyncio.sleep(STEP)
        elif known.outcome_known or (waited and known.asking_until is None):
            break
        elif known.attempt or clock.business() - known.at > SAME_KEY:
            await looks.ask(payment.id, payment.provider, clock.business())
            break
        elif await payments_db.ask_for_refund_again(payment.id, known, clock.wall() + ASK_FIRST):
            await _send(payment, known, actor)
            return await payments_db.get(payment.id)
        payment = await payments_db.get(payment.id)
    if known and known.state is RefundState.FAILED and known.refused:
        raise ProviderRefused(payment.provider, known.refused)
    return payment


async def send_pending(payment: Payment, seen: Payment) -> None:
    """Ask the gateway for every refund that is not yet known to be made.

    `seen`: the payment as it was before the gateway was asked. A key that is newer than that may
    stand for a refund that was made meanwhile, so the next `sync` compares first.
    """
    known = {refund.id: refund.attempt for refund in seen.refunds}
    for pending in payment.refunds:
        waits = pending.state is RefundState.PENDING and not pending.provider_refund_id
        if waits and pending.attempt <= known.get(pending.id, 0):
            await _send(payment, pending, SYSTEM)


async def _send(payment: Payment, pending: Refund, actor: Actor) -> None:
    try:
        made = await gateway(payment.provider).refund(
            payment.provider_payment_id,
            pending.amount_minor,
            pending.id,
            payment.id,
            pending.idempotency_key,
        )
    except ProviderRefused as error:
        await _record_refused(payment, pending, error.reason)
        if actor is not SYSTEM:
            raise
        return
    except ProviderUnreachable as error:
        # Its own fault is kept for this key. The next try comes after `sync` has compared, so
        # that a refund made anyway is found instead of made again.
        failed = isinstance(error, ProviderFailed)
        await payments_db.refund_unanswered(payment.id, pending, new_key=failed)
        if actor is SYSTEM:
            raise
        return  # pending: the money may be on its way, `sync` finds out
    answered = Seen(payment, (), clock.business(), "answer").refund(made)
    await facts.add(payment.id, answered, actor=actor)


async def _record_refused(payment: Payment, refund: Refund, why: str) -> None:
    """The gateway does not make it: its amount can be refunded again."""
    instant = clock.business()
    refused = decided(payment, FactKind.REFUND_REFUSED, refund.id, instant, reason=why)
    await facts.add(payment.id, [refused])
