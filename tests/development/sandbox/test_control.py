"""The machine's way to play does the same over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import razorpay
import resend
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import School, mail, session_params


@pytest.fixture
def checkout(stripe_client: stripe.StripeClient) -> str:
    return stripe_client.v1.checkout.sessions.create(session_params()).id


@pytest.mark.parametrize(
    ("act", "payments", "status"),
    [
        ("pay", 1, "complete"),
        ("decline", 1, "open"),
        ("later", 1, "complete"),
        ("twice", 2, "complete"),
        ("expire", 0, "expired"),
    ],
)
def test_a_session_is_played(
    box: Sandbox,
    control: Callable[..., httpx.Response],
    checkout: str,
    act: str,
    payments: int,
    status: str,
) -> None:
    answer = control("pay", provider="stripe", session_or_order_id=checkout, act=act).json()

    assert len(answer["payment_ids"]) == payments
    assert box.store.get("session", checkout)["status"] == status


@pytest.mark.parametrize(
    ("act", "statuses"),
    [
        ("pay", ["captured"]),
        ("decline", ["failed"]),
        ("later", ["failed"]),
        ("twice", ["captured", "captured"]),
        ("authorize", ["authorized"]),
    ],
)
def test_an_order_is_played(
    box: Sandbox,
    control: Callable[..., httpx.Response],
    razorpay_client: razorpay.Client,
    act: str,
    statuses: list[str],
) -> None:
    order = razorpay_client.order.create({"amount": 100, "currency": "INR"})["id"]

    control("pay", provider="razorpay", session_or_order_id=order, act=act).raise_for_status()

    assert [item["status"] for item in box.store.children("payment", order)] == statuses


def test_everything_else_is_played(
    box: Sandbox,
    school: School,
    control: Callable[..., httpx.Response],
    browser: httpx.Client,
    checkout: str,
    mailer: type[resend.Emails],
) -> None:
    paid = box.pay(checkout)
    sent = mailer.send(mail())

    refund_id = control("refund", payment_id=paid, amount=100).json()["refund_id"]
    control("refund", payment_id=paid, amount=200, fails=True)
    control("refund", refund_id=refund_id)
    control("dispute", payment_id=paid)
    control("dispute", payment_id=paid, act="lost")
    control("mail", mail_id=sent["id"], event="bounced")
    control("switch", provider="stripe", outage="slow", webhooks="never")
    control("clock", hours=1)
    control("clock", days=2)
    state: Any = browser.get(f"{box.world.url('stripe')}/_control/state").json()

    assert [item["status"] for item in state["refunds"]["stripe"]] == ["failed", "failed"]
    assert [item["status"] for item in state["disputes"]["stripe"]] == ["lost"]
    assert [item["id"] for item in state["payments"]["stripe"]] == [paid]
    assert state["mails"][0]["subject"] == "Welcome"
    assert state["switches"]["stripe"] == {"outage": "slow", "webhooks": "never"}
    assert (state["clock_hours"], state["ahead_seconds"]) == (1.0, 2 * 86_400)
    delivered = control("deliver").json()["deliveries"]
    assert {item["state"] for item in delivered} == {"delivered"}
    assert len(delivered) == len(school.seen)
    control("reset")
    emptied = browser.get(f"{box.world.url('stripe')}/_control/state").json()
    assert emptied["payments"] == {"stripe": [], "razorpay": []}
    assert (emptied["deliveries"], emptied["clock_hours"]) == ([], 0.0)
    assert emptied["ahead_seconds"] == 0


@pytest.mark.parametrize(
    ("act", "values", "error"),
    [
        ("pay", {"id": "cs_test_nothing"}, "There is no checkout session cs_test_nothing."),
        ("pay", {}, "Missing or unknown: 'id'"),
        ("pay", {"id": "x", "act": "rob"}, "Missing or unknown: 'rob'"),
        ("refund", {"payment_id": "pay_nothing"}, "There is no payment pay_nothing."),
        ("switch", {"provider": "paypal"}, "provider must be one of"),
    ],
)
def test_what_cannot_be_done_is_said(
    box: Sandbox,
    control: Callable[..., httpx.Response],
    act: str,
    values: dict[str, str],
    error: str,
) -> None:
    answer = control(act, **values)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
