import asyncio
import gc
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from courseflow_admin.config import read_settings
from courseflow_admin.db import condition
from courseflow_admin.db.client import collection
from courseflow_admin.services import doctor, school_settings

LIVE_STRIPE = {"stripe_secret_key": "sk_live_1"}
LIVE_RAZORPAY = {"razorpay_key_id": "rzp_live_1", "razorpay_key_secret": "secret"}


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

    checks = {check.name: check for check in await doctor._database(settings)}

    assert checks["keys for this database"].ok is fits


async def test_a_missing_index_is_named(database):
    assert await condition.missing_indexes() == []

    await collection("accounts").raw.drop_index("email_1")
    missing = await condition.missing_indexes()
    await collection("accounts").raw.create_index("email", unique=True)

    assert missing == ["accounts: email"]


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

    checks = {check.name: check for check in await doctor.examine(settings)}

    assert {name for name, check in checks.items() if not check.ok} == {
        "indexes",
        "razorpay",
        "resend",
        "stripe, webhook secret",
        "razorpay, webhook secret",
    }
    assert re.search(r" but its clock is -60[01] s from ours$", checks["razorpay"].detail)
    assert checks["resend"].detail == "http://127.0.0.1:9 does not answer (ConnectError)"
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

    checks = {check.name: check for check in await doctor._database(settings)}

    assert checks["support address"].ok is ok
    assert (address or "support@demo.test") in checks["support address"].detail


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # httpx, when refused
async def test_a_database_that_is_away_is_told_and_not_raised():
    settings = read_settings(mongodb_uri="mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100")

    checks = {check.name: check for check in await doctor.examine(settings)}

    gc.collect()
    assert checks["database"] == doctor.Check("database", False, "does not answer")


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
