"""The sandbox moves time, and what runs over a rehearsal's database follows; nothing else does."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin import clock_file
from courseflow_admin.config import Settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.models.core import clock
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.school import startup
from tests.servers import free_ports

YEAR = timedelta(days=365)
A_SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def unmoved():
    yield
    clock.move(timedelta())


@pytest.fixture
def keys(tmp_path):
    return Settings(_env_file=None, env="development", data_dir=tmp_path)


@pytest.fixture
def box(keys):
    """A sandbox over a folder of its own, not running."""
    first, second, third, fourth = free_ports(4)
    box = Sandbox(keys, ports=(first, second, third, fourth), auto=False)
    yield box
    box.store.close()


async def stamped(stamp: str, ahead: timedelta = timedelta()) -> None:
    row = {"stamp": stamp, "clock_ahead_seconds": int(ahead.total_seconds())}
    await collection("school").update_one({"_id": "school"}, {"$set": row}, upsert=True)


async def ahead_in_database() -> int:
    row = await collection("school").find_one({"_id": "school"})
    assert row is not None
    return row.get("clock_ahead_seconds", 0)


async def moves() -> list[dict]:
    found = await collection("audit").find({"act": Act.SCHOOL_CLOCK_MOVED})
    return [row["facts"] for row in found]


async def test_a_rehearsal_follows_the_sandbox_and_notes_it_once(database, box, keys):
    await stamped("rehearsal")
    box.move_time(days=365)

    followed = await asyncio.gather(*(startup.follow_clock(keys) for _ in range(5)))

    assert followed == [True] * 5
    assert abs(clock.business() - clock.wall() - YEAR) < A_SECOND
    assert abs(box.world.now() - clock.business().timestamp()) <= 1
    assert await ahead_in_database() == YEAR.total_seconds()
    assert await moves() == [{"seconds": YEAR.total_seconds()}]


async def test_a_live_database_does_not_follow(database, box, keys):
    await stamped("live")
    box.move_time(days=365)

    followed = await startup.follow_clock(keys)

    assert not followed
    assert clock.business() - clock.wall() < A_SECOND
    assert (await ahead_in_database(), await moves()) == (0, [])


async def test_without_a_sandbox_the_file_means_nothing(database, box, tmp_path):
    await stamped("rehearsal")
    box.move_time(days=365)
    tested = {
        "stripe_secret_key": "sk_test_1",
        "razorpay_key_id": "rzp_test_1",
        "razorpay_key_secret": "secret",
    }
    mongodb = {"mongodb_uri": "mongodb://127.0.0.1", "public_url": "https://school.example"}
    staging = Settings(
        _env_file=None,
        env="production",
        data_dir=tmp_path,
        **mongodb,
        **tested,
        jwt_secrets="x" * 32,
        bcrypt_cost=12,
    )

    followed = await startup.follow_clock(staging)

    assert (staging.any_sandbox, followed) == (False, True)
    assert clock.business() - clock.wall() < A_SECOND


async def test_the_sandbox_follows_a_database_that_was_moved_before(database, box, tmp_path, keys):
    await stamped("rehearsal", YEAR)

    await startup.follow_clock(keys)
    box.follow_clock()

    assert clock_file.read(tmp_path) == YEAR.total_seconds()
    assert abs(box.world.now() - clock.business().timestamp()) <= 1


async def test_who_is_further_ahead_wins_and_a_lost_file_comes_back(database, box, tmp_path, keys):
    await stamped("rehearsal", YEAR)
    box.move_time(days=400)
    clock_file.write(tmp_path, 5)

    box.follow_clock()
    await startup.follow_clock(keys)

    assert await ahead_in_database() == 400 * 86_400
    assert clock_file.read(tmp_path) == 400 * 86_400
    (tmp_path / clock_file.FILE).unlink()
    await startup.follow_clock(keys)
    assert clock_file.read(tmp_path) == 400 * 86_400


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"ahead_seconds": "soon"}', "\0"])
async def test_a_file_that_cannot_be_read_moves_nothing(database, box, tmp_path, content, keys):
    await stamped("rehearsal")
    (tmp_path / clock_file.FILE).write_text(content)

    await startup.follow_clock(keys)
    box.follow_clock()

    assert clock.business() - clock.wall() < A_SECOND
    assert box.world.ahead == 0


@pytest.mark.parametrize("days", [0, -1, 8_000])
async def test_time_only_moves_forward_and_not_for_ever(box, tmp_path, days):
    with pytest.raises(ValueError, match="Time"):
        box.move_time(days=days)

    assert box.world.ahead == 0
    assert not (tmp_path / clock_file.FILE).exists()


async def test_what_runs_on_is_moved_within_a_second(database, box, keys):
    await stamped("rehearsal")

    async with startup.following_clock(keys):
        await asyncio.sleep(0)
        box.move_time(days=1)
        for _ in range(100):
            if clock.business() - clock.wall() > timedelta(hours=23):
                break
            await asyncio.sleep(0.05)
        assert clock.business() - clock.wall() > timedelta(hours=23)

    box.move_time(days=1)
    await asyncio.sleep(2 * startup.FOLLOW_SECONDS)
    assert clock.business() - clock.wall() < timedelta(days=2)
