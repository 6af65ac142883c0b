"""The worker killed with SIGKILL at random points while as many people buy."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.models.money.payment_parts import Capture, PaymentState
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm
from courseflow_admin.worker import run_until_idle
from tests.builders import stored
from tests.course_builders import a_course, a_student, an_instructor
from tests.sizes import sized

KILLS = sized(20, 200)
PURCHASES = KILLS
NEVER_PAID = 5  # besides: who opens a checkout and leaves gets nothing
LEAST_CUT_SHORT = KILLS // 5  # kills that left work undone, or the test would show little
SEED = 20261122


async def opened(student, course, provider):
    start = await checkout.open_checkout(
        student,
        BuyForm(course_id=course.id, provider=provider, billing_name="Ada", billing_country="IN"),
    )
    return await payments_db.get(start.payment_id)


def the_forge(uri):
    database = client.collection("any").raw.database.name
    return subprocess.Popen(
        [sys.executable, "-m", "tests.kill.workers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "MONGODB_URI": uri, "MONGODB_DATABASE": database},
    )


async def undone():
    """What a worker still has to do."""
    return [
        *await stored("webhook_events", state="waiting"),
        *await stored("emails", state="queued"),
        *await stored("receipts", number=0),
    ]


async def settled():
    """Let one worker that nobody kills finish what the killed ones left."""
    for _ in range(80):
        await run_until_idle()
        if not await undone():
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"{len(await undone())} rows never came to rest")


@pytest.mark.long
async def test_whenever_the_worker_dies_every_purchase_is_whole_and_counted_once(
    database, sandbox, mongod_uri
):
    chance = random.Random(SEED)
    course = await a_course(await an_instructor())
    everybody = range(PURCHASES + NEVER_PAID)
    students = [await a_student(f"s{number}@demo.test", "Sam") for number in everybody]
    gateways = [chance.choice(["stripe", "razorpay"]) for _ in students]
    bought = [
        await opened(student, course, provider)
        for student, provider in zip(students, gateways, strict=True)
    ]
    paid, never_paid = bought[:PURCHASES], bought[PURCHASES:]
    forge = the_forge(mongod_uri)
    kills = cut_short = 0
    try:
        for number in range(KILLS):
            sandbox.pay(paid[number].provider_checkout_id)
            await sandbox.deliver()
            forge.stdin.write("\n")
            forge.stdin.flush()
            worker = int(await asyncio.to_thread(forge.stdout.readline))
            await asyncio.sleep(chance.uniform(0.01, 0.35))
            os.kill(worker, signal.SIGKILL)
            kills += 1
            cut_short += bool(await undone())
    finally:
        forge.stdin.close()
        forge.wait(10)
        forge.stdout.close()
    await sandbox.deliver()
    await settled()

    assert kills == KILLS
    assert cut_short >= LEAST_CUT_SHORT
    taken = [*await stored("webhook_events"), *await stored("emails")]
    assert any(row["attempts"] > 1 for row in taken)  # a lease was lost with its worker
    rows = {row["_id"]: row for row in await stored("payments")}
    assert len(rows) == PURCHASES + NEVER_PAID
    assert {rows[payment.id]["state"] for payment in paid} == {PaymentState.PAID}
    assert {rows[payment.id]["capture"] for payment in never_paid} == {Capture.CREATED}

    wanted = Counter(payment.id for payment in paid)
    grants = [grant["payment_id"] for row in await stored("enrollments") for grant in row["grants"]]
    assert Counter(grants) == wanted
    receipts = await stored("receipts")
    assert Counter(row["payment_id"] for row in receipts) == wanted
    assert sorted(row["number"] for row in receipts) == list(range(1, len(paid) + 1))

    emails = await stored("emails")
    assert Counter((row["kind"], row["payment_id"]) for row in emails) == Counter(
        (kind, payment.id) for payment in paid for kind in ("access_granted", "receipt")
    )
    mails = Counter(address for mail in sandbox.mails() for address in mail.to)
    assert mails == Counter({payment.email: 2 for payment in paid})
    assert all(sandbox.refunds(rows[payment.id]["provider_payment_id"]) == [] for payment in paid)
