"""Numbers of receipts: without gaps, also when one receipt is in trouble."""

import math
import re

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.services.money import payments, receipt_numbers
from courseflow_admin.services.school.jobs import TRIES
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.job_builders import make_due, run_due
from tests.money_builders import payment_row
from tests.services.money.buying import a_sale, buy
from tests.services.money.test_refunds import ADMIN


async def a_receipt(number, *, paid=True):
    """Paid `number` minutes ago; `paid=False`: its payment is not there."""
    payment = payment_row(number, _id=f"pay_{number}")
    if paid:
        await collection("payments").insert_one(payment.to_mongo())
    receipt = Receipt(
        _id=f"rcp_{number}",
        payment_id=payment.id,
        account_id="acc_gone",
        course_title="One",
        amount=Money(minor=1, currency="INR"),
        mode="sandbox",
        series="sandbox-2026",
        paid_at=payment.created_at,
    )
    await collection("receipts").insert_one(receipt.to_mongo())
    await receipt_numbers.ask_number(payment.id)
    return payment


async def numbers():
    return {row["_id"]: row["number"] for row in await stored("receipts")}


async def test_a_receipt_in_trouble_lets_the_others_pass_and_leaves_no_gap(database):
    troubled = await a_receipt(3, paid=False)
    await a_receipt(2)
    await a_receipt(1)

    await run_due(receipt_numbers.NUMBER)
    during = await numbers()
    await collection("payments").insert_one(troubled.to_mongo())
    await make_due("rcp_3")
    await run_due(receipt_numbers.NUMBER)

    assert during == {"rcp_1": 2, "rcp_2": 1, "rcp_3": 0}
    assert await numbers() == {"rcp_1": 2, "rcp_2": 1, "rcp_3": 3}
    assert [row["object_id"] for row in await stored("audit")] == ["pay_2", "pay_1", "pay_3"]


async def test_many_receipts_in_trouble_stop_nothing(database):
    for number in range(30):
        await a_receipt(number + 10, paid=False)
    await a_receipt(1)

    await run_due(receipt_numbers.NUMBER)

    assert (await numbers())["rcp_1"] == 1


async def test_a_receipt_that_cannot_be_numbered_wants_a_person_and_is_numbered_by_the_re_check(
    database, sandbox
):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    await collection("receipts").delete_many({})
    # Its series was written by something else than us: no number can follow in it.
    strange = {"_id": "rcp_x", "payment_id": "pay_x", "series": "sandbox-2026", "number": math.inf}
    await collection("receipts").insert_one(strange)
    for _ in range(TRIES):
        await make_due()
        await run_until_idle()
    (receipt,) = await stored("receipts", payment_id=payment.id)
    given_up = await payments_db.get(payment.id)
    await collection("receipts").delete_one({"_id": "rcp_x"})

    await payments.recheck(ADMIN, payment.id)
    await run_until_idle()

    assert (receipt["number"], given_up.state) == (0, PaymentState.NEEDS_REVIEW)
    assert re.fullmatch(
        r"Its receipt could not be numbered\. Something unexpected went wrong; look for "
        r"[A-Z0-9-]{9} in the log\.",
        given_up.review.reason,
    )
    (receipt,) = await stored("receipts")
    assert receipt["number"] == 1
    assert await stored("jobs", kind="receipt-number") == []
