"""Captures over HTTP: who may, once, and what is known when the gateway says nothing."""

import pytest

from courseflow_admin.db.money import payments as payments_db
from tests.api.identity.test_accounts import sign_in
from tests.builders import stored
from tests.course_builders import an_admin
from tests.services.money.buying import a_sale, hold


@pytest.fixture
async def held(database, sandbox):
    """Of ₹4,999.00."""
    course, student = await a_sale()
    return await hold(sandbox, student, course)


async def test_an_admin_captures_what_a_bank_holds_once(api, sandbox, held):
    admin = await an_admin()
    address = f"/api/v1/payments/{held.id}/capture"
    refused = []
    for email in (held.email, "ines@demo.test"):
        await sign_in(api, email)
        refused.append((await api.post(address)).status_code)
    before = sandbox.store.get("payment", held.attempts[0].provider_payment_id)["status"]

    await sign_in(api, admin.email)
    captured = await api.post(address)
    again = await api.post(address)

    assert (refused, before) == ([403, 403], "authorized")
    assert (captured.status_code, captured.json()["state"]) == (200, "paid")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_capture")
    (entry,) = await stored("audit", act="payment.capture_asked")
    assert (entry["actor_id"], entry["object_id"]) == (admin.id, held.id)


async def test_a_capture_nobody_confirmed_is_told_apart_from_a_refused_one(api, sandbox, held):
    await sign_in(api, (await an_admin()).email)
    address = f"/api/v1/payments/{held.id}/capture"

    sandbox.switch("razorpay", outage="500")
    unknown = await api.post(address)
    sandbox.switch("razorpay", outage="ok")
    sandbox.clock(73)
    sandbox.sweep()
    lapsed = await api.post(address)

    assert (unknown.status_code, unknown.json()["code"]) == (502, "capture_unconfirmed")
    assert (lapsed.status_code, lapsed.json()["code"]) == (502, "provider_refused")
    assert (await payments_db.get(held.id)).state == "lapsed"
