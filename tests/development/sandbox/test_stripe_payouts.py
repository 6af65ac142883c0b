"""Payouts of Stripe's balance: by the day or by hand, itemised, paid or failed."""

from typing import Any

import httpx
import pytest
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School, session_params

DAY = 86_400


def bought(client: stripe.StripeClient, box: Sandbox, amount: int, currency: str = "eur") -> str:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Ink"}}
    params = session_params(line_items=[{"quantity": 1, "price_data": price}])
    return box.pay(client.v1.checkout.sessions.create(params).id)


def days_later(box: Sandbox, days: float) -> None:
    box.clock(days * 24)
    box.sweep()


def items(client: stripe.StripeClient, payout_id: str) -> list[tuple[str, int]]:
    """Oldest first, over all pages."""
    found = list(client.v1.balance_transactions.list({"payout": payout_id}).auto_paging_iter())
    return [(item.type, item.net) for item in reversed(found)]


async def test_every_day_pays_out_what_has_become_available(
    box: Sandbox, school: School, stripe_client: stripe.StripeClient
) -> None:
    paid = bought(stripe_client, box, 8_000)
    box.refund(paid, 1_000)

    days_later(box, 1)
    too_early = stripe_client.v1.payouts.list().data
    days_later(box, 2)
    made = stripe_client.v1.payouts.list().data
    days_later(box, 3)
    await box.deliver()

    assert too_early == []
    assert [(item.amount, item.currency, item.status) for item in made] == [
        (6_691, "eur", "in_transit")
    ]
    assert (made[0].automatic, made[0].reconciliation_status) == (True, "in_progress")
    assert made[0].arrival_date == made[0].created + DAY
    after = stripe_client.v1.payouts.retrieve(made[0].id)
    assert (after.status, after.reconciliation_status) == ("paid", "completed")
    assert items(stripe_client, after.id) == [
        ("charge", 7_691),
        ("refund", -1_000),
        ("payout", -6_691),
    ]
    assert box.balance() == {"eur": (0, 0)}
    assert school.types("stripe")[-3:] == [
        "payout.created",
        "payout.paid",
        "payout.reconciliation_completed",
    ]


def test_a_failed_payout_comes_back_and_goes_out_with_the_next(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    bought(stripe_client, box, 8_000)
    days_later(box, 2)
    first = stripe_client.v1.payouts.list().data[0].id

    box.fail_payout(first)
    back = box.balance()
    bought(stripe_client, box, 1_000)
    days_later(box, 4)

    failed = stripe_client.v1.payouts.retrieve(first, {"expand": ["failure_balance_transaction"]})
    returned: Any = failed.failure_balance_transaction
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert (returned.type, returned.reporting_category, returned.net) == (
        "payout_failure",
        "payout_reversal",
        7_691,
    )
    assert back == {"eur": (7_691, 0)}
    payouts = list(stripe_client.v1.payouts.list().auto_paging_iter())
    assert sum(item.amount for item in payouts if item.status != "failed") == 7_691 + 930
    assert items(stripe_client, first) == [("charge", 7_691), ("payout", -7_691)]
    assert ("payout_failure", 7_691) in items(stripe_client, payouts[-2].id)
    told = stripe_client.v1.events.list({"type": "payout.failed"}).data
    assert [event.data.object["id"] for event in told] == [first]


def test_a_paid_payout_can_fail_after_all(box: Sandbox, stripe_client: stripe.StripeClient) -> None:
    bought(stripe_client, box, 8_000)
    [payout_id] = box.pay_out()
    box.payout_arrives(payout_id)
    with pytest.raises(ValueError, match="already paid"):
        box.payout_arrives(payout_id)

    box.fail_payout(payout_id)

    assert stripe_client.v1.payouts.retrieve(payout_id).status == "failed"
    with pytest.raises(ValueError, match="already failed"):
        box.fail_payout(payout_id)


def test_a_balance_below_zero_is_not_paid_out(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    paid = bought(stripe_client, box, 8_000)
    box.refund(paid)
    days_later(box, 5)

    assert stripe_client.v1.payouts.list().data == []
    assert box.balance() == {"eur": (-309, 0)}
    with pytest.raises(ValueError, match="nothing to pay out"):
        box.pay_out()


def test_each_currency_has_payouts_of_its_own(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    bought(stripe_client, box, 8_000, "eur")
    bought(stripe_client, box, 9_000, "usd")
    days_later(box, 2)

    made = stripe_client.v1.payouts.list().data

    assert {(item.currency, item.amount) for item in made} == {("eur", 7_691), ("usd", 8_657)}


def test_a_payout_of_many_payments_is_itemised_over_its_pages(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    for number in range(23):
        bought(stripe_client, box, 8_000 + number)
    [payout_id] = box.pay_out()

    first = stripe_client.v1.balance_transactions.list({"payout": payout_id})
    listed = items(stripe_client, payout_id)

    payout = stripe_client.v1.payouts.retrieve(payout_id)
    assert (len(first.data), first.has_more) == (10, True)
    assert len(listed) == 24
    assert sum(net for _, net in listed) == 0
    assert sum(net for kind, net in listed if kind == "charge") == payout.amount


def test_a_manual_payout_cannot_be_itemised(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", payouts="manual")
    bought(stripe_client, box, 8_000)
    with pytest.raises(ValueError, match="Only 0 of the smallest unit"):
        box.pay_out_by_hand(5_000, "eur")
    days_later(box, 2)

    payout_id = box.pay_out_by_hand(5_000, "eur")

    payout = stripe_client.v1.payouts.retrieve(payout_id)
    assert (payout.automatic, payout.reconciliation_status) == (False, "not_applicable")
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic"):
        stripe_client.v1.balance_transactions.list({"payout": payout_id})
    assert box.balance() == {"eur": (2_691, 0)}


def test_a_year_that_passes_at_once_is_paid_out_day_by_day(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    bought(stripe_client, box, 8_000)
    days_later(box, 100)
    bought(stripe_client, box, 8_000)
    days_later(box, 365)

    payouts = stripe_client.v1.payouts.list()
    [second, first] = payouts.data
    narrow = stripe_client.v1.payouts.list({"arrival_date": {"lt": second.arrival_date}}).data
    created = stripe_client.v1.events.list({"type": "payout.created"}).data

    assert (second.created - first.created) == 100 * DAY
    assert [item.status for item in payouts.data] == ["paid", "paid"]
    assert [item.id for item in narrow] == [first.id]
    assert [event.created for event in created] == [second.created, first.created]


def test_payouts_are_made_from_the_dashboard_and_the_control(
    box: Sandbox, browser: httpx.Client, control: Any, stripe_client: stripe.StripeClient
) -> None:
    url = f"{box.world.url('stripe')}/dashboard"

    def press(name: str, **values: str) -> str:
        return browser.post(f"{url}/{name}", data=values, follow_redirects=True).text

    empty = press("pay-out")
    bought(stripe_client, box, 8_000)
    made = press("pay-out")
    first = stripe_client.v1.payouts.list().data[0].id
    arrived = press("payout", id=first, act="arrives")
    failed = press("payout", id=first, act="fails")
    [second] = control("payout").json()["payout_ids"]
    control("payout", payout_id=second, act="paid")

    assert 'role="alert">The balance is not above zero' in empty
    assert "Paid out EUR 76.91." in made
    assert "arrived at the bank" in arrived
    assert "The payout has failed." in failed
    assert [item.status for item in stripe_client.v1.payouts.list().data] == ["paid", "failed"]
