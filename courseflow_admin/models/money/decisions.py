"""What follows from new facts without anybody being asked: accepted, held, given back, or a person.

Pure: the same facts in the same circumstances lead to the same decisions, which are facts too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.money.facts import Fact, FactKind, fact_id
from courseflow_admin.models.money.fold import MORE_THAN_THERE_WAS, captured, fold
from courseflow_admin.models.money.payment_parts import (
    UNATTENDED,
    HeldFor,
    Refund,
    RefundCause,
    RefundState,
)
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.teaching.enrollments import AccessState

SYSTEM_ID = "system"
SECOND_PAYMENT = "Paid twice: another payment already gives access to this course."
ACCOUNT_DELETED = "The account was deleted before the money arrived."
ACCOUNT_SUSPENDED = "The account is suspended. Accept the payment or refund it."
FAILED_AT_THE_GATEWAY = "The gateway reports that it failed."
WANTS_ACCESS = frozenset({AccessState.OPEN, AccessState.SUSPENDED})


@dataclass(frozen=True)
class Circumstances:
    """What decides besides the facts of the payment itself."""

    at: datetime
    standing: str  # of the account: active, suspended or deleted
    taken: bool  # another payment's grant gives access to the same course
    doubts: Mapping[str, str] = field(default_factory=dict)  # charge id -> what does not fit


def decided(payment: Payment, kind: FactKind, object_id: str, at: datetime, **said: object) -> Fact:
    """A decision as a fact of this payment."""
    return Fact.model_validate(
        {
            "_id": fact_id(),
            "payment_id": payment.id,
            "provider": payment.provider,
            "mode": payment.mode,
            "kind": kind,
            "object_id": object_id,
            "occurred_at": at,
            "seen_at": at,
            "source": "decision",
            "by": SYSTEM_ID,
            **said,
        }
    )


def decide(before: Payment, facts: Iterable[Fact], around: Circumstances) -> list[Fact]:
    """The decisions that `facts`, all there are of a payment, ask for; `before` is as it was."""
    known = list(facts)
    made: list[Fact] = []
    for rule in (_about_the_money, _second_after_all, _failed_by_itself, _more_than_there_was):
        found = rule(before, fold(before, known), known, around)
        known += found
        made += found
    return made


def _about_the_money(
    _before: Payment, now: Payment, facts: list[Fact], around: Circumstances
) -> list[Fact]:
    """Money that came in buys the course, or is held."""
    charge = captured(fact for fact in facts if fact.kind is FactKind.CHARGE)
    judged = any(fact.kind in {FactKind.ACCEPTED, FactKind.HELD} for fact in facts)
    if charge is None or judged:
        return []
    money = {"amount_minor": charge.amount_minor, "currency": charge.currency}
    doubt = around.doubts.get(charge.object_id) or mismatch(now.amount, charge.amount)
    why, reason = None, ""
    if around.standing == "deleted":
        why, reason = HeldFor.ACCOUNT_DELETED, ACCOUNT_DELETED
    elif doubt:
        why, reason = HeldFor.MISMATCH, doubt
    elif around.taken or now.duplicate_of:
        why, reason = HeldFor.SECOND_PAYMENT, SECOND_PAYMENT
    elif around.standing == "suspended":
        why, reason = HeldFor.ACCOUNT_SUSPENDED, ACCOUNT_SUSPENDED
    if why is None:
        return [decided(now, FactKind.ACCEPTED, charge.object_id, around.at, **money)]
    held = decided(
        now, FactKind.HELD, charge.object_id, around.at, status=why, reason=reason, **money
    )
    causes = {
        HeldFor.SECOND_PAYMENT: RefundCause.SECOND_PAYMENT,
        HeldFor.ACCOUNT_DELETED: RefundCause.ACCOUNT_DELETED,
    }
    if cause := causes.get(why):
        return [held, _give_back(now, charge.amount, cause, reason, around.at)]
    return [held]


def mismatch(asked: Money, came: Money) -> str:
    """Why this money is not what was asked for; "" when it is."""
    if came.currency != asked.currency:
        return f"The gateway reports {came.currency}, but our payment is {asked}."
    if came.minor != asked.minor:
        return f"The gateway reports {came}, but our payment is {asked}."
    return ""


def _give_back(
    payment: Payment, amount: Money, cause: RefundCause, reason: str, at: datetime
) -> Fact:
    return decided(
        payment,
        FactKind.REFUND_ASKED,
        new_id("ref"),
        at,
        status=cause,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason,
    )


def _second_after_all(
    before: Payment, now: Payment, _facts: list[Fact], around: Circumstances
) -> list[Fact]:
    """A refund failed, or a lost dispute was won, after the course was bought again."""
    reopened = now.access.state in WANTS_ACCESS and before.access.state is AccessState.ENDED
    if not (reopened and around.taken and now.refundable.minor):
        return []
    cause = RefundCause.SECOND_PAYMENT
    return [_give_back(now, now.refundable, cause, SECOND_PAYMENT, around.at)]


def _failed_by_itself(
    _before: Payment, now: Payment, facts: list[Fact], around: Circumstances
) -> list[Fact]:
    """Nobody waits for a refund that we asked for by ourselves, so a person looks at a failed one.

    Never a second try.
    """
    return [
        _review(now, refund.id, "refund_failed", _could_not(refund), around.at)
        for refund in now.refunds
        if refund.state is RefundState.FAILED
        and refund.cause in UNATTENDED
        and not _opened(facts, refund.id)
    ]


def _could_not(refund: Refund) -> str:
    why = refund.refused or FAILED_AT_THE_GATEWAY
    if refund.cause is RefundCause.SECOND_PAYMENT:
        return f"Paid twice, and the second payment could not be refunded automatically: {why}"
    return f"The money could not be refunded automatically: {why}"


def _more_than_there_was(
    _before: Payment, now: Payment, facts: list[Fact], around: Circumstances
) -> list[Fact]:
    """The gateway gave back more than there was; one of ours on its way may still be refused."""
    unsent = any(
        refund.state is RefundState.PENDING and not refund.provider_refund_id
        for refund in now.refunds
    )
    if unsent or now.refunded_minor + now.reserved_minor <= now.charged.minor:
        return []
    last = now.refunds[-1]
    if _opened(facts, last.id):
        return []
    amount = Money(minor=last.amount_minor, currency=now.charged.currency)
    why = (
        f"{now.provider.capitalize()} reports a refund of {amount}, which is more than is left of "
        "this payment."
    )
    return [_review(now, last.id, MORE_THAN_THERE_WAS, why, around.at)]


def _review(payment: Payment, about: str, code: str, reason: str, at: datetime) -> Fact:
    return decided(payment, FactKind.REVIEW_OPENED, about, at, status=code, reason=reason)


def _opened(facts: Iterable[Fact], about: str) -> bool:
    return any(fact.kind is FactKind.REVIEW_OPENED and fact.object_id == about for fact in facts)
