"""What follows from new facts by itself: accepted, held, given back, or a person."""

import pytest

from courseflow_admin.models.money.decisions import Circumstances, decide
from courseflow_admin.models.money.facts import FactKind
from courseflow_admin.models.money.fold import fold
from tests.fact_builders import (
    NOON,
    a_fact,
    a_payment,
    accepted,
    asked,
    charge,
    dispute,
    refund,
    sold,
)

ALL_WELL = {"standing": "active", "taken": False}


def decisions(*facts, before=(), payment=None, **around):
    start = payment or a_payment(revision=1)
    was = fold(start, before) if before else start
    found = decide(was, facts, Circumstances(at=NOON, **{**ALL_WELL, **around}))
    return [(one.kind.value, one.status, one.amount_minor) for one in found]


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({}, [("accepted", "", 8_000)]),
        (
            {"standing": "deleted"},
            [("held", "account_deleted", 8_000), ("refund_asked", "account_deleted", 8_000)],
        ),
        ({"standing": "suspended"}, [("held", "account_suspended", 8_000)]),
        (
            {"taken": True},
            [("held", "second_payment", 8_000), ("refund_asked", "second_payment", 8_000)],
        ),
        ({"doubts": {"ch_1": "Of another payment."}}, [("held", "mismatch", 8_000)]),
        ({"doubts": {"ch_2": "Of another payment."}}, [("accepted", "", 8_000)]),
    ],
)
def test_money_that_came_in_is_accepted_or_held_once(around, expected):
    assert decisions(charge(), **around) == expected
    assert decisions(charge("authorized"), **around) == []
    assert decisions(*sold(), **around) == []


@pytest.mark.parametrize("said", [{"minor": 4_000}, {"currency": "USD"}])
def test_another_amount_or_currency_is_held(said):
    (one,) = decisions(charge(**said))

    assert one[:2] == ("held", "mismatch")


def test_a_refund_that_fails_after_the_course_was_bought_again_makes_it_second_money():
    before = sold(refund(minor=8_000))
    failed = refund("failed", 8_000)

    again = decisions(*before, failed, before=before, taken=True)
    alone = decisions(*before, failed, before=before)

    assert again == [("refund_asked", "second_payment", 8_000)]
    assert alone == []


def test_a_dispute_won_after_it_was_lost_and_the_course_bought_again_is_second_money():
    before = sold(dispute("lost"))

    again = decisions(*before, dispute("won"), before=before, taken=True)

    assert again == [("refund_asked", "second_payment", 8_000)]


@pytest.mark.parametrize("cause", ["second_payment", "account_deleted", "review"])
def test_a_refund_that_nobody_waits_for_and_that_fails_asks_for_a_person_once(cause):
    facts = sold(asked(8_000, status=cause), refund("failed", 8_000, our_id="ref_1"))

    assert decisions(*facts) == [("review_opened", "refund_failed", 0)]
    opened = a_fact(FactKind.REVIEW_OPENED, "ref_1", "refund_failed")
    assert decisions(*facts, opened) == []


def test_one_that_an_admin_asked_for_and_that_fails_asks_for_nobody():
    assert decisions(*sold(asked(), refund("failed", our_id="ref_1"))) == []


def test_more_given_back_than_there_was_asks_for_a_person_unless_ours_may_still_be_refused():
    too_much = sold(refund(minor=5_000), refund(minor=4_000, name="re_2", hours=2))

    assert decisions(*too_much) == [("review_opened", "refunded_more", 0)]
    assert decisions(*sold(asked(5_000), refund(minor=4_000))) == []


def test_a_payment_that_belongs_to_another_is_second_money_whatever_else_is_so():
    second = a_payment(revision=1, duplicate_of="pay_0")

    assert decisions(charge(), payment=second)[0] == ("held", "second_payment", 8_000)
    assert accepted().kind is FactKind.ACCEPTED
