"""Refunds: reserved in our row first, asked of the gateway with their own id, settled when sure.

If the process dies after the reservation, the refund stays pending with its amount reserved, and
the next `sync` asks the gateway again with the same id. Once the gateway has taken it on, its own
id is kept with it, and it is only looked at: gateways forget the keys of requests after a day.
One that the gateway made without us, or that had failed and is made after all, is reserved first
with a look planned in the same transaction: if the process dies before it is settled, that look
settles it.
"""

import asyncio
import hashlib
from datetime import timedelta

from courseflow_admin import routes
from courseflow_admin.config import settings
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
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission
from courseflow_admin.models.core.texts import as_text
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.money.gateways import PaymentFacts, RefundFacts
from courseflow_admin.models.money.payments import (
    AT_THE_BANK,
    DisputeState,
    Payment,
    Refund,
    RefundCause,
    RefundState,
)
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching.enrollments import EndReason
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import looks, reviews
from courseflow_admin.services.school import audit
from courseflow_admin.services.teaching import enrollments

SECOND_PAYMENT = "Paid twice: another payment already gives access to this course."
ASK_FIRST = timedelta(seconds=30)  # whoever reserves a refund sends it; `sync` comes after
LOOK_AGAIN = timedelta(minutes=1)
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
    actor: Actor, payment_id: str, amount: Money, reason: str, request_id: str
) -> Payment:
    """Give `amount` of a payment back to the learner who made it.

    `request_id` is made when the dialog opens and becomes the refund's id: the same request sent
    again, or several times at one moment, is one refund and answers the same. RefundTooLarge;
    ProviderRefused: nothing happened. When the gateway is not responding the refund stays pending:
    sending the request again asks again, and so does `sync`.
    """
    actor.require(Permission.PAYMENTS_REFUND)
    payment = await payments_db.get(payment_id)
    if amount.currency != payment.amount.currency or amount.minor <= 0:
        raise Invalid(f"Enter an amount in {payment.amount.currency} greater than 0.", "amount")
    amount.require_payable("amount")
    reason = as_text(reason).strip()
    if not reason:
        raise Invalid("Enter a reason. It is kept in the payment history.", "reason")
    if _asked_for(payment, request_id):
        return await _same_again(actor, payment, request_id, amount)
    if payment.dispute.state in AT_THE_BANK:
        raise Disputed
    wanted = Refund(
        id=request_id,
        amount_minor=amount.minor,
        cause=RefundCause.ADMIN,
        reason=reason,
        by=actor.id,
        at=clock.business(),
        asking_until=clock.wall() + ASK_FIRST,
    )

    async def reserve() -> bool:
        if not await payments_db.reserve_refund(payment.id, wanted):
            return False
        await looks.ask(payment.id, payment.provider, clock.business() + ASK_FIRST)
        await audit.record(actor, Act.PAYMENT_REFUND_STARTED, payment.id, amount=amount, why=reason)
        return True

    if await transaction(reserve):
        await _send(payment, wanted, actor)
        return await payments_db.get(payment.id)
    payment = await payments_db.get(payment_id)
    if _asked_for(payment, request_id):  # by another call at the same moment
        return await _same_again(actor, payment, request_id, amount)
    raise RefundTooLarge(payment.refundable)


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


async def reserve_second(payment: Payment) -> None:
    """All of a second payment goes back; inside the transaction that found it to be one."""
    whole = Refund(
        id=new_id("ref"),
        amount_minor=payment.amount.minor,
        cause=RefundCause.SECOND_PAYMENT,
        reason=SECOND_PAYMENT,
        by=SYSTEM.id,
        at=clock.business(),
    )
    if await payments_db.reserve_refund(payment.id, whole):
        await audit.record(
            SYSTEM, Act.PAYMENT_REFUND_STARTED, payment.id, amount=payment.amount, why=whole.reason
        )


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
    await _apply(payment, pending, made, actor)


async def compare(payment: Payment, facts: PaymentFacts, actor: Actor) -> None:
    """Take over what the gateway says about refunds, also those it made automatically.

    `payment` is as it was before the gateway was asked. Ours are read again: one that was asked for
    while we looked is in `facts` already. They come first, because one that failed makes room for
    another.
    """
    failed_before = _failed_ids(payment)
    payment = await payments_db.get(payment.id)
    ours = {known.id: known for known in payment.refunds}
    by_provider = {known.provider_refund_id: known for known in payment.refunds}
    late: list[tuple[Refund, RefundFacts]] = []
    strange: list[RefundFacts] = []
    for said in facts.refunds:
        known = ours.get(said.our_id) or by_provider.get(said.id)
        if known and known.state is RefundState.FAILED and said.state is not RefundState.FAILED:
            late.append((known, said))
        elif known:
            await _apply(payment, known, said, actor)
        elif said.state is not RefundState.FAILED:
            strange.append(said)
    for known, said in late:
        if known.id not in failed_before:  # it failed while we looked: which was last?
            await looks.ask(payment.id, payment.provider, clock.business())
        elif reopened := await _reopen(payment, known, said):
            await _apply(payment, reopened, said, actor)
    for said in strange:
        if adopted := await _adopt(payment, said):
            await _apply(payment, adopted, said, actor)


def _failed_ids(payment: Payment) -> set[str]:
    return {refund.id for refund in payment.refunds if refund.state is RefundState.FAILED}


async def _reopen(payment: Payment, failed: Refund, said: RefundFacts) -> Refund | None:
    """One that we took for failed is on its way after all: reserve it again, if there is room."""
    amount = Money(minor=failed.amount_minor, currency=payment.amount.currency)

    async def reserve() -> bool:
        current = await payments_db.get(payment.id)
        if failed.id not in _failed_ids(current):
            return False
        if not await payments_db.reopen_refund(payment.id, failed, said.id):
            await _no_room(current, amount)
            return False
        await looks.ask(payment.id, payment.provider, clock.business() + LOOK_AGAIN)
        await audit.record(
            SYSTEM,
            Act.PAYMENT_REFUND_STARTED,
            payment.id,
            amount=amount,
            why=f"It had failed, but {payment.provider.capitalize()} now reports it as refunded",
        )
        return True

    reserved = await transaction(reserve)
    return failed.model_copy(update={"state": RefundState.PENDING}) if reserved else None


async def _adopt(payment: Payment, said: RefundFacts) -> Refund | None:
    """A refund made at the gateway without us: reserve it here as well, if there is room."""
    made = Refund(
        id=new_id("ref"),
        amount_minor=said.amount_minor,
        cause=RefundCause.PROVIDER,
        reason=f"Refunded at {payment.provider.capitalize()}",
        by=SYSTEM.id,
        provider_refund_id=said.id,
        at=clock.business(),
    )

    async def reserve() -> bool:
        current = await payments_db.get(payment.id)
        if any(known.provider_refund_id == said.id for known in current.refunds):
            return False
        amount = Money(minor=said.amount_minor, currency=payment.amount.currency)
        if not await payments_db.reserve_refund(payment.id, made):
            await _no_room(current, amount)
            return False
        await looks.ask(payment.id, payment.provider, clock.business() + LOOK_AGAIN)
        await audit.record(
            SYSTEM, Act.PAYMENT_REFUND_STARTED, payment.id, amount=amount, why=made.reason
        )
        return True

    return made if await transaction(reserve) else None


async def _no_room(payment: Payment, amount: Money) -> None:
    """One of ours that is not yet made may still be refused, which makes room: look again then."""
    if any(ours.state is RefundState.PENDING for ours in payment.refunds):
        await looks.ask(payment.id, payment.provider, clock.business() + LOOK_AGAIN)
        return
    await reviews.open_review(
        payment.id,
        f"{payment.provider.capitalize()} reports a refund of {amount}, which is more than is "
        "left of this payment.",
    )


async def _apply(payment: Payment, known: Refund, said: RefundFacts, actor: Actor) -> None:
    if said.state is RefundState.SETTLED and known.state is RefundState.PENDING:
        await _record_refunded(payment, known, said, actor)
    elif said.state is RefundState.PENDING and known.state is RefundState.PENDING:
        await payments_db.accept_refund(payment.id, known.id, said.id)
    elif said.state is RefundState.FAILED and known.state is not RefundState.FAILED:
        await _record_failed(payment, known, "The gateway reports that it failed.")


async def _record_refunded(
    payment: Payment, pending: Refund, said: RefundFacts, actor: Actor
) -> None:
    """The money has gone back: with the last of it the payment's own grant ends.

    Then nothing is left of it for a person to look at either.
    """

    async def record() -> None:
        if not await payments_db.settle_refund(payment.id, pending.id, said.id, clock.business()):
            return
        after = await payments_db.get(payment.id)
        whole = after.settled_minor >= after.amount.minor
        if whole:
            await payments_db.resolve_review(payment.id, clock.business())
        await payments_db.refresh_state(payment.id)
        ended = whole and await enrollments.end_paid(payment.id, EndReason.REFUND)
        await _tell(after, pending, ended=ended)
        amount = Money(minor=pending.amount_minor, currency=payment.amount.currency)
        await audit.record(
            actor, Act.PAYMENT_REFUNDED, payment.id, amount=amount, cause=pending.cause
        )

    await transaction(record)


async def _record_refused(payment: Payment, refund: Refund, why: str) -> None:
    async def refuse() -> None:
        if await payments_db.refuse_refund(payment.id, refund, clock.business(), why):
            await _note_failed(payment, refund, why)

    await transaction(refuse)


async def _record_failed(payment: Payment, refund: Refund, why: str) -> None:
    """By what the gateway says of it: access that it had ended is open again."""

    async def fail() -> None:
        if not await payments_db.fail_refund(payment.id, refund, clock.business()):
            return
        after = await payments_db.refresh_state(payment.id)
        lost = after.dispute.state is DisputeState.LOST
        if after.settled_minor < after.amount.minor and not lost:
            await enrollments.restore_paid(payment.id)
        await _note_failed(payment, refund, why)

    await transaction(fail)


async def _note_failed(payment: Payment, refund: Refund, why: str) -> None:
    """No one waits for the answer about money that came twice, so a person is asked for."""
    await audit.record(SYSTEM, Act.PAYMENT_REFUND_FAILED, payment.id, why=why)
    if refund.cause is RefundCause.SECOND_PAYMENT:
        await reviews.open_review(
            payment.id,
            (f"Paid twice, and the second payment could not be refunded automatically: {why}"),
        )


async def _tell(payment: Payment, refund: Refund, *, ended: bool) -> None:
    account = await accounts_db.find(payment.account_id)
    if account is None:
        return
    second = refund.cause is RefundCause.SECOND_PAYMENT
    await outbox.queue(
        EmailKind.SECOND_PAYMENT_REFUNDED if second else EmailKind.REFUND,
        to=Recipient.of(account),
        dedupe_key=f"refund-{refund.id}",
        facts={
            "course": payment.course_title,
            "amount": str(Money(minor=refund.amount_minor, currency=payment.amount.currency)),
            "ended": "Your access to the course has ended." if ended else "",
            "link": settings().origin + routes.my_payment(payment.id),
        },
        payment_id=payment.id,
        course_id=payment.course_id,
        course_owner_id=payment.owner_id,
    )
