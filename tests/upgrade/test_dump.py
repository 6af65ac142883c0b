"""The school of dump 0001: all that a migration has to carry over is in it, and is still said."""

import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from bson import json_util

from courseflow_admin.db import migrations
from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.indexes import INDEXES
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.periods import Period
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import receipt_numbers
from tests.job_builders import run_due
from tests.upgrade import loading, sayings

NUMBER = "0001"
ERASED = {row["_id"] for name, row in loading.documents(NUMBER) if row.get("erased_at")}

Row = dict[str, Any]
Is = Callable[[Row], bool]


@cache
def rows(name: str) -> list[Row]:
    return [row for found, row in loading.documents(NUMBER) if found == name]


def captured(row: Row, state: str, **facets: str) -> bool:
    """Paid, shown as `state`, with no other facet than those given."""
    shown = (row["capture"], row["state"], row["dispute"]["state"], row["review"]["state"])
    known = {"dispute": "none", "review": "none"} | facets
    return shown == ("paid", state, known["dispute"], known["review"])


def refunded(row: Row, *expected: str) -> bool:
    return [one["state"] for one in row["refunds"]] == list(expected)


def back(row: Row) -> int:
    return sum(one["amount_minor"] for one in row["refunds"] if one["state"] == "settled")


def whole(row: Row) -> bool:
    return back(row) == row["amount"]["minor"] == row["refunded_minor"]


PAYMENTS: dict[str, Is] = {
    "created": lambda row: row["state"] == row["capture"] == "created" and row["open"],
    "pending": lambda row: row["state"] == row["capture"] == "pending" and row["open"],
    "authorized": lambda row: (
        row["state"] == row["capture"] == "authorized" and row["provider"] == "razorpay"
    ),
    "paid at Stripe": lambda row: captured(row, "paid") and row["provider"] == "stripe",
    "paid at Razorpay": lambda row: captured(row, "paid") and row["provider"] == "razorpay",
    "paid in EUR": lambda row: captured(row, "paid") and row["amount"]["currency"] == "EUR",
    "paid in JPY": lambda row: captured(row, "paid") and row["amount"]["currency"] == "JPY",
    "paid in KWD": lambda row: captured(row, "paid") and row["amount"]["currency"] == "KWD",
    "paid in USD": lambda row: captured(row, "paid") and row["amount"]["currency"] == "USD",
    "failed, to be tried again": lambda row: row["capture"] == "failed" and row["open"],
    "failed for good": lambda row: row["state"] == "failed" and not row["open"],
    "expired": lambda row: row["state"] == row["capture"] == "expired" and not row["open"],
    "paid twice, gone back by itself": lambda row: (
        row["duplicate_of"] != ""
        and captured(row, "refunded")
        and [one["cause"] for one in row["refunds"]] == ["second_payment"]
        and whole(row)
    ),
    "paid by both gateways, gone back by itself": lambda row: (
        row["duplicate_of"] == ""
        and captured(row, "refunded")
        and [one["cause"] for one in row["refunds"]] == ["second_payment"]
    ),
    "paid twice, not gone back": lambda row: (
        row["duplicate_of"] != ""
        and captured(row, "needs_review", review="open")
        and refunded(row, "failed")
        and row["refunded_minor"] == 0
    ),
    "paid twice, given back by a person": lambda row: (
        row["duplicate_of"] != ""
        and captured(row, "refunded", review="resolved")
        and [one["cause"] for one in row["refunds"]] == ["second_payment", "admin"]
    ),
    "in review, nothing counted": lambda row: (
        row["state"] == "needs_review" and row["capture"] == "created" and not row["paid_at"]
    ),
    "in review, paid": lambda row: (
        captured(row, "needs_review", review="open") and not row["duplicate_of"]
    ),
    "settled by hand, nothing counted": lambda row: (
        row["review"]["state"] == "resolved" and row["capture"] != "paid" and not row["paid_at"]
    ),
    "settled by hand, paid": lambda row: captured(row, "paid", review="resolved"),
    "disputed": lambda row: captured(row, "disputed", dispute="open"),
    "dispute won": lambda row: captured(row, "paid", dispute="won"),
    "dispute lost": lambda row: captured(row, "disputed", dispute="lost") and back(row) == 0,
    "dispute lost after a refund": lambda row: (
        captured(row, "disputed", dispute="lost") and 0 < back(row) < row["amount"]["minor"]
    ),
    "refunded in one part": lambda row: (
        captured(row, "partially_refunded") and refunded(row, "settled")
    ),
    "refunded in two parts": lambda row: (
        captured(row, "partially_refunded") and refunded(row, "settled", "settled")
    ),
    "refunded in part by us and by the gateway": lambda row: (
        captured(row, "partially_refunded")
        and [one["cause"] for one in row["refunds"]] == ["admin", "provider"]
    ),
    "refunded whole at once": lambda row: (
        captured(row, "refunded") and refunded(row, "settled") and whole(row)
    ),
    "refunded whole in parts": lambda row: (
        captured(row, "refunded") and refunded(row, "settled", "settled") and whole(row)
    ),
    "refund on its way": lambda row: (
        captured(row, "paid")
        and refunded(row, "pending")
        and row["refunded_minor"] == row["refunds"][0]["amount_minor"]
    ),
    "refund failed": lambda row: (
        captured(row, "paid") and refunded(row, "failed") and row["refunded_minor"] == 0
    ),
    "refund refused, then made at the gateway": lambda row: (
        captured(row, "partially_refunded") and refunded(row, "failed", "settled")
    ),
    "buyer deleted": lambda row: (
        captured(row, "paid") and row["account_id"] in ERASED and not row["email"]
    ),
    "buyer deleted, refunded whole": lambda row: (
        captured(row, "refunded") and row["account_id"] in ERASED
    ),
    "buyer deleted, refunded in part": lambda row: (
        captured(row, "partially_refunded") and row["account_id"] in ERASED
    ),
}


@pytest.mark.parametrize("kind", PAYMENTS)
def test_a_payment_of_each_kind_is_in_it(kind):
    assert [row["_id"] for row in rows("payments") if PAYMENTS[kind](row)] != []


OTHERS: dict[str, tuple[str, Is]] = {
    "a manual grant": ("enrollments", lambda row: "manual" in _kinds(row)),
    "a manual grant that ends": (
        "enrollments",
        lambda row: any(one["kind"] == "manual" and one["expires_at"] for one in row["grants"]),
    ),
    "a free grant": ("enrollments", lambda row: "free" in _kinds(row)),
    "a course bought again": ("enrollments", lambda row: _kinds(row) == ["payment", "payment"]),
    "a grant that a refund ended": ("enrollments", lambda row: "refund" in _ends(row)),
    "a grant that a dispute ended": ("enrollments", lambda row: "dispute lost" in _ends(row)),
    "progress": ("enrollments", lambda row: row["done"] != []),
    "a course with a co-instructor": ("courses", lambda row: row["co_instructor_ids"] != []),
    "a draft": ("courses", lambda row: row["state"] == "draft"),
    "an event that was handled": ("webhook_events", lambda row: row["state"] == "handled"),
    "an event that was ignored": ("webhook_events", lambda row: row["state"] == "ignored"),
    "an event that was given up": ("webhook_events", lambda row: row["state"] == "failed"),
    "an event that waits": (
        "webhook_events",
        lambda row: row["state"] == "waiting" and row["due_at"] is not None,
    ),
    "a dispute that Razorpay told of": (
        "webhook_events",
        lambda row: row["provider"] == "razorpay" and row["kind"] == "payment.dispute.created",
    ),
    "a forged event": ("webhook_rejections", lambda row: row["provider"] == "razorpay"),
    "an e-mail in the outbox": (
        "emails",
        lambda row: row["state"] == "queued" and row["due_at"] is not None,
    ),
    "an e-mail sent": ("emails", lambda row: row["state"] == "sent"),
    "an e-mail delivered": ("emails", lambda row: row["state"] == "delivered"),
    "an e-mail that bounced": ("emails", lambda row: row["state"] == "bounced"),
    "a receipt of 2025": (
        "receipts",
        lambda row: row["series"] == "sandbox-2025" and row["number"],
    ),
    "a receipt of 2026": (
        "receipts",
        lambda row: row["series"] == "sandbox-2026" and row["number"],
    ),
    "a receipt without a number": ("receipts", lambda row: row["number"] == 0),
    "a session that is open": ("sessions", lambda row: not row["ended_at"]),
    "a session that ended": ("sessions", lambda row: row["ended_at"]),
    "a session that views as somebody else": ("sessions", lambda row: row["viewing"]),
    "an invitation that waits": ("invitations", lambda row: row["state"] == "pending"),
    "an invitation that was used": ("invitations", lambda row: row["state"] == "accepted"),
    "a suspended account": ("accounts", lambda row: row["suspended_at"]),
    "a second factor": ("second_factors", lambda row: row["confirmed_at"]),
    "a change of owner": ("audit", lambda row: row["act"] == "course.owner_changed"),
}


def _kinds(row: Row) -> list[str]:
    return [grant["kind"] for grant in row["grants"]]


def _ends(row: Row) -> list[str]:
    return [grant["end_reason"] for grant in row["grants"]]


@pytest.mark.parametrize("what", OTHERS)
def test_what_hangs_on_payments_is_in_it_too(what):
    name, wanted = OTHERS[what]
    assert [row["_id"] for row in rows(name) if wanted(row)] != []


def test_a_checkout_was_replaced_by_one_at_another_price():
    replaced = {
        row["object_id"]
        for row in rows("audit")
        if row["act"] == "checkout.expired" and row["facts"].get("because") == "replaced"
    }
    (old,) = [row for row in rows("payments") if row["_id"] in replaced and not row["paid_at"]]
    assert (old["state"], old["open"], old["amount"]["minor"]) == ("expired", False, 299_900)
    (new,) = [
        row
        for row in rows("payments")
        if row["account_id"] == old["account_id"] and row["_id"] != old["_id"]
    ]
    assert (new["state"], new["course_id"]) == ("paid", old["course_id"])
    assert new["amount"]["minor"] == 349_900


def test_receipts_are_numbered_without_gaps_over_the_turn_of_the_year():
    for year in (2025, 2026):
        series = f"sandbox-{year}"
        numbers = [row["number"] for row in rows("receipts") if row["series"] == series]
        assert sorted(filter(None, numbers)) == list(range(1, max(numbers) + 1))


@pytest.fixture
async def loaded(mongod_uri, configure) -> AsyncIterator[dict[str, int]]:
    """A database that is what the dump was; how many documents of which collection."""
    configure(SCHOOL_TIMEZONE=loading.manifest(NUMBER)["zone"])
    name = f"upgrade_{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"
    await client.connect(mongod_uri, name)
    database = client.collection("any").raw.database
    await database.client.drop_database(name)
    yield await loading.load(database, NUMBER)
    await database.client.drop_database(name)
    await client.close()


async def said() -> Row:
    """What the code says now, as JSON would keep it."""
    told = loading.manifest(NUMBER)
    days = (date.fromisoformat(told[name]) for name in ("first_day", "last_day"))
    answer = await sayings.said(datetime.fromisoformat(told["at"]), Period(*days, told["zone"]))
    kept: Row = json.loads(json.dumps(answer))
    return kept


def as_json(told: Any) -> str:
    return json_util.dumps(told, json_options=loading.TELL)


async def indexes() -> dict[str, dict[str, Row]]:
    """By collection and name, as MongoDB lists them."""
    database = client.collection("any").raw.database
    return {
        name: {
            one["name"]: dict(one) for one in await (await database[name].list_indexes()).to_list()
        }
        for name in INDEXES
    }


# What the code of then said that was not so: payment's key in the answer -> what is so.
DECLINED_THEN_EXPIRED = {
    row["_id"]
    for row in rows("payments")
    if row["capture"] == "expired" and any(one["outcome"] == "failed" for one in row["attempts"])
}


def corrected() -> Row:
    """What was said when it was dumped, but for what facts made right."""
    told: Row = json.loads(json.dumps(loading.manifest(NUMBER)["said"]))
    for row in rows("payments"):
        answer = told["payments"][row["_id"]]
        if row["capture"] != "paid":
            answer["refundable"] = 0  # nothing came in that could go back
        if row["dispute"]["state"] == "lost":
            answer["state"] = "lost"  # and not one that somebody could still answer
        if row["_id"] in DECLINED_THEN_EXPIRED:  # seen in one look, the decline was forgotten
            answer["state"] = answer["capture"] = "failed"
            told["access"][f"{row['account_id']} {row['course_id']}"] = (
                f"no, payment_failed {row['_id']}"
            )
            day = calendar.iso(calendar.school().date_of(row["created_at"]))
            for whose in ("the school", row["owner_id"]):
                failed = told["figures"][whose]["failed_payments"]
                failed["sums"][""] = failed["sums"].get("", 0) + 1
                failed["days"][day] = failed["days"].get(day, 0) + 1
        if row["capture"] == "paid" and row["duplicate_of"]:
            answer["net"] = 0  # second money bought nothing
    return told


async def test_what_the_code_says_of_it_is_what_was_said_when_it_was_dumped(loaded):
    told = loading.manifest(NUMBER)

    await migrations.bring_up_to_date()
    answer = await said()

    assert loaded == {name: count for name, count in told["counts"].items() if count}
    right = corrected()
    assert answer["payments"] == right["payments"]
    assert answer["access"] == right["access"]
    assert answer["figures"] == right["figures"]
    assert answer == right
    assert len(DECLINED_THEN_EXPIRED) == 2


async def test_one_rupee_less_or_one_grant_ended_would_be_seen(loaded):
    (paid, *_) = [row for row in rows("payments") if PAYMENTS["paid at Stripe"](row)]
    at = paid["paid_at"]
    await migrations.bring_up_to_date()
    before = corrected()

    less = {"amount.minor": -100, "captured.minor": -100}
    await collection("payments").update_one({"_id": paid["_id"]}, {"$inc": less})
    await collection("enrollments").update_one(
        {"grants.payment_id": paid["_id"]}, {"$set": {"grants.$.ended": at}}
    )
    after = await said()

    assert {name for name in before if after[name] != before[name]} == {
        "payments",
        "access",
        "figures",
    }
    place = f"{paid['account_id']} {paid['course_id']}"
    assert (before["access"][place][:3], after["access"][place][:2]) == ("yes", "no")


async def test_brought_up_to_date_it_has_every_index_and_says_the_same(loaded):
    """Also an index that had been lost, and a field that older rows lack."""
    expected = {
        name: {model.document["name"]: model.document for model in models}
        for name, models in INDEXES.items()
    }
    await collection("payments").raw.drop_indexes()
    await collection("accounts").update_one(
        {"email": "ada@demo.test"}, {"$unset": {"name_words": 1}}
    )

    await migrations.bring_up_to_date()

    found = await indexes()
    for name, wanted in expected.items():
        for index, options in wanted.items():
            listed = found[name].get(index, {})
            same = {key: listed.get(key) for key in options}
            assert as_json(same) == as_json(options), (name, index)
    assert await said() == corrected()
    (ada,) = await collection("accounts").find({"email": "ada@demo.test"})
    assert ada["name_words"] == ["ada", "lovelace"]


async def kinds_of_jobs() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in await collection("jobs").find({"kind": {"$exists": True}}):
        found.setdefault(row["kind"], set()).add(row["key"])
    return found


def waiting(name: str, is_waiting: Is) -> set[str]:
    return {row["_id"] for row in rows(name) if is_waiting(row)}


WAITING = {
    "webhook-event": waiting("webhook_events", lambda row: row["due_at"]),
    "payment-look": waiting("payments", lambda row: row["sync_at"]),
    "receipt-number": waiting("receipts", lambda row: row["number"] == 0),
    "email": waiting("emails", lambda row: row["due_at"]),
}


async def test_what_waited_by_its_own_due_time_has_a_job_after_the_upgrade(loaded):
    await migrations.bring_up_to_date()
    once = await collection("jobs").find({"kind": {"$exists": True}}, sort=[("_id", 1)])
    await collection("migrations").delete_many({})
    await migrations.bring_up_to_date()

    assert all(WAITING.values())
    assert await kinds_of_jobs() == WAITING
    assert await collection("jobs").find({"kind": {"$exists": True}}, sort=[("_id", 1)]) == once
    (mail, *_) = [row for row in rows("emails") if row["due_at"]]
    (job,) = [row for row in once if row["key"] == mail["_id"]]
    assert (job["due_at"], job["lane"]) == (mail["due_at"], "resend")
    assert job["expires_at"] == mail["queued_at"] + timedelta(hours=23)
    (look, *_) = [row for row in once if row["kind"] == "payment-look"]
    (payment,) = [row for row in rows("payments") if row["_id"] == look["key"]]
    assert (look["lane"], look["due_at"]) == (payment["provider"], payment["sync_at"])


async def test_what_older_code_let_wait_during_the_deploy_has_a_job_when_that_is_contracted(loaded):
    await migrations.bring_up_to_date()
    await collection("jobs").delete_many({"kind": "email"})

    await migrations.bring_up_to_date(contract=True)

    assert (await kinds_of_jobs())["email"] == WAITING["email"]
    assert await collection("jobs").find({"kind": {"$exists": False}}) == []
    for name, field in (
        ("webhook_events", "due_at"),
        ("payments", "sync_at"),
        ("emails", "due_at"),
    ):
        assert await collection(name).count({field: {"$exists": True}}) == 0
    assert await said() == corrected()


async def test_the_work_that_waited_before_the_upgrade_is_done_after_it(loaded, sandbox):
    await migrations.bring_up_to_date()

    await run_due(receipt_numbers.NUMBER, outbox.SEND)

    numbered = await collection("receipts").find({"_id": {"$in": list(WAITING["receipt-number"])}})
    assert all(row["number"] for row in numbered)
    left = await collection("emails").find({"_id": {"$in": list(WAITING["email"])}})
    assert {row["state"] for row in left} == {"sent"}
    assert len(sandbox.mails()) == len(left) + len(numbered)  # each receipt is mailed, too
