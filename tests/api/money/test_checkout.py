"""Buying over HTTP: the form, JSON, the way back; and what a tampering buyer gets."""

import asyncio
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.services.identity import sessions
from courseflow_admin.services.teaching import access
from courseflow_admin.worker import run_until_idle
from tests.builders import an_account, stored
from tests.course_builders import a_course, an_instructor
from tests.job_builders import due_at, make_due

CHECKOUT = "/api/v1/payments/checkout"
BOTH = pytest.mark.parametrize("provider", ["stripe", "razorpay"])


async def a_buyer(api, email="ada@demo.test"):
    account = await an_account(email)
    token = await sessions.open_browser(account)
    api.cookies.set("cf_session", token, domain="localhost.local")
    return account


def fields(course, provider="stripe", **more):
    return {
        "course_id": course.id,
        "provider": provider,
        "billing_name": "Ada Lovelace",
        "billing_country": "IN",
        **more,
    }


def problem_of(answer):
    return parse_qs(urlsplit(answer.headers["location"]).query)["problem"]


async def test_the_form_leads_to_stripe(api, sandbox):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    answer = await api.post(CHECKOUT, data=fields(course, slug=course.slug))

    (payment,) = await stored("payments")
    assert answer.status_code == 303
    assert answer.headers["location"] == payment["checkout_url"]
    assert payment["amount"] == {"minor": 499_900, "currency": "INR"}


async def test_the_form_leads_to_razorpay_by_a_native_form_of_our_own_price(api, sandbox):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    answer = await api.post(CHECKOUT, data=fields(course, "razorpay", slug=course.slug))

    (payment,) = await stored("payments")
    assert answer.status_code == 200
    assert f'action="{settings().razorpay.base_url}/v1/checkout/embedded"' in answer.text
    assert f'name="order_id" value="{payment["provider_checkout_id"]}"' in answer.text
    assert 'name="amount" value="499900"' in answer.text
    assert settings().razorpay.key_secret not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "tampered",
    [{"amount": "1"}, {"price": "1"}, {"amount_minor": 1}, {"currency": "USD"}, {"coupon": "x"}],
)
async def test_nobody_can_say_their_own_price(api, sandbox, tampered):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    as_json = await api.post(CHECKOUT, json={**fields(course), **tampered})
    as_form = await api.post(CHECKOUT, data=fields(course, slug=course.slug, **tampered))

    assert (as_json.status_code, as_form.status_code) == (422, 303)
    assert await stored("payments") == []


@pytest.mark.parametrize("course_id", ["crs_none", "", "../", {"$ne": None}, ["x"], 5])
async def test_a_tampered_course_id_opens_nothing(api, sandbox, course_id):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    answer = await api.post(CHECKOUT, json={**fields(course), "course_id": course_id})

    assert answer.status_code in {404, 422}
    assert await stored("payments") == []


@pytest.mark.parametrize("provider", ["paypal", "", "Stripe", None, {"$gt": ""}])
async def test_an_unknown_gateway_opens_nothing(api, sandbox, provider):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    answer = await api.post(CHECKOUT, json={**fields(course), "provider": provider})

    assert answer.status_code == 422
    assert await stored("payments") == []


async def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(api, sandbox):
    course = await a_course(await an_instructor())

    as_json = await api.post(CHECKOUT, json=fields(course))
    as_form = await api.post(CHECKOUT, data=fields(course, slug=course.slug))

    assert as_json.status_code == 401
    location = urlsplit(as_form.headers["location"])
    assert location.path == "/sign-in"
    assert parse_qs(location.query)["next"] == [f"/checkout/{course.slug}"]
    assert await stored("payments") == []


@pytest.mark.parametrize("slug", ["//evil.example", "https://evil.example", "../../api", "a b"])
async def test_a_tampered_slug_never_leads_elsewhere(api, sandbox, slug):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    answer = await api.post(CHECKOUT, data=fields(course, "nothing", slug=slug))

    location = urlsplit(answer.headers["location"])
    assert (location.scheme, location.netloc) == ("", "")
    assert location.path.startswith("/checkout/")


async def test_a_double_click_is_one_payment(api, sandbox):
    course = await a_course(await an_instructor())
    await a_buyer(api)

    answers = await asyncio.gather(
        *(api.post(CHECKOUT, data=fields(course, slug=course.slug)) for _ in range(4))
    )

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await stored("payments")) == 1


async def test_an_outage_is_said_on_the_checkout_page(api, sandbox):
    course = await a_course(await an_instructor())
    await a_buyer(api)
    sandbox.switch("stripe", outage="500")

    answer = await api.post(CHECKOUT, data=fields(course, slug=course.slug))

    assert problem_of(answer) == ["provider_unreachable"]


async def test_razorpay_does_not_sell_dollars(api, sandbox):
    author = await an_instructor()
    course = await a_course(author, price=Money(minor=4_900, currency="USD"))
    await a_buyer(api)

    answer = await api.post(CHECKOUT, json=fields(course, "razorpay"))

    assert (answer.status_code, answer.json()["field"]) == (422, "provider")
    assert await stored("payments") == []


@BOTH
async def test_a_price_is_charged_in_its_own_currency_to_the_last_minor_unit(
    api, sandbox, provider
):
    """Fault 8 of the ancestor: prices were floats x 100, rupees charged as dollars."""
    course = await a_course(await an_instructor(), price=Money(minor=29_999, currency="INR"))
    await a_buyer(api)

    await api.post(CHECKOUT, json=fields(course, provider))

    (row,) = await stored("payments")
    provider_payment = sandbox.pay(row["provider_checkout_id"])
    await make_due(row["_id"])
    await run_until_idle()
    paid = await payments_db.get(row["_id"])
    assert (paid.state, str(paid.amount)) == (PaymentState.PAID, "₹299.99")
    assert paid.provider_payment_id == provider_payment


async def back_from(api, provider, checkout_id, provider_payment, signature=""):
    """The gateway sends the browser back to us, from its own site."""
    way = f"/api/v1/checkout/return/{provider}"
    if provider == "stripe":
        return await api.get(way, params={"session_id": checkout_id})
    about = f"{checkout_id}|{provider_payment}".encode()
    secret = settings().razorpay.key_secret.encode()
    data = {
        "razorpay_order_id": checkout_id,
        "razorpay_payment_id": provider_payment,
        "razorpay_signature": signature or hmac.new(secret, about, hashlib.sha256).hexdigest(),
    }
    return await api.post(way, data=data, headers={"Origin": "https://api.razorpay.com"})


async def test_coming_back_by_a_cross_site_post_needs_no_session_and_grants_nothing(api, sandbox):
    course = await a_course(await an_instructor())
    buyer = await a_buyer(api)
    await api.post(CHECKOUT, json=fields(course, "razorpay"))
    (row,) = await stored("payments")
    api.cookies.clear()

    paid = sandbox.pay(row["provider_checkout_id"])
    forged = await back_from(api, "razorpay", row["provider_checkout_id"], paid, "f" * 64)
    await run_until_idle()
    untouched, look_at = await payments_db.get(row["_id"]), await due_at(row["_id"])
    answer = await back_from(api, "razorpay", row["provider_checkout_id"], paid)

    assert (forged.status_code, forged.headers["location"]) == (303, "/my/payments")
    assert (untouched.returned_at, untouched.state) == (None, PaymentState.CREATED)
    assert look_at == row["created_at"] + timedelta(minutes=10)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/my/payments/{row['_id']}")
    assert not (await access.verdict(buyer.id, course.id)).allowed


async def test_coming_back_from_stripe_leads_to_the_payment(api, sandbox):
    course = await a_course(await an_instructor())
    await a_buyer(api)
    await api.post(CHECKOUT, json=fields(course))
    (row,) = await stored("payments")

    answer = await back_from(api, "stripe", row["provider_checkout_id"], "pi_1")

    assert answer.headers["location"] == f"/my/payments/{row['_id']}"
    assert row["created_at"] <= await due_at(row["_id"]) <= clock.business()


@BOTH
async def test_the_browser_coming_back_is_enough_when_no_webhook_ever_comes(api, sandbox, provider):
    course = await a_course(await an_instructor())
    buyer = await a_buyer(api)
    sandbox.switch(provider, webhooks="never")
    await api.post(CHECKOUT, json=fields(course, provider))
    (row,) = await stored("payments")
    paid = sandbox.pay(row["provider_checkout_id"])
    api.cookies.clear()
    await run_until_idle()
    before = await payments_db.get(row["_id"])

    answer = await back_from(api, provider, row["provider_checkout_id"], paid)
    at_once = await payments_db.get(row["_id"])
    await run_until_idle()

    assert (answer.status_code, answer.headers["location"]) == (303, f"/my/payments/{row['_id']}")
    assert (before.state, at_once.state) == (PaymentState.CREATED, PaymentState.CREATED)
    after = await payments_db.get(row["_id"])
    assert (after.state, after.provider_payment_id) == (PaymentState.PAID, paid)
    assert (await access.verdict(buyer.id, course.id)).allowed
    assert await stored("webhook_events", provider=provider) == []


async def test_an_unknown_gateway_has_no_way_back(api, sandbox):
    answer = await api.get("/api/v1/checkout/return/paypal")

    assert answer.status_code in {404, 422}
