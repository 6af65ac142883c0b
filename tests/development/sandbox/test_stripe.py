"""Stripe's official SDK against the sandbox: every call, its errors, pages and repeats."""

import time
from typing import Any

import httpx
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


def test_a_new_session_is_open_and_unpaid(
    box: Sandbox, checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    found = stripe_client.v1.checkout.sessions.retrieve(checkout.id, {"expand": ["line_items"]})

    assert (found.status, found.payment_status) == ("open", "unpaid")
    assert (found.amount_total, found.currency) == (49_900, "inr")
    assert found.url == f"{box.world.url('stripe')}/c/pay/{checkout.id}"
    assert found.client_reference_id == "pay_ours"
    assert found.metadata.to_dict() == {"payment_id": "pay_ours"}
    assert found.expires_at - found.created == 86_400
    assert found.line_items.data[0].description == "Ink & paper"
    assert found.payment_intent is None
    assert found.livemode is False


def test_a_paid_session_leads_to_intent_charge_and_balance(
    box: Sandbox, paid: str, checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    path = "payment_intent.latest_charge.balance_transaction"

    found = stripe_client.v1.checkout.sessions.retrieve(checkout.id, {"expand": [path]})

    intent: Any = found.payment_intent
    assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
    assert (intent.id, intent.status, intent.amount_received) == (paid, "succeeded", 49_900)
    assert intent.metadata.to_dict() == {"payment_id": "pay_ours"}
    assert (intent.latest_charge.paid, intent.latest_charge.payment_intent) == (True, paid)
    assert intent.latest_charge.balance_transaction.net == 49_900 - 1_477 - 266
    assert box.refunds(paid) == []


def test_a_declined_try_leaves_the_session_open_for_another(
    box: Sandbox, checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    declined = box.decline(checkout.id)
    tried = stripe_client.v1.payment_intents.retrieve(declined)

    paid = box.pay(checkout.id)

    assert tried.status == "requires_payment_method"
    assert tried.last_payment_error.decline_code == "generic_decline"
    assert paid == declined
    assert stripe_client.v1.payment_intents.retrieve(paid).status == "succeeded"
    charges = stripe_client.v1.charges.list({"payment_intent": paid})
    assert [charge.status for charge in charges.data] == ["succeeded", "failed"]


@pytest.mark.parametrize(("succeed", "status"), [(True, "paid"), (False, "unpaid")])
def test_pay_later_is_complete_but_unpaid_until_it_settles(
    box: Sandbox,
    checkout: stripe.checkout.Session,
    stripe_client: stripe.StripeClient,
    succeed: bool,
    status: str,
) -> None:
    payment_id = box.pay_later(checkout.id)
    before = stripe_client.v1.checkout.sessions.retrieve(checkout.id)

    box.settle(payment_id, succeed=succeed)

    assert (before.status, before.payment_status) == ("complete", "unpaid")
    after = stripe_client.v1.checkout.sessions.retrieve(checkout.id)
    assert (after.status, after.payment_status) == ("complete", status)


def test_pay_twice_makes_two_intents_with_the_same_metadata(
    box: Sandbox, checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    first, second = box.pay_twice(checkout.id)

    found = stripe_client.v1.payment_intents.list().data
    assert [intent.id for intent in found] == [second, first]
    assert {intent.metadata.payment_id for intent in found} == {"pay_ours"}
    session = stripe_client.v1.checkout.sessions.retrieve(checkout.id)
    assert session.payment_intent == first


def test_an_expired_session_cannot_be_expired_again(
    checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    expired = stripe_client.v1.checkout.sessions.expire(checkout.id)

    with pytest.raises(stripe.InvalidRequestError, match="has a status of expired"):
        stripe_client.v1.checkout.sessions.expire(checkout.id)

    assert (expired.status, expired.url) == ("expired", None)


def test_a_session_expires_by_itself_after_a_day(
    box: Sandbox, checkout: stripe.checkout.Session, stripe_client: stripe.StripeClient
) -> None:
    box.clock(23.9)
    before = stripe_client.v1.checkout.sessions.retrieve(checkout.id).status

    box.clock(24.1)

    assert before == "open"
    assert stripe_client.v1.checkout.sessions.retrieve(checkout.id).status == "expired"


def test_refunds_add_up_and_are_seen_on_the_charge(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    first = stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 9_900})
    partly: Any = stripe_client.v1.payment_intents.retrieve(
        paid, {"expand": ["latest_charge.refunds"]}
    ).latest_charge

    second = stripe_client.v1.refunds.create(
        {"payment_intent": paid, "reason": "requested_by_customer", "metadata": {"why": "asked"}}
    )

    assert (first.status, first.amount) == ("succeeded", 9_900)
    assert (partly.amount_refunded, partly.refunded) == (9_900, False)
    assert [refund.id for refund in partly.refunds.data] == [first.id]
    assert (second.amount, second.reason) == (40_000, "requested_by_customer")
    assert stripe_client.v1.refunds.retrieve(second.id).metadata.to_dict() == {"why": "asked"}
    charge = stripe_client.v1.charges.retrieve(partly.id)
    assert (charge.amount_refunded, charge.refunded) == (49_900, True)
    listed = stripe_client.v1.refunds.list({"payment_intent": paid})
    assert [refund.id for refund in listed.data] == [second.id, first.id]
    assert box.refunds(paid) == [9_900, 40_000]


def test_more_than_was_paid_is_never_refunded(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        stripe_client.v1.refunds.create({"payment_intent": paid, "amount": 49_901})
    stripe_client.v1.refunds.create({"payment_intent": paid})

    with pytest.raises(stripe.InvalidRequestError) as again:
        stripe_client.v1.refunds.create({"payment_intent": paid})

    assert too_much.value.http_status == 400
    assert too_much.value.user_message == (
        "Refund amount (49901) is greater than unrefunded amount on charge (49900)"
    )
    assert again.value.code == "charge_already_refunded"
    assert box.refunds(paid) == [49_900]


def test_a_failed_refund_gives_the_amount_back_to_the_charge(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    refund = stripe_client.v1.refunds.create({"payment_intent": paid})

    box.fail_refund(refund.id)

    failed = stripe_client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    charge: Any = stripe_client.v1.payment_intents.retrieve(
        paid, {"expand": ["latest_charge"]}
    ).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert box.refunds(paid) == []


def test_a_pending_refund_reaches_the_buyer_once(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    box.switch("stripe", refunds="pending")
    refund = stripe_client.v1.refunds.create({"payment_intent": paid})

    box.settle_refund(refund.id)

    settled = stripe_client.v1.refunds.retrieve(refund.id)
    assert (refund.status, settled.status) == ("pending", "succeeded")
    told = stripe_client.v1.events.list({"types": ["refund.created", "refund.updated"]}).data
    assert [(event.type, event.data.object["status"]) for event in told] == [
        ("refund.updated", "succeeded"),
        ("refund.created", "pending"),
    ]
    with pytest.raises(ValueError, match="already succeeded"):
        box.settle_refund(refund.id)


@pytest.mark.parametrize(("won", "status"), [(True, "won"), (False, "lost")])
def test_a_dispute_is_open_and_then_decided(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient, won: bool, status: str
) -> None:
    dispute_id = box.dispute(paid)
    opened = stripe_client.v1.disputes.retrieve(dispute_id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create({"payment_intent": paid})

    box.close_dispute(dispute_id, won=won)

    assert (opened.status, opened.amount, opened.payment_intent) == ("needs_response", 49_900, paid)
    assert opened.evidence_details.due_by > time.time() + 8 * 86_400
    assert refused.value.code == "charge_disputed"
    assert box.refunds(paid) == []
    listed = stripe_client.v1.disputes.list({"payment_intent": paid}).data
    assert [dispute.status for dispute in listed] == [status]


def test_a_wrong_key_is_401_and_makes_nothing(box: Sandbox) -> None:
    stranger = stripe.StripeClient(
        "sk_sandbox_wrong", base_addresses={"api": box.world.url("stripe")}
    )

    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as refused:
        stranger.v1.checkout.sessions.create(session_params())

    assert refused.value.http_status == 401
    assert box.store.newest("session") == []


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        ({"line_items": []}, "line_items", "parameter_missing"),
        ({"success_url": ""}, "success_url", "parameter_missing"),
        ({"success_url": "javascript:alert(1)"}, "success_url", "url_invalid"),
        ({"mode": "subscription"}, "mode", None),
        ({"expires_at": int(time.time()) + 1_790}, "expires_at", None),
        ({"expires_at": int(time.time()) + 90_000}, "expires_at", None),
    ],
)
def test_a_wrong_parameter_is_named(
    box: Sandbox,
    stripe_client: stripe.StripeClient,
    changes: dict[str, Any],
    param: str,
    code: str | None,
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.checkout.sessions.create(session_params(**changes))

    assert (refused.value.param, refused.value.code) == (param, code)
    assert box.store.newest("session") == []


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [("usd", 49, "amount_too_small"), ("kwd", 1_001, "parameter_invalid_integer")],
)
def test_an_amount_stripe_does_not_take_is_refused(
    stripe_client: stripe.StripeClient, currency: str, amount: int, code: str
) -> None:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Ink"}}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.checkout.sessions.create(
            session_params(line_items=[{"quantity": 1, "price_data": price}])
        )

    assert refused.value.code == code


def test_the_same_idempotency_key_answers_the_same(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    options: Any = {"idempotency_key": "pay_ours-1"}
    first = stripe_client.v1.checkout.sessions.create(session_params(), options)

    again = stripe_client.v1.checkout.sessions.create(session_params(), options)
    with pytest.raises(stripe.IdempotencyError) as other:
        stripe_client.v1.checkout.sessions.create(session_params(cancel_url="http://x"), options)

    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert other.value.http_status == 400
    assert len(box.store.newest("session")) == 1


def test_a_day_later_an_idempotency_key_is_forgotten(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    params: Any = {"payment_intent": paid, "amount": 100}
    options: Any = {"idempotency_key": "refund-1"}
    first = stripe_client.v1.refunds.create(params, options)
    box.move_time(hours=23.9)
    same = stripe_client.v1.refunds.create(params, options)

    box.move_time(hours=0.2)
    other = stripe_client.v1.refunds.create(params, options)

    assert same.id == first.id
    assert other.id != first.id
    assert box.refunds(paid) == [100, 100]


def test_an_error_is_repeated_under_its_key_as_well(
    box: Sandbox, paid: str, stripe_client: stripe.StripeClient
) -> None:
    params: Any = {"payment_intent": paid, "amount": 100}
    box.switch("stripe", outage="500")
    with pytest.raises(stripe.APIError) as broken:
        stripe_client.v1.refunds.create(params, {"idempotency_key": "refund-1"})
    box.switch("stripe", outage="ok")

    with pytest.raises(stripe.APIError) as again:
        stripe_client.v1.refunds.create(params, {"idempotency_key": "refund-1"})
    stripe_client.v1.refunds.create(params, {"idempotency_key": "refund-2"})

    assert (broken.value.http_status, again.value.http_status) == (500, 500)
    assert box.refunds(paid) == [100]


def test_what_the_sandbox_does_not_play_says_so(box: Sandbox, keys: dict[str, str]) -> None:
    answer = httpx.get(
        f"{box.world.url('stripe')}/v1/customers", auth=(keys["stripe_secret_key"], "")
    )

    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/cust")
