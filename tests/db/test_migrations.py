"""What accounts of an earlier version lack is added at the next start."""

from courseflow_admin.db.client import collection
from courseflow_admin.db.migrations import bring_up_to_date
from courseflow_admin.models.base import now
from tests.builders import an_account, stored
from tests.db.test_payments_plans import stages


async def test_accounts_from_before_are_found_by_name_after_the_next_start(database):
    ada = await an_account()
    gone = await an_account("gone@demo.test", name="Gone Away")
    kept = await an_account("kept@demo.test", name="Kept")
    await collection("accounts").update_one({"_id": gone.id}, {"$set": {"erased_at": now()}})
    await collection("accounts").update_many(
        {"_id": {"$in": [ada.id, gone.id]}}, {"$unset": {"name_words": ""}}
    )

    await bring_up_to_date()
    await bring_up_to_date()

    words = {row["_id"]: row["name_words"] for row in await stored("accounts")}
    assert words == {ada.id: ["ada", "lovelace"], gone.id: [], kept.id: ["kept"]}


async def test_a_start_reads_only_the_accounts_that_lack_something(database):
    rows = [{"_id": f"acc_{n}", "email": f"{n}@demo.test", "name_words": ["a"]} for n in range(50)]
    await collection("accounts").insert_many([*rows, {"_id": "acc_old", "email": "old@demo.test"}])

    plan = await collection("accounts").raw.find({"name_words": None}).explain()

    used = {stage["stage"] for stage in stages(plan["queryPlanner"]["winningPlan"])}
    assert "COLLSCAN" not in used
    assert plan["executionStats"]["nReturned"] == 1
    assert plan["executionStats"]["totalDocsExamined"] == 1
