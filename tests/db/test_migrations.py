"""Migrations: each once, under one lock, in batches that go on where they stopped."""

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from courseflow_admin.db import index_state, migrating
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.migrating import InBatches, Migration
from courseflow_admin.db.migrations import (
    CODE_VERSION,
    MIGRATIONS,
    bring_up_to_date,
    require_up_to_date,
)
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.models.core import clock
from tests import servers
from tests.builders import an_account, stored

pytestmark = pytest.mark.usefixtures("restored_schema")
SHORT = timedelta(seconds=1)
MANY = 6_000


class Counted(InBatches):
    """Adds one to every document, so that a batch that counts twice is seen."""

    def __init__(self, size: int = 10, fail_at: int = 0) -> None:
        super().__init__("decoys", {}, lambda _: {"$inc": {"count": 1}}, size)
        self.batches, self.fail_at = 0, fail_at

    async def batch(self, position):
        self.batches += 1
        done = await super().batch(position)
        if self.batches == self.fail_at:
            raise RuntimeError("power cut")
        return done


async def some_documents(count: int = 35) -> None:
    await collection("decoys").insert_many([{"_id": f"{n:04d}", "count": 0} for n in range(count)])


async def counts() -> set[int]:
    return {row["count"] for row in await stored("decoys")}


async def row_of(number: int) -> dict:
    (row,) = await stored("migrations", _id=number)
    return row


NEXT = len(MIGRATIONS) + 1


def the(steps, number=NEXT, name="count", kind="expand", **more) -> list[Migration]:
    return [*MIGRATIONS, Migration(number, name, kind, steps, **more)]


def test_numbers_follow_one_another_and_a_contract_asks_for_code_that_exists():
    assert [it.number for it in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    assert len({it.name for it in MIGRATIONS}) == len(MIGRATIONS)
    for it in MIGRATIONS:
        assert (0 < it.min_code <= CODE_VERSION) if it.kind == "contract" else it.min_code == 0


async def test_accounts_from_before_are_found_by_name_once_it_has_run(database):
    ada = await an_account()
    gone = await an_account("gone@demo.test", name="Gone Away")
    kept = await an_account("kept@demo.test", name="Kept")
    await collection("accounts").update_one(
        {"_id": gone.id}, {"$set": {"erased_at": clock.business()}}
    )
    await collection("accounts").update_many(
        {"_id": {"$in": [ada.id, gone.id]}}, {"$unset": {"name_words": ""}}
    )
    await collection("migrations").delete_many({})

    await bring_up_to_date()

    words = {row["_id"]: row["name_words"] for row in await stored("accounts")}
    assert words == {ada.id: ["ada", "lovelace"], gone.id: [], kept.id: ["kept"]}
    assert (await row_of(1))["done"] == 2


async def test_each_runs_once_and_its_row_says_what_and_by_which_build(database):
    await some_documents()
    steps, seen = Counted(), []

    await bring_up_to_date(
        migrations=the(steps), build="abc", progress=lambda it, *counts: seen.append(counts)
    )
    await bring_up_to_date(migrations=the(steps))

    assert await counts() == {1}
    assert seen == [(done, 35) for done in (0, 10, 20, 30, 35)]
    row = await row_of(NEXT)
    told = {name: row[name] for name in ("name", "kind", "state", "done", "total", "build")}
    assert told == {
        "name": "count", "kind": "expand", "state": "done", "done": 35, "total": 35, "build": "abc",
    }  # fmt: skip
    assert row["started_at"] <= row["finished_at"]


async def test_one_that_failed_says_why_and_goes_on_where_it_stopped(database):
    await some_documents()

    with pytest.raises(RuntimeError, match="power cut"):
        await bring_up_to_date(migrations=the(Counted(fail_at=3)))

    row = await row_of(NEXT)
    assert (row["state"], row["done"], row["error"]) == ("failed", 20, "RuntimeError: power cut")
    assert await counts() == {0, 1}  # the third batch was rolled back with its position
    again = Counted()
    await bring_up_to_date(migrations=the(again))

    assert await counts() == {1}
    assert again.batches == 2
    row = await row_of(NEXT)
    assert (row["state"], row["done"], "error" in row) == ("done", 35, False)


async def test_two_migrators_at_once_do_it_once(database):
    await some_documents(200)
    first, second, said = Counted(), Counted(), []

    await asyncio.gather(
        bring_up_to_date(migrations=the(first)),
        bring_up_to_date(migrations=the(second), say=said.append),
    )

    assert await counts() == {1}
    assert sorted([first.batches, second.batches])[0] == 0
    assert (await row_of(NEXT))["done"] == 200


async def test_a_lock_is_renewed_while_its_holder_lives(database):
    said: list[str] = []
    held = asyncio.Event()

    async def hold():
        async with migrating.locked(said.append, SHORT):
            held.set()
            await asyncio.sleep(SHORT.total_seconds() * 2)
            said.append("first let go")

    async def follow():
        await held.wait()
        async with migrating.locked(said.append, SHORT):
            said.append("second has it")

    await asyncio.gather(hold(), follow())

    assert said[0].startswith("Another migrator is at work (")
    assert said[1:] == ["first let go", "second has it"]


async def test_a_migrator_that_was_only_slow_writes_nothing_once_another_has_taken_over(database):
    await some_documents()
    steps = Counted()
    migration = the(steps)[-1]
    await migrating._begin(migration, "slow", "")
    await migrating._begin(migration, "other", "")

    with pytest.raises(migrating.LockLost):
        await migrating._one_batch(migration, "slow")()

    assert steps.batches == 0
    assert await counts() == {0}


def migrator(uri: str, database: str, folder) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "courseflow_admin", "migrate"],
        cwd=servers.ROOT,
        env=servers.environment(servers.free_ports()[0], folder, uri, database),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def at_work(process) -> int:
    """How far it is, as soon as it has begun."""
    while process.poll() is None:
        rows = await stored("migrations", _id=1)
        if rows and rows[0]["done"] > 0:
            return rows[0]["done"]
        await asyncio.sleep(0.01)
    raise AssertionError(process.stdout.read())


async def test_killed_in_its_middle_and_run_again_it_ends_as_if_nothing_had_happened(
    mongod_uri, database, tmp_path
):
    """Real processes, SIGKILL. While the dead one's lease runs, its follower waits."""
    template = (await an_account()).to_mongo()
    accounts = [
        {**template, "_id": f"acc_{n:05d}", "email": f"{n}@demo.test", "name": f"Ada {n}"}
        for n in range(MANY)
    ]
    for row in accounts:
        del row["name_words"]
    await collection("accounts").insert_many(accounts)
    await collection("migrations").delete_many({})

    first = migrator(mongod_uri, database, tmp_path)
    await at_work(first)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    cut = await row_of(1)
    with_words = await collection("accounts").count({"name_words": {"$ne": None}})
    second = migrator(mongod_uri, database, tmp_path)
    said, _ = await asyncio.to_thread(second.communicate)

    assert cut["state"] == "running"
    assert 0 < cut["done"] < MANY
    assert with_words == cut["done"] + 1  # and the template
    assert second.returncode == 0, said
    assert "Another migrator is at work (" in said
    assert f"0001 account_name_words: {MANY:,} of {MANY:,} (100%)\n" in said
    row = await row_of(1)
    assert (row["state"], row["done"], row["total"]) == ("done", MANY, MANY)
    words = {row["_id"]: row["name_words"] for row in await stored("accounts", _id={"$gt": "acc_"})}
    assert all(words[f"acc_{n:05d}"] == sorted(["ada", str(n)]) for n in range(MANY))


async def test_a_contract_runs_only_when_asked_and_raises_the_code_it_takes(database):
    await some_documents()
    contract = the(Counted(), name="remove", kind="contract", min_code=CODE_VERSION)

    await bring_up_to_date(migrations=contract)
    await require_up_to_date(contract)
    assert await counts() == {0}
    assert await migrating.min_code() == 0

    await bring_up_to_date(migrations=contract, contract=True)

    assert await counts() == {1}
    assert await migrating.min_code() == CODE_VERSION
    await require_up_to_date(contract)


async def test_the_code_it_takes_is_raised_before_anything_is_removed(database):
    await some_documents()
    broken = the(Counted(fail_at=1), kind="contract", min_code=CODE_VERSION + 1)

    with pytest.raises(RuntimeError):
        await bring_up_to_date(migrations=broken, contract=True)

    assert await counts() == {0}
    assert await migrating.min_code() == CODE_VERSION + 1
    with pytest.raises(SettingsInvalid, match=f"code version {CODE_VERSION + 1} or newer"):
        await bring_up_to_date()


async def test_a_unique_index_is_tried_again_after_the_migration_that_makes_room(database):
    await collection("lesson_bodies").insert_one({"_id": "unused"})
    await collection("accounts").drop_index("email_1")
    twins = [{"_id": f"acc_{n}", "email": "ada@demo.test", "name_words": []} for n in range(2)]
    await collection("accounts").insert_many(twins)
    apart = InBatches("accounts", {"_id": "acc_1"}, lambda row: {"$set": {"email": "b@demo.test"}})

    await bring_up_to_date(migrations=the(apart))

    assert await index_state.faults() == []


async def test_a_number_used_for_something_else_is_another_versions_database(database):
    await bring_up_to_date(migrations=the(Counted(), name="ours"))

    with pytest.raises(SettingsInvalid, match="has run ours under that number"):
        await bring_up_to_date(migrations=the(Counted(), name="theirs"))


async def test_a_database_that_knows_more_migrations_still_starts_older_code(database):
    await bring_up_to_date(migrations=the(Counted()))

    await require_up_to_date()


@pytest.mark.parametrize("process", ["web", "worker"])
@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (
            lambda: collection("accounts").drop_index("email_1"),
            "The database is not up to date: index accounts (email): missing. "
            "Run `courseflow migrate` first.",
        ),
        (
            lambda: collection("migrations").delete_one({"_id": 1}),
            "The database is not up to date: migration 0001 account_name_words is pending. "
            "Run `courseflow migrate` first.",
        ),
        (
            lambda: collection("migrations").insert_one({"_id": "code", "min_code": 99}),
            "The database needs CourseFlow with code version 99 or newer; this is version "
            f"{CODE_VERSION}. Deploy the newer release, or restore a backup from before "
            "`courseflow migrate --contract`.",
        ),
    ],
)
async def test_web_and_worker_refuse_a_database_that_does_not_fit_in_one_line(
    mongod_uri, database, tmp_path, process, damage, line
):
    await damage()

    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "courseflow_admin", process],
        cwd=servers.ROOT,
        env=servers.environment(servers.free_ports()[0], tmp_path, mongod_uri, database),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (run.returncode, run.stderr, run.stdout) == (2, f"{line}\n", "")


async def test_a_list_changes_nothing_and_says_what_would_be_done(mongod_uri, database, tmp_path):
    await collection("accounts").drop_index("email_1")
    await collection("migrations").delete_many({})

    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "courseflow_admin", "migrate", "--list"],
        cwd=servers.ROOT,
        env=servers.environment(servers.free_ports()[0], tmp_path, mongod_uri, database),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert run.stdout == (
        "0001 account_name_words  expand  pending\n"
        "0002 one_form_of_addresses  expand  pending\n"
        "0003 jobs_of_due_rows  expand  pending\n"
        "0004 due_times_removed  contract  pending\n"
        "0005 facts_of_payments  expand  pending\n"
        "index  accounts (email): missing\n"
        f"code version {CODE_VERSION}, needed: 0\n"
    )
    assert await stored("migrations") == []


async def test_a_process_that_runs_while_newer_code_takes_over_is_no_longer_ready(api):
    assert (await api.get("/api/health/ready")).status_code == 200

    await collection("migrations").insert_one({"_id": "code", "min_code": CODE_VERSION + 1})
    answer = await api.get("/api/health/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "outdated")
    assert (await api.get("/api/health/live")).status_code == 200
