"""Access: one pure function that says whether, and in words why or why not."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.money import access as access_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money.access import Evidence
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payments import (
    Capture,
    DisputeState,
    Payment,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.teaching.access import Reason, ReasonCode, Verdict
from courseflow_admin.models.teaching.enrollments import Enrollment, Grant
from courseflow_admin.services.school import settings as school_settings

# Accounts that study nothing, whatever was granted to them; by how the account stands.
CLOSED = {
    "suspended": Reason(
        ReasonCode.SUSPENDED, "This account is suspended.", "An admin can lift the suspension."
    ),
    "deleted": Reason(ReasonCode.DELETED, "This account is deleted."),
}
KINDS = {
    "payment": "It was bought",
    "manual": "It was given by hand",
    "free": "Enrolled for free",
    "batch": "It was given to a group",
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
    return Verdict(
        False,
        tuple(reasons)
        or (
            Reason(
                ReasonCode.NEVER_BOUGHT,
                "This course has not been bought yet.",
                "Buying it opens it at once.",
            ),
        ),
    )


def _judge(grant: Grant, payment: Payment | None, at: datetime, disputes_suspend: bool) -> Reason:
    payment_id = grant.payment_id or ""
    if grant.ended:
        refunded = grant.end_reason == "refund"
        return Reason(
            ReasonCode.REFUNDED if refunded else ReasonCode.ENDED,
            f"Access ended on {_day(grant.ended)}"
            + (" because the payment was refunded." if refunded else "."),
            "Buying the course again opens it at once.",
            payment_id,
        )
    if grant.expires_at and at >= grant.expires_at:
        return Reason(
            ReasonCode.EXPIRED,
            f"Access ran until {_day(grant.expires_at)}.",
            "Buying the course again opens it at once.",
            payment_id,
        )
    if grant.started > at:
        return Reason(
            ReasonCode.NOT_STARTED, f"Access starts on {_day(grant.started)}.", "", payment_id
        )
    if payment and payment.dispute.state is DisputeState.OPEN and disputes_suspend:
        return Reason(
            ReasonCode.DISPUTED,
            "The payment is being disputed at the bank, so access waits for the outcome.",
            "Winning or withdrawing the dispute restores access.",
            payment_id,
        )
    more = f" Access runs until {_day(grant.expires_at)}." if grant.expires_at else ""
    if payment and payment.dispute.state is DisputeState.OPEN:
        more += " The payment is being disputed at the bank; meanwhile access stays open."
    return Reason(
        ReasonCode.GRANTED, f"{KINDS[grant.kind]} on {_day(grant.started)}.{more}", "", payment_id
    )


def _unfinished(payment: Payment, last_came: datetime | None) -> Reason | None:
    """Why a payment without a grant has opened nothing; None when it is merely history.

    So is a try that was begun before money came, at `last_came`, by another.
    """
    if payment.review.state is ReviewState.OPEN:
        return Reason(
            ReasonCode.PAYMENT_IN_REVIEW,
            f"The school is checking a payment of {payment.amount} by hand.",
            "An admin of the school decides about it; please do not pay again meanwhile.",
            payment.id,
            payment.review.reason,
        )
    settled_by_hand = payment.review.state is ReviewState.RESOLVED
    gone_back = any(refund.state is not RefundState.FAILED for refund in payment.refunds)
    if payment.capture is Capture.PAID and not gone_back and not settled_by_hand:
        return Reason(
            ReasonCode.PAID_WITHOUT_GRANT,
            f"{payment.amount} was paid, but no access followed.",
            "An admin re-checks the payment.",
            payment.id,
        )
    if payment.capture in {Capture.PENDING, Capture.AUTHORIZED}:
        return Reason(
            ReasonCode.PAYMENT_PENDING,
            f"A payment of {payment.amount} is on its way and not yet confirmed.",
            "Access opens by itself as soon as it is.",
            payment.id,
        )
    if last_came and payment.created_at <= last_came:
        return None
    if payment.capture is Capture.FAILED:
        return Reason(
            ReasonCode.PAYMENT_FAILED,
            f"The payment of {payment.amount} did not go through.",
            "Trying again opens the course at once.",
            payment.id,
        )
    if payment.open:
        return Reason(
            ReasonCode.CHECKOUT_OPEN,
            "A checkout was opened but nothing has been paid yet.",
            "Finishing the checkout opens the course at once.",
            payment.id,
        )
    return None


def _day(instant: datetime) -> str:
    return f"{instant.day} {instant:%b %Y}"


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
