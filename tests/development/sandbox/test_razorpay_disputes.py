"""Razorpay's disputes by its official SDK: their fields, amounts, steps, events and money."""

import json
from typing import Any

import pytest
import razorpay
from razorpay.errors import BadRequestError

from courseflow_admin.development.sandbox import razorpay_disputes as disputes
from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School


@pytest.fixture
def paid(box: Sandbox, razorpay_client: razorpay.Client) -> str:
    return box.pay(razorpay_client.order.create({"amount": 85_000, "currency": "INR"})["id"])


def test_a_dispute_says_all_that_razorpay_says(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    opened = disputes.open_dispute(box.world, paid)

    found = razorpay_client.dispute.fetch(opened["id"])

    assert found == opened
    assert found.pop("id").startswith("disp_")
    assert found.pop("gateway_dispute_id")
    assert found.pop("respond_by") - found.pop("created_at") == 7 * 86_400
    evidence = found.pop("evidence")
    assert (evidence.pop("amount"), set(evidence.values()), len(evidence)) == (85_000, {None}, 13)
    assert found == {
        "entity": "dispute",
        "payment_id": paid,
        "amount": 85_000,
        "currency": "INR",
        "amount_deducted": 0,
        "reason_code": "chargeback_authorization",
        "reason_description": "The buyer says they did not authorise this payment.",
        "status": "open",
        "phase": "chargeback",
        "comments": None,
    }


def test_disputes_are_listed_ten_at_a_time_and_by_their_time(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    made = [disputes.open_dispute(box.world, paid, 100)["id"] for _ in range(12)][::-1]
    box.clock(48)
    late = disputes.open_dispute(box.world, paid, 100)

    def ids(**params: int) -> list[str]:
        return [item["id"] for item in razorpay_client.dispute.all(params)["items"]]

    assert ids() == [late["id"], *made[:9]]
    assert ids(count=5, skip=10) == made[9:]
    assert ids(to=late["created_at"] - 1, count=100) == made
    assert ids(**{"from": late["created_at"]}) == [late["id"]]


def test_unknown_disputes_are_refused_in_razorpays_words(razorpay_client: razorpay.Client) -> None:
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        razorpay_client.dispute.fetch("disp_00000000000000")
    with pytest.raises(BadRequestError, match="xyz is not a valid id"):
        razorpay_client.dispute.fetch("xyz")


def test_nothing_is_taken_until_a_dispute_is_lost_and_all_comes_back_when_it_is_won_after_all(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    before = box.razorpay_balance()
    dispute_id = box.dispute(paid)
    opened = box.razorpay_balance()

    box.close_dispute(paid, won=False)
    lost = box.razorpay_balance()
    lost_dispute = razorpay_client.dispute.fetch(dispute_id)
    box.close_dispute(dispute_id, won=True)

    assert before == 85_000 - 2_006
    assert (opened, lost, box.razorpay_balance()) == (before, before - 85_000, before)
    assert (lost_dispute["status"], lost_dispute["amount_deducted"]) == ("lost", 85_000)
    won = razorpay_client.dispute.fetch(dispute_id)
    assert (won["status"], won["amount_deducted"]) == ("won", 0)
    with pytest.raises(ValueError, match="already won"):
        box.close_dispute(dispute_id, won=False)


def test_a_refunded_payment_is_disputed_and_lost_over_its_amount(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    box.refund(paid, 20_000)
    rest = disputes.open_dispute(box.world, paid)
    box.close_dispute(rest["id"], won=False)
    second = disputes.open_dispute(box.world, paid, 85_000)
    box.close_dispute(second["id"], won=False)

    assert (rest["amount"], second["amount"]) == (65_000, 85_000)
    assert box.razorpay_balance() == 85_000 - 2_006 - 20_000 - 65_000 - 85_000
    payment = razorpay_client.payment.fetch(paid)
    assert (payment["status"], payment["amount_refunded"]) == ("captured", 20_000)


def test_a_payment_refunded_as_a_whole_can_be_disputed(box: Sandbox, paid: str) -> None:
    box.refund(paid)

    assert disputes.open_dispute(box.world, paid)["amount"] == 85_000
    assert disputes.open_dispute(box.world, paid, 1_050)["amount"] == 1_050


def test_a_running_dispute_forbids_refunds_and_an_inquiry_does_not(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    inquiry = disputes.open_dispute(box.world, paid, inquiry=True)
    razorpay_client.payment.refund(paid, {"amount": 1_000})

    chargeback = disputes.dispute_step(box.world, inquiry["id"], "escalate")

    with pytest.raises(BadRequestError, match="disputed"):
        razorpay_client.payment.refund(paid, {"amount": 1_000})
    disputes.dispute_step(box.world, chargeback["id"], "respond")
    with pytest.raises(BadRequestError, match="disputed"):
        razorpay_client.payment.refund(paid, {"amount": 1_000})
    assert box.refunds(paid) == [1_000]


def test_an_inquiry_is_closed_and_never_decided(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    before = box.razorpay_balance()
    for phase in ("retrieval", "fraud"):
        opened = disputes.open_dispute(box.world, paid, phase=phase)
        with pytest.raises(ValueError, match="closed, not won or lost"):
            box.close_dispute(opened["id"], won=False)

        disputes.dispute_step(box.world, opened["id"], "close_inquiry")

        found = razorpay_client.dispute.fetch(opened["id"])
        assert (found["phase"], found["status"]) == (phase, "closed")
        assert disputes.dispute_steps(found) == []
    assert box.razorpay_balance() == before


async def test_every_step_is_told_by_a_signed_event_about_payment_and_dispute(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str, school: School
) -> None:
    await box.deliver()
    school.seen.clear()
    inquiry = disputes.open_dispute(box.world, paid, 30_000, inquiry=True)["id"]

    opened = disputes.dispute_step(box.world, inquiry, "escalate")["id"]
    for act in ("respond", "return", "respond", "won"):
        disputes.dispute_step(box.world, opened, act)
    again = disputes.dispute_step(box.world, opened, "challenge")
    for act in ("lost", "won"):
        disputes.dispute_step(box.world, again["id"], act)
    await box.deliver()

    assert [kind.removeprefix("payment.dispute.") for kind in school.types()] == [
        "created", "closed", "created", "under_review", "action_required", "under_review", "won",
        "created", "lost", "won",
    ]  # fmt: skip
    assert (again["phase"], again["amount"]) == ("pre_arbitration", 30_000)
    for _, headers, raw in school.seen:
        secret = box.world.keys["razorpay_webhook_secret"]
        signature = headers["x-razorpay-signature"]
        assert razorpay_client.utility.verify_webhook_signature(raw.decode(), signature, secret)
    said: Any = json.loads(school.seen[4][2])
    assert said["contains"] == ["payment", "dispute"]
    assert said["payload"]["payment"]["entity"]["id"] == paid
    told = said["payload"]["dispute"]["entity"]
    assert (told["id"], told["status"]) == (opened, "open")
    assert told["evidence"]["submitted_at"] > 0


def test_a_dispute_is_lost_when_the_time_to_respond_is_over(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    silent, answered = (disputes.open_dispute(box.world, paid, 1_000)["id"] for _ in range(2))
    inquiry = disputes.open_dispute(box.world, paid, inquiry=True)["id"]
    disputes.dispute_step(box.world, answered, "respond")
    box.clock(7 * 24 - 0.1)
    box.sweep()
    before = razorpay_client.dispute.fetch(silent)["status"]

    box.clock(7 * 24 + 0.1)
    box.sweep()

    after = [razorpay_client.dispute.fetch(name) for name in (silent, answered, inquiry)]
    assert before == "open"
    assert [item["status"] for item in after] == ["lost", "under_review", "open"]
    assert after[0]["amount_deducted"] == 1_000


def test_what_cannot_happen_to_a_dispute_now_is_refused(box: Sandbox, paid: str) -> None:
    opened = disputes.open_dispute(box.world, paid)

    with pytest.raises(ValueError, match="'return' cannot happen to it now"):
        disputes.dispute_step(box.world, opened["id"], "return")

    box.close_dispute(opened["id"], won=False)
    with pytest.raises(ValueError, match="already lost"):
        box.close_dispute(opened["id"], won=False)
    with pytest.raises(ValueError, match="no dispute disp_nothing"):
        box.close_dispute("disp_nothing", won=True)
