"""A message that was given up: handled once more by an admin, when its cause is gone."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Conflict, NotFound, NotPermitted
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.models.money.webhooks import WebhookState
from courseflow_admin.services.money import webhooks
from courseflow_admin.services.school.jobs import TRIES
from courseflow_admin.worker import run_until_idle
from tests.account_builders import everything
from tests.builders import stored
from tests.course_builders import a_student, an_admin, an_instructor
from tests.services.figures.figures import an_event
from tests.services.money.buying import BOTH, a_sale, buy


@BOTH
async def test_what_was_given_up_is_handled_after_all_and_opens_the_course(
    database, sandbox, provider
):
    admin = await an_admin()
    course, student = await a_sale()
    payment = await buy(student, course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()
    given_up = {"state": "failed", "attempts": TRIES, "error": "The key was wrong."}
    await collection("webhook_events").update_many({}, {"$set": given_up})
    await collection("jobs").delete_many({})
    ids = [row["_id"] for row in await stored("webhook_events")]

    for event_id in ids:
        await webhooks.replay(admin, event_id)
    before = await stored("webhook_events")
    await run_until_idle()

    waiting = {(row["state"], row["attempts"], row["error"]) for row in before}
    assert waiting == {("waiting", 0, "")}
    assert (await payments_db.get(payment.id)).state is PaymentState.PAID
    assert "failed" not in {row["state"] for row in await stored("webhook_events")}
    entries = await stored("audit", act="webhook.replayed")
    assert sorted(entry["object_id"] for entry in entries) == sorted(ids)
    assert {(entry["actor_id"], str(entry["facts"])) for entry in entries} == {
        (admin.id, str({"error": "The key was wrong.", "attempts": TRIES}))
    }


async def test_of_ten_replays_at_once_one_is_done_and_noted(database):
    admin = await an_admin()
    event = await an_event(30, WebhookState.FAILED, error="No payment of ours.", attempts=TRIES)

    await asyncio.gather(*(webhooks.replay(admin, event.id) for _ in range(10)))

    assert len(await stored("audit", act="webhook.replayed")) == 1
    assert [row["state"] for row in await stored("webhook_events")] == ["waiting"]


@pytest.mark.parametrize("state", [WebhookState.HANDLED, WebhookState.IGNORED])
async def test_what_is_done_or_not_there_is_not_handled_again(database, state):
    admin = await an_admin()
    event = await an_event(30, state, result="Paid")
    before = await everything()

    with pytest.raises(Conflict, match="Only a failed event can be retried"):
        await webhooks.replay(admin, event.id)
    with pytest.raises(NotFound, match="Message not found"):
        await webhooks.replay(admin, "whe_unknown")

    assert await everything() == before


async def test_only_an_admin_replays(database):
    event = await an_event(30, WebhookState.FAILED)
    people = [await a_student(), await an_instructor()]
    before = await everything()

    for actor in people:
        with pytest.raises(NotPermitted):
            await webhooks.replay(actor, event.id)

    assert await everything() == before
