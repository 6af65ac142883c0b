"""Stripe's lists: by window of time, by payment, in pages, to the end."""

import time
from typing import Any

import pytest
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import session_params


@pytest.fixture
def checkout(stripe_client: stripe.StripeClient) -> stripe.checkout.Session:
    return stripe_client.v1.checkout.sessions.create(session_params())


@pytest.fixture
def paid(box: Sandbox, checkout: stripe.checkout.Session) -> str:
    return box.pay(checkout.id)


def test_lists_come_in_pages_newest_first(stripe_client: stripe.StripeClient) -> None:
    sessions = stripe_client.v1.checkout.sessions
    made = [sessions.create(session_params()).id for _ in range(5)][::-1]

    first = sessions.list({"limit": 2})
    second = sessions.list({"limit": 2, "starting_after": made[1]})
    before = sessions.list({"limit": 2, "ending_before": made[3]})

    assert [item.id for item in first.data] == made[:2]
    assert (first.has_more, second.has_more) == (True, True)
    assert [item.id for item in second.data] == made[2:4]
    assert [item.id for item in before.data] == made[1:3]
    assert [item.id for item in sessions.list({"limit": 2}).auto_paging_iter()] == made


def test_lists_are_filtered_by_time_and_payment(
    box: Sandbox, paid: str, checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    stripe_client.v1.checkout.sessions.create(session_params())

    by_payment = stripe_client.v1.checkout.sessions.list({"payment_intent": paid})
    later = stripe_client.v1.charges.list({"created": {"gt": int(time.time()) + 60}})
    now = stripe_client.v1.charges.list({"created": {"gte": int(time.time()) - 60}})

    assert [item.id for item in by_payment.data] == [checkout.id]
    assert later.data == []
    assert [item.payment_intent for item in now.data] == [paid]


async def test_events_not_delivered_can_be_asked_for(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    waiting = stripe_client.v1.events.list({"delivery_success": False}).data
    await box.deliver()
    box.switch("stripe", webhooks="never")
    box.refund(paid, 100)
    await box.deliver()

    lost = stripe_client.v1.events.list({"delivery_success": False}).data

    assert [event.type for event in waiting] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    assert [event.type for event in lost] == ["charge.refunded", "refund.created"]
    assert lost[0].data.object["amount_refunded"] == 100
    assert lost[0].data.previous_attributes["amount_refunded"] == 0
    assert stripe_client.v1.events.retrieve(lost[0].id).pending_webhooks == 1
    delivered = stripe_client.v1.events.list({"delivery_success": True, "type": "charge.*"}).data
    assert [(event.type, event.pending_webhooks) for event in delivered] == [
        ("charge.succeeded", 0)
    ]


LISTS = (
    "checkout.sessions",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "events",
    "balance_transactions",
    "payouts",
)


def service_of(client: stripe.StripeClient, name: str) -> Any:
    found: Any = client.v1
    for step in name.split("."):
        found = getattr(found, step)
    return found


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_read_by_its_window_of_time_to_the_end(
    box: Sandbox, stripe_client: stripe.StripeClient, name: str
) -> None:
    """Three times the same day of business, each a week after the one before."""

    def a_day() -> None:
        for _ in range(2):
            paid = box.pay(stripe_client.v1.checkout.sessions.create(session_params()).id)
            box.refund(paid, 100)
            box.dispute(paid, 500)
            box.pay_out()

    service = service_of(stripe_client, name)
    a_day()
    first = {item.id for item in service.list({"limit": 100})}
    box.move_time(days=7)
    since = box.world.now()
    a_day()
    until = box.world.now()
    box.move_time(days=7)
    a_day()

    window: Any = {"created": {"gte": since, "lt": until + 1}, "limit": 1}
    found = [item.id for item in service.list(window).auto_paging_iter()]
    everything = [item.id for item in service.list({"limit": 3}).auto_paging_iter()]
    before = [item.id for item in service.list({"created": {"lt": since}, "limit": 100})]

    assert len(found) == len(set(found)) >= 2
    assert set(before) >= first
    assert set(found).isdisjoint(before)
    assert len(everything) == len(set(everything)) > len(found) + len(before)
    times = {item.id: item.created for item in service.list({"limit": 100})}
    assert all(since <= times[one] <= until for one in found)


@pytest.mark.parametrize("service", LISTS)
def test_an_unknown_id_is_404(stripe_client: stripe.StripeClient, service: str) -> None:
    calls = service_of(stripe_client, service)

    with pytest.raises(stripe.InvalidRequestError) as missing:
        calls.retrieve("xx_nothing")

    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
