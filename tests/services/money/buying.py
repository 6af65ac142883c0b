"""Buying in tests: a course on sale, a checkout, and all that follows from it."""

import pytest

from courseflow_admin.db.money import ledger as ledger_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.money.ledger import sums
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm
from courseflow_admin.services.money.sync import sync
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.course_builders import a_course, a_student, an_instructor

BOTH = pytest.mark.parametrize("provider", ["stripe", "razorpay"])


def buying(course, provider):
    return BuyForm(
        course_id=course.id, provider=provider, billing_name="Ada Lovelace", billing_country="IN"
    )


async def a_sale():
    course = await a_course(await an_instructor())
    return course, await a_student()


async def buy(student, course, provider):
    start = await checkout.open_checkout(student, buying(course, provider))
    return await payments_db.get(start.payment_id)


async def hold(sandbox, student, course):
    """A payment of Razorpay that the bank has authorised and nobody has captured."""
    payment = await buy(student, course, "razorpay")
    sandbox.authorize(payment.provider_checkout_id)
    await sync(payment.id, "the return")
    return await payments_db.get(payment.id)


async def work(sandbox):
    """Deliver the webhooks, and let the worker do all that follows, until nothing moves."""
    for _ in range(3):
        await sandbox.deliver()
        await run_until_idle()


async def kinds_of_mail():
    return sorted(row["kind"] for row in await stored("emails"))


async def books(payment):
    """Account -> what the entries of a payment add up to, in minor units; each sums to zero."""
    entries = await ledger_db.of_payment(payment.id)
    for entry in entries:
        assert sum(line.amount_minor for line in entry.lines) == 0, entry
    return {account.value: minor for (account, _), minor in sums(entries).items() if minor}
