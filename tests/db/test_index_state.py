"""Indexes compared with those that are needed, and made the same."""

import pytest

from courseflow_admin.db import index_state
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.indexes import INDEXES
from courseflow_admin.db.migrations import bring_up_to_date
from courseflow_admin.errors import SettingsInvalid

pytestmark = pytest.mark.usefixtures("restored_schema")
OPEN_CHECKOUT = (
    ("account_id", 1),
    ("course_id", 1),
    ("provider", 1),
)


async def found() -> list[str]:
    return [str(fault) for fault in await index_state.faults()]


async def test_a_database_with_all_its_indexes_has_no_fault(database):
    assert sum(map(len, INDEXES.values())) > 90
    assert await found() == []


@pytest.mark.parametrize(
    ("name", "index", "keys", "options", "said"),
    [
        (
            "accounts",
            "email_1",
            [("email", 1)],
            {},
            "accounts (email): unique is False, should be True",
        ),
        (
            "enrollments",
            "grants.payment_id_1",
            [("grants.payment_id", 1)],
            {"unique": True},
            "enrollments (grants.payment_id): sparse is False, should be True",
        ),
        (
            "limits",
            "ends_at_1",
            [("ends_at", 1)],
            {"expireAfterSeconds": 60},
            "limits (ends_at): expireAfterSeconds is 60, should be 0",
        ),
        (
            "payments",
            "one_open_checkout",
            OPEN_CHECKOUT,
            {"unique": True, "partialFilterExpression": {"open": False}},
            "payments (account_id, course_id, provider): other partialFilterExpression",
        ),
        (
            "payments",
            "one_open_checkout",
            OPEN_CHECKOUT[::-1],
            {"unique": True, "partialFilterExpression": {"open": True}},
            "payments (account_id, course_id, provider): other key order",
        ),
        (
            "jobs",
            "owner_1",
            [("owner", 1)],
            {"partialFilterExpression": {"owner": {"$gt": ""}}, "hidden": True},
            "jobs (owner): hidden is True, should be False",
        ),
    ],
)
async def test_an_index_with_other_options_is_named_and_replaced(
    database, name, index, keys, options, said
):
    await collection(name).drop_index(index)
    await collection(name).raw.create_index(list(keys), name=index, **options)
    assert await found() == [said]

    told: list[str] = []
    await bring_up_to_date(say=told.append)

    assert await found() == []
    assert told == [f"Index replaced: {said}"]


async def test_one_made_by_hand_under_another_name_is_accepted_only_if_it_is_the_same(database):
    await collection("accounts").drop_index("email_1")
    await collection("accounts").raw.create_index("email", unique=True, name="by_hand")
    assert await found() == []

    await collection("accounts").drop_index("by_hand")
    await collection("accounts").raw.create_index("email", name="by_hand")
    assert await found() == ["accounts (email): unique is False, should be True"]
    await bring_up_to_date()

    names = {index["name"] for index in await collection("accounts").indexes()}
    assert "email_1" in names
    assert "by_hand" not in names  # two on one key would flip the plans of queries


async def test_documents_that_a_unique_index_does_not_bear_are_named_and_the_old_one_stays(
    database,
):
    await collection("accounts").drop_index("email_1")
    await collection("accounts").raw.create_index("email", name="email_1")
    rows = [{"_id": f"acc_{number}", "email": "ada@demo.test"} for number in range(2)]
    await collection("accounts").insert_many(rows)

    with pytest.raises(SettingsInvalid) as refused:
        await bring_up_to_date()

    assert refused.value.lines == [
        "accounts (email) must be unique, but several documents have email 'ada@demo.test'. "
        "Change all but one of them, then run `courseflow migrate` again."
    ]
    assert await found() == ["accounts (email): unique is False, should be True"]
    await collection("accounts").delete_one({"_id": "acc_1"})
    await bring_up_to_date()
    assert await found() == []


async def test_one_that_cannot_be_created_hinders_none_of_the_others(database):
    for name in ("email_1", "created_at_-1__id_-1", "name_words_1"):
        await collection("accounts").drop_index(name)
    rows = [{"_id": f"acc_{number}", "email": "ada@demo.test"} for number in range(2)]
    await collection("accounts").insert_many(rows)

    with pytest.raises(SettingsInvalid, match="must be unique"):
        await bring_up_to_date()

    assert await found() == ["accounts (email): missing"]
