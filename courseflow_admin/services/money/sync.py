"""`sync`: the one place where a payment becomes paid, refunded or disputed.

Called by the webhook worker, by the browser's return, by the periodic look at pending payments
and by an admin's "Re-check" or "Capture". It believes no one: it asks the gateway again, compares,
and moves our payment with everything that follows in one transaction per fact.

If the process dies between any two lines:
* before a transaction commits, nothing of that fact has happened; the job of the payment's look (or
  of the webhook event) is due again after its lease, and the next run asks the gateway again;
* after it commits, the next run finds the fact written (every update is guarded by the state it
  moves from, every document unique by the payment's id) and goes on with the next;
* between asking for a refund and writing that it was made: it is pending with its id written, and
  the next run asks again with the same id, for which the gateway gives the same refund.
"""

from datetime import datetime, timedelta

from loguru import logger

from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.errors import (
    NotFound,
    ProviderRefused,
    ProviderUnreachable,
    for_admins,
)
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.money.gateways import CheckoutFacts, PaymentFacts
from courseflow_admin.models.money.payments import (
    Attempt,
    Capture,
    Dispute,
    DisputeState,
    Payment,
    Review,
    ReviewState,
    SyncNote,
)
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.models.teaching.enrollments import EndReason
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.money import looks, receipts, refunds, reviews
from courseflow_admin.services.money.looks import ON_ITS_WAY
from courseflow_admin.services.school import audit
from courseflow_admin.services.school.jobs import Handler
from courseflow_admin.services.teaching import enrollments

SILENCE, NOT_TOLD = "the gateway did not respond", "unknown"
SILENT_FOR = timedelta(minutes=1)  # after silence, before the worker asks
CLOCKS_DIFFER = timedelta(minutes=10)


def mismatch(payment: Payment, facts: CheckoutFacts, paid: PaymentFacts) -> str:
    """Why this money cannot open this course, in words; "" when everything matches."""
    checkout_is_ours = payment.provider_checkout_id in {"", facts.checkout_id}
    if not checkout_is_ours or facts.payment_id != payment.id or paid.payment_id != payment.id:
        return "The gateway reports that this money belongs to another payment."
    if facts.mode != payment.mode:
        return f"The gateway reports mode {facts.mode}, but our payment is in mode {payment.mode}."
    if paid.currency != payment.amount.currency:
        return f"The gateway reports {paid.currency}, but our payment is {payment.amount}."
    if paid.amount_minor != payment.amount.minor or facts.amount_minor != payment.amount.minor:
        said = Money(minor=paid.amount_minor, currency=paid.currency)
        return f"The gateway reports {said}, but our payment is {payment.amount}."
    return ""


async def look(job: Job) -> datetime | None:
    """The worker's look at one payment, and when the next one is due.

    A refusal and a gateway that is off are answers: time passes without them. Silence is not, so
    the kernel asks again soon, and less often the longer it lasts.
    """
    try:
        await sync(job.key, "scheduled check")
    except NotFound:
        if await payments_db.find(job.key) is None:
            return None
    except ProviderRefused:
        return (
            looks.next_look(await payments_db.get(job.key), clock.business())
            or clock.business() + looks.LATE_EVERY
        )
    return looks.next_look(await payments_db.get(job.key), clock.business())


async def _given_up(job: Job, reason: str) -> None:
    why = f"Checking it failed {counted(job.attempts, 'time')}. {reason}"
    await reviews.open_review(job.key, why)


LOOK = Handler(looks.KIND, look, gave_up=_given_up)


async def sync(
    payment_id: str,
    source: str,
    *,
    also: tuple[str, ...] = (),
    actor: Actor = SYSTEM,
) -> str:
    """Bring one payment up to what its gateway says now; the result, in a few words.

    `also` are gateway payment ids that a webhook named. ProviderUnreachable, ProviderRefused, and
    NotFound where the gateway is switched off: each after noting it and planning the next look.
    """
    payment = await payments_db.get(payment_id)
    try:
        result = await _sync(payment, also, actor)
    except ProviderUnreachable as error:
        await _unreachable(payment, source, error)
        raise
    except (ProviderRefused, NotFound) as error:
        await _without_answer(payment, source, error)
        raise
    payment = await payments_db.get(payment_id)
    told = result.partition(": ")[0]  # what comes after it is for the school
    why = "" if told == result else result
    note = SyncNote(at=clock.business(), source=source, result=told, why=why)
    await payments_db.note_sync(payment.id, note)
    await looks.plan(payment, looks.next_look(payment, clock.business()))
    logger.info("payment.synced", payment=payment.id, source=source, result=result)
    return result


async def _unreachable(payment: Payment, source: str, error: ProviderUnreachable) -> None:
    if payment.capture not in ON_ITS_WAY and ended_for_sure(payment):
        await _close_if_over(payment, expired=False)
    told = for_admins(error)
    why = "" if told is error else told.message
    instant = clock.business()
    await payments_db.note_sync(
        payment.id, SyncNote(at=instant, source=source, result=SILENCE, why=why)
    )
    await looks.plan(payment, instant + SILENT_FOR)


async def _without_answer(payment: Payment, source: str, error: ProviderRefused | NotFound) -> None:
    """The gateway refuses to tell, or is off: time passes without it.

    A refusal is no answer about the money, so that a refused look is always followed by another.
    """
    if payment.capture not in ON_ITS_WAY:
        await _close_if_over(payment, expired=False)
    instant = clock.business()
    again = looks.next_look(await payments_db.get(payment.id), instant)
    if again is None and isinstance(error, ProviderRefused):
        again = instant + looks.LATE_EVERY
    note = SyncNote(at=instant, source=source, result=NOT_TOLD, why=error.message)
    await payments_db.note_sync(payment.id, note)
    await looks.plan(payment, again)
    logger.warning("payment.sync_refused", payment=payment.id, source=source, reason=error.message)


def ended_for_sure(payment: Payment) -> bool:
    """Whether its checkout is over whatever the clocks say; the gateway need not agree any more."""
    return clock.business() >= payment.expires_at + CLOCKS_DIFFER


def awaits_answer(payment: Payment) -> bool:
    """Whether the buyer came back from the gateway, and it has told us nothing since."""
    back = payment.returned_at
    return back is not None and not any(
        note.at > back and note.result not in {SILENCE, NOT_TOLD} for note in payment.syncs
    )


async def _sync(payment: Payment, also: tuple[str, ...], actor: Actor) -> str:
    checkout_id = payment.provider_checkout_id
    if payment.duplicate_of:
        checkout_id = (await payments_db.get(payment.duplicate_of)).provider_checkout_id
        also = (*also, payment.provider_payment_id)
    if not checkout_id:
        return await _close_if_over(payment, expired=False) or "no checkout at the gateway yet"
    facts = await gateway(payment.provider).fetch(checkout_id, also)
    if payment.duplicate_of:
        mine = next((one for one in facts.payments if one.id == payment.provider_payment_id), None)
        return await _follow(payment, mine, actor) if mine else "not listed by the gateway"
    attempts = sorted((_attempt(one) for one in facts.payments), key=lambda attempt: attempt.at)
    await payments_db.note_attempts(payment.id, attempts)

    paid = sorted(
        (one for one in facts.payments if one.capture is Capture.PAID),
        key=lambda one: (one.id != payment.provider_payment_id, one.at, one.id),
    )
    if not paid:
        return await _unpaid(payment, facts)
    results: list[str] = []
    if payment.capture is not Capture.PAID:
        wrong = mismatch(payment, facts, paid[0])
        if wrong:
            asked = await _review(payment, wrong)
            return f"{'needs review' if asked else 'a person has seen it'}: {wrong}"
        await _record_paid(payment, paid[0], actor)
        payment = await payments_db.get(payment.id)
    for one in paid:
        if one.id == payment.provider_payment_id:
            results.append(await _follow(payment, one, actor))
        elif one.payment_id == payment.id:
            results.append(await _second(payment, one, actor))
    return "; ".join(results) or "not listed by the gateway"


def _attempt(one: PaymentFacts) -> Attempt:
    return Attempt(
        provider_payment_id=one.id,
        at=one.at,
        outcome=one.capture,
        method=one.method,
        reason=one.reason,
    )


async def _unpaid(payment: Payment, facts: CheckoutFacts) -> str:
    """Nothing is paid: move as far as the furthest attempt has come.

    Money on its way does not expire with its checkout: a delayed method takes days.
    """
    captures = [one.capture for one in facts.payments]
    for capture in (Capture.AUTHORIZED, Capture.PENDING):
        if capture in captures:
            await _move(payment, capture)
            return capture.value
    if closed := await _close_if_over(payment, expired=facts.expired):
        return closed
    if Capture.FAILED in captures:
        await _move(payment, Capture.FAILED, for_good=facts.complete)
        return Capture.FAILED.value
    over = not payment.open and not (facts.expired or facts.complete)
    if over and await gateway(payment.provider).expire(facts.checkout_id):
        return "closed at the gateway"
    return "not paid yet"


async def _close_if_over(payment: Payment, *, expired: bool) -> str:
    if not payment.open or not (expired or clock.business() >= payment.expires_at):
        return ""

    async def close() -> None:
        if await payments_db.close_checkout(payment.id, clock.business()):
            await payments_db.refresh_state(payment.id)
            await audit.record(SYSTEM, Act.CHECKOUT_EXPIRED, payment.id, because="time")

    await transaction(close)
    return "expired"


async def _move(payment: Payment, capture: Capture, *, for_good: bool = False) -> None:
    """`for_good`: the checkout takes no second try, so that the next click opens a new one."""
    ends = for_good and payment.open

    async def move() -> None:
        moved = await payments_db.move_capture(payment.id, capture, clock.business())
        ended = ends and await payments_db.end_checkout(payment.id, clock.business())
        if moved or ended:
            await payments_db.refresh_state(payment.id)
            await audit.record(SYSTEM, Act.PAYMENT_MOVED, payment.id, to=capture)

    if ends or payment.capture is not capture:
        await transaction(move)


async def _review(payment: Payment, reason: str) -> bool:
    """Whether a person is to look at it now; False when one has."""

    async def review() -> bool:
        await reviews.open_review(payment.id, reason)
        return (await payments_db.get(payment.id)).review.state is ReviewState.OPEN

    return await transaction(review)


async def _record_paid(payment: Payment, paid: PaymentFacts, actor: Actor) -> None:
    """The money is there: payment, grant, receipt, e-mail and audit entry, all or nothing.

    When another payment gives access already, this money is a second one for the same purchase:
    then a refund is reserved instead of a grant, and `refunds.send_pending` gives it back.
    """

    async def record() -> None:
        # As of now: the course may have been given away since the checkout was opened.
        owner_id = (await courses_db.get(payment.course_id)).owner_id
        if not await payments_db.mark_paid(
            payment.id, owner_id, paid.id, paid.method, paid.at, clock.business()
        ):
            return
        bought = await payments_db.refresh_state(payment.id)
        await _close_others(bought)
        if await enrollments.grant_paid(bought):
            await receipts.open_receipt(bought)
        else:
            await refunds.reserve_second(bought)
        await audit.record(
            actor, Act.PAYMENT_PAID, payment.id, amount=payment.amount, provider_payment=paid.id
        )

    await transaction(record)
    logger.info("payment.paid", payment=payment.id, provider=payment.provider)


async def _close_others(bought: Payment) -> None:
    """What else is open for the same course is not to be paid any more; late money is judged."""
    for other in await payments_db.of_learner(bought.account_id, bought.course_id):
        if other.open and other.capture not in ON_ITS_WAY:
            await payments_db.close_checkout(other.id, clock.business())
            await payments_db.refresh_state(other.id)
            await looks.ask(other.id, other.provider, clock.business())
            await audit.record(SYSTEM, Act.CHECKOUT_EXPIRED, other.id, because="bought")


async def _second(payment: Payment, extra: PaymentFacts, actor: Actor) -> str:
    """Money that came in twice on one checkout gets a row of its own, and goes back."""
    row = await payments_db.find_by_provider_payment(payment.provider, extra.id)
    if row is None:
        row = _row_of_second(payment, extra)

        async def insert(second: Payment = row) -> None:
            owner_id = (await payments_db.get(payment.id)).owner_id
            new = second.model_copy(update={"owner_id": owner_id})
            await payments_db.insert(new)
            await looks.ask(new.id, new.provider, clock.business())
            await audit.record(actor, Act.PAYMENT_PAID, new.id, second_of=payment.id)
            await refunds.reserve_second(new)
            await payments_db.refresh_state(new.id)

        try:
            await transaction(insert)
        except Duplicate:
            return "second payment known"
    # Nothing of it was known before the gateway was asked; its own `sync` knows more.
    return await _follow(row.model_copy(update={"refunds": []}), extra, actor)


def _row_of_second(payment: Payment, extra: PaymentFacts) -> Payment:
    return payment.model_copy(
        update={
            "id": new_id("pay"),
            "duplicate_of": payment.id,
            "amount": Money(minor=extra.amount_minor, currency=extra.currency),
            "capture": Capture.PAID,
            "open": False,
            "provider_checkout_id": "",
            "provider_payment_id": extra.id,
            "checkout_url": "",
            "method": extra.method,
            "attempts": [_attempt(extra)],
            "syncs": [],
            "refunds": [],
            "refunded_minor": 0,
            "dispute": Dispute(),
            "review": Review(),
            "created_at": extra.at,
            "paid_at": extra.at,
            "updated_at": clock.business(),
        }
    )


async def _follow(payment: Payment, facts: PaymentFacts, actor: Actor) -> str:
    """What happens to money after it was paid: refunds and disputes.

    `payment` is as it was before the gateway was asked for `facts`.
    """
    await refunds.compare(payment, facts, actor)
    await refunds.send_pending(await payments_db.get(payment.id), payment)
    await _dispute(payment, facts)
    after = await payments_db.get(payment.id)
    return after.state.label.lower()


async def _dispute(payment: Payment, facts: PaymentFacts) -> None:
    said = facts.dispute
    if said is None or said.state is payment.dispute.state:
        return

    async def move() -> None:
        dispute = Dispute(
            state=said.state, provider_id=said.id, reason=said.reason, deadline=said.deadline
        )
        if not await payments_db.set_dispute(payment.id, dispute, clock.business()):
            return
        await payments_db.refresh_state(payment.id)
        if said.state is DisputeState.LOST:
            await enrollments.end_paid(payment.id, EndReason.DISPUTE_LOST)
        await audit.record(
            SYSTEM, Act.PAYMENT_DISPUTE_CHANGED, payment.id, to=said.state, why=said.reason
        )

    await transaction(move)
