import asyncio
import gc
import re
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from courseflow_admin.config import read_settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.migrations import CODE_VERSION
from courseflow_admin.services.school import doctor
from courseflow_admin.services.school import settings as school_settings

LIVE_STRIPE = {"stripe_secret_key": "sk_live_1"}
LIVE_RAZORPAY = {"razorpay_key_id": "rzp_live_1", "razorpay_key_secret": "secret"}


async def by_name(examined: Awaitable[list[doctor.Check]]) -> dict[str, doctor.Check]:
    return {check.name: check for check in await examined}


@pytest.mark.parametrize(
    ("stamp", "keys", "fits"),
    [
        (None, {}, True),
        ("rehearsal", {}, True),
        ("rehearsal", {**LIVE_STRIPE, **LIVE_RAZORPAY}, False),
        ("rehearsal", {"stripe_secret_key": "sk_test_1"}, True),
        ("live", {**LIVE_STRIPE, **LIVE_RAZORPAY}, True),
        ("live", {}, False),
        ("live", LIVE_STRIPE, False),  # Razorpay would be the sandbox
        (None, LIVE_STRIPE, False),
    ],
)
async def test_keys_that_do_not_fit_the_database_are_told(mongod_uri, database, stamp, keys, fits):
    if stamp:
        await collection("school").insert_one({"_id": "school", "stamp": stamp})
    settings = read_settings(mongodb_uri=mongod_uri, mongodb_database=database, **keys)

    checks = await by_name(doctor._database(settings))

    assert checks["keys for this database"].ok is fits


@pytest.mark.parametrize(
    ("stamp", "told"),
    [("rehearsal", "moved forward by 365 days on the sandbox's dashboard"), ("live", None)],
)
async def test_time_that_was_moved_is_told(mongod_uri, database, stamp, told):
    ahead = int(timedelta(days=365).total_seconds())
    row = {"_id": "school", "stamp": stamp, "clock_ahead_seconds": ahead}
    await collection("school").insert_one(row)
    settings = read_settings(mongodb_uri=mongod_uri, mongodb_database=database)

    checks = await by_name(doctor._database(settings))

    found = checks.get("clock, school")
    assert (found and found.detail) == told


async def test_a_missing_index_one_with_other_options_and_the_command_are_named(
    mongod_uri, database, restored_schema
):
    accounts, limits = collection("accounts"), collection("limits")
    await accounts.drop_index("email_1")
    await limits.drop_index("ends_at_1")
    await limits.raw.create_index("ends_at", expireAfterSeconds=3600)
    settings = read_settings(mongodb_uri=mongod_uri, mongodb_database=database)

    checks = await by_name(doctor._database(settings))

    assert checks["indexes"] == doctor.Check(
        "indexes",
        False,
        "accounts (email): missing; limits (ends_at): expireAfterSeconds is 3600, "
        "should be 0; `courseflow migrate` creates or replaces them",
    )


async def test_migrations_that_have_not_run_and_a_need_for_newer_code_are_told(
    mongod_uri, database, restored_schema
):
    settings = read_settings(mongodb_uri=mongod_uri, mongodb_database=database)

    async def said():
        checks = await by_name(doctor._database(settings))
        return checks["migrations"].ok, checks["migrations"].detail

    later = "0004 due_times_removed (contract) is pending"
    assert await said() == (True, later)
    await collection("migrations").delete_one({"_id": 1})
    assert await said() == (False, f"0001 account_name_words (expand) is pending; {later}")
    await collection("migrations").insert_one({"_id": "code", "min_code": CODE_VERSION + 1})
    ok, detail = await said()

    assert not ok
    assert f"needs CourseFlow with code version {CODE_VERSION + 1} or newer" in detail


async def test_what_is_fit_and_what_is_not_is_told_check_by_check(mongod_uri, clocks):
    right, wrong = clocks
    settings = read_settings(
        mongodb_uri=mongod_uri,
        mongodb_database="test_doctor",
        stripe_secret_key="sk_test_1",
        stripe_base_url=right,
        razorpay_key_id="rzp_test_1",
        razorpay_key_secret="secret",
        razorpay_base_url=wrong,
        resend_base_url="http://127.0.0.1:9",
        cloudinary_base_url=right,
    )

    checks = await by_name(doctor.examine(settings))

    assert {name for name, check in checks.items() if not check.ok} == {
        "indexes",
        "migrations",
        "razorpay",
        "resend",
        "stripe, webhook secret",
        "razorpay, webhook secret",
    }
    assert re.search(r" but its clock is -60[01] s from ours$", checks["razorpay"].detail)
    assert checks["resend"].detail == "http://127.0.0.1:9 is not responding (ConnectError)"
    assert checks["transactions"].detail == "work"


@pytest.mark.parametrize(
    ("env", "address", "ok"),
    [
        ("production", "", False),
        ("production", "help@school.example", True),
        ("development", "", True),
    ],
)
async def test_in_production_people_are_told_to_write_to_somebody_who_reads_it(
    mongod_uri, database, env, address, ok
):
    if address:
        first = school_settings.first().model_copy(update={"support_email": address})
        await collection("school").insert_one({"_id": "school", "settings": first.to_mongo()})
    settings = read_settings(mongodb_uri=mongod_uri, mongodb_database=database).model_copy(
        update={"env": env}
    )

    checks = await by_name(doctor._database(settings))

    assert checks["support address"].ok is ok
    assert (address or "support@demo.test") in checks["support address"].detail


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # httpx, when refused
async def test_a_database_that_is_away_is_told_and_not_raised():
    settings = read_settings(mongodb_uri="mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100")

    checks = await by_name(doctor.examine(settings))

    gc.collect()
    assert checks["database"] == doctor.Check("database", False, "is not responding")


def test_webhook_secrets_are_told_for_the_sandbox_only():
    settings = read_settings(
        stripe_secret_key="sk_test_1", stripe_webhook_secrets="whsec_0123456789abcdef"
    )

    assert sorted(doctor.sandbox_secrets(settings)) == ["razorpay", "resend"]


@pytest.fixture
async def clocks():
    """Two HTTP servers; the clock of the second is ten minutes late."""
    servers, addresses = [], []
    for late in (0, 600):

        async def answer(reader, writer, late=late):
            await reader.readuntil(b"\r\n\r\n")
            date = format_datetime(datetime.now(UTC) - timedelta(seconds=late), usegmt=True)
            writer.write(f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\n".encode())
            writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        servers.append(server)
        addresses.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    yield addresses
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("peer", "headers", "proxies", "ok"),
    [
        ("10.0.0.2", {"X-Forwarded-For": "198.51.100.7"}, "0", False),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, "0", False),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, "1", True),
        ("127.0.0.1", {}, "0", True),
        ("8.8.8.8", {"X-Forwarded-For": "198.51.100.7"}, "0", True),  # anybody may send it
    ],
)
async def test_a_proxy_that_is_not_trusted_is_told(
    mongod_uri, database, application, configure, peer, headers, proxies, ok
):
    configure(TRUSTED_PROXIES=proxies)
    transport = httpx.ASGITransport(application, client=(peer, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as someone:
        for _ in range(2):
            await someone.get("/api/v1/school", headers=headers)
    settings = read_settings(mongodb_uri=mongod_uri, mongodb_database=database)

    checks = await by_name(doctor._database(settings))

    assert checks["proxy"].ok is ok
    assert ("Set TRUSTED_PROXIES" in checks["proxy"].detail) is not ok
