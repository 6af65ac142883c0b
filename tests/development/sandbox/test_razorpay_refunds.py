"""What Razorpay takes and does not take as a refund, many of them, and what is never captured."""

import json
from typing import Any

import httpx
import pytest
import razorpay
from razorpay.errors import BadRequestError

from courseflow_admin.development.sandbox import razorpay_foreign as foreign
from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School


def buy(box: Sandbox, client: razorpay.Client, amount: int = 49_900, currency: str = "INR") -> str:
    return box.pay(client.order.create({"amount": amount, "currency": currency})["id"])


def all_of(listed: Any, *arguments: Any) -> list[dict[str, Any]]:
    """Paged to the end, ten at a time."""
    found: list[dict[str, Any]] = []
    while page := listed(*arguments, {"skip": len(found)})["items"]:
        assert len(page) <= 10
        found += page
    return found


def test_no_refund_is_below_one_rupee_not_even_of_all_that_is_left(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid = buy(box, razorpay_client, 6_040)
    with pytest.raises(BadRequestError, match=r"The amount must be at least INR 1\.00"):
        razorpay_client.payment.refund(paid, {"amount": 99})
    razorpay_client.payment.refund(paid, {"amount": 6_000})

    with pytest.raises(BadRequestError, match=r"The amount must be at least INR 1\.00"):
        razorpay_client.payment.refund(paid, {})

    url = f"{box.world.url('razorpay')}/v1/payments/{paid}/refund"
    refused = httpx.post(url, json={"amount": 40}, auth=razorpay_client.auth)
    assert (refused.status_code, refused.json()["error"]) == (
        400,
        {
            "code": "BAD_REQUEST_ERROR",
            "description": "The amount must be at least INR 1.00",
            "source": "business",
            "step": "payment_initiation",
            "reason": "input_validation_failed",
            "metadata": {},
            "field": "amount",
        },
    )
    assert box.refunds(paid) == [6_000]
    razorpay_client.payment.refund(buy(box, razorpay_client, 100), {"amount": 100})


def test_three_decimals_end_with_a_zero_in_orders_and_refunds(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    for currency in ("KWD", "BHD", "OMR", "JOD", "TND", "IQD"):
        with pytest.raises(BadRequestError, match="last digit of the amount must be 0"):
            razorpay_client.order.create({"amount": 9_335, "currency": currency})
    paid = buy(box, razorpay_client, 9_330, "KWD")

    with pytest.raises(BadRequestError, match="last digit of the amount must be 0"):
        razorpay_client.payment.refund(paid, {"amount": 2_107})
    razorpay_client.payment.refund(paid, {"amount": 2_100})

    assert box.refunds(paid) == [2_100]


def test_fourteen_part_refunds_that_nobody_told_of_are_in_the_lists(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid, other = buy(box, razorpay_client), buy(box, razorpay_client)
    box.switch("razorpay", webhooks="never")
    made = [box.refund(paid, 1_000 + number) for number in range(14)][::-1]
    elsewhere = box.refund(other)

    listed = all_of(razorpay_client.payment.fetch_multiple_refund, paid)
    everything = all_of(razorpay_client.refund.all)

    assert [item["id"] for item in listed] == made
    assert [item["id"] for item in everything] == [elsewhere, *made]
    payment = razorpay_client.payment.fetch(paid)
    assert payment["amount_refunded"] == sum(1_000 + number for number in range(14))
    assert {delivery.state for delivery in box.deliveries()[:30]} == {"withheld"}


def test_a_refund_takes_the_money_when_it_is_processed_and_brings_it_back_when_it_fails(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid = buy(box, razorpay_client, 85_000)
    before = box.razorpay_balance()
    box.switch("razorpay", refunds="pending")
    refund_id = box.refund(paid, 20_000)
    pending = box.razorpay_balance()

    box.settle_refund(refund_id)
    processed = box.razorpay_balance()
    box.fail_refund(refund_id)
    failed = box.razorpay_balance()
    box.settle_refund(refund_id)

    assert (pending, processed, failed) == (before, before - 20_000, before)
    assert box.razorpay_balance() == before - 20_000
    box.fail_refund(box.refund(paid, 10_000))
    assert box.razorpay_balance() == before - 20_000


async def test_a_refund_is_told_when_it_is_made_and_when_it_ends(
    box: Sandbox, razorpay_client: razorpay.Client, school: School
) -> None:
    paid = buy(box, razorpay_client)
    box.switch("razorpay", refunds="pending")
    await box.deliver()
    school.seen.clear()

    first, second = box.refund(paid, 10_000), box.refund(paid, 20_000)
    box.settle_refund(first)
    box.fail_refund(second)
    await box.deliver()

    assert school.types() == [
        "refund.created", "refund.created", "refund.processed", "refund.failed",
    ]  # fmt: skip
    entities = [json.loads(raw)["payload"] for _, _, raw in school.seen]
    assert [item["refund"]["entity"]["status"] for item in entities] == [
        "pending", "pending", "processed", "failed",
    ]  # fmt: skip
    assert entities[-1]["payment"]["entity"]["amount_refunded"] == 10_000


def test_what_was_authorised_is_captured_a_day_later(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    order = razorpay_client.order.create({"amount": 49_900, "currency": "INR"})
    late = box.pay_later(order["id"])
    box.clock(24)
    box.sweep()
    box.settle(late)

    box.clock(48)
    box.sweep()
    captured = razorpay_client.payment.capture(late, 49_900, {"currency": "INR"})
    box.clock(96)
    box.sweep()

    assert (captured["status"], captured["fee"]) == ("captured", 1_178)
    assert razorpay_client.payment.fetch(late)["status"] == "captured"
    assert box.refunds(late) == []


async def test_what_is_given_back_uncaptured_moves_no_money_of_the_school(
    box: Sandbox, razorpay_client: razorpay.Client, school: School
) -> None:
    order = razorpay_client.order.create({"amount": 49_900, "currency": "INR"})
    payment_id = box.authorize(order["id"])
    await box.deliver()
    school.seen.clear()

    box.clock(72.1)
    await box.deliver()

    assert school.types() == ["refund.created", "refund.processed"]
    told = json.loads(school.seen[-1][2])["payload"]
    assert told["payment"]["entity"]["captured"] is False
    assert told["refund"]["entity"]["amount"] == 49_900
    assert box.razorpay_balance() == 0
    box.fail_refund(box.refund_objects(payment_id)[0]["id"])
    assert razorpay_client.payment.fetch(payment_id)["status"] == "authorized"
    assert box.razorpay_balance() == 0


def test_every_list_is_read_by_time_and_in_pages(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid = [buy(box, razorpay_client) for _ in range(11)][::-1]
    refunds = [box.refund(payment_id, 100) for payment_id in paid]
    box.clock(24)
    late = buy(box, razorpay_client)
    late_refund = box.refund(late, 100)
    order = razorpay_client.order.fetch(razorpay_client.payment.fetch(late)["order_id"])
    at = order["created_at"]  # the first of the three: they may fall into two seconds

    for listed, newest, count in (
        (razorpay_client.payment.all, late, 11),
        (razorpay_client.order.all, None, 11),
        (razorpay_client.refund.all, late_refund, 11),
    ):
        assert len(all_of(listed)) == count + 1
        assert len(listed({"to": at - 1, "count": 100})["items"]) == count
        [only] = listed({"from": at})["items"]
        assert newest in {None, only["id"]}
        with pytest.raises(BadRequestError, match="from must be a valid timestamp"):
            listed({"from": "yesterday"})
    older = razorpay_client.payment.fetch_multiple_refund(paid[0], {"to": at - 1})["items"]
    assert [item["id"] for item in older] == [refunds[0]]
    assert razorpay_client.payment.fetch_multiple_refund(paid[0], {"from": at})["items"] == []


async def test_other_products_pay_on_the_same_account(
    box: Sandbox, razorpay_client: razorpay.Client, school: School
) -> None:
    made = foreign.other_product(box.world, 50)
    unknown = foreign.unknown_purchase(box.world)
    await box.deliver()

    listed = all_of(razorpay_client.payment.all)
    assert [item["id"] for item in listed] == [unknown, *made[::-1]]
    assert [item["notes"] for item in listed[1:]] == [[]] * 50
    assert listed[0]["notes"]["payment_id"].startswith("pay_")
    assert len(listed[0]["notes"]["payment_id"]) == 30
    assert school.types() == ["payment.authorized", "payment.captured", "order.paid"] * 51
    assert box.razorpay_balance() == sum(item["amount"] - item["fee"] for item in listed)
    with pytest.raises(ValueError, match="between 1 and 1000"):
        foreign.other_product(box.world, 0)
