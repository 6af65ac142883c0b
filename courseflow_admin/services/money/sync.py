"""`sync`: look at the gateway, decide, apply; the one way in which a payment comes to be paid.

Called by the webhook worker, by the browser's return, by the periodic look at pending payments
and by an admin's "Re-check" or "Capture". It believes no one: it asks the gateway again, and adds
what it tells as facts, with everything that follows, in one transaction (services/money/facts.py).

If the process dies between any two lines:
* before that transaction commits nothing has happened; the job of the payment's look (or of the
  webhook event) is due again after its lease, and the next run asks the gateway again;
* after it commits the next run finds the facts known, and nothing follows from them again;
* between asking for a refund and writing that it was made: it is pending with its id written, and
  the next run asks again with the same id, for which the gateway gives the same refund.
"""

from datetime import datetime, timedelta

from loguru import logger

from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.money import payments as payments_db
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
from courseflow_admin.models.money.facts import ChargeStatus, CheckoutStatus
from courseflow_admin.models.money.gateways import ChargeTold, CheckoutTold
from courseflow_admin.models.money.observing import Seen, doubt
from courseflow_admin.models.money.payment_parts import Capture, ReviewState, SyncNote
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.money import facts, looks, refunds, reviews
from courseflow_admin.services.money.facts import Overtaken
from courseflow_admin.services.money.looks import ON_ITS_WAY
from courseflow_admin.services.school.jobs import Handler

SILENCE, NOT_TOLD = "the gateway did not respond", "unknown"
OVERTAKEN = "it changed while we looked"
LOOKS = 3  # of one run, when others overtake it
COPIED = {
    *("account_id", "course_id", "owner_id", "provider", "mode", "listed", "name", "email"),
    *("course_title", "course_slug", "consent", "billing_name", "billing_country", "expires_at"),
}
SILENT_FOR = timedelta(minutes=1)  # after silence, before the worker asks
CLOCKS_DIFFER = timedelta(minutes=10)


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
    disputes: tuple[str, ...] = (),
    actor: Actor = SYSTEM,
) -> str:
    """Bring one payment up to what its gateway says now; the result, in a few words.

    `also` and `disputes` are the gateway's ids that a webhook named. ProviderUnreachable,
    ProviderRefused, and NotFound where the gateway is switched off: each after noting it and
    planning the next look.
    """
    payment = await payments_db.get(payment_id)
    try:
        result = await _sync(payment, also, disputes, source, actor)
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


async def _sync(
    payment: Payment, also: tuple[str, ...], disputes: tuple[str, ...], source: str, actor: Actor
) -> str:
    """Look, decide and apply; again, where another run was quicker."""
    for _ in range(LOOKS):
        try:
            return await _once(payment, also, disputes, source, actor)
        except Overtaken:
            payment = await payments_db.get(payment.id)
    await looks.ask(payment.id, payment.provider, clock.business())
    return OVERTAKEN


async def _once(
    payment: Payment, also: tuple[str, ...], disputes: tuple[str, ...], source: str, actor: Actor
) -> str:
    checkout_id = payment.provider_checkout_id
    if payment.duplicate_of:
        checkout_id = (await payments_db.get(payment.duplicate_of)).provider_checkout_id
        also = (*also, payment.provider_payment_id)
    if not checkout_id:
        closed = await _close_if_over(payment, expired=False)
        return "expired" if closed else "no checkout at the gateway yet"
    known = await facts.known(payment)
    disputes = tuple({*disputes, *(one.provider_id for one in payment.disputes)})
    told = await gateway(payment.provider).fetch(checkout_id, also, disputes)
    seen = Seen(payment, tuple(known), clock.business(), source)
    first, seconds = await _shares(payment, told)
    if payment.duplicate_of and first is None:
        return "not listed by the gateway"
    after = await _apply(seen, told, first, actor)
    results = [await _sent(after, payment)] if after.capture is Capture.PAID else []
    if not results:
        return await _unpaid(after, told)
    results += [await _second(payment, one, source, actor) for one in seconds]
    return "; ".join(results)


async def _shares(
    payment: Payment, told: CheckoutTold
) -> tuple[ChargeTold | None, list[ChargeTold]]:
    """The money that is this payment's, and that which came in besides."""
    paid = [one for one in told.charges if one.status is ChargeStatus.CAPTURED]
    if payment.duplicate_of:
        return next((one for one in paid if one.about == payment.provider_payment_id), None), []
    paid.sort(
        key=lambda one: (
            one.about != payment.provider_payment_id,
            doubt(payment, told, one) != "",
            one.at,
            one.id,
        )
    )
    mine: ChargeTold | None = None
    seconds = []
    for one in paid:
        owner = await payments_db.find_by_provider_payment(payment.provider, one.about)
        if mine is None and (owner is None or owner.id == payment.id):
            mine = one
        elif one.payment_id == payment.id:
            seconds.append(one)
    return mine, seconds


async def _apply(seen: Seen, told: CheckoutTold, first: ChargeTold | None, actor: Actor) -> Payment:
    """Everything the gateway told of this payment, in one transaction."""
    payment = seen.payment
    tries = [one for one in told.charges if one.status is not ChargeStatus.CAPTURED]
    if payment.duplicate_of:
        tries = []
    observed = [fact for one in tries for fact in seen.facts_of(one)]
    doubts = {}
    if first:
        observed += seen.facts_of(first)
        if why := "" if payment.duplicate_of else doubt(payment, told, first):
            doubts[first.id] = why
    elif closed := _closing(payment, told):
        observed += seen.closed(closed)
    return await facts.add(
        payment.id, observed, actor=actor, seen_revision=payment.revision, doubts=doubts
    )


def _closing(payment: Payment, told: CheckoutTold) -> CheckoutStatus | None:
    """Why its checkout is over without money; money on its way does not end with it."""
    statuses = {one.status for one in told.charges}
    if not payment.open or statuses & {ChargeStatus.PENDING, ChargeStatus.AUTHORIZED}:
        return None
    if told.expired or clock.business() >= payment.expires_at:
        return CheckoutStatus.EXPIRED
    if told.complete and ChargeStatus.FAILED in statuses:
        return CheckoutStatus.COMPLETE
    return None


async def _unpaid(payment: Payment, told: CheckoutTold) -> str:
    if payment.capture is not Capture.CREATED:
        ended = payment.capture in {Capture.EXPIRED, Capture.FAILED}
        over = ended and not payment.open and not (told.expired or told.complete)
        if over and await gateway(payment.provider).expire(told.checkout_id):
            return "closed at the gateway"
        return payment.capture.value
    return "not paid yet"


async def _close_if_over(payment: Payment, *, expired: bool) -> bool:
    if not payment.open or not (expired or clock.business() >= payment.expires_at):
        return False
    await facts.close(payment, CheckoutStatus.EXPIRED)
    return True


async def _sent(payment: Payment, before: Payment) -> str:
    """Ask the gateway for what is to go back, and say where the payment stands."""
    await refunds.send_pending(payment, before)
    after = await payments_db.get(payment.id)
    if after.held_minor and after.review.state is not ReviewState.NONE and not after.reserved_minor:
        waits = after.review.state is ReviewState.OPEN
        return f"{'needs review' if waits else 'a person has seen it'}: {after.review.reason}"
    return after.state.label.lower()


async def _second(payment: Payment, extra: ChargeTold, source: str, actor: Actor) -> str:
    """Money that came in twice on one checkout gets a row of its own, and goes back."""
    row = await payments_db.find_by_provider_payment(payment.provider, extra.about)
    if row is not None:
        await looks.ask(row.id, row.provider, clock.business())
        return "second payment known"
    new = _row_of_second(payment, extra)

    async def insert() -> Payment:
        await payments_db.insert(new)
        await looks.ask(new.id, new.provider, clock.business())
        seen = Seen(new, (), clock.business(), source)
        return await facts.add(new.id, seen.facts_of(extra), actor=actor)

    try:
        after = await transaction(insert)
    except Duplicate:
        return "second payment known"
    return await _sent(after, new)


def _row_of_second(payment: Payment, extra: ChargeTold) -> Payment:
    """A payment that nothing is known of yet but whose money it is."""
    instant = clock.business()
    return Payment(
        _id=new_id("pay"),
        duplicate_of=payment.id,
        amount=Money(minor=extra.amount_minor, currency=extra.currency),
        provider_payment_id=extra.about,
        created_at=extra.at,
        updated_at=instant,
        **payment.model_dump(include=COPIED),
    )
