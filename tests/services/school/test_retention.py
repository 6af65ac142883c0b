"""What is older than the school's settings say goes; what shows that it was there stays."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.school import retention as retention_db
from courseflow_admin.errors import Conflict
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.identity import erasure
from courseflow_admin.services.mail import emails
from courseflow_admin.services.money import webhooks
from courseflow_admin.services.school import retention
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school.job_runner import Runner
from courseflow_admin.worker import HANDLERS, SCHEDULES
from tests.account_builders import signed_in
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.db.test_payments_plans import stages
from tests.money_builders import email_row

PERIODS = {
    "webhook_bodies_days": 90,
    "email_bodies_days": 365,
    "rejections_days": 30,
    "sessions_days": 30,
    "links_days": 30,
}


def ago(days: float):
    return clock.wall() - timedelta(days=days)


def an_event(days: float, **more) -> dict:
    name = new_id("whe")
    return {
        "_id": name, "provider": "stripe", "event_id": name, "body_hash": name, "kind": "paid",
        "raw": '{"id": "evt_1"}', "headers": {"user-agent": "Stripe"}, "received_at": ago(days),
        "deliveries": [ago(days)], "state": "handled", "result": "Paid.", "error": "",
        "attempts": 1, "handled_at": ago(days), "payment_id": "pay_1",
    } | more  # fmt: skip


def an_email(days: float, **more) -> dict:
    name = new_id("eml")
    return email_row(account_id="acc_1").to_mongo() | {
        "_id": name, "dedupe_key": name, "provider_id": name, "html": "<p>Hi</p>", "text": "Hi",
        "queued_at": ago(days),
    } | more  # fmt: skip


async def test_only_bodies_older_than_the_settings_go_and_ids_states_and_times_stay(database):
    old, young = an_event(91), an_event(89)
    waiting = an_event(91, state="waiting")
    await collection("webhook_events").insert_many([old, young, waiting])
    old_mail, young_mail = an_email(366), an_email(364)
    await collection("emails").insert_many([old_mail, young_mail])

    erased = await retention.apply()

    assert erased == {
        "webhook_bodies": 1, "email_bodies": 1, "sessions": 0, "links": 0, "rejections": 0,
    }  # fmt: skip
    events = {row["_id"]: row for row in await stored("webhook_events")}
    assert events[old["_id"]] == old | {"raw": "", "headers": {}, "body_kept_days": 90}
    assert events[young["_id"]] == young
    assert events[waiting["_id"]] == waiting
    mails = {row["_id"]: row for row in await stored("emails")}
    assert mails[old_mail["_id"]] == old_mail | {"html": "", "text": "", "body_kept_days": 365}
    assert mails[young_mail["_id"]] == young_mail


async def test_other_periods_take_effect_with_the_next_run(database):
    await collection("webhook_events").insert_one(an_event(20))
    await collection("emails").insert_one(an_email(20))
    assert set((await retention.apply()).values()) == {0}

    changes = SchoolChange(webhook_bodies_days=14, email_bodies_days=19)
    await school_settings.change(SYSTEM, changes, 0)
    erased = await retention.apply()

    assert (erased["webhook_bodies"], erased["email_bodies"]) == (1, 1)
    (event,), (email,) = await stored("webhook_events"), await stored("emails")
    assert (event["body_kept_days"], email["body_kept_days"]) == (14, 19)


async def test_it_works_in_batches_each_with_its_entry_and_a_second_run_finds_nothing(database):
    await collection("webhook_events").insert_many([an_event(100 + n) for n in range(5)])

    assert (await retention.apply(batch=2))["webhook_bodies"] == 5
    assert (await retention.apply(batch=2))["webhook_bodies"] == 0

    entries = await stored("audit")
    assert [(row["act"], row["facts"]["what"], row["facts"]["count"]) for row in entries] == [
        ("school.old_data_deleted", "webhook_bodies", count) for count in (2, 2, 1)
    ]


async def test_ended_sessions_links_and_rejections_go_and_what_is_open_stays(database):
    ada = await an_account()
    ended, recent, open_one = [await signed_in(ada, device=f"Browser {n}") for n in range(3)]
    sessions = collection("sessions")
    await sessions.update_one({"_id": ended.session_id}, {"$set": {"ended_at": ago(31)}})
    await sessions.update_one({"_id": recent.session_id}, {"$set": {"ended_at": ago(29)}})
    tokens = [
        {"_id": f"tok_{days}", "token_hash": f"{days}", "account_id": ada.id, "use": "reset",
         "expires_at": ago(days), "used_at": None}
        for days in (31, 29, -1)
    ]  # fmt: skip
    await collection("one_time_tokens").insert_many(tokens)
    await collection("webhook_rejections").delete_many({})
    await collection("webhook_rejections").insert_many(
        [{"_id": f"whr_{days}", "at": ago(days)} for days in (31, 29)]
    )

    erased = await retention.apply()

    assert (erased["sessions"], erased["links"], erased["rejections"]) == (1, 1, 1)
    assert {row["_id"] for row in await stored("sessions")} == {
        recent.session_id, open_one.session_id,
    }  # fmt: skip
    assert {row["_id"] for row in await stored("one_time_tokens")} == {"tok_29", "tok_-1"}
    assert [row["_id"] for row in await stored("webhook_rejections")] == ["whr_29"]


async def test_a_failed_webhook_without_its_body_says_why_it_cannot_be_retried(database):
    event = an_event(91, state="failed", error="No matching payment found.")
    await collection("webhook_events").insert_one(event)
    await retention.apply()
    admin = acting(await an_account(role="admin"))

    with pytest.raises(Conflict, match="was deleted after 90 days"):
        await webhooks.replay(admin, event["_id"])

    (row,) = await stored("webhook_events")
    assert row["state"] == "failed"
    assert await stored("jobs") == []


async def test_deleting_an_account_minds_no_body_that_is_gone_already(database):
    ada = await an_account()
    mail = an_email(400, account_id=ada.id)
    await collection("emails").insert_one(mail)
    await collection("webhook_events").insert_one(an_event(400, email_id=mail["_id"]))
    await retention.apply()

    await erasure.erase(await signed_in(ada), PASSWORD)

    assert ("account.erased", ada.id) in await audited()


async def test_an_e_mail_whose_content_is_gone_is_still_in_the_log(database):
    await collection("emails").insert_one(an_email(400))
    await retention.apply()
    admin = acting(await an_account(role="admin"))
    (row,) = await stored("emails")

    email = await emails.get(admin, row["_id"])

    assert (email.html, email.text, email.body_kept_days) == ("", "", 365)
    assert email.subject


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("webhook_bodies_days", 14, 3650),
        ("email_bodies_days", 14, 3650),
        ("rejections_days", 1, 3650),
        ("sessions_days", 1, 30),
        ("links_days", 1, 3650),
    ],
)
def test_periods_have_limits(field, least, most):
    for value in (least, most):
        assert SchoolChange(**{field: value}).given == {field: value}
    for value in (least - 1, most + 1, "30", 30.5):
        with pytest.raises(ValidationError):
            SchoolChange(**{field: value})


def test_a_new_school_has_sane_periods():
    first = school_settings.first()

    assert {name: first.value(name) for name in PERIODS} == PERIODS


async def test_what_is_to_go_is_found_by_index(database):
    queries = {
        name: (retention_db.CONTENT[name][0], since) for name, since in retention_db.SINCE.items()
    }
    await collection("webhook_events").insert_many([an_event(n) for n in range(50)])
    await collection("webhook_events").insert_many([an_event(n, raw="") for n in range(400, 450)])
    await collection("emails").insert_many([an_email(n) for n in range(50)])

    for name, (where, since) in queries.items():
        find = collection(name).raw.find({**where, since: {"$lt": ago(40)}}, {"_id": 1})
        plan = await find.sort(since, 1).limit(500).explain()
        used = stages(plan["queryPlanner"]["winningPlan"])
        assert [it["indexName"] for it in used if "indexName" in it] == ["with_content"], name
        assert plan["executionStats"]["totalDocsExamined"] == 10, name


async def test_the_worker_keeps_to_the_periods_once_a_day(database):
    await collection("webhook_events").insert_one(an_event(91))

    await Runner(HANDLERS, SCHEDULES).run_until_idle()
    await collection("webhook_events").insert_one(an_event(91))
    await Runner(HANDLERS, SCHEDULES).run_until_idle()

    assert sorted(row["raw"] for row in await stored("webhook_events")) == ["", '{"id": "evt_1"}']
    (row,) = await stored("schedules")
    assert timedelta(hours=23) < row["next_at"] - clock.business() <= timedelta(days=1)
