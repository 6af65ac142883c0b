"""Webhooks are really signed, really sent, tried again, and go wrong exactly as switched."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import razorpay
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.development.sandbox.webhooks import MAX_ATTEMPTS
from tests.development.sandbox.conftest import School, session_params

PAID_AT_STRIPE = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
PAID_AT_RAZORPAY = ["payment.authorized", "payment.captured", "order.paid"]


@pytest.fixture
def checkout(stripe_client: stripe.StripeClient) -> str:
    return stripe_client.v1.checkout.sessions.create(session_params()).id


@pytest.fixture
def order(razorpay_client: razorpay.Client) -> str:
    return razorpay_client.order.create({"amount": 49_900, "currency": "INR"})["id"]


async def test_stripes_own_sdk_accepts_what_is_sent(
    box: Sandbox, school: School, checkout: str, keys: dict[str, str]
) -> None:
    box.pay(checkout)

    await box.deliver()

    assert school.types("stripe") == PAID_AT_STRIPE
    for _, headers, raw in school.seen:
        event = stripe.Webhook.construct_event(
            raw, headers["stripe-signature"], keys["stripe_webhook_secret"]
        )
        assert (event.object, event.api_version) == ("event", "2026-10-28.endive")
    session: Any = event.data.object
    assert (session.id, session.payment_status) == (checkout, "paid")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            raw + b" ", headers["stripe-signature"], keys["stripe_webhook_secret"]
        )


async def test_razorpays_own_sdk_accepts_what_is_sent(
    box: Sandbox,
    school: School,
    order: str,
    keys: dict[str, str],
    razorpay_client: razorpay.Client,
) -> None:
    paid = box.pay(order)

    await box.deliver()

    assert school.types("razorpay") == PAID_AT_RAZORPAY
    for _, headers, raw in school.seen:
        assert razorpay_client.utility.verify_webhook_signature(
            raw.decode(), headers["x-razorpay-signature"], keys["razorpay_webhook_secret"]
        )
        assert len(headers["x-razorpay-event-id"]) == 14
    event = json.loads(raw)
    assert (event["entity"], event["contains"]) == ("event", ["payment", "order"])
    assert event["payload"]["payment"]["entity"]["id"] == paid
    assert event["payload"]["order"]["entity"]["status"] == "paid"


async def test_everything_that_happens_at_stripe_is_told(
    box: Sandbox, school: School, stripe_client: stripe.StripeClient, checkout: str
) -> None:
    def another() -> str:
        return stripe_client.v1.checkout.sessions.create(session_params()).id

    box.decline(checkout)
    paid = box.pay(checkout)
    box.fail_refund(box.refund(paid, 100))
    box.dispute(paid)
    box.close_dispute(paid, won=False)
    box.settle(box.pay_later(another()))
    box.settle(box.pay_later(another()), succeed=False)
    box.expire(another())

    await box.deliver()

    assert school.types("stripe") == [
        "payment_intent.payment_failed",
        *PAID_AT_STRIPE,
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "checkout.session.completed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    ]


async def test_everything_that_happens_at_razorpay_is_told(
    box: Sandbox, school: School, order: str
) -> None:
    late = box.pay_later(order)
    box.settle(late)
    paid = box.pay(order)
    box.fail_refund(box.refund(paid, 100))

    await box.deliver()

    assert school.types("razorpay") == [
        "payment.failed",
        "payment.authorized",
        *PAID_AT_RAZORPAY,
        "refund.created",
        "refund.processed",
        "refund.failed",
    ]


async def test_an_event_says_what_was_then_not_what_is_now(
    box: Sandbox, school: School, checkout: str
) -> None:
    paid = box.pay(checkout)
    box.refund(paid)

    await box.deliver()

    charge = json.loads(school.seen[0][2])["data"]["object"]
    assert (charge["object"], charge["amount_refunded"]) == ("charge", 0)


async def test_never_sends_nothing_until_somebody_sends_it_again(
    box: Sandbox, school: School, checkout: str
) -> None:
    box.switch("stripe", webhooks="never")
    box.pay(checkout)
    sent = await box.deliver()
    silent = list(school.seen)

    box.send_again(box.deliveries()[0])
    await box.deliver()

    assert (sent, silent) == ([], [])
    assert school.types() == ["checkout.session.completed"]
    assert [item.state for item in box.deliveries()] == ["delivered", "withheld", "withheld"]


async def test_twice_sends_the_same_event_two_times(
    box: Sandbox, school: School, order: str
) -> None:
    box.switch("razorpay", webhooks="twice")
    box.pay(order)

    await box.deliver()

    assert school.types() == [kind for kind in PAID_AT_RAZORPAY for _ in range(2)]
    ids = [headers["x-razorpay-event-id"] for _, headers, _ in school.seen]
    assert (ids[0], ids[2], ids[4]) == (ids[1], ids[3], ids[5])
    assert len(set(ids)) == 3


async def test_out_of_order_sends_the_newest_first(
    box: Sandbox, school: School, checkout: str
) -> None:
    box.switch("stripe", webhooks="out_of_order")
    paid = box.pay(checkout)
    box.refund(paid)

    await box.deliver()

    assert school.types() == ["charge.refunded", "refund.created", *PAID_AT_STRIPE[::-1]]


async def test_forged_is_refused_and_does_not_come_back(
    box: Sandbox, school: School, checkout: str, keys: dict[str, str]
) -> None:
    box.switch("stripe", webhooks="forged")
    box.pay(checkout)
    school.answers += [400, 400, 400]
    await box.deliver()
    _, headers, raw = school.seen[0]

    again = await box.deliver()

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            raw, headers["stripe-signature"], keys["stripe_webhook_secret"]
        )
    assert again == []
    assert {item.state for item in box.deliveries()} == {"refused"}
    box.send_again(box.deliveries()[0])
    await box.deliver()
    _, headers, raw = school.seen[-1]
    assert stripe.Webhook.construct_event(
        raw, headers["stripe-signature"], keys["stripe_webhook_secret"]
    )


@pytest.mark.parametrize("provider", ["razorpay", "resend", "cloudinary"])
async def test_each_provider_can_be_forged(box: Sandbox, school: School, provider: str) -> None:
    true = box.sign(provider, b'{"type":"x"}', event_id="same", at=1_800_000_000)
    again = box.sign(provider, b'{"type":"x"}', event_id="same", at=1_800_000_000)
    box.store.add_delivery(
        provider,
        "same",
        "x",
        "",
        b'{"type":"x"}',
        state="waiting",
        next_at=0,
        created=0,
        forged=True,
    )

    forged = box.signed(box.deliveries()[0], at=1_800_000_000)

    assert true == again
    differing = {name for name in true.headers if true.headers[name] != forged.headers[name]}
    assert [name.rpartition("-")[2] for name in differing] == ["signature"]


async def test_after_the_return_waits_a_while(box: Sandbox, school: School, checkout: str) -> None:
    box.switch("stripe", webhooks="after")
    box.pay(checkout)

    at_once = await box.courier.deliver()

    assert (at_once, school.seen) == ([], [])
    waits = [item.next_at - item.created for item in box.deliveries()]
    assert waits == pytest.approx([5.0, 5.0, 5.0])
    await box.deliver()
    assert school.types() == PAID_AT_STRIPE


async def test_what_the_school_does_not_take_is_sent_again_later(
    box: Sandbox, school: School, order: str
) -> None:
    box.decline(order)
    school.answers += [500, 503]

    first, second, third = [(await box.deliver())[0] for _ in range(3)]

    assert [item.state for item in (first, second, third)] == ["waiting", "waiting", "delivered"]
    assert [item.last_status for item in (first, second, third)] == [500, 503, 200]
    assert first.next_at - first.created >= 0.5
    assert second.next_at - first.next_at >= 0.5
    assert third.attempts == 3
    assert len({headers["x-razorpay-event-id"] for _, headers, _ in school.seen}) == 1
    assert await box.deliver() == []


async def test_it_gives_up_visibly_after_twelve_tries(
    box: Sandbox, school: School, order: str
) -> None:
    box.decline(order)
    school.answers += [500] * 20

    for _ in range(MAX_ATTEMPTS + 3):
        await box.deliver()

    delivery = box.deliveries()[0]
    assert (delivery.state, delivery.attempts, delivery.last_error) == (
        "given up",
        12,
        "answered 500",
    )
    assert len(school.seen) == 12


async def test_an_absent_school_is_told_later(
    box: Sandbox, school: School, order: str, open_box: Callable[..., Sandbox]
) -> None:
    absent = open_box()
    object.__setattr__(absent.world, "webhook_base", "http://127.0.0.1:1/api/v1/webhooks")
    async with absent:
        absent.store.add_delivery(
            "stripe", "evt_1", "x", "", b"{}", state="waiting", next_at=0, created=0
        )

        delivery = (await absent.deliver())[0]

    assert (delivery.state, delivery.last_error) == ("waiting", "the school is not responding")


async def test_webhooks_go_out_by_themselves(
    school: School, open_box: Callable[..., Sandbox]
) -> None:
    with open_box(auto=True).in_thread() as own:
        client = stripe.StripeClient(
            own.world.keys["stripe_secret_key"], base_addresses={"api": own.world.url("stripe")}
        )
        own.pay(client.v1.checkout.sessions.create(session_params()).id)

        end = time.monotonic() + 20
        while len(school.seen) < 3 and time.monotonic() < end:
            time.sleep(0.02)  # noqa: ASYNC251 - the sandbox has a loop of its own

    assert school.types() == PAID_AT_STRIPE


async def test_a_callable_in_the_same_process_may_receive_instead(
    open_box: Callable[..., Sandbox], school: School
) -> None:
    taken: list[tuple[str, str]] = []

    async def receive(provider: str, raw: bytes, headers: dict[str, str]) -> None:
        taken.append((provider, headers["stripe-signature"][:2]))
        if len(taken) == 1:
            raise ValueError("not now")

    async with open_box(receive=receive, auto=None) as own:
        own.store.add_delivery(
            "stripe", "evt_1", "x", "", b"{}", state="waiting", next_at=0, created=0
        )

        first, second = (await own.deliver())[0], (await own.deliver())[0]

    assert taken == [("stripe", "t="), ("stripe", "t=")]
    assert (first.state, first.last_error) == ("waiting", "ValueError: not now")
    assert second.state == "delivered"
    assert school.seen == []
