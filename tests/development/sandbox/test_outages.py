"""Outages: refused, slow, or done without a word; only where and as long as switched."""

import time
from typing import Any

import httpx
import pytest
import razorpay
import requests
import resend
import stripe
from resend.exceptions import ResendError

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import mail, session_params


def test_an_outage_does_nothing_and_ends(
    box: Sandbox, stripe_client: stripe.StripeClient, mailer: type[resend.Emails]
) -> None:
    box.switch("stripe", outage="500")
    with pytest.raises(stripe.APIError) as broken:
        stripe_client.v1.checkout.sessions.create(session_params())
    mailer.send(mail())

    box.switch("stripe", outage="ok")
    stripe_client.v1.checkout.sessions.create(session_params())

    assert broken.value.http_status == 500
    assert len(box.store.newest("session")) == 1
    assert len(box.mails()) == 1


def test_a_timeout_has_been_done_and_nobody_heard_of_it(
    box: Sandbox, stripe_client: stripe.StripeClient
) -> None:
    paid = box.pay(stripe_client.v1.checkout.sessions.create(session_params()).id)
    box.switch("stripe", outage="timeout")
    params: Any = {"payment_intent": paid, "amount": 100}
    options: Any = {"idempotency_key": "refund-1"}
    with pytest.raises(stripe.APIConnectionError):
        stripe_client.v1.refunds.create(params, options)
    box.switch("stripe", outage="ok")

    again = stripe_client.v1.refunds.create(params, options)

    assert again.amount == 100
    assert box.refunds(paid) == [100]


def test_a_timeout_at_razorpay_and_resend_is_silence_too(
    box: Sandbox, razorpay_client: razorpay.Client, mailer: type[resend.Emails]
) -> None:
    box.switch("razorpay", outage="timeout")
    box.switch("resend", outage="timeout")

    with pytest.raises(requests.ConnectionError):
        razorpay_client.order.create({"amount": 100, "currency": "INR"})
    with pytest.raises(ResendError) as silent:
        mailer.send(mail())

    assert silent.value.error_type == "HttpClientError"
    assert len(box.store.newest("order")) == 1
    assert len(box.mails()) == 1


def test_slow_is_late_but_right(box: Sandbox, stripe_client: stripe.StripeClient) -> None:
    box.switch("stripe", outage="slow")
    started = time.monotonic()

    session = stripe_client.v1.checkout.sessions.create(session_params())

    assert time.monotonic() - started >= 0.2
    assert session.status == "open"


def test_pages_and_switches_work_through_every_outage(box: Sandbox, browser: httpx.Client) -> None:
    for provider in ("stripe", "resend"):
        box.switch(provider, outage="500")

    dashboard = browser.get(f"{box.world.url('stripe')}/")
    mailbox = browser.get(f"{box.world.url('resend')}/mailbox")
    cloudinary = browser.get(f"{box.world.url('cloudinary')}/sandbox/image/upload/a.png")

    assert (dashboard.status_code, mailbox.status_code) == (200, 200)
    assert cloudinary.status_code == 404


@pytest.mark.parametrize(
    "values", [{"outage": "sometimes"}, {"webhooks": "maybe"}, {"capture": "later"}]
)
def test_an_unknown_switch_is_refused(box: Sandbox, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        box.switch("razorpay", **values)
    with pytest.raises(ValueError, match="must be one of stripe, razorpay"):
        box.switch("paypal", outage="ok")
