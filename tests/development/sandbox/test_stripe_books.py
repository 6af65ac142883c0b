"""Whatever happens in whatever order, the books of the sandbox's Stripe add up to the cent."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_base import CannotAct

ACTS = 250
FEE = 1_500 + 270  # of a dispute


class Business:
    """One act after the other, by chance; what is not possible just now is left out."""

    def __init__(self, box: Sandbox, seed: int) -> None:
        self.box, self.chance = box, random.Random(seed)
        self.done: Counter[str] = Counter()

    def play(self) -> None:
        acts: list[Callable[[], object]] = [
            self.pays, self.pays, self.refunds, self.refund_ends, self.disputes,
            self.dispute_goes_on, self.dispute_goes_on, self.dispute_goes_on, self.books,
            self.pays_out, self.payout_ends, self.days_pass,
        ]  # fmt: skip
        for _ in range(ACTS):
            act = self.chance.choice(acts)
            try:
                act()
            except CannotAct:
                continue
            self.done[act.__name__] += 1

    def one(self, kind: str) -> str:
        found = self.box.store.newest(kind)
        if not found:
            raise CannotAct
        return str(self.chance.choice(found)["id"])

    def pays(self) -> None:
        self.box.switch("stripe", balance=self.chance.choice(["at_once", "late"]))
        self.box.other_product()

    def refunds(self) -> None:
        self.box.switch("stripe", refunds=self.chance.choice(["at_once", "pending"]))
        self.box.refund(self.one("payment_intent"), self.chance.choice([None, 1, 300, 900]))

    def refund_ends(self) -> None:
        act = self.chance.choice([self.box.settle_refund, self.box.fail_refund])
        act(self.one("refund"))

    def disputes(self) -> None:
        inquiry = self.chance.random() < 0.3
        amount = self.chance.choice([None, 1, 700, 5_000])
        self.box.dispute(self.one("payment_intent"), amount, inquiry=inquiry)

    def dispute_goes_on(self) -> None:
        act = self.chance.choice(["won", "lost", "respond", "escalate", "close_inquiry"])
        self.box.dispute_step(self.one("dispute"), act)

    def books(self) -> None:
        self.box.book(self.box.store.get("late_booking", self.one("late_booking"))["charge"])

    def pays_out(self) -> None:
        self.box.pay_out()

    def payout_ends(self) -> None:
        act = self.chance.choice([self.box.payout_arrives, self.box.fail_payout])
        act(self.one("payout"))

    def days_pass(self) -> None:
        self.box.move_time(days=self.chance.choice([0.02, 1, 3]))
        self.box.sweep()


def rows(box: Sandbox, kind: str, **where: Any) -> list[Body]:
    return list(box.store.walk(kind, **where))


@pytest.mark.parametrize("seed", range(6))
def test_every_cent_of_the_balance_is_explained(box: Sandbox, seed: int) -> None:
    business = Business(box, seed)
    business.play()

    movements = rows(box, "balance_transaction")
    of: Counter[str] = Counter()
    for item in movements:
        of[item["source"]] += item["net"]
        assert item["net"] == item["amount"] - item["fee"]
        assert item["fee"] == sum(part["amount"] for part in item["fee_details"])
    wrong = []
    for charge in rows(box, "charge"):
        fee = next((one["fee"] for one in movements if one["source"] == charge["id"]), None)
        wanted = 0 if charge["balance_transaction"] is None else charge["amount"] - (fee or 0)
        wrong += [charge["id"]] * (of[charge["id"]] != wanted)
    for refund in rows(box, "refund"):
        wanted = -refund["amount"] if refund["status"] == "succeeded" else 0
        wrong += [refund["id"]] * (of[refund["id"]] != wanted)
    for dispute in rows(box, "dispute"):
        taken = dispute["status"] in {"needs_response", "under_review", "lost"}
        wanted = -dispute["amount"] - FEE if taken else 0
        wrong += [dispute["id"]] * (of[dispute["id"]] != wanted)
    for payout in rows(box, "payout"):
        wanted = 0 if payout["status"] == "failed" else -payout["amount"]
        wrong += [payout["id"]] * (of[payout["id"]] != wanted)
        held = rows(box, "balance_transaction", parent=payout["id"])
        wrong += [payout["id"]] * (sum(item["net"] for item in held) != 0)
    assert wrong == []
    assert sum(map(sum, box.balance().values())) == sum(of.values())
    assert min(business.done.values()) >= 3
    assert len(business.done) == 9  # else not everything has happened
