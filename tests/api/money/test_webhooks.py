"""Webhooks over HTTP while the database is away: the gateway is told to come again."""

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.lines import Line
from tests.security.test_webhooks import a_paid_delivery, post


@pytest.fixture
async def line(database, mongod_uri):
    """What we ask the database goes over it."""
    line = Line(mongod_uri)
    await client.connect(line.uri, database, wait_seconds=1)
    yield line
    await client.connect(mongod_uri, database)
    line.close()


async def test_a_webhook_that_finds_no_database_is_503_and_delivered_again_grants_once(
    api, sandbox, line
):
    payment, signed = await a_paid_delivery(sandbox, "stripe")
    delivery = sandbox.deliveries()[0]

    line.go_away()
    away = await post(api, "stripe", signed.body, signed.headers)
    line.come_back()
    kept = await stored("webhook_events")
    again = sandbox.signed(delivery)
    back = await post(api, "stripe", again.body, again.headers)
    await run_until_idle()

    assert (away.status_code, away.json()["code"], kept) == (503, "unavailable", [])
    assert (back.status_code, back.json()) == (200, {"result": "kept"})
    (event,) = await stored("webhook_events")
    assert (event["state"], len(event["deliveries"])) == ("handled", 1)
    assert (await payments_db.get(payment.id)).state is PaymentState.PAID
    (enrollment,) = await stored("enrollments")
    assert [grant["payment_id"] for grant in enrollment["grants"]] == [payment.id]
