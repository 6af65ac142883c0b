"""What a payment is, from its facts, in whatever order they came."""

from datetime import timedelta
from itertools import permutations

import pytest

from courseflow_admin.models.money.facts import FactKind
from courseflow_admin.models.money.fold import fold
from courseflow_admin.models.money.payment_parts import (
    Capture,
    PaymentState,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.teaching.enrollments import AccessState, EndReason
from tests.fact_builders import (
    NOON,
    a_fact,
    a_payment,
    accepted,
    asked,
    charge,
    dispute,
    held,
    refund,
    sold,
)


def told(*facts, payment=None):
    return fold(payment or a_payment(), facts)


CHECKOUT = FactKind.CHECKOUT


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ([], "created"),
        ([charge("pending")], "pending"),
        ([charge("failed")], "failed"),
        ([charge("failed"), a_fact(CHECKOUT, "pay_1", "expired")], "failed"),
        ([a_fact(CHECKOUT, "pay_1", "expired")], "expired"),
        ([a_fact(CHECKOUT, "pay_1", "replaced")], "expired"),
        ([a_fact(CHECKOUT, "pay_1", "refused")], "failed"),
        ([charge("pending"), a_fact(CHECKOUT, "pay_1", "expired")], "pending"),
        ([charge("authorized")], "authorized"),
        ([charge("authorized"), charge("lapsed")], "lapsed"),
        ([charge("lapsed"), charge("captured"), accepted()], "paid"),
        ([charge("failed"), charge("captured"), accepted()], "paid"),
        (sold(refund(minor=2_000)), "partially_refunded"),
        (sold(refund(minor=8_000)), "refunded"),
        (sold(refund("pending", 8_000)), "paid"),
        (sold(refund("succeeded", 8_000), refund("failed", 8_000)), "paid"),
        (sold(refund("failed", 8_000), refund("made_after_all", 8_000)), "refunded"),
        (sold(dispute("inquiry")), "paid"),
        (sold(dispute("open")), "disputed"),
        (sold(dispute("open"), dispute("lost")), "lost"),
        (sold(dispute("lost"), dispute("won")), "paid"),
        (sold(dispute("won"), dispute("lost", name="dp_2")), "lost"),
        ([charge(), held()], "needs_review"),
        ([charge(), held("second_payment"), asked(8_000, status="second_payment")], "paid"),
        ([charge(), held(), refund(minor=8_000)], "refunded"),
    ],
)
def test_the_state_follows_in_every_order(facts, state):
    orders = list(permutations(facts))[:24]

    assert {told(*order).state for order in orders} == {PaymentState(state)}


def test_paid_is_final():
    paid = sold()

    for later in ("failed", "pending", "authorized", "lapsed"):
        after = told(*paid, charge(later, hours=9))
        assert (after.capture, after.state) == (Capture.PAID, PaymentState.PAID)
    assert told(*paid, a_fact(CHECKOUT, "pay_1", "expired", hours=9)).capture is Capture.PAID


@pytest.mark.parametrize(
    ("facts", "net", "refundable"),
    [
        (sold(), 8_000, 8_000),
        (sold(refund(minor=2_000)), 6_000, 6_000),
        (sold(asked(3_000)), 8_000, 5_000),
        (sold(refund(minor=2_000), dispute("lost", 6_000)), 0, 0),
        (sold(refund(minor=2_000), dispute("lost", 8_000)), -2_000, 0),
        (sold(dispute("open", 100)), 8_000, 0),
        (sold(dispute("lost", 100), dispute("won", 100)), 8_000, 8_000),
        (sold(dispute("lost", 1_000)), 7_000, 7_000),
        ([charge(), held()], 0, 8_000),
        ([charge(minor=5_000), held(minor=5_000), accepted(5_000)], 5_000, 5_000),
    ],
)
def test_net_is_never_capped_and_what_the_bank_took_is_not_ours_to_give(facts, net, refundable):
    after = told(*facts, payment=a_payment(revision=1))

    assert (after.breakdown.net_minor, after.refundable.minor) == (net, refundable)


def test_what_is_held_is_what_came_in_and_is_neither_sold_nor_gone():
    assert told(charge(), held()).held_minor == 8_000
    assert told(charge(), held(), refund(minor=3_000)).held_minor == 5_000
    assert told(charge(), held(), accepted()).held_minor == 0
    assert told(*sold()).held_minor == 0


@pytest.mark.parametrize(
    ("facts", "state", "ended_by"),
    [
        ([charge(), held()], AccessState.NONE, None),
        (sold(), AccessState.OPEN, None),
        (sold(refund(minor=2_000)), AccessState.OPEN, None),
        (sold(refund(minor=8_000)), AccessState.ENDED, EndReason.REFUND),
        (sold(refund(minor=8_000), refund("failed", 8_000)), AccessState.OPEN, None),
        (sold(dispute("inquiry")), AccessState.OPEN, None),
        (sold(dispute("open")), AccessState.SUSPENDED, None),
        (sold(dispute("lost", 100)), AccessState.ENDED, EndReason.DISPUTE_LOST),
        (sold(dispute("lost"), dispute("won")), AccessState.OPEN, None),
        (
            sold(asked(8_000, access="keep"), refund(minor=8_000, our_id="ref_1")),
            AccessState.OPEN,
            None,
        ),
        (
            sold(asked(100, access="end"), refund(minor=100, our_id="ref_1")),
            AccessState.ENDED,
            EndReason.REFUND,
        ),
        (sold(asked(100, access="end")), AccessState.OPEN, None),
    ],
)
def test_what_the_money_wants_of_its_grant(facts, state, ended_by):
    access = told(*facts, payment=a_payment(revision=1)).access

    assert (access.state, access.ended_by) == (state, ended_by)


def test_a_refund_is_known_by_our_id_and_one_of_the_gateway_by_its_own():
    ours, theirs = told(
        *sold(asked(2_000, reason="Goodwill", by="acc_9")),
        refund("pending", 2_000, our_id="ref_1", hours=2),
        refund(minor=1_000, name="re_2", hours=3),
    ).refunds

    assert (ours.id, ours.provider_refund_id, ours.by) == ("ref_1", "re_1", "acc_9")
    assert (ours.state, ours.settled_at) == (RefundState.PENDING, None)
    assert (theirs.id, theirs.cause) == ("re_2", "provider")
    assert (theirs.state, theirs.settled_at) == (RefundState.SETTLED, NOON + timedelta(hours=3))


def test_one_that_the_gateway_refused_and_has_after_all_is_what_the_gateway_says():
    refused = a_fact(FactKind.REFUND_REFUSED, "ref_1", hours=2, reason="No such charge")

    (before,) = told(*sold(asked(), refused)).refunds
    (after,) = told(*sold(asked(), refused, refund(our_id="ref_1"))).refunds

    assert (before.state, before.refused) == (RefundState.FAILED, "No such charge")
    assert (after.state, after.refused) == (RefundState.SETTLED, "")


def test_how_it_is_asked_for_is_no_fact_and_is_kept():
    asking = told(*sold(asked()))
    asking.refunds[0].attempt = 2

    assert fold(asking, sold(asked(), refund("pending", our_id="ref_1"))).refunds[0].attempt == 2


def test_a_review_is_open_until_a_person_has_settled_each_cause():
    def opened(about):
        return a_fact(FactKind.REVIEW_OPENED, about, "trouble", hours=1, reason=about)

    def settled(about):
        return a_fact(FactKind.REVIEW_SETTLED, about, "noted", hours=2)

    none, one, other, both = (
        told(*sold(*facts)).review
        for facts in (
            [],
            [opened("a")],
            [opened("a"), opened("b"), settled("a")],
            [opened("a"), opened("b"), settled("a"), settled("b")],
        )
    )

    assert none.state is ReviewState.NONE
    assert (one.state, one.reason) == (ReviewState.OPEN, "a")
    assert (other.state, other.reason) == (ReviewState.OPEN, "b")
    assert both.state is ReviewState.RESOLVED


def test_disputes_are_told_apart_by_their_id_and_the_one_that_decides_is_shown():
    after = told(*sold(dispute("won"), dispute("open", 500, "dp_2", reason="fraudulent", hours=4)))

    assert [one.provider_id for one in after.disputes] == ["dp_1", "dp_2"]
    assert (after.dispute.provider_id, after.dispute.amount_minor) == ("dp_2", 500)
    assert after.dispute.reason == "fraudulent"
