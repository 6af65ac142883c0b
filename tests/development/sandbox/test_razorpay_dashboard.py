"""Razorpay's own cards on the dashboard: what they show, and what their buttons do."""

from collections.abc import Callable

import httpx
import pytest
import razorpay

from courseflow_admin.development.sandbox.server import Sandbox


@pytest.fixture
def press(box: Sandbox, browser: httpx.Client) -> Callable[..., str]:
    """Press a button of the dashboard; returns the page that follows."""

    def act(name: str, **values: str) -> str:
        url = f"{box.world.url('stripe')}/dashboard/{name}"
        return browser.post(url, data=values, follow_redirects=True).text

    return act


def test_settlements_are_made_processed_and_failed_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], razorpay_client: razorpay.Client
) -> None:
    nothing = press("settle-now")
    box.pay(razorpay_client.order.create({"amount": 85_000, "currency": "INR"})["id"])

    made = press("settle-now")
    settlement_id = razorpay_client.settlement.all()["items"][0]["id"]
    processed = press("settlement", id=settlement_id, act="process")
    failed = press("settlement", id=settlement_id, act="fail")
    again = press("settlement", id=settlement_id, act="fail")

    assert 'role="alert">There is no money to settle.' in nothing
    assert "Created a settlement of INR 829.94." in made
    assert "Not settled yet: INR 0.00." in made
    assert f'aria-label="Process: {settlement_id}"' in made
    assert "The settlement has reached the bank." in processed
    assert f'aria-label="Process: {settlement_id}"' not in processed
    assert "The settlement has failed." in failed
    assert "Not settled yet: INR 829.94." in failed
    assert "This settlement is already failed." in again
    assert razorpay_client.settlement.fetch(settlement_id)["status"] == "failed"


def test_what_is_owed_to_razorpay_is_shown_below_zero(
    box: Sandbox, press: Callable[..., str], razorpay_client: razorpay.Client
) -> None:
    paid = box.pay(razorpay_client.order.create({"amount": 85_000, "currency": "INR"})["id"])
    box.process_settlement(box.make_settlement())

    page = press("refund", id=paid, amount="", act="now")

    assert "Not settled yet: -INR 850.00." in page


def test_payments_of_other_products_are_made_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], razorpay_client: razorpay.Client
) -> None:
    one = press("other-razorpay-product", count="1", act="other")
    more = press("other-razorpay-product", count="24", act="other")
    unknown = press("other-razorpay-product", count="", act="unknown")
    nonsense = press("other-razorpay-product", count="some", act="other")
    too_many = press("other-razorpay-product", count="1001", act="other")

    assert "Made 1 payment of another product." in one
    assert "Made 24 payments of another product." in more
    assert "Made a payment for an unknown purchase." in unknown
    assert "Enter the number of payments as a whole number." in nonsense
    assert "Make between 1 and 1000 payments at a time." in too_many
    made = razorpay_client.payment.all({"count": 100})["items"]
    assert len(made) == 26
    assert [bool(item["notes"]) for item in made] == [True] + [False] * 25


def test_a_dispute_goes_all_its_ways_from_the_dashboard(
    box: Sandbox, press: Callable[..., str], razorpay_client: razorpay.Client
) -> None:
    paid = box.pay(razorpay_client.order.create({"amount": 85_000, "currency": "INR"})["id"])
    box.refund(paid)

    page = press("dispute", id=paid, amount="1234", act="inquiry")
    [inquiry] = razorpay_client.dispute.all()["items"]
    press("dispute-step", id=inquiry["id"], act="escalate")
    dispute = razorpay_client.dispute.all()["items"][0]
    for act in ("respond", "return", "lost", "won"):
        page = press("dispute-step", id=dispute["id"], act=act)
        assert 'role="alert"' not in page
    refused = press("dispute-step", id=dispute["id"], act="lost")

    assert (inquiry["amount"], inquiry["phase"]) == (1_234, "retrieval")
    assert (dispute["amount"], dispute["phase"]) == (1_234, "chargeback")
    assert f'aria-label="Buyer challenges again: {dispute["id"]}"' in page
    assert "&#x27;lost&#x27; cannot happen to it now" in refused
    assert razorpay_client.dispute.fetch(dispute["id"])["status"] == "won"
