"""Refunds over HTTP: none without a key, and one for each key, however often it is sent."""

import asyncio

import pytest

from courseflow_admin.models.core.base import new_id
from tests.api.identity.test_accounts import sign_in
from tests.builders import an_account, stored
from tests.services.money.test_refunds import a_purchase


@pytest.fixture
async def sale(api, sandbox):
    """A payment that was paid at Stripe, an admin who is signed in, and the gateway's id of it."""
    await an_account("rosa@demo.test", "admin", "Rosa")
    _, _, payment, paid = await a_purchase(sandbox, "stripe")
    await sign_in(api, "rosa@demo.test")
    return payment, paid


async def ask(api, payment, key="", amount="100.00", **more):
    return await api.post(
        f"/api/v1/payments/{payment.id}/refunds",
        json={"amount": amount, "reason": "Asked for it", **more},
        headers={"Idempotency-Key": key} if key else {},
    )


@pytest.mark.parametrize("key", ["", "   "])
async def test_without_a_key_a_refund_is_refused_and_nothing_goes_back(api, sale, sandbox, key):
    payment, paid = sale

    answer = await ask(api, payment, key)

    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")
    assert answer.json()["detail"] == (
        "A refund needs an Idempotency-Key header (or a request_id in the body), so that sending "
        "it again cannot refund twice."
    )
    assert sandbox.refunds(paid) == []


async def test_five_with_one_key_at_once_are_one_refund_and_five_equal_answers(api, sale, sandbox):
    payment, paid = sale
    sandbox.switch("stripe", outage="slow")

    answers = await asyncio.gather(*(ask(api, payment, "order 17, late") for _ in range(5)))

    assert [answer.status_code for answer in answers] == [201] * 5
    assert [answer.json() for answer in answers] == [answers[0].json()] * 5
    assert answers[0].json()["refunded_minor"] == 10_000
    assert sandbox.refunds(paid) == [10_000]


async def test_one_key_means_one_amount_and_another_key_another_refund(api, sale, sandbox):
    payment, paid = sale
    await ask(api, payment, "first")

    again = await ask(api, payment, "first")
    other = await ask(api, payment, "first", amount="200.00")
    second = await ask(api, payment, "second", amount="200.00")

    assert (again.status_code, second.status_code) == (201, 201)
    assert (other.status_code, other.json()["code"]) == (409, "other_refund")
    assert "₹100.00" in other.json()["detail"]
    assert sandbox.refunds(paid) == [10_000, 20_000]


async def test_a_request_id_stands_for_a_key_and_both_are_refused(api, sale, sandbox):
    payment, paid = sale
    request_id = new_id("ref")

    made = await ask(api, payment, request_id=request_id)
    again = await ask(api, payment, request_id=request_id)
    both = await ask(api, payment, "first", request_id=new_id("ref"))

    assert (made.status_code, again.json()) == (201, made.json())
    assert (both.status_code, both.json()["field"]) == (422, "request_id")
    assert sandbox.refunds(paid) == [10_000]
    (row,) = await stored("payments", _id=payment.id)
    assert [refund["id"] for refund in row["refunds"]] == [request_id]


async def test_the_key_is_described(api, sale):
    openapi = (await api.get("/api/v1/openapi.json")).json()

    refund = openapi["paths"]["/api/v1/payments/{payment_id}/refunds"]["post"]
    (key,) = [one for one in refund["parameters"] if one["in"] == "header"]
    assert key["name"].lower() == "idempotency-key"
    assert key["description"].startswith("Required, unless the body has a `request_id`")
    assert {"409", "422", "502"} <= refund["responses"].keys()


@pytest.mark.parametrize("amount", ["0,250", "1,000", "1.000", "100,"])
async def test_an_amount_that_could_be_two_goes_nowhere(api, sale, sandbox, amount):
    payment, paid = sale

    answer = await ask(api, payment, "first", amount=amount)
    clear = await ask(api, payment, "first", amount="1.000,50")

    assert (answer.status_code, answer.json()["field"]) == (422, "amount")
    assert clear.status_code == 201
    assert sandbox.refunds(paid) == [100_050]
