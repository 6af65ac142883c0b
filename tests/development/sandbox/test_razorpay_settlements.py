"""Razorpay's fees and settlements by its official SDK: what comes to the bank, and of what."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import razorpay
from razorpay.errors import BadRequestError

from courseflow_admin.development.sandbox import razorpay_settlements as settlements
from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School

INDIA = timezone(timedelta(hours=5, minutes=30))


def buy(box: Sandbox, client: razorpay.Client, amount: int = 85_000, **order: Any) -> str:
    params: dict[str, Any] = {"amount": amount, "currency": "INR"} | order
    return box.pay(client.order.create(params)["id"])


def to_the_day_after(box: Sandbox) -> None:
    """A minute past one at night in India: yesterday's settlement is created and processed."""
    now = datetime.fromtimestamp(box.world.now(), INDIA)
    night = now.replace(hour=1, minute=1, second=0) + timedelta(days=1)
    box.clock(box.world.clock_hours + (night - now).total_seconds() / 3_600)
    box.sweep()


def report(client: razorpay.Client, at: int, **params: int) -> list[dict[str, Any]]:
    day = datetime.fromtimestamp(at, INDIA)
    asked = {"year": day.year, "month": day.month, "day": day.day} | params
    items: list[dict[str, Any]] = client.settlement.report(asked)["items"]
    return items


def test_the_fee_is_known_at_the_capture_and_contains_its_tax(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    order = razorpay_client.order.create({"amount": 85_000, "currency": "INR"})
    payment_id = box.authorize(order["id"])
    before = razorpay_client.payment.fetch(payment_id)

    captured = razorpay_client.payment.capture(payment_id, 85_000, {"currency": "INR"})

    assert (before["fee"], before["tax"]) == (None, None)
    assert (captured["fee"], captured["tax"]) == (2_006, 306)
    assert "base_amount" not in captured
    assert box.razorpay_balance() == 85_000 - 2_006


def test_a_payment_from_abroad_costs_more_and_is_settled_in_rupees(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    dollars = razorpay_client.payment.fetch(buy(box, razorpay_client, 2_000, currency="USD"))
    dinars = razorpay_client.payment.fetch(buy(box, razorpay_client, 9_330, currency="KWD"))

    assert (dollars["international"], dollars["base_amount"]) == (True, 166_240)
    assert dollars["base_currency"] == "INR"
    assert (dollars["fee"], dollars["tax"]) == (4_987 + 898, 898)  # in paise: 3%, and 18% of that
    assert (dinars["base_amount"], dinars["fee"]) == (252_050, 7_562 + 1_361)
    assert box.razorpay_balance() == 166_240 - 5_885 + 252_050 - 8_923


def test_a_day_is_settled_at_the_next_midnight_in_india(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    buy(box, razorpay_client)
    box.sweep()
    before = razorpay_client.settlement.all()

    to_the_day_after(box)

    assert before["items"] == []
    [made] = razorpay_client.settlement.all()["items"]
    assert razorpay_client.settlement.fetch(made["id"]) == made
    assert made.pop("id").startswith("setl_")
    assert made.pop("utr").startswith(str(made["created_at"]))
    midnight = datetime.fromtimestamp(made.pop("created_at"), INDIA)
    today = datetime.fromtimestamp(box.world.now(), INDIA)
    assert midnight.isoformat() == f"{today:%Y-%m-%d}T00:00:00+05:30"
    assert made == {
        "entity": "settlement",
        "amount": 82_994,
        "status": "processed",
        "fees": 0,
        "tax": 0,
    }
    assert box.razorpay_balance() == 0


def test_a_clock_moved_by_days_settles_each_of_them(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    buy(box, razorpay_client)
    box.clock(48)
    buy(box, razorpay_client, 10_000)

    box.clock(96)
    box.sweep()

    later, first = razorpay_client.settlement.all()["items"]
    assert (first["amount"], later["amount"]) == (82_994, 9_764)
    assert later["created_at"] - first["created_at"] == 2 * 86_400


async def test_ten_days_at_one_go_are_as_they_would_have_been_one_by_one(
    box: Sandbox, razorpay_client: razorpay.Client, school: School
) -> None:
    order = razorpay_client.order.create({"amount": 50_000, "currency": "INR"})
    left = razorpay_client.payment.fetch(box.authorize(order["id"]))
    paid, other = (buy(box, razorpay_client, amount) for amount in (85_000, 100_000))
    dispute = razorpay_client.dispute.fetch(box.dispute(paid))
    await box.deliver()
    school.seen.clear()

    box.clock(240)
    await box.deliver()

    events = [json.loads(raw) for _, _, raw in school.seen]
    told = {event["event"]: event["created_at"] for event in events}
    [settled] = razorpay_client.settlement.all()["items"]
    assert school.types() == [
        "refund.created", "refund.processed", "payment.dispute.lost", "settlement.processed",
    ]  # fmt: skip
    assert told["refund.processed"] == left["created_at"] + 3 * 86_400
    assert box.refund_objects(left["id"])[0]["created_at"] == left["created_at"] + 3 * 86_400
    assert told["payment.dispute.lost"] == dispute["respond_by"]
    assert told["settlement.processed"] == settled["created_at"] + 3_600
    assert box.razorpay_balance() == -85_000
    assert razorpay_client.payment.fetch(other)["status"] == "captured"


def test_settlements_are_played_by_the_machine_too(
    box: Sandbox, razorpay_client: razorpay.Client, control: Callable[..., httpx.Response]
) -> None:
    buy(box, razorpay_client)
    made = control("settlement").json()["settlement_id"]

    control("settlement", act="process", settlement_id=made).raise_for_status()
    processed = razorpay_client.settlement.fetch(made)["status"]
    control("settlement", act="fail", settlement_id=made).raise_for_status()

    assert (processed, razorpay_client.settlement.fetch(made)["status"]) == ("processed", "failed")
    refused = control("settlement", act="process", settlement_id=made)
    assert refused.json() == {"error": "This settlement is already failed."}


def test_the_rows_of_a_settlement_add_up_to_it(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid = buy(box, razorpay_client, receipt="pay_ours-1")
    buy(box, razorpay_client, 2_000, currency="USD")
    refund_id = box.refund(paid, 20_000)
    dispute_id = box.dispute(paid)
    box.close_dispute(dispute_id, won=False)

    settlement_id = box.make_settlement()
    box.process_settlement(settlement_id)

    made = razorpay_client.settlement.fetch(settlement_id)
    rows = report(razorpay_client, made["created_at"])
    assert [(row["type"], row["credit"], row["debit"]) for row in rows] == [
        ("payment", 82_994, 0),
        ("payment", 166_240 - 5_885, 0),
        ("refund", 0, 20_000),
        ("adjustment", 0, 65_000),
    ]
    assert sum(row["credit"] - row["debit"] for row in rows) == made["amount"]
    assert {row["settlement_id"] for row in rows} == {settlement_id}
    assert {row["settlement_utr"] for row in rows} == {made["utr"]}
    first, foreign, refund, adjustment = rows
    payment = razorpay_client.payment.fetch(paid)
    assert first == {
        "entity_id": paid,
        "type": "payment",
        "debit": 0,
        "credit": 82_994,
        "amount": 85_000,
        "currency": "INR",
        "fee": 2_006,
        "tax": 306,
        "on_hold": False,
        "settled": True,
        "created_at": first["created_at"],
        "settled_at": made["created_at"],
        "settlement_id": settlement_id,
        "posted_at": None,
        "credit_type": "default",
        "description": None,
        "notes": "{}",
        "payment_id": None,
        "settlement_utr": made["utr"],
        "order_id": payment["order_id"],
        "order_receipt": "pay_ours-1",
        "method": "upi",
        "card_network": None,
        "card_issuer": None,
        "card_type": None,
        "dispute_id": None,
    }
    assert (foreign["amount"], foreign["currency"]) == (166_240, "INR")
    assert (refund["entity_id"], refund["payment_id"], refund["fee"]) == (refund_id, paid, 0)
    assert adjustment["entity_id"].startswith("adj_")
    assert (adjustment["dispute_id"], adjustment["payment_id"]) == (dispute_id, None)


async def test_a_processed_settlement_is_told_and_a_failed_one_is_not(
    box: Sandbox, razorpay_client: razorpay.Client, school: School
) -> None:
    buy(box, razorpay_client)
    await box.deliver()
    school.seen.clear()

    settlement_id = box.make_settlement()
    created = razorpay_client.settlement.fetch(settlement_id)
    [row] = report(razorpay_client, created["created_at"])
    box.process_settlement(settlement_id)
    processed = razorpay_client.settlement.fetch(settlement_id)
    box.fail_settlement(settlement_id)
    await box.deliver()

    assert (created["status"], created["utr"], row["settled"]) == ("created", None, False)
    assert (row["settled_at"], row["settlement_utr"]) == (None, None)
    assert school.types() == ["settlement.processed"]
    said = json.loads(school.seen[0][2])
    assert said["contains"] == ["settlement"]
    assert said["payload"]["settlement"]["entity"] == processed
    with pytest.raises(ValueError, match="already failed"):
        box.fail_settlement(settlement_id)
    with pytest.raises(ValueError, match="already failed"):
        box.process_settlement(settlement_id)


def test_the_money_of_a_failed_settlement_is_in_the_next(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    buy(box, razorpay_client)
    failed = box.make_settlement()

    box.fail_settlement(failed)
    given_back = box.razorpay_balance()
    to_the_day_after(box)

    assert given_back == 82_994
    later, first = razorpay_client.settlement.all()["items"]
    assert (first["id"], first["status"]) == (failed, "failed")
    assert (later["status"], later["amount"]) == ("processed", 82_994)
    assert report(razorpay_client, later["created_at"])[0]["settlement_id"] == later["id"]


def test_a_balance_below_zero_waits_for_the_next_money(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid = buy(box, razorpay_client)
    box.process_settlement(box.make_settlement())
    box.refund(paid)
    with pytest.raises(ValueError, match="no money to settle"):
        box.make_settlement()

    to_the_day_after(box)
    owed = box.razorpay_balance()
    buy(box, razorpay_client, 100_000)
    to_the_day_after(box)

    assert owed == -85_000
    amounts = [item["amount"] for item in razorpay_client.settlement.all()["items"]]
    assert amounts == [100_000 - 2_360 - 85_000, 82_994]


def test_the_report_is_paged_and_of_a_day_or_a_month(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    paid = [buy(box, razorpay_client) for _ in range(12)]
    made = razorpay_client.settlement.fetch(box.make_settlement())
    at = made["created_at"]
    day = datetime.fromtimestamp(at, INDIA)
    month = {"year": day.year, "month": day.month}

    def ids(rows: list[dict[str, Any]]) -> list[str]:
        return [row["entity_id"] for row in rows]

    assert ids(report(razorpay_client, at)) == paid[:10]
    assert ids(report(razorpay_client, at, skip=10)) == paid[10:]
    assert ids(report(razorpay_client, at, count=1_000)) == paid
    assert ids(razorpay_client.settlement.report(month | {"count": 1_000})["items"]) == paid
    assert report(razorpay_client, at - 86_400) == []
    with pytest.raises(BadRequestError, match="year field is required"):
        razorpay_client.settlement.report({"month": 1})
    with pytest.raises(BadRequestError, match="count must be between 1 and 1000"):
        report(razorpay_client, at, count=1_001)
    with pytest.raises(BadRequestError, match="day is not valid"):
        razorpay_client.settlement.report({"year": 2026, "month": 2, "day": 30})


def test_settlements_are_listed_by_their_time(
    box: Sandbox, razorpay_client: razorpay.Client
) -> None:
    buy(box, razorpay_client)
    first = razorpay_client.settlement.fetch(box.make_settlement())
    box.clock(2)
    buy(box, razorpay_client)
    second = razorpay_client.settlement.fetch(box.make_settlement())

    since = razorpay_client.settlement.all({"from": first["created_at"] + 1})
    page = razorpay_client.settlement.all({"count": 1, "skip": 1})

    assert (since["items"], page["items"]) == ([second], [first])
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        razorpay_client.settlement.fetch("setl_00000000000000")


def test_the_report_of_december_ends_with_the_year(box: Sandbox) -> None:
    """Midnight of New Year in India is still the old year in London."""
    new_year = int(datetime(2026, 12, 31, 18, 30, tzinfo=UTC).timestamp())
    for at in (new_year - 1, new_year):
        made = {"id": f"setl_{at}", "created_at": at, "status": "processed", "utr": "u"}
        box.store.put(settlements.KIND, made)
        box.store.put("rzp_row", {"id": f"row{at}", "entity_id": at}, parent=made["id"])

    december = settlements.recon(box.world, 2026, 12)
    january = settlements.recon(box.world, 2027, 1)

    assert [row["entity_id"] for row in december] == [new_year - 1]
    assert [row["entity_id"] for row in january] == [new_year]
