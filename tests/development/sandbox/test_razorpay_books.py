"""Whatever happens in whatever order: Razorpay's balance is what its own lists add up to."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import razorpay

from courseflow_admin.development.sandbox import razorpay_disputes as disputes
from courseflow_admin.development.sandbox import razorpay_foreign as foreign
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.development.sandbox.stripe_acts import CannotAct

STEPS = 150


def all_of(listed: Callable[..., Any], asked: dict[str, int] | None = None) -> list[Any]:
    found: list[Any] = []
    while page := listed({"count": 100, "skip": len(found)} | (asked or {}))["items"]:
        found += page
    return found


class Buyers:
    """Do anything to anything; what cannot happen is refused, and nothing has happened."""

    def __init__(self, box: Sandbox, client: razorpay.Client, seed: int) -> None:
        self.box, self.client = box, client
        self.random = random.Random(seed)

    def step(self) -> None:
        acts = (
            self.buy, self.buy, self.authorize, self.refund, self.move_refund, self.dispute,
            self.move_dispute, self.move_dispute, self.settle, self.move_settlement, self.wait,
        )  # fmt: skip
        try:
            self.random.choice(acts)()
        except CannotAct:
            return

    def _any(self, kind: str) -> str:
        found = self.box.store.newest(kind)
        if not found:
            raise CannotAct("There is none yet.")
        return str(self.random.choice(found)["id"])

    def _order(self) -> str:
        currency = self.random.choice(["INR", "INR", "USD", "KWD", "JPY"])
        amount = self.random.randrange(1_000, 100_000, 10)
        order = self.client.order.create({"amount": amount, "currency": currency})
        return str(order["id"])

    def buy(self) -> None:
        if self.random.random() < 0.1:
            foreign.other_product(self.box.world, 2)
        self.box.pay(self._order())

    def authorize(self) -> None:
        self.box.authorize(self._order())

    def refund(self) -> None:
        self.box.switch("razorpay", refunds=self.random.choice(["at_once", "pending"]))
        amount = self.random.choice([None, self.random.randrange(100, 20_000, 10)])
        self.box.refund(self._any("payment"), amount)

    def move_refund(self) -> None:
        end = self.random.choice([self.box.settle_refund, self.box.fail_refund])
        end(self._any("rzp_refund"))

    def dispute(self) -> None:
        amount = self.random.choice([None, self.random.randrange(1, 150_000)])
        inquiry = self.random.random() < 0.2
        disputes.open_dispute(self.box.world, self._any("payment"), amount, inquiry=inquiry)

    def move_dispute(self) -> None:
        found = self.box.store.get("rzp_dispute", self._any("rzp_dispute"))
        steps = disputes.dispute_steps(found)
        if steps:
            disputes.dispute_step(self.box.world, found["id"], self.random.choice(steps)[0])

    def settle(self) -> None:
        self.box.make_settlement()

    def move_settlement(self) -> None:
        end = self.random.choice([self.box.process_settlement, self.box.fail_settlement])
        end(self._any("settlement"))

    def wait(self) -> None:
        self.box.clock(self.box.world.clock_hours + self.random.choice([1, 5, 30]))
        self.box.sweep()


@pytest.fixture
def rows_of(razorpay_client: razorpay.Client) -> Callable[[], Iterator[dict[str, Any]]]:
    """The rows of every month in which there was a settlement."""

    def read() -> Iterator[dict[str, Any]]:
        made = all_of(razorpay_client.settlement.all)
        # In India's time, which is ahead: an instant's month there is this or the next.
        months = {
            (day.year, day.month)
            for item in made
            for day in (datetime.fromtimestamp(item["created_at"] + 19_800, UTC),)
        }
        for year, month in sorted(months):
            yield from all_of(razorpay_client.settlement.report, {"year": year, "month": month})

    return read


@pytest.mark.parametrize("seed", range(4))
def test_the_balance_is_what_the_lists_add_up_to(
    box: Sandbox,
    razorpay_client: razorpay.Client,
    rows_of: Callable[[], Iterator[dict[str, Any]]],
    seed: int,
) -> None:
    buyers = Buyers(box, razorpay_client, seed)
    for _ in range(STEPS):
        buyers.step()

    payments = {item["id"]: item for item in all_of(razorpay_client.payment.all)}
    refunds = all_of(razorpay_client.refund.all)
    made = all_of(razorpay_client.settlement.all)
    rows = list(rows_of())

    def in_rupees(item: dict[str, Any], amount: int) -> float:
        payment = payments[item.get("payment_id") or item["id"]]
        base: int = payment.get("base_amount", payment["amount"])
        return base * amount / payment["amount"]

    captured = [item for item in payments.values() if item["captured"]]
    assert len(captured) > 10
    assert len(made) > 1
    come = sum(in_rupees(item, item["amount"]) - item["fee"] for item in captured)
    back = sum(
        in_rupees(item, item["amount"])
        for item in refunds
        if item["status"] == "processed" and payments[item["payment_id"]]["captured"]
    )
    lost = sum(
        in_rupees(item, item["amount_deducted"]) for item in all_of(razorpay_client.dispute.all)
    )
    gone = sum(item["amount"] for item in made if item["status"] != "failed")
    halves = len(refunds) + len(box.store.newest("rzp_dispute"))  # what rounding may come to
    assert box.razorpay_balance() == pytest.approx(come - back - lost - gone, abs=halves)
    for item in made:
        mine = [row for row in rows if row["settlement_id"] == item["id"]]
        total = sum(row["credit"] - row["debit"] for row in mine)
        assert total == (0 if item["status"] == "failed" else item["amount"])
        assert {row["settled"] for row in mine} <= {item["status"] == "processed"}
    assert len({row["entity_id"] for row in rows if row["type"] == "payment"}) == len(
        [row for row in rows if row["type"] == "payment"]
    )
