"""The plans of queries on accounts: each has its index and reads no more than it shows."""

import pytest

from courseflow_admin.db import accounts as accounts_db
from courseflow_admin.db.client import collection
from courseflow_admin.models.accounts import Account
from courseflow_admin.models.base import new_id, now


@pytest.fixture
async def people(database) -> None:
    at = now()
    rows = [
        Account(
            _id=new_id("acc"),
            email=f"{'ab'[number % 2]}{number:03}@demo.test",
            name="Somebody",
            role=["student", "instructor", "admin"][number % 3],
            created_at=at,
        ).to_mongo()
        for number in range(300)
    ]
    await collection("accounts").insert_many(rows)


@pytest.mark.parametrize("role", ["", "student"])
@pytest.mark.parametrize("prefix", ["", "a", "a0"])
async def test_a_page_of_people_reads_its_own_rows_only(people, prefix, role):
    where, field = accounts_db.search_query(prefix, role)
    order = 1 if field == "email" else -1

    found = collection("accounts").raw.find(where, sort=[(field, order), ("_id", order)], limit=11)
    plan = await found.explain()

    stats = plan["executionStats"]
    assert stats["nReturned"] == 11
    assert stats["totalKeysExamined"] <= 12
    assert stats["totalDocsExamined"] <= 11
    assert "SORT" not in stages(plan["queryPlanner"]["winningPlan"])
    assert "COLLSCAN" not in stages(plan["queryPlanner"]["winningPlan"])


def stages(plan: dict) -> list[str]:
    inner = plan.get("inputStage")
    return [plan.get("stage", ""), *(stages(inner) if inner else [])]
