"""Disputes at Stripe: of any amount, again and again, asked first, decided, and decided anew."""

from typing import Any

import httpx
import pytest
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School, session_params

FEE = 1_500 + 270  # 15.00 and 18% tax


@pytest.fixture
def paid(box: Sandbox, stripe_client: stripe.StripeClient) -> str:
    """EUR 80.00"""
    price = {"currency": "eur", "unit_amount": 8_000, "product_data": {"name": "Ink"}}
    params = session_params(line_items=[{"quantity": 1, "price_data": price}])
    return box.pay(stripe_client.v1.checkout.sessions.create(params).id)


def moved(dispute: stripe.Dispute) -> list[tuple[str, str, int, int]]:
    return [
        (item.type, item.reporting_category, item.amount, item.fee)
        for item in dispute.balance_transactions
    ]


def status_of(client: stripe.StripeClient, dispute_id: str) -> str:
    return client.v1.disputes.retrieve(dispute_id).status


TAKEN = ("adjustment", "dispute", -8_000, FEE)
BACK = ("adjustment", "dispute_reversal", 8_000, -FEE)


async def test_a_dispute_takes_amount_and_fee_and_a_won_one_brings_both_back(
    box: Sandbox, school: School, stripe_client: stripe.StripeClient, paid: str
) -> None:
    dispute_id = box.dispute(paid)
    opened = stripe_client.v1.disputes.retrieve(dispute_id)
    box.close_dispute(dispute_id, won=True)
    await box.deliver()

    won = stripe_client.v1.disputes.retrieve(dispute_id)
    assert (opened.status, moved(opened)) == ("needs_response", [TAKEN])
    assert (won.status, moved(won)) == ("won", [TAKEN, BACK])
    assert [item.source for item in won.balance_transactions] == [dispute_id] * 2
    assert school.types("stripe")[3:] == [
        "charge.dispute.created",
        "charge.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


async def test_lost_and_then_won_is_told_after_it_was_closed(
    box: Sandbox, school: School, stripe_client: stripe.StripeClient, paid: str
) -> None:
    dispute_id = box.dispute(paid)
    box.close_dispute(dispute_id, won=False)
    lost = stripe_client.v1.disputes.retrieve(dispute_id)

    box.close_dispute(dispute_id, won=True)
    await box.deliver()

    won = stripe_client.v1.disputes.retrieve(dispute_id)
    assert (lost.status, moved(lost)) == ("lost", [TAKEN])
    assert (won.status, moved(won)) == ("won", [TAKEN, BACK])
    assert school.types("stripe")[-3:] == [
        "charge.dispute.closed",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
    ]
    with pytest.raises(ValueError, match="already won"):
        box.close_dispute(dispute_id, won=False)


def test_any_amount_is_disputed_even_more_than_was_paid_or_after_a_refund(
    box: Sandbox, stripe_client: stripe.StripeClient, paid: str
) -> None:
    part = box.dispute(paid, 500)
    box.close_dispute(part, won=True)
    box.refund(paid)
    with pytest.raises(ValueError, match="has been refunded in full"):
        box.dispute(paid)
    all_the_same = box.dispute(paid, 8_150)

    amounts = [item.amount for item in stripe_client.v1.disputes.list({"payment_intent": paid})]
    taken = stripe_client.v1.disputes.retrieve(all_the_same).balance_transactions[0]
    assert amounts == [8_150, 500]
    assert (taken.amount, taken.net) == (-8_150, -8_150 - FEE)


def test_what_is_left_after_a_refund_is_disputed_by_itself(
    box: Sandbox, stripe_client: stripe.StripeClient, paid: str
) -> None:
    box.refund(paid, 2_000)

    dispute_id = box.dispute(paid)

    assert stripe_client.v1.disputes.retrieve(dispute_id).amount == 6_000


def test_a_second_dispute_follows_on_the_same_charge(
    box: Sandbox, stripe_client: stripe.StripeClient, paid: str
) -> None:
    first = box.dispute(paid)
    with pytest.raises(ValueError, match="already an open dispute"):
        box.dispute(paid)
    box.close_dispute(first, won=True)
    second = box.dispute(paid)
    box.close_dispute(second, won=False)

    charge = stripe_client.v1.charges.list({"payment_intent": paid}).data[0]
    listed = stripe_client.v1.disputes.list({"charge": charge.id, "created": {"gte": 1}}).data
    later = stripe_client.v1.disputes.list({"created": {"gt": listed[0].created}}).data
    assert [(item.id, item.status) for item in listed] == [(second, "lost"), (first, "won")]
    assert (later, charge.disputed) == ([], True)


async def test_an_inquiry_only_asks_and_may_be_refunded_and_closed(
    box: Sandbox, school: School, stripe_client: stripe.StripeClient, paid: str
) -> None:
    dispute_id = box.dispute(paid, inquiry=True)
    asked = stripe_client.v1.disputes.retrieve(dispute_id)
    stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 100})
    with pytest.raises(ValueError, match="This is an inquiry"):
        box.close_dispute(dispute_id, won=False)

    box.dispute_step(dispute_id, "respond")
    box.dispute_step(dispute_id, "close_inquiry")
    await box.deliver()

    closed = stripe_client.v1.disputes.retrieve(dispute_id)
    details: Any = asked.payment_method_details
    assert (asked.status, moved(asked)) == ("warning_needs_response", [])
    assert (asked.is_charge_refundable, details.card.case_type) == (True, "inquiry")
    assert asked.evidence_details.due_by > asked.created
    assert (closed.status, moved(closed)) == ("warning_closed", [])
    assert box.refunds(paid) == [100]
    assert "charge.dispute.funds_withdrawn" not in school.types("stripe")
    assert school.types("stripe")[-2:] == ["charge.dispute.updated", "charge.dispute.closed"]


def test_an_inquiry_becomes_a_chargeback_under_the_same_id(
    box: Sandbox, stripe_client: stripe.StripeClient, paid: str
) -> None:
    dispute_id = box.dispute(paid, inquiry=True)

    box.dispute_step(dispute_id, "escalate")

    dispute = stripe_client.v1.disputes.retrieve(dispute_id)
    assert (dispute.status, moved(dispute)) == ("needs_response", [TAKEN])
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create({"payment_intent": paid})
    assert refused.value.code == "charge_disputed"


def test_an_answered_dispute_is_under_review_and_then_decided(
    box: Sandbox, stripe_client: stripe.StripeClient, paid: str
) -> None:
    dispute_id = box.dispute(paid)

    box.dispute_step(dispute_id, "respond")

    answered = stripe_client.v1.disputes.retrieve(dispute_id)
    assert (answered.status, answered.evidence_details.has_evidence) == ("under_review", True)
    with pytest.raises(ValueError, match="This dispute is under review"):
        box.dispute_step(dispute_id, "escalate")
    box.dispute_step(dispute_id, "won")
    assert status_of(stripe_client, dispute_id) == "won"


@pytest.mark.parametrize(("inquiry", "ending"), [(False, "lost"), (True, "warning_closed")])
def test_nobody_answers_in_time(
    box: Sandbox, stripe_client: stripe.StripeClient, paid: str, inquiry: bool, ending: str
) -> None:
    dispute_id = box.dispute(paid, inquiry=inquiry)

    box.clock(8.9 * 24)
    box.sweep()
    before = status_of(stripe_client, dispute_id)
    box.clock(9.1 * 24)
    box.sweep()

    after = stripe_client.v1.disputes.retrieve(dispute_id)
    assert before in {"needs_response", "warning_needs_response"}
    assert (after.status, after.evidence_details.past_due) == (ending, True)


def test_the_dashboard_and_the_control_play_disputes(
    box: Sandbox,
    browser: httpx.Client,
    control: Any,
    stripe_client: stripe.StripeClient,
    paid: str,
) -> None:
    url = f"{box.world.url('stripe')}/dashboard"

    def press(name: str, **values: str) -> str:
        return browser.post(f"{url}/{name}", data=values, follow_redirects=True).text

    asked = press("dispute", id=paid, act="inquiry", amount="700")
    first = box.store.newest("dispute")[0]["id"]
    press("dispute-step", id=first, act="escalate")
    press("dispute-step", id=first, act="lost")
    after_all = press("dispute-step", id=first, act="won")
    impossible = press("dispute-step", id=first, act="lost")
    second = control("dispute", payment_id=paid, amount=900, inquiry=True).json()["dispute_id"]
    control("dispute", dispute_id=second, act="close_inquiry")

    assert "An inquiry is open." in asked
    assert "Escalate to chargeback" in asked
    assert "The dispute is now: won." in after_all
    assert 'role="alert">This dispute is won.' in impossible
    listed = stripe_client.v1.disputes.list().data
    assert [(item.amount, item.status) for item in listed] == [
        (900, "warning_closed"),
        (700, "won"),
    ]
