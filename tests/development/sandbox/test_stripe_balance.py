"""Stripe's balance: what each movement did to it, in which currency, at what fee, and when."""

from typing import Any

import httpx
import pytest
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School, session_params

DAY_HOURS = 24.0


def bought(client: stripe.StripeClient, box: Sandbox, amount: int, currency: str) -> str:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Ink"}}
    params = session_params(line_items=[{"quantity": 1, "price_data": price}])
    return box.pay(client.v1.checkout.sessions.create(params).id)


def movements(client: stripe.StripeClient, **filters: Any) -> list[tuple[Any, ...]]:
    """Oldest first: type, category, amount, fee, net."""
    found = client.v1.balance_transactions.list({"limit": 100, **filters}).data
    return [
        (item.type, item.reporting_category, item.amount, item.fee, item.net)
        for item in reversed(found)
    ]


def test_a_charge_a_refund_and_its_failure_move_the_balance(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    paid = bought(stripe_client, box, 8_000, "eur")
    refund = box.refund(paid, 2_000)
    box.fail_refund(refund)

    # 2.9% of 80.00 and 0.30 is 2.62; 18% of that is 0.47
    assert movements(stripe_client) == [
        ("charge", "charge", 8_000, 309, 7_691),
        ("refund", "refund", -2_000, 0, -2_000),
        ("refund_failure", "refund_failure", 2_000, 0, 2_000),
    ]
    failed = stripe_client.v1.refunds.retrieve(
        refund, {"expand": ["balance_transaction", "failure_balance_transaction"]}
    )
    taken: Any = failed.balance_transaction
    back: Any = failed.failure_balance_transaction
    assert (taken.net, back.net, back.source) == (-2_000, 2_000, refund)
    assert box.balance() == {"eur": (0, 7_691)}


def test_a_fee_is_told_in_its_parts(box: Sandbox, stripe_client: stripe.StripeClient) -> None:
    paid = bought(stripe_client, box, 8_000, "eur")

    charge: Any = stripe_client.v1.payment_intents.retrieve(
        paid, {"expand": ["latest_charge.balance_transaction"]}
    ).latest_charge
    booked = charge.balance_transaction

    parts = [(part.type, part.amount, part.currency) for part in booked.fee_details]
    assert parts == [("stripe_fee", 262, "eur"), ("tax", 47, "eur")]
    assert booked.fee == 262 + 47
    assert (booked.source, booked.exchange_rate) == (charge.id, None)


def test_a_pending_refund_takes_nothing_until_it_is_made(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", refunds="pending")
    paid = bought(stripe_client, box, 8_000, "eur")
    kept = stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 1_000})
    never = stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 500})

    before = movements(stripe_client)
    box.settle_refund(kept.id)
    box.fail_refund(never.id)

    assert [item[0] for item in before] == ["charge"]
    assert (kept.status, kept.pending_reason) == ("pending", "insufficient_funds")
    assert movements(stripe_client)[1:] == [("refund", "refund", -1_000, 0, -1_000)]
    failed = stripe_client.v1.refunds.retrieve(never.id)
    assert (failed.status, failed.failure_balance_transaction) == ("failed", None)


async def test_a_late_balance_transaction_comes_with_charge_updated(
    box: Sandbox, school: School, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", balance="late")
    paid = bought(stripe_client, box, 8_000, "eur")
    charge = stripe_client.v1.charges.list({"payment_intent": paid}).data[0]

    box.book(paid)
    with pytest.raises(ValueError, match="Nothing is waiting"):
        box.book(paid)
    await box.deliver()

    assert charge.balance_transaction is None
    after = stripe_client.v1.charges.retrieve(charge.id, {"expand": ["balance_transaction"]})
    booked: Any = after.balance_transaction
    assert (booked.amount, booked.fee) == (8_000, 309)
    told = stripe_client.v1.events.list({"type": "charge.updated"}).data[0]
    assert told.data.object["balance_transaction"] == booked.id
    assert told.data.previous_attributes.to_dict() == {"balance_transaction": None}
    assert school.types("stripe")[-1] == "charge.updated"


def test_a_late_balance_transaction_comes_within_the_hour(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", balance="late")
    paid = bought(stripe_client, box, 8_000, "eur")
    charge = stripe_client.v1.charges.list({"payment_intent": paid}).data[0]

    box.clock(0.9)
    box.sweep()
    before = movements(stripe_client)
    box.clock(DAY_HOURS)
    box.sweep()

    assert before == []
    booked = stripe_client.v1.balance_transactions.list().data[0]
    assert booked.created == charge.created + 3_600


def test_money_settles_in_another_currency_at_a_rate(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", settlement="usd")
    paid = bought(stripe_client, box, 8_000, "eur")
    box.switch("stripe", settlement="")
    box.refund(paid, 2_000)
    dinars = bought(stripe_client, box, 9_340, "kwd")

    found = stripe_client.v1.balance_transactions.list({"currency": "usd"}).data
    charge: Any = stripe_client.v1.payment_intents.retrieve(
        paid, {"expand": ["latest_charge.balance_transaction"]}
    ).latest_charge

    # a refund goes back through the balance its charge went to
    assert [(item.type, item.amount, item.exchange_rate) for item in found] == [
        ("refund", -2_160, 1.08),
        ("charge", 8_640, 1.08),
    ]
    assert (charge.currency, charge.amount, charge.balance_transaction.currency) == (
        "eur",
        8_000,
        "usd",
    )
    assert [item[2] for item in movements(stripe_client, currency="kwd")] == [9_340]
    assert dinars.startswith("pi_")


def test_decimals_of_both_currencies_count(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", settlement="usd")
    bought(stripe_client, box, 10_000, "kwd")  # KWD 10.000
    bought(stripe_client, box, 1_000, "jpy")

    assert [item[2] for item in movements(stripe_client)] == [3_250, 670]


def test_money_is_pending_and_then_available(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", payouts="manual")
    bought(stripe_client, box, 8_000, "eur")
    fresh = stripe_client.v1.balance.retrieve()
    pending = stripe_client.v1.balance_transactions.list().data[0]

    box.clock(2 * DAY_HOURS)
    later = stripe_client.v1.balance.retrieve()
    available = stripe_client.v1.balance_transactions.retrieve(pending.id)

    assert [(side.amount, side.currency) for side in fresh.available] == [(0, "eur")]
    assert [(side.amount, side.currency) for side in fresh.pending] == [(7_691, "eur")]
    assert [(side.amount, side.currency) for side in later.available] == [(7_691, "eur")]
    assert later.pending[0].amount == 0
    assert (pending.status, available.status) == ("pending", "available")
    assert pending.available_on % 86_400 == 0


def test_what_is_paid_without_a_card_has_types_of_its_own(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    price = {"currency": "eur", "unit_amount": 8_000, "product_data": {"name": "Ink"}}
    params = session_params(line_items=[{"quantity": 1, "price_data": price}])
    late = box.pay_later(stripe_client.v1.checkout.sessions.create(params).id)
    waiting = movements(stripe_client)
    box.settle(late)
    box.refund(late, 500)

    assert waiting == []
    assert [item[:2] for item in movements(stripe_client)] == [
        ("payment", "charge"),
        ("payment_refund", "refund"),
    ]


def test_movements_are_filtered_and_paged_to_the_end(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    paid = bought(stripe_client, box, 8_000, "eur")
    made = [box.refund(paid, 100 + number) for number in range(14)]
    listing = stripe_client.v1.balance_transactions

    first = listing.list({"type": "refund"})
    everything = list(listing.list({"type": "refund"}).auto_paging_iter())
    one = listing.list({"source": made[3]}).data
    charges = listing.list({"type": "charge", "created": {"gte": 0}}).data
    none = listing.list({"created": {"lt": charges[0].created}})
    back = listing.list({"limit": 3, "ending_before": everything[10].id})

    assert (len(first.data), first.has_more) == (10, True)
    assert [item.source for item in everything] == made[::-1]
    assert [item.amount for item in one] == [-103]
    assert (len(charges), none.data) == (1, [])
    assert [item.id for item in back.data] == [item.id for item in everything[7:10]]


def test_a_charge_holds_ten_refunds_and_says_where_the_rest_is(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    paid = bought(stripe_client, box, 8_000, "eur")
    made = [box.refund(paid, 100 + number) for number in range(14)]

    charge: Any = stripe_client.v1.payment_intents.retrieve(
        paid, {"expand": ["latest_charge.refunds"]}
    ).latest_charge

    assert (len(charge.refunds.data), charge.refunds.has_more) == (10, True)
    assert [item.id for item in charge.refunds.auto_paging_iter()] == made[::-1]
    by_payment = stripe_client.v1.refunds.list({"payment_intent": paid}).auto_paging_iter()
    assert [item.id for item in by_payment] == made[::-1]


def test_three_decimals_are_charged_and_refunded_in_steps_of_ten(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    paid = bought(stripe_client, box, 9_340, "kwd")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 2_107})
    given = stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 2_100})

    assert (refused.value.code, refused.value.param) == ("parameter_invalid_integer", "amount")
    assert box.refunds(paid) == [given.amount] == [2_100]


def test_another_product_on_the_account_has_nothing_of_ours(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    made = box.other_product(25)
    like_ours = box.unknown_purchase()

    events = list(stripe_client.v1.events.list({"limit": 100}).auto_paging_iter())
    intents = list(stripe_client.v1.payment_intents.list().auto_paging_iter())

    assert len(events) == 2 * 26
    assert [item.id for item in intents] == [like_ours, *made[::-1]]
    metadata = [item.metadata.to_dict() for item in intents]
    assert metadata[1:] == [{}] * 25
    assert metadata[0]["payment_id"].startswith("pay_")
    assert len(metadata[0]["payment_id"]) == len("pay_") + 26
    assert len(movements(stripe_client)) == 26


def test_the_dashboard_shows_the_balance_and_its_buttons_work(
    box: Sandbox, browser: httpx.Client, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", balance="late")
    paid = bought(stripe_client, box, 8_000, "eur")
    url = f"{box.world.url('stripe')}/dashboard"

    def press(name: str, **values: str) -> str:
        return browser.post(f"{url}/{name}", data=values, follow_redirects=True).text

    booked = press("book", id=paid)
    press("switch", provider="stripe", balance="at_once", settlement="usd", payouts="manual")
    made = press("other-product", count="2", act="other")
    unknown = press("other-product", count="", act="unknown")
    nonsense = press("other-product", count="many", act="other")
    too_many = press("other-product", count="5000", act="other")

    assert "The fee is EUR 3.09." in booked
    assert "EUR 76.91" in booked
    assert "Made 2 payments of another product." in made
    assert "Made a payment for an unknown purchase." in unknown
    assert 'role="alert">Enter the number' in nonsense
    assert 'role="alert">Make between 1 and 1000' in too_many
    world = box.world
    assert (world.balance("stripe"), world.settlement("stripe"), world.payouts("stripe")) == (
        "at_once",
        "usd",
        "manual",
    )
    assert len(box.store.newest("payment_intent")) == 4
