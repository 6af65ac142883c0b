"""The one state on screen is a pure function of the facets, which only move forward."""

from datetime import UTC, datetime

import pytest

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payments import (
    CAPTURE_MOVES,
    Capture,
    Dispute,
    DisputeState,
    Payment,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    state_of,
)

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
        ({"capture": PAID, "dispute": Dispute(state=DisputeState.OPEN)}, "disputed"),
        ({"capture": PAID, "dispute": Dispute(state=DisputeState.LOST)}, "disputed"),
        ({"capture": PAID, "dispute": Dispute(state=DisputeState.WON)}, "paid"),
        ({"review": OPEN_REVIEW}, "needs_review"),
        ({"capture": PAID, "review": OPEN_REVIEW, "refunds": [a_refund(1)]}, "needs_review"),
        ({"capture": PAID, "review": Review(state=ReviewState.RESOLVED)}, "paid"),
    ],
)
def test_the_state_on_screen_follows_from_the_facets(facets, state):
    assert state_of(a_payment(**facets)) is PaymentState(state)


def test_paid_is_final():
    assert CAPTURE_MOVES[Capture.PAID] == frozenset()


def test_nothing_moves_back_to_created():
    assert all(Capture.CREATED not in targets for targets in CAPTURE_MOVES.values())


@pytest.mark.parametrize("source", [Capture.FAILED, Capture.EXPIRED, Capture.CREATED])
def test_late_money_is_money(source):
    assert Capture.PAID in CAPTURE_MOVES[source]


def test_what_may_be_refunded_leaves_out_what_is_on_its_way():
    payment = a_payment(capture=PAID, refunded_minor=20_000)

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
                "dispute": Dispute(state=DisputeState.LOST),
            },
            50_000, 20_000, 0, 30_000, 0,
        ),
        ({"capture": PAID, "dispute": Dispute(state=DisputeState.OPEN)}, 50_000, 0, 0, 0, 50_000),
    ],
)  # fmt: skip
def test_net_is_what_was_charged_and_came_back_no_way(
    facets, charged, refunded, pending, taken_back, net
):
    sums = a_payment(**facets).breakdown

    assert [one.minor for one in sums] == [charged, refunded, pending, taken_back, net]
    assert {one.currency for one in sums} == {"INR"}
