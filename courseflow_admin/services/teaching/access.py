"""Access: `decide`, pure, says whether someone may study a course and why; the rest asks it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.money import access as access_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money.access import Evidence
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import (
    Capture,
    DisputeState,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.teaching.access import Reason, ReasonCode, Verdict
from courseflow_admin.models.teaching.enrollments import EndReason, Enrollment, Grant
from courseflow_admin.services.school import settings as school_settings

# Accounts that study nothing, whatever was granted to them; by how the account stands.
CLOSED = {
    "suspended": Reason(ReasonCode.SUSPENDED),
    "deleted": Reason(ReasonCode.DELETED),
}


def decide(
    *,
    standing: str,
    enrollment: Enrollment | None,
    payments: Iterable[Payment],
    at: datetime,
    disputes_suspend: bool,
) -> Verdict:
    """Whether this learner may study this course at `at`.

    Allowed when the account is neither suspended nor deleted (`standing`) and some grant is
    active: started, not ended, not expired, and its payment not in an open dispute, unless the
    school's settings say that those study on. `payments` are all of this learner for this course,
    newest first. The reasons begin with what decides.
    """
    if standing in CLOSED:
        return Verdict(False, (CLOSED[standing],))
    paid = {payment.id: payment for payment in payments}
    grants = enrollment.grants if enrollment else []
    judged = [
        _judge(grant, paid.get(grant.payment_id or ""), at, disputes_suspend) for grant in grants
    ]
    granted = [reason for reason in judged if reason.code is ReasonCode.GRANTED]
    if granted:
        return Verdict(True, tuple(granted))
    held = {grant.payment_id for grant in grants}
    came = [one.paid_at or one.created_at for one in paid.values() if one.capture is Capture.PAID]
    last_came = max(came, default=None)
    unfinished = [
        _unfinished(payment, last_came) for payment in paid.values() if payment.id not in held
    ]
    reasons = [*(reason for reason in unfinished if reason), *reversed(judged)]
    return Verdict(False, tuple(reasons) or (Reason(ReasonCode.NEVER_BOUGHT),))


def _judge(grant: Grant, payment: Payment | None, at: datetime, disputes_suspend: bool) -> Reason:
    payment_id = grant.payment_id or ""
    if grant.ended:
        code = ReasonCode.REFUNDED if grant.end_reason is EndReason.REFUND else ReasonCode.ENDED
        return Reason(code, payment_id, at=grant.ended)
    if grant.expires_at and at >= grant.expires_at:
        return Reason(ReasonCode.EXPIRED, payment_id, at=grant.expires_at)
    if grant.started > at:
        return Reason(ReasonCode.NOT_STARTED, payment_id, at=grant.started)
    # Grants of payments from before there were facts were never marked as suspended.
    old = payment.dispute.state if payment and not payment.revision else DisputeState.NONE
    disputed = grant.suspended is not None or old is DisputeState.OPEN
    if disputed and disputes_suspend:
        return Reason(ReasonCode.DISPUTED, payment_id)
    return Reason(
        ReasonCode.GRANTED,
        payment_id,
        kind=grant.kind,
        at=grant.started,
        until=grant.expires_at,
        disputed=disputed,
    )


def _unfinished(payment: Payment, last_came: datetime | None) -> Reason | None:
    """Why a payment without a grant has opened nothing; None when it needs no explanation.

    A failed or unfinished try needs none once money has come in after it, at `last_came`.
    """
    code = _code_of(payment, last_came)
    if code is None:
        return None
    inside = payment.review.reason if code is ReasonCode.PAYMENT_IN_REVIEW else ""
    return Reason(code, payment.id, payment.amount, inside=inside)


def _code_of(payment: Payment, last_came: datetime | None) -> ReasonCode | None:
    if payment.review.state is ReviewState.OPEN:
        return ReasonCode.PAYMENT_IN_REVIEW
    settled_by_hand = payment.review.state is ReviewState.RESOLVED
    gone_back = any(refund.state is not RefundState.FAILED for refund in payment.refunds)
    if payment.capture is Capture.PAID and not gone_back and not settled_by_hand:
        return ReasonCode.PAID_WITHOUT_GRANT
    if payment.capture in {Capture.PENDING, Capture.AUTHORIZED}:
        return ReasonCode.PAYMENT_PENDING
    if last_came and payment.created_at <= last_came:
        return None
    if payment.capture is Capture.FAILED:
        return ReasonCode.PAYMENT_FAILED
    return ReasonCode.CHECKOUT_OPEN if payment.open else None


async def verdict(account_id: str, course_id: str) -> Verdict:
    """The answer for one person and one course, as things are now."""
    return judged(await access_db.evidence(account_id, course_id))


def judged(evidence: Evidence) -> Verdict:
    """The answer of `decide` for what was read of one person and one course."""
    account, settings = evidence.account, evidence.settings or school_settings.first()
    return decide(
        standing=account.standing if account else "deleted",
        enrollment=evidence.enrollment,
        payments=evidence.payments,
        at=clock.business(),
        disputes_suspend=settings.disputes_suspend,
    )


async def verdicts(account_id: str, enrollments: Sequence[Enrollment]) -> dict[str, Verdict]:
    """By course, the answers for all of one person's enrollments, in three round trips."""
    course_ids = [enrollment.course_id for enrollment in enrollments]
    account = await accounts_db.find(account_id)
    payments = await payments_db.of_learner_for(account_id, course_ids)
    settings = await school_settings.get()
    return {
        enrollment.course_id: judged(
            Evidence(account, enrollment, payments.get(enrollment.course_id, []), settings)
        )
        for enrollment in enrollments
    }
