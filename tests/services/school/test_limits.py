"""Rate limits: exact under concurrency, each by itself, and over when they say."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.errors import TooMany
from courseflow_admin.services.school import limits
from tests.builders import stored


async def test_of_fifty_tries_at_once_exactly_the_limit_passes(database):
    results = await asyncio.gather(
        *(limits.count("checkout", "acc_1", 7, 60) for _ in range(50)), return_exceptions=True
    )

    assert results.count(None) == 7
    assert [type(result) for result in results if result] == [TooMany] * 43


async def test_names_and_keys_are_counted_apart(database):
    await limits.count("checkout", "acc_1", 1, 60)

    await limits.count("checkout", "acc_2", 1, 60)
    await limits.count("refresh", "acc_1", 1, 60)

    assert [row["count"] for row in await stored("limits")] == [1, 1, 1]


async def test_checking_counts_nothing(database):
    await limits.check("sign-in", "ada", 1)
    await limits.check("sign-in", "ada", 1)
    await limits.count("sign-in", "ada", 1, 60)

    with pytest.raises(TooMany):
        await limits.check("sign-in", "ada", 1)


async def test_a_window_that_is_over_counts_from_one_though_its_row_is_there(database):
    await limits.count("sign-in", "ada", 1, 60)
    [row] = await stored("limits")
    await collection("limits").update_one(
        {"_id": row["_id"]}, {"$set": {"ends_at": row["ends_at"] - timedelta(seconds=61)}}
    )

    await limits.check("sign-in", "ada", 1)
    await limits.count("sign-in", "ada", 1, 60)

    [row] = await stored("limits")
    assert row["count"] == 1


async def test_the_wait_told_does_not_grow_by_trying(database):
    await limits.count("sign-in", "ada", 1, 300)
    [before] = await stored("limits")

    for _ in range(3):
        with pytest.raises(TooMany) as refused:
            await limits.count("sign-in", "ada", 1, 300)

    [after] = await stored("limits")
    assert after["ends_at"] == before["ends_at"]
    assert 295 <= refused.value.wait_seconds <= 300


async def test_forgetting_begins_again(database):
    await limits.count("sign-in", "ada", 1, 60)

    await limits.forget("sign-in", "ada")
    await limits.count("sign-in", "ada", 1, 60)

    assert len(await stored("limits")) == 1


async def test_a_try_is_not_counted_in_a_transaction_that_may_roll_back(database):
    async def body() -> None:
        await limits.count("sign-in", "ada", 1, 60)

    with pytest.raises(RuntimeError, match="before the transaction"):
        await transaction(body)


async def test_limits_that_are_off_count_and_let_through(database, configure):
    configure(RATE_LIMITS="off")

    for _ in range(3):
        await limits.count("sign-in", "ada", limit=1, seconds=60)
    await limits.check("sign-in", "ada", limit=1)

    [row] = await stored("limits")
    assert row["count"] == 3
