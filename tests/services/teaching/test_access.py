"""Access is one pure function: some active grant, and nothing against it."""

from datetime import UTC, datetime, timedelta

import pytest

from courseflow_admin.models.money.payment_parts import (
    Capture,
    Dispute,
    DisputeState,
    RefundState,
    Review,
    ReviewState,
)
from courseflow_admin.models.teaching.enrollments import Enrollment, Grant
from courseflow_admin.services.teaching.access import decide
from tests.models.money.test_payments import a_payment, a_refund

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def granted(*grants):
    return Enrollment(
        _id="enr_1", account_id="acc_1", course_id="crs_1", owner_id="acc_2", enrolled_at=NOW,
        grants=list(grants),
    )  # fmt: skip


def a_grant(kind="payment", **more):
    payment = {"payment_id": "pay_1"} if kind == "payment" else {}
    return Grant(**{"id": "grt_1", "kind": kind, "started": NOW - DAY, **payment, **more})


def verdict(enrollment=None, payments=(), standing="active", disputes_suspend=True):
    return decide(
        standing=standing,
        enrollment=enrollment,
        payments=payments,
        at=NOW,
        disputes_suspend=disputes_suspend,
    )


PAID = a_payment(capture=Capture.PAID)
NOT_GONE_BACK = a_payment(capture=Capture.PAID, refunds=[a_refund(1, RefundState.FAILED)])


@pytest.mark.parametrize("kind", ["payment", "manual", "free", "batch"])
def test_any_active_grant_opens_the_course(kind):
    answer = verdict(granted(a_grant(kind)), [PAID])

    assert (answer.allowed, answer.reasons[0].code) == (True, "granted")


@pytest.mark.parametrize(
    ("enrollment", "payments", "code"),
    [
        (None, [], "never_bought"),
        (None, [a_payment(open=True)], "checkout_open"),
        (None, [a_payment(capture=Capture.PENDING)], "payment_pending"),
        (None, [a_payment(capture=Capture.FAILED)], "payment_failed"),
        (None, [a_payment(review=Review(state=ReviewState.OPEN, reason="x"))], "payment_in_review"),
        (None, [PAID], "paid_without_grant"),
        (None, [NOT_GONE_BACK], "paid_without_grant"),
        (granted(a_grant(ended=NOW - DAY, end_reason="refund")), [PAID], "refunded"),
        (granted(a_grant(ended=NOW - DAY, end_reason="dispute lost")), [PAID], "ended"),
        (granted(a_grant(expires_at=NOW)), [PAID], "expired"),
        (granted(a_grant("manual", started=NOW + DAY)), [], "not_started"),
    ],
)
def test_without_an_active_grant_the_first_broken_link_is_named(enrollment, payments, code):
    answer = verdict(enrollment, payments)

    assert (answer.allowed, answer.reasons[0].code) == (False, code)
    assert answer.sentence.endswith(".")


def test_access_ends_exactly_when_it_expires():
    grant = a_grant(expires_at=NOW + timedelta(milliseconds=1))

    assert verdict(granted(grant), [PAID]).allowed
    assert not decide(
        standing="active",
        enrollment=granted(grant),
        payments=[PAID],
        at=grant.expires_at,
        disputes_suspend=True,
    ).allowed


def test_suspension_closes_everything():
    answer = verdict(granted(a_grant("manual")), standing="suspended")

    assert (answer.allowed, answer.reasons[0].code) == (False, "suspended")


def test_a_deleted_account_studies_nothing_also_what_it_paid_for():
    answer = verdict(granted(a_grant()), [PAID], standing="deleted")

    assert (answer.allowed, answer.sentence) == (False, "This account is deleted.")
    assert [reason.code for reason in answer.reasons] == ["deleted"]


def test_an_open_dispute_suspends_its_own_grant_only():
    disputed = a_payment(capture=Capture.PAID, disputes=[Dispute(state=DisputeState.OPEN)])

    alone = verdict(granted(a_grant()), [disputed])
    with_another = verdict(granted(a_grant(), a_grant("manual", id="grt_2")), [disputed])
    by_setting = verdict(granted(a_grant()), [disputed], disputes_suspend=False)

    assert (alone.allowed, alone.reasons[0].code) == (False, "disputed")
    assert with_another.allowed
    assert by_setting.allowed


@pytest.mark.parametrize("tried", [{"capture": Capture.FAILED}, {"open": True}])
def test_what_was_tried_before_money_came_is_history(tried):
    later = {"created_at": NOW, "paid_at": NOW + DAY}
    disputed = a_payment(
        capture=Capture.PAID, disputes=[Dispute(state=DisputeState.OPEN)]
    ).model_copy(update=later)
    before = a_payment(**tried).model_copy(update={"id": "pay_2", "created_at": NOW})
    after = before.model_copy(update={"created_at": NOW + 2 * DAY})
    grant = a_grant(started=NOW - DAY)

    closed = verdict(granted(grant), [disputed, before])
    tried_again = verdict(granted(grant), [after, disputed])

    assert [reason.code for reason in closed.reasons] == ["disputed"]
    assert [reason.payment_id for reason in tried_again.reasons] == ["pay_2", "pay_1"]


def test_a_payment_on_its_way_counts_beside_one_that_came():
    pending = a_payment(capture=Capture.PENDING).model_copy(
        update={"id": "pay_2", "created_at": NOW - DAY}
    )

    answer = verdict(granted(a_grant(ended=NOW, end_reason="refund")), [PAID, pending])

    assert [reason.code for reason in answer.reasons] == ["payment_pending", "refunded"]


def test_a_review_is_told_without_its_reason_but_to_admins():
    reviewed = a_payment(review=Review(state=ReviewState.OPEN, reason="The gateway reports ₹9.00."))

    (reason,) = verdict(payments=[reviewed]).reasons

    assert (reason.sentence, reason.repair) == (
        "The school is reviewing a payment of ₹500.00.",
        "An admin of the school will decide. Please don't pay again.",
    )
    assert reason.for_admins == (
        "The school is reviewing a payment of ₹500.00. The gateway reports ₹9.00."
    )


def test_a_won_dispute_restores_access():
    won = a_payment(capture=Capture.PAID, disputes=[Dispute(state=DisputeState.WON)])

    assert verdict(granted(a_grant()), [won]).allowed
