"""A year of business in a minute: what was open ends, what is bought then is of then."""

from datetime import timedelta

import pytest

from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import PaymentState
from tests.services.money.buying import BOTH, a_sale, buy, work

YEAR = timedelta(days=365)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def a_year_later(sandbox):
    """Call it: the sandbox is moved, and this process as it follows."""

    def move() -> None:
        sandbox.move_time(days=YEAR.days)
        clock.move(timedelta(seconds=sandbox.world.ahead))

    yield move
    clock.move(timedelta())


@BOTH
async def test_an_open_checkout_ends_and_the_next_one_is_paid_a_year_later(
    database, sandbox, a_year_later, provider
):
    course, student = await a_sale()
    left_open = await buy(student, course, provider)

    a_year_later()
    await work(sandbox)
    bought = await buy(student, course, provider)
    sandbox.pay(bought.provider_checkout_id)
    await work(sandbox)

    ended, paid = await payments_db.get(left_open.id), await payments_db.get(bought.id)
    assert (ended.state, paid.state) == (PaymentState.EXPIRED, PaymentState.PAID)
    assert bought.id != left_open.id
    assert paid.paid_at is not None
    assert abs(paid.paid_at - clock.wall() - YEAR) < A_MINUTE
