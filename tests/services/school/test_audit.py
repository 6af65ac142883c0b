"""No business write without its audit entry, and no entry that is changed afterwards.

A listener hears every command sent to MongoDB; the fixture `database` lets each test fail in which
a service wrote without one. Here: that the listener hears, and what it takes for a miss.
"""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.school import audit
from tests.listening import EXEMPT, SERVICES
from tests.services.money.buying import a_sale, buy, work
from tests.state.money.money_tabs import ADMIN

MADE_ADMIN = {"$set": {"role": "admin"}}
FORGETFUL = """
async def change(name, update, upsert=False):
    return await collection(name).update_one({"_id": "x"}, update, upsert=upsert)

async def replace(name, document):
    await collection(name).raw.replace_one({"_id": "x"}, document)

async def remove(name):
    return await collection(name).delete_one({"_id": "x"})
"""


class Service:
    """As if a module of `services/` wrote, and forgot the audit log."""

    def __init__(self):
        names = {"collection": collection}
        exec(compile(FORGETFUL, f"{SERVICES}/forgetful.py", "exec"), names)  # noqa: S102 - our own
        self.change, self.replace, self.remove = (
            names[name] for name in ("change", "replace", "remove")
        )


@pytest.fixture
async def forgetful(database, listener):
    """With an account, a session and a payment to write to; what is heard is forgotten again."""
    for name in ("accounts", "sessions", "payments"):
        await collection(name).insert_one({"_id": "x"})
    yield Service()
    listener.forget()


async def test_all_that_a_purchase_writes_is_heard_together_with_entries(
    sandbox, database, listener
):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    listener.forget()

    await work(sandbox)

    assert listener.audited == {
        *("payments", "facts", "entries", "enrollments", "receipts", "emails", "jobs", "audit"),
    }


async def test_a_business_write_without_an_entry_is_heard(forgetful, listener):
    await forgetful.change("accounts", MADE_ADMIN)

    assert listener.unaudited == {("accounts", ("role",))}


async def test_so_is_one_whose_entry_stands_in_another_transaction(forgetful, listener):
    async def note():
        await audit.record(ADMIN, Act.ACCOUNT_ROLE_CHANGED, "x")

    await transaction(lambda: forgetful.change("accounts", MADE_ADMIN))
    await transaction(note)

    assert listener.unaudited == {("accounts", ("role",))}


async def test_one_with_its_entry_in_the_same_transaction_is_none(forgetful, listener):
    async def both():
        await forgetful.change("accounts", MADE_ADMIN)
        await audit.record(ADMIN, Act.ACCOUNT_ROLE_CHANGED, "x")

    await transaction(both)

    assert listener.unaudited == set()
    assert listener.audited == {"accounts", "audit"}


async def test_to_rewrite_an_entry_is_no_entry_and_is_heard_itself(forgetful, listener):
    await collection("audit").insert_one({"_id": "x", "actor_name": "Ada"})

    async def in_its_place():
        await forgetful.change("accounts", MADE_ADMIN)
        await forgetful.change("audit", {"$set": {"act": "account.renamed"}})

    await transaction(in_its_place)
    await forgetful.replace("audit", {"act": "account.renamed"})
    await forgetful.change("audit", {"$set": {"actor_name": ""}})  # of a deleted account
    await forgetful.remove("audit")

    assert ("accounts", ("role",)) in listener.unaudited
    assert listener.rewritten == {("act",), ("(any field)",), ("(deleted)",)}


async def test_so_is_one_that_hides_in_an_exempt_write(forgetful, listener):
    await forgetful.change(
        "sessions", {"$set": {"last_used_at": clock.business(), "role": "admin"}}
    )

    assert listener.unaudited == {("sessions", ("last_used_at", "role"))}


async def test_an_exempt_field_exempts_no_other_of_the_same_list(forgetful, listener):
    await forgetful.change("payments", {"$set": {"refunds": [{"attempt": 1, "state": "pending"}]}})

    await forgetful.change("payments", {"$set": {"refunds.0.attempt": 2}})
    await forgetful.change("payments", {"$set": {"refunds.0.state": "settled"}})

    assert listener.unaudited == {("payments", ("refunds",)), ("payments", ("refunds.state",))}


@pytest.mark.parametrize(
    ("write", "heard"),
    [
        (lambda service: service.remove("accounts"), "(deleted)"),
        (lambda service: service.replace("accounts", {"role": "admin"}), "(any field)"),
        (lambda service: service.change("accounts", [{"$unset": ["role"]}]), "(any field)"),
    ],
    ids=["delete", "replace", "unset"],
)
async def test_every_way_to_change_is_heard(forgetful, listener, write, heard):
    await collection("accounts").update_one({"_id": "x"}, {"$set": {"role": "student"}})

    await write(forgetful)

    assert listener.unaudited == {("accounts", (heard,))}


async def test_an_insert_by_upsert_is_an_insert(forgetful, listener):
    for _ in range(2):
        await forgetful.change("courses", {"$setOnInsert": {"title": "New"}}, upsert=True)
    await forgetful.change("emails", {"$set": {"state": "sent"}}, upsert=True)

    assert listener.unaudited == {("courses", ("(inserted)",)), ("emails", ("(inserted)", "state"))}


async def test_what_changed_nothing_and_what_was_rolled_back_never_happened(forgetful, listener):
    async def body():
        await forgetful.change("accounts", MADE_ADMIN)
        raise asyncio.CancelledError

    await forgetful.change("courses", MADE_ADMIN)
    with pytest.raises(asyncio.CancelledError):
        await transaction(body)

    assert listener.unaudited == set()


async def test_what_a_test_writes_by_itself_is_none_of_a_service(database, listener):
    await collection("accounts").insert_one({"_id": "x"})
    await collection("accounts").update_one({"_id": "x"}, MADE_ADMIN)

    assert listener.unaudited == set()


def test_every_exemption_has_its_reason():
    assert [one for one in EXEMPT if len(one.reason) < 5] == []
