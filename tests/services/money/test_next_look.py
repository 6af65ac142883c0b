"""When a payment is looked at again without anybody asking."""

from datetime import timedelta

import pytest

from courseflow_admin.models.money.payment_parts import (
    Capture,
    RefundState,
    Review,
    ReviewState,
)
from courseflow_admin.services.money.looks import next_look
from tests.models.money.test_payments import AT, a_payment, a_refund

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def open_payment(**facets):
    return a_payment(open=True, **facets).model_copy(update={"expires_at": AT + DAY})


@pytest.mark.parametrize("capture", [Capture.CREATED, Capture.PENDING, Capture.AUTHORIZED])
def test_what_may_still_be_paid_is_looked_at_every_ten_minutes(capture):
    assert next_look(open_payment(capture=capture), AT) == AT + 10 * MINUTE


def test_the_last_look_before_the_end_is_at_the_end():
    assert next_look(open_payment(), AT + DAY - MINUTE) == AT + DAY


@pytest.mark.parametrize("capture", [Capture.PENDING, Capture.AUTHORIZED])
def test_money_on_its_way_is_looked_for_until_it_is_there(capture):
    payment = a_payment(capture=capture)

    assert next_look(payment, AT + DAY - MINUTE) == AT + DAY + 9 * MINUTE
    assert next_look(payment, AT + DAY) == AT + DAY + HOUR
    assert next_look(payment, AT + 90 * DAY) == AT + 90 * DAY + HOUR


@pytest.mark.parametrize("capture", [Capture.EXPIRED, Capture.FAILED])
def test_late_money_is_looked_for_every_six_hours_for_four_days(capture):
    payment = a_payment(capture=capture)

    assert next_look(payment, AT + 2 * DAY) == AT + 2 * DAY + 6 * HOUR
    assert next_look(payment, AT + 4 * DAY) is None


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (0 * MINUTE, MINUTE),
        (9 * MINUTE, MINUTE),
        (10 * MINUTE, 10 * MINUTE),
        (DAY - MINUTE, 10 * MINUTE),
        (DAY, HOUR),
        (30 * DAY, HOUR),
    ],
)
def test_a_refund_on_its_way_is_looked_at_less_often_with_its_age(age, wait):
    payment = a_payment(capture=Capture.PAID, refunds=[a_refund(1, RefundState.PENDING)])

    assert next_look(payment, AT + age) == AT + age + wait


def test_the_newest_refund_on_its_way_says_when_to_look():
    old, new = a_refund(1, RefundState.PENDING), a_refund(2, RefundState.PENDING)
    new = new.model_copy(update={"at": AT + DAY})
    payment = a_payment(capture=Capture.PAID, refunds=[old, new])

    assert next_look(payment, AT + DAY) == AT + DAY + MINUTE


def test_what_is_paid_or_waits_for_a_person_is_left_alone():
    review = Review(state=ReviewState.OPEN, reason="amount")

    assert next_look(a_payment(capture=Capture.PAID), AT) is None
    assert next_look(open_payment(review=review), AT) is None
