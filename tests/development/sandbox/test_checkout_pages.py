"""The checkout pages: each button does at the gateway, and to the browser, what it says."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import razorpay
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import session_params

BACK = "http://localhost:3000/api/v1/checkout/return/razorpay"
CANCEL = "http://localhost:3000/checkout/ink"


@pytest.fixture
def checkout(stripe_client: stripe.StripeClient) -> Any:
    return stripe_client.v1.checkout.sessions.create(session_params())


@pytest.fixture
def order(razorpay_client: razorpay.Client) -> str:
    return razorpay_client.order.create({"amount": 49_900, "currency": "INR"})["id"]


def form_of_the_school(box: Sandbox, order: str) -> dict[str, str]:
    """What the school's own page posts to Razorpay."""
    return {
        "key_id": box.world.keys["razorpay_key_id"],
        "order_id": order,
        "amount": "49900",
        "currency": "INR",
        "name": "CourseFlow",
        "description": "Ink & paper",
        "prefill[email]": "student@demo.test",
        "notes[payment_id]": "pay_ours",
        "callback_url": BACK,
        "cancel_url": CANCEL,
    }


def open_razorpay(box: Sandbox, browser: httpx.Client, order: str) -> tuple[str, str]:
    """The checkout page, and the address its buttons post to."""
    url = box.world.url("razorpay")
    page = browser.post(
        f"{url}/v1/checkout/embedded",
        data=form_of_the_school(box, order),
        headers={"origin": "null"},  # what the school's Referrer-Policy makes of it
    )
    match = re.search(r'action="(/checkout/\w+)"', page.text)
    assert page.status_code == 200
    assert match
    return page.text, url + match[1]


def posted_back(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the page sends the browser by POST, and with what."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    assert action
    unescaped = {name: value.replace("&quot;", '"') for name, value in fields}
    return action[1], unescaped


def test_stripes_page_shows_what_is_bought(box: Sandbox, browser: httpx.Client) -> None:
    client = stripe.StripeClient(
        box.world.keys["stripe_secret_key"], base_addresses={"api": box.world.url("stripe")}
    )
    params = session_params()
    params["line_items"][0]["price_data"]["product_data"]["name"] = "<script>alert(1)</script>"
    url = client.v1.checkout.sessions.create(params).url

    page = browser.get(url)

    assert page.status_code == 200
    assert "Sandbox: no money moves." in page.text
    assert "INR 499.00" in page.text
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in page.text
    assert "<script>alert" not in page.text
    assert 'href="http://localhost:3000/courses/ink"' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("act", "payment_status", "intents"),
    [("pay", "paid", 1), ("later", "unpaid", 1), ("twice", "paid", 2)],
)
def test_paying_at_stripe_leads_back_to_the_school(
    box: Sandbox, browser: httpx.Client, checkout: Any, act: str, payment_status: str, intents: int
) -> None:
    answer = browser.post(checkout.url, data={"act": act})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://localhost:3000/back?session={checkout.id}"
    session = box.store.get("session", checkout.id)
    assert (session["status"], session["payment_status"]) == ("complete", payment_status)
    assert len(box.store.newest("payment_intent")) == intents
    gone = browser.get(checkout.url)
    assert "already complete" in gone.text
    assert f"back?session={checkout.id}" in gone.text
    assert browser.post(checkout.url, data={"act": act}).status_code == 409
    assert len(box.store.newest("payment_intent")) == intents


def test_declining_at_stripe_stays_and_says_so(
    box: Sandbox, browser: httpx.Client, checkout: Any
) -> None:
    answer = browser.post(checkout.url, data={"act": "decline"}, follow_redirects=True)

    assert answer.status_code == 200
    assert 'role="alert">Your card was declined.' in answer.text
    assert box.store.get("session", checkout.id)["status"] == "open"


def test_expiring_at_stripe_shows_the_way_back(
    box: Sandbox, browser: httpx.Client, checkout: Any
) -> None:
    answer = browser.post(checkout.url, data={"act": "expire"}, follow_redirects=True)

    assert "already expired" in answer.text
    assert 'href="http://localhost:3000/courses/ink"' in answer.text
    assert box.store.get("session", checkout.id)["status"] == "expired"


def test_unknown_sessions_and_buttons_are_said_so(
    box: Sandbox, browser: httpx.Client, checkout: Any
) -> None:
    url = box.world.url("stripe")

    assert browser.get(f"{url}/c/pay/cs_test_nothing").status_code == 404
    assert browser.post(checkout.url, data={"act": "rob"}).status_code == 400
    assert box.store.get("session", checkout.id)["status"] == "open"


def test_a_receipt_can_be_looked_at(box: Sandbox, browser: httpx.Client, checkout: Any) -> None:
    box.pay(checkout.id)
    charge = box.store.newest("charge")[0]

    assert "INR 499.00" in browser.get(charge["receipt_url"]).text


@pytest.mark.parametrize(
    ("act", "method", "status", "payments"),
    [
        ("pay", "upi", "captured", 1),
        ("pay", "card", "captured", 1),
        ("authorize", "card", "authorized", 1),
        ("twice", "upi", "captured", 2),
    ],
)
def test_paying_at_razorpay_posts_a_signature_razorpays_sdk_accepts(
    box: Sandbox,
    browser: httpx.Client,
    razorpay_client: razorpay.Client,
    order: str,
    act: str,
    method: str,
    status: str,
    payments: int,
) -> None:
    page, action = open_razorpay(box, browser, order)

    answer = browser.post(action, data={"act": act, "method": method})

    address, fields = posted_back(answer)
    assert "INR 499.00" in page
    assert f'href="{CANCEL}"' in page
    assert address == BACK
    assert set(fields) == {"razorpay_payment_id", "razorpay_order_id", "razorpay_signature"}
    assert fields["razorpay_order_id"] == order
    assert razorpay_client.utility.verify_payment_signature(fields)
    payment = razorpay_client.payment.fetch(fields["razorpay_payment_id"])
    assert (payment["status"], payment["method"]) == (status, method)
    assert payment["email"] == "student@demo.test"
    assert razorpay_client.order.payments(order)["count"] == payments


@pytest.mark.parametrize(
    ("method", "international", "fee"),
    [("card", False, 1_178), ("foreign_card", True, 1_766), ("a stone", False, 1_178)],
)
def test_a_card_from_abroad_costs_the_school_more(
    box: Sandbox,
    browser: httpx.Client,
    razorpay_client: razorpay.Client,
    order: str,
    method: str,
    international: bool,
    fee: int,
) -> None:
    _, action = open_razorpay(box, browser, order)

    browser.post(action, data={"act": "pay", "method": method})

    [payment] = razorpay_client.order.payments(order)["items"]
    assert (payment["international"], payment["fee"]) == (international, fee)
    assert payment["method"] == ("upi" if method == "a stone" else "card")


def test_the_notes_of_the_form_are_on_the_payment(
    box: Sandbox, browser: httpx.Client, order: str
) -> None:
    _, action = open_razorpay(box, browser, order)

    browser.post(action, data={"act": "pay"})

    assert box.store.newest("payment")[0]["notes"] == {"payment_id": "pay_ours"}


@pytest.mark.parametrize(
    ("act", "reason"), [("decline", "payment_declined"), ("later", "payment_timed_out")]
)
def test_failing_at_razorpay_posts_the_error(
    box: Sandbox, browser: httpx.Client, order: str, act: str, reason: str
) -> None:
    _, action = open_razorpay(box, browser, order)

    address, fields = posted_back(browser.post(action, data={"act": act}))

    payment = box.store.newest("payment")[0]
    assert address == BACK
    assert fields["error[code]"] == "BAD_REQUEST_ERROR"
    assert fields["error[reason]"] == reason
    assert fields["error[description]"] == payment["error_description"]
    assert json.loads(fields["error[metadata]"]) == {"payment_id": payment["id"], "order_id": order}
    assert set(fields) == {
        f"error[{name}]" for name in ("code", "description", "source", "step", "reason", "metadata")
    }


def test_a_paid_order_is_not_paid_again(box: Sandbox, browser: httpx.Client, order: str) -> None:
    _, action = open_razorpay(box, browser, order)
    browser.post(action, data={"act": "pay"})

    again = browser.post(action, data={"act": "pay"})

    assert again.status_code == 409
    assert len(box.store.newest("payment")) == 1
    assert "already been paid" in browser.get(action).text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"key_id": "rzp_other"}, 401),
        ({"order_id": "order_nothing"}, 400),
        ({"amount": "1"}, 400),
        ({"currency": "USD"}, 400),
        ({"callback_url": "javascript:alert(1)"}, 400),
        ({"cancel_url": ""}, 400),
    ],
)
def test_a_wrong_form_opens_no_checkout(
    box: Sandbox, browser: httpx.Client, order: str, changes: dict[str, str], status: int
) -> None:
    url = f"{box.world.url('razorpay')}/v1/checkout/embedded"

    answer = browser.post(url, data=form_of_the_school(box, order) | changes)

    assert answer.status_code == status
    assert box.store.newest("checkout") == []


def test_a_foreign_page_cannot_press_our_buttons(
    box: Sandbox, browser: httpx.Client, checkout: Any
) -> None:
    def press(**headers: str) -> int:
        return browser.post(checkout.url, data={"act": "pay"}, headers=headers).status_code

    assert press(origin="https://evil.example") == 403
    assert press(origin="null") == 403
    assert press(host="evil.example") == 421
    assert box.store.get("session", checkout.id)["status"] == "open"
    assert urlsplit(checkout.url).hostname == "127.0.0.1"
