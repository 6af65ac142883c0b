"""The plans of queries on accounts: each has its index and reads no more than it shows."""

import pytest

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import new_id
from tests.db.test_payments_plans import stages


@pytest.fixture
async def people(database) -> None:
    at = clock.business()
    rows = [
        Account(
            _id=new_id("acc"),
            email=f"{'ab'[number % 2]}{number:03}@demo.test",
            name=f"{'Ada' if number % 30 == 0 else 'Somebody'} Everyone Nr{number:03}",
            role=["student", "instructor", "admin"][number % 3],
            created_at=at,
        ).to_mongo()
        for number in range(300)
    ]
    await collection("accounts").insert_many(rows)


@pytest.mark.parametrize("standing", ["", "present"])
@pytest.mark.parametrize("role", ["", "student"])
@pytest.mark.parametrize("prefix", ["", "a", "a0"])
async def test_a_page_of_people_reads_its_own_rows_only(people, prefix, role, standing):
    where, field = accounts_db.search_query(prefix, role, standing=standing)
    order = 1 if field == "email" else -1

    found = collection("accounts").raw.find(where, sort=[(field, order), ("_id", order)], limit=11)
    plan = await found.explain()

    stats = plan["executionStats"]
    assert stats["nReturned"] == 11
    assert stats["totalKeysExamined"] <= 12
    assert stats["totalDocsExamined"] <= 11
    used = {stage["stage"] for stage in stages(plan["queryPlanner"]["winningPlan"])}
    assert used.isdisjoint({"SORT", "COLLSCAN"})


# Newest first; how many are found, and the most documents that are read for it.
BY_NAME = {"ada": (10, 10), "ada nr03": (1, 11), "NR03": (10, 10), "b001": (1, 1), "zoe": (0, 0)}


@pytest.mark.parametrize(
    "filters", [{}, {"role": "student"}, {"standing": "unverified"}, {"standing": "present"}]
)
@pytest.mark.parametrize("sought", BY_NAME)
async def test_those_of_a_rare_name_are_read_by_the_index_of_names(people, sought, filters):
    found, most = BY_NAME[sought]

    plan = await plan_by_name(sought, **filters)

    stats, used = plan["executionStats"], stages(plan["queryPlanner"]["winningPlan"])
    keys = [next(iter(stage["keyPattern"])) for stage in used if "keyPattern" in stage]
    assert sorted(keys) in (["email", "name_words"], ["name_words", "role"])
    assert "COLLSCAN" not in {stage["stage"] for stage in used}
    assert stats["nReturned"] == found if "role" not in filters else stats["nReturned"] <= found
    assert stats["totalDocsExamined"] <= most
    assert stats["totalKeysExamined"] <= most + 2  # one past each of the two ranges


@pytest.mark.parametrize("filters", [{}, {"role": "student"}, {"standing": "present"}])
async def test_those_of_a_frequent_name_are_met_newest_first(people, filters):
    plan = await plan_by_name("e", **filters)

    stats = plan["executionStats"]
    used = {stage["stage"] for stage in stages(plan["queryPlanner"]["winningPlan"])}
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert (stats["nReturned"], stats["totalDocsExamined"]) == (11, 11)


async def plan_by_name(sought: str, *, role: str = "", standing: str = "") -> dict:
    where, field = accounts_db.search_query("", role, None, standing, sought)
    sort = [(field, -1), ("_id", -1)]
    return await collection("accounts").raw.find(where, sort=sort, limit=11).explain()
