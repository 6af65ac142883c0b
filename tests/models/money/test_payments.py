"""The one state on screen is a pure function of the facets, which only move forward."""

from datetime import UTC, datetime

import pytest

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payment_parts import (
    Capture,
    Dispute,
    DisputeState,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
)
from courseflow_admin.models.money.payments import Payment, state_of

AT = datetime(2026, 5, 3, 12, tzinfo=UTC)
INR = Money(minor=50_000, currency="INR")


def a_payment(**facets):
    return Payment(
        _id="pay_1", account_id="acc_1", course_id="crs_1", owner_id="acc_2", provider="stripe",
        mode="sandbox", amount=INR, listed=INR,
        created_at=AT, updated_at=AT, expires_at=AT, **facets,
    )  # fmt: skip


def a_refund(minor, state=RefundState.SETTLED):
    return Refund(
        id=f"ref_{minor}", amount_minor=minor, state=state, cause=RefundCause.ADMIN, at=AT
    )


PAID = Capture.PAID
OPEN_REVIEW = Review(state=ReviewState.OPEN, reason="amount")


@pytest.mark.parametrize(
    ("facets", "state"),
    [
        ({}, "created"),
        ({"capture": Capture.PENDING}, "pending"),
        ({"capture": Capture.AUTHORIZED}, "authorized"),
        ({"capture": Capture.FAILED}, "failed"),
        ({"capture": Capture.EXPIRED}, "expired"),
        ({"capture": PAID}, "paid"),
        ({"capture": PAID, "refunds": [a_refund(50_000, RefundState.PENDING)]}, "paid"),
        ({"capture": PAID, "refunds": [a_refund(50_000, RefundState.FAILED)]}, "paid"),
        ({"capture": PAID, "refunds": [a_refund(1)]}, "partially_refunded"),
        ({"capture": PAID, "refunds": [a_refund(20_000), a_refund(30_000)]}, "refunded"),
        ({"capture": PAID, "disputes": [Dispute(state=DisputeState.OPEN)]}, "disputed"),
        ({"capture": PAID, "disputes": [Dispute(state=DisputeState.LOST)]}, "lost"),
        ({"capture": PAID, "disputes": [Dispute(state=DisputeState.WON)]}, "paid"),
        (
            {
                "capture": PAID,
                "disputes": [Dispute(state=DisputeState.WON), Dispute(state=DisputeState.LOST)],
            },
            "lost",
        ),
        ({"capture": PAID, "disputes": [Dispute(state=DisputeState.INQUIRY)]}, "paid"),
        ({"review": OPEN_REVIEW}, "needs_review"),
        ({"capture": PAID, "review": OPEN_REVIEW, "refunds": [a_refund(1)]}, "needs_review"),
        ({"capture": PAID, "review": Review(state=ReviewState.RESOLVED)}, "paid"),
    ],
)
def test_the_state_on_screen_follows_from_the_facets(facets, state):
    assert state_of(a_payment(**facets)) is PaymentState(state)


def test_what_may_be_refunded_leaves_out_what_is_on_its_way():
    payment = a_payment(capture=PAID, refunds=[a_refund(20_000, RefundState.PENDING)])

    assert str(payment.refundable) == "₹300.00"


@pytest.mark.parametrize(
    ("facets", "charged", "refunded", "pending", "taken_back", "net"),
    [
        ({}, 0, 0, 0, 0, 0),
        ({"capture": PAID}, 50_000, 0, 0, 0, 50_000),
        ({"capture": PAID, "refunds": [a_refund(20_000)]}, 50_000, 20_000, 0, 0, 30_000),
        (
            {"capture": PAID, "refunds": [a_refund(20_000), a_refund(9_000, RefundState.PENDING)]},
            50_000, 20_000, 9_000, 0, 30_000,
        ),
        (
            {"capture": PAID, "refunds": [a_refund(20_000, RefundState.FAILED)]},
            50_000, 0, 0, 0, 50_000,
        ),
        (
            {
                "capture": PAID,
                "refunds": [a_refund(20_000)],
                "disputes": [Dispute(state=DisputeState.LOST, amount_minor=30_000)],
            },
            50_000, 20_000, 0, 30_000, 0,
        ),
        (
            {
                "capture": PAID,
                "refunds": [a_refund(20_000)],
                "disputes": [Dispute(state=DisputeState.LOST, amount_minor=50_000)],
            },
            50_000, 20_000, 0, 50_000, -20_000,
        ),
        (
            {"capture": PAID, "disputes": [Dispute(state=DisputeState.OPEN, amount_minor=50_000)]},
            50_000, 0, 0, 0, 50_000,
        ),
    ],
)  # fmt: skip
def test_net_is_what_was_charged_and_came_back_no_way(
    facets, charged, refunded, pending, taken_back, net
):
    sums = a_payment(**facets).breakdown

    known = [sums.charged, sums.refunded, sums.pending, sums.taken_back]
    assert [one.minor for one in known] == [charged, refunded, pending, taken_back]
    assert sums.net_minor == net
    assert {one.currency for one in known} == {"INR"}
