"""What a payment is, from its facts: the one function behind page, list, figures and access.

It does not matter in which order the facts came: of each object the furthest status counts
(models/money/facts.RANK), and what we decided is a fact as well.
"""

from collections.abc import Iterable, Sequence

from courseflow_admin.models.money.facts import (
    ChargeStatus,
    CheckoutStatus,
    DisputeStatus,
    Fact,
    FactKind,
    RefundStatus,
    furthest,
)
from courseflow_admin.models.money.payment_parts import (
    ASKS_A_PERSON,
    AccessChoice,
    Attempt,
    Capture,
    Dispute,
    DisputeState,
    HeldFor,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    SettledBy,
)
from courseflow_admin.models.money.payments import Payment, state_of

CAPTURES = {
    ChargeStatus.PENDING: Capture.PENDING,
    ChargeStatus.FAILED: Capture.FAILED,
    ChargeStatus.AUTHORIZED: Capture.AUTHORIZED,
    ChargeStatus.LAPSED: Capture.LAPSED,
    ChargeStatus.CAPTURED: Capture.PAID,
}
FURTHEST_FIRST = (Capture.PAID, Capture.AUTHORIZED, Capture.PENDING, Capture.LAPSED)
MADE = frozenset({RefundStatus.SUCCEEDED, RefundStatus.MADE_AFTER_ALL})

MORE_THAN_THERE_WAS = "refunded_more"  # a review of a refund that does not fit

Kinds = dict[FactKind, list[Fact]]


def fold(payment: Payment, facts: Iterable[Fact]) -> Payment:
    """The payment as its facts say; of what it was only what no fact is about is kept."""
    kinds: Kinds = {kind: [] for kind in FactKind}
    for fact in facts:
        kinds[fact.kind].append(fact)
    charge = captured(kinds[FactKind.CHARGE])
    held = earliest(kinds[FactKind.HELD])
    closed = {fact.status for fact in kinds[FactKind.CHECKOUT]}
    attempts = _attempts(kinds[FactKind.CHARGE])
    folded = payment.model_copy(
        update={
            "capture": _capture(attempts, closed),
            "open": not closed and charge is None and not payment.duplicate_of,
            "provider_payment_id": charge.about if charge else payment.provider_payment_id,
            "method": _method(kinds[FactKind.CHARGE], charge),
            "captured": charge.amount if charge else None,
            "accepted_minor": sum(fact.amount_minor for fact in kinds[FactKind.ACCEPTED]),
            "held_for": HeldFor(held.status) if held else None,
            "attempts": attempts,
            "refunds": _refunds(payment, kinds),
            "disputes": _disputes(kinds[FactKind.DISPUTE]),
            "paid_at": charge.occurred_at if charge and not _waits(kinds, held) else None,
        }
    )
    folded = folded.model_copy(update={"review": _review(folded, kinds)})
    return folded.model_copy(update={"state": state_of(folded)})


def _waits(kinds: Kinds, held: Fact | None) -> bool:
    """Whether the money is no sale, or not yet: second money is one, which goes back."""
    return (
        held is not None and HeldFor(held.status) in ASKS_A_PERSON and not kinds[FactKind.ACCEPTED]
    )


def objects(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """The facts of each object, by its id."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.object_id, []).append(fact)
    return found


def earliest(facts: Iterable[Fact]) -> Fact | None:
    return min(facts, key=lambda fact: (fact.occurred_at, fact.id), default=None)


def captured(charges: Iterable[Fact]) -> Fact | None:
    """The money of this payment: a second charge on its checkout has a payment of its own."""
    return earliest(fact for fact in charges if fact.status == ChargeStatus.CAPTURED)


def _attempts(charges: Iterable[Fact]) -> list[Attempt]:
    seen = []
    for charge_id, told in objects(charges).items():
        now = furthest(told)
        seen.append(
            Attempt(
                provider_payment_id=now.about,
                charge_id=charge_id,
                at=min(fact.occurred_at for fact in told),
                outcome=CAPTURES[ChargeStatus(now.status)],
                amount_minor=now.amount_minor,
                currency=now.currency,
                method=_said(told, now, "method"),
                reason=now.reason,
            )
        )
    return sorted(seen, key=lambda attempt: (attempt.at, attempt.charge_id))


def _said(told: Sequence[Fact], now: Fact, name: str) -> str:
    """What was said last of one thing, if it was said at all."""
    return next((said for one in (now, *reversed(told)) if (said := getattr(one, name))), "")


def _method(charges: Sequence[Fact], charge: Fact | None) -> str:
    if charge is None:
        return ""
    return _said([one for one in charges if one.object_id == charge.object_id], charge, "method")


def _capture(attempts: Iterable[Attempt], closed: set[str]) -> Capture:
    """As far as the furthest try has come: money on its way does not expire with its checkout."""
    outcomes = {attempt.outcome for attempt in attempts}
    for capture in FURTHEST_FIRST:
        if capture in outcomes:
            return capture
    if Capture.FAILED in outcomes or closed & {CheckoutStatus.REFUSED, CheckoutStatus.COMPLETE}:
        return Capture.FAILED
    return Capture.EXPIRED if closed else Capture.CREATED


def _refunds(payment: Payment, kinds: Kinds) -> list[Refund]:
    before = {refund.id: refund for refund in payment.refunds}
    asked = {fact.object_id: fact for fact in kinds[FactKind.REFUND_ASKED]}
    refused = {fact.object_id: fact for fact in kinds[FactKind.REFUND_REFUSED]}
    told: dict[str, list[Fact]] = {}
    for provider_id, facts in sorted(objects(kinds[FactKind.REFUND]).items()):
        ours = next((fact.our_id for fact in facts if fact.our_id), "")
        told[ours if ours in asked and ours not in told else provider_id] = facts
    first = {
        refund_id: asked.get(refund_id) or _in_order(told[refund_id])[0]
        for refund_id in [*asked, *told]
    }
    seen = []
    for refund_id in sorted(first, key=lambda one: (first[one].seen_at, first[one].id)):
        refund = _refund(
            refund_id, asked.get(refund_id), refused.get(refund_id), told.get(refund_id)
        )
        known = before.get(refund_id)
        operational = known.model_dump(include={"attempt", "asking_until"}) if known else {}
        seen.append(refund.model_copy(update=operational))
    return seen


def _refund(
    refund_id: str, asked: Fact | None, refused: Fact | None, told: list[Fact] | None
) -> Refund:
    now = furthest(told) if told else None
    first = asked or earliest(told or [])
    assert first is not None  # noqa: S101 - one of the two made it known
    state = RefundState.PENDING
    if now:
        made = now.status in MADE
        state = RefundState.SETTLED if made else RefundState(now.status)
    elif refused:
        state = RefundState.FAILED
    return Refund(
        id=refund_id,
        amount_minor=(now or first).amount_minor,
        state=state,
        cause=RefundCause(asked.status) if asked else RefundCause.PROVIDER,
        reason=first.reason,
        by=first.by,
        provider_refund_id=now.object_id if now else "",
        at=first.occurred_at,
        settled_at=now.occurred_at if now and state is RefundState.SETTLED else None,
        access=AccessChoice(asked.access) if asked else AccessChoice.DEFAULT,
        refused=refused.reason if refused and not now else "",
    )


def _disputes(facts: Iterable[Fact]) -> list[Dispute]:
    seen = []
    for dispute_id, told in objects(facts).items():
        now = furthest(told)
        seen.append(
            Dispute(
                state=DisputeState(now.status),
                provider_id=dispute_id,
                amount_minor=now.amount_minor,
                reason=_said(told, now, "reason"),
                at=min(fact.occurred_at for fact in told),
                deadline=max((fact.deadline for fact in told if fact.deadline), default=None),
                was_lost=any(fact.status == DisputeStatus.LOST for fact in told),
            )
        )
    return sorted(seen, key=lambda dispute: (dispute.at, dispute.provider_id))


def _review(payment: Payment, kinds: Kinds) -> Review:
    """The first cause that still wants a person; else the last one that did."""
    settled: dict[str, Fact] = {}
    for fact in sorted(kinds[FactKind.REVIEW_SETTLED], key=_by_time):
        settled[fact.object_id] = fact
    held = [fact for fact in kinds[FactKind.HELD] if HeldFor(fact.status) in ASKS_A_PERSON]
    causes = sorted([*held, *kinds[FactKind.REVIEW_OPENED]], key=_by_time)
    review = Review()
    for cause in causes:
        done = settled.get(cause.object_id)
        by = SettledBy(done.status) if done else None
        wanted = by is None and not _answered(payment, cause)
        review = Review(
            state=ReviewState.OPEN if wanted else ReviewState.RESOLVED,
            reason=cause.reason,
            at=cause.occurred_at,
            about=cause.object_id,
            settled_by=by,
        )
        if wanted:
            break
    return review


def _answered(payment: Payment, cause: Fact) -> bool:
    """Whether what has happened to the money leaves nothing to look at."""
    if cause.status == MORE_THAN_THERE_WAS or not payment.captured:
        return False
    left = payment.charged.minor - payment.refunded_minor - payment.lost_minor
    return left <= 0 or (cause.kind is FactKind.HELD and payment.accepted_minor > 0)


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.seen_at, fact.id))


def _by_time(fact: Fact) -> tuple[object, str]:
    return fact.occurred_at, fact.id
