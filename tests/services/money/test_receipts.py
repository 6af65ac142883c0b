"""Numbers of receipts: without gaps, also when one receipt is in trouble."""

from datetime import timedelta

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.services.money import receipts
from tests.builders import stored
from tests.money_builders import payment_row

LEASE = timedelta(0)


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
    return payment


async def numbers():
    return {row["_id"]: row["number"] for row in await stored("receipts")}


async def test_a_receipt_in_trouble_lets_the_others_pass_and_leaves_no_gap(database):
    troubled = await a_receipt(3, paid=False)
    await a_receipt(2)
    await a_receipt(1)

    numbered = await receipts.number_waiting("one", LEASE)
    again = await receipts.number_waiting("one", LEASE)
    during = await numbers()
    await collection("payments").insert_one(troubled.to_mongo())
    await collection("receipts").update_one(
        {"_id": "rcp_3"}, {"$set": {"due_at": clock.business()}}
    )
    await receipts.number_waiting("one", LEASE)

    assert (numbered, again) == (2, 0)
    assert during == {"rcp_1": 2, "rcp_2": 1, "rcp_3": 0}
    assert await numbers() == {"rcp_1": 2, "rcp_2": 1, "rcp_3": 3}
    assert [row["object_id"] for row in await stored("audit")] == ["pay_2", "pay_1", "pay_3"]


async def test_more_receipts_in_trouble_than_are_taken_at_once_stop_nothing(database):
    for number in range(receipts.AT_ONCE):
        await a_receipt(number + 10, paid=False)
    await a_receipt(1)

    first = await receipts.number_waiting("one", LEASE)
    second = await receipts.number_waiting("one", LEASE)

    assert (first, second) == (0, 1)
    assert (await numbers())["rcp_1"] == 1
