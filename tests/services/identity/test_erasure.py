"""Deleting one's own account: who it was is forgotten, what happened stays."""

import asyncio
import json

import pytest

from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.errors import NotPermitted, NotSignedIn
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.money.webhooks import without_people
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import accounts, erasure, my_account, sessions
from courseflow_admin.services.identity.reauthentication import WrongPassword
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import receipt_numbers, receipts
from courseflow_admin.services.school import audit
from tests.account_builders import a_newcomer, an_enrollment, everything, kinds_of_emails, signed_in
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.course_builders import a_course, an_instructor
from tests.job_builders import run_due
from tests.money_builders import a_payment
from tests.second_factor_builders import school_asks
from tests.services.money.buying import buy, work

ALL = (
    "accounts",
    "audit",
    "course_versions",
    "courses",
    "emails",
    "enrollments",
    "one_time_tokens",
    "payments",
    "sessions",
)


async def whole_database():
    names = await collection("accounts").raw.database.list_collection_names()
    return await everything(*names)


async def test_nothing_says_any_more_who_it_was(database):
    eve = await a_newcomer()
    token = await sessions.open_browser(eve, user_agent="curl/8", ip="203.0.113.7")
    actor = await sessions.find(token)
    assert actor is not None
    await a_payment(
        account_id=eve.id, name=eve.name, email=eve.email, billing_name="E. Moneypenny & Sons"
    )
    await an_enrollment(account_id=eve.id, learner_name=eve.name, learner_email=eve.email)
    await a_course(await an_instructor())
    await collection("course_versions").update_many(
        {}, {"$set": {"by": eve.id, "by_name": eve.name}}
    )

    await my_account.rename(actor, "Evelyn Moneypenny")
    actor = await sessions.find(token)
    assert actor is not None

    await erasure.erase(actor, PASSWORD)

    goodbye = (await stored("emails"))[-1]
    left = await everything(*ALL)
    left["emails"].remove(goodbye)
    assert (goodbye["kind"], goodbye["to"]) == ("account_erased", "eve@demo.test")
    assert (goodbye["erase_at"] - left["accounts"][0]["erased_at"]).days == 7
    assert "eve@demo.test" not in str(left)
    assert "Moneypenny" not in str(left)
    assert "curl/8" not in str(left)
    assert await sessions.find(token) is None


@pytest.mark.parametrize("provider", ["stripe", "razorpay"])
async def test_no_address_is_left_in_the_database_also_by_what_comes_after_the_deletion(
    database, sandbox, provider
):
    eve = await a_newcomer("bounce+eve@demo.test")  # the sandbox bounces what is sent there
    course = await a_course(await an_instructor())
    payment = await buy(acting(eve), course, provider)
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    before = len(await stored("webhook_events"))

    await erasure.erase(acting(eve), PASSWORD)
    await work(sandbox)

    [goodbye] = await stored("emails", kind="account_erased")
    assert goodbye["to"] == eve.email
    await collection("emails").delete_one({"_id": goodbye["_id"]})  # as after seven days
    left = await whole_database()
    assert len(left["webhook_events"]) > before > 2
    assert {row["state"] for row in left["webhook_events"]} <= {"handled", "ignored"}
    holding = [name for name, rows in left.items() if eve.email in str(rows).lower()]
    assert holding == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (
            {"type": "email.bounced", "data": {"email_id": "re_1", "to": ["eve@demo.test"]}},
            {"type": "email.bounced", "data": {"email_id": "re_1"}},
        ),
        (
            {"bounce": {"message": "550 <Eve.M@demo.test> unknown", "x": ["mailto:e@demo.test"]}},
            {"bounce": {"message": "550 <(address)> unknown", "x": ["mailto:(address)"]}},
        ),
        (
            {"object": {"id": "cs_1", "customer_details": {"name": "Eve"}, "metadata": {"a": "b"}}},
            {"object": {"id": "cs_1", "metadata": {"a": "b"}}},
        ),
        (
            {"entity": {"id": "pay_1", "email": "e@demo.test", "contact": "+91", "amount": 5}},
            {"entity": {"id": "pay_1", "amount": 5}},
        ),
    ],
)
def test_of_a_webhook_ids_are_kept_and_nobody_is_named(sent, kept):
    assert json.loads(without_people(json.dumps(sent))) == kept


async def test_payments_access_and_audit_stay(database):
    eve = await a_newcomer()
    payment = await a_payment(account_id=eve.id, name=eve.name, email=eve.email)
    await an_enrollment(account_id=eve.id)

    await erasure.erase(acting(eve), PASSWORD)

    [account], [kept], [enrollment] = [
        await stored(name) for name in ("accounts", "payments", "enrollments")
    ]
    assert account["erased_at"] is not None
    assert (account["name"], account["password_hash"]) == ("Deleted person", "")
    assert (kept["_id"], kept["account_id"], kept["email"]) == (payment.id, eve.id, "")
    assert enrollment["account_id"] == eve.id
    assert [act for act, _ in await audited()] == ["account.signed_up", "account.erased"]
    assert {row["actor_name"] for row in await stored("audit")} == {""}


async def test_what_still_waited_in_the_outbox_is_not_sent(database, sandbox):
    eve = await a_newcomer()

    await erasure.erase(acting(eve), PASSWORD)

    await run_due(outbox.SEND)
    welcome, goodbye = await stored("emails")
    assert (welcome["state"], welcome["to"]) == ("failed", "")
    assert [mail.subject for mail in sandbox.mails()] == [goodbye["subject"]]


async def test_a_receipt_numbered_after_the_deletion_is_written_to_nobody(database):
    eve = await a_newcomer()
    payment = await a_payment(account_id=eve.id, name=eve.name, email=eve.email)

    async def pay():
        await receipts.open_receipt(payment)
        await audit.record(SYSTEM, Act.PAYMENT_PAID, payment.id)

    await transaction(pay)
    await erasure.erase(acting(eve), PASSWORD)

    await run_due(receipt_numbers.NUMBER)

    [receipt] = await stored("receipts")
    assert receipt["number"] == 1
    assert await kinds_of_emails() == [("welcome", ""), ("account_erased", "eve@demo.test")]


async def test_the_address_is_free_again_and_the_old_account_signs_in_no_more(database):
    eve = await a_newcomer()
    await erasure.erase(acting(eve), PASSWORD)

    with pytest.raises(accounts.WrongCredentials):
        await accounts.authenticate("eve@demo.test", PASSWORD)
    again = await a_newcomer()

    assert again.id != eve.id
    await erasure.erase(acting(again), PASSWORD)  # two deleted accounts beside one another
    assert len(await stored("accounts")) == 2


@pytest.mark.parametrize("password", ["", "eve@demo.test", "not the password"])
async def test_without_the_password_nothing_is_deleted(database, password):
    eve = acting(await a_newcomer())
    kept = tuple(name for name in ALL if name != "audit")
    before = await everything(*kept)

    with pytest.raises(WrongPassword):
        await erasure.erase(eve, password)

    assert await everything(*kept) == before
    assert (await audited())[-1] == ("session.refused", eve.id)


async def test_an_instructor_with_courses_stays_until_they_are_somebody_elses(database):
    ines = await an_account("ines@demo.test", "instructor")
    await a_course(acting(ines))
    before = await everything(*ALL)

    with pytest.raises(erasure.HasCourses):
        await erasure.require_possible(acting(ines))
    with pytest.raises(erasure.HasCourses):
        await erasure.erase(acting(ines), PASSWORD)

    assert await everything(*ALL) == before


async def test_the_last_admin_stays_also_while_a_second_factor_is_due(database):
    admin = await an_account("one@demo.test", "admin")
    await school_asks()
    actor = await signed_in(admin)
    before = await everything("accounts", "emails", "sessions")

    assert actor.second_factor_due
    for refused in (erasure.require_possible(actor), erasure.erase(actor, PASSWORD)):
        with pytest.raises(erasure.LastAdmin):
            await refused

    assert await everything("accounts", "emails", "sessions") == before


async def test_whether_it_is_possible_is_looked_at_without_a_write(database):
    one, two = [await signed_in(await an_account(f"{n}@demo.test", "admin")) for n in "ab"]
    eve = acting(await a_newcomer())
    before = await everything(*ALL)

    for actor in (one, two, eve):
        await erasure.require_possible(actor)

    assert await everything(*ALL) == before


async def test_the_last_admin_stays_also_when_when_two_leave_at_once(database):
    first = await signed_in(await an_account("one@demo.test", "admin"))
    second = await signed_in(await an_account("two@demo.test", "admin"))

    results = await asyncio.gather(
        erasure.erase(first, PASSWORD),
        erasure.erase(second, PASSWORD),
        return_exceptions=True,
    )

    assert sum(isinstance(result, erasure.LastAdmin) for result in results) == 1
    assert len(await stored("accounts", role="admin", erased_at=None)) == 1
    assert (await kinds_of_emails())[0][0] == "account_erased"
    assert len(await kinds_of_emails()) == 1


async def test_two_deletions_at_once_are_one(database):
    eve = acting(await a_newcomer())

    results = await asyncio.gather(
        *(erasure.erase(eve, PASSWORD) for _ in range(4)), return_exceptions=True
    )

    assert results.count(None) == 1
    assert sum(isinstance(result, NotSignedIn) for result in results) == 3
    assert (await audited()).count(("account.erased", eve.id)) == 1


async def test_without_a_role_nothing_is_deleted(database):
    eve = await a_newcomer()
    before = await everything(*ALL)

    with pytest.raises(NotPermitted):
        await erasure.erase(Actor(eve.id, "", email=eve.email), PASSWORD)

    assert await everything(*ALL) == before


async def test_a_deleted_account_changes_nothing_more(database):
    eve = acting(await a_newcomer())
    await erasure.erase(eve, PASSWORD)
    before = await everything(*ALL)

    with pytest.raises(NotSignedIn):
        await my_account.rename(eve, "Eve Again")

    assert await everything(*ALL) == before
