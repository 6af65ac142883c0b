"""The payments list and the demo school: our services against the same queries by raw PyMongo.

Both sides run in turn in one process on one mongod, so that the ratio holds on a slow day too.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="courseflow-bench-"))

from courseflow_admin.config import settings
from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.migrations import bring_up_to_date
from courseflow_admin.development.demo.loader import load_demo_school
from courseflow_admin.development.embedded import EmbeddedMongo
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import id_at
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.models.money.payments import Payment, PaymentFilter, Sort
from courseflow_admin.services.money import payments

ROWS = 100_000
ROUNDS = 60
SEED_SECONDS = 20  # the demo school, limit of the issue
RATIO = 4.0  # service (permission, two queries at once, 50 models) to one raw query of 50 rows
STATES = [state.value for state in PaymentState]


def a_row(number: int) -> dict[str, object]:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=37 * number)
    return Payment(
        _id=id_at("pay", at), account_id=f"acc_{number % 9000}", course_id=f"crs_{number % 40}",
        owner_id=f"acc_{number % 6}", provider="stripe" if number % 3 else "razorpay",
        mode="sandbox", amount=Money(minor=50_000 + number % 977, currency="INR"),
        listed=Money(minor=50_000, currency="INR"), state=PaymentState(STATES[number % 10]),
        email=f"s{number % 9000}@demo.test", name="Sam", course_title="Course",
        provider_checkout_id=f"cs_{number}", provider_payment_id=f"pi_{number}",
        created_at=at, updated_at=at, expires_at=at,
    ).to_mongo()  # fmt: skip


async def ours(wanted: PaymentFilter, sort: Sort) -> None:
    page = await payments.search(SYSTEM, wanted, sort, PageRequest())
    assert len(page.rows) == 50


async def raw(where: dict[str, object], order: list[tuple[str, int]]) -> None:
    rows = await collection("payments").raw.find(where).sort(order).limit(50).to_list()
    assert len(rows) == 50


async def milliseconds(call: object, *arguments: object) -> float:
    started = time.perf_counter()
    await call(*arguments)  # type: ignore[operator]
    return (time.perf_counter() - started) * 1000


async def measure() -> list[str]:
    failures: list[str] = []

    def report(what: str, value: float, unit: str, limit: float) -> None:
        over = value > limit
        print(f"{'OVER' if over else 'ok  '}  {what:<52} {value:7.2f} {unit}  (limit {limit})")
        if over:
            failures.append(what)

    await bring_up_to_date()
    started = time.perf_counter()
    await load_demo_school()
    report("demo school loaded", time.perf_counter() - started, "s", SEED_SECONDS)

    await collection("payments").delete_many({})
    for start in range(0, ROWS, 5000):
        await collection("payments").insert_many(
            [a_row(number) for number in range(start, start + 5000)]
        )
    by_date, by_amount = [("created_at", -1), ("_id", -1)], [("amount.minor", -1), ("_id", -1)]
    cases = {
        "newest payments": (PaymentFilter(), Sort(), {}, by_date),
        "paid, newest": (PaymentFilter(state="paid"), Sort(), {"state": "paid"}, by_date),
        "largest payments": (PaymentFilter(), Sort("amount"), {}, by_amount),
        "stripe, largest": (
            PaymentFilter(provider="stripe"), Sort("amount"), {"provider": "stripe"}, by_amount,
        ),
    }  # fmt: skip
    for name, (wanted, sort, where, order) in cases.items():
        pairs = [
            (await milliseconds(ours, wanted, sort), await milliseconds(raw, where, order))
            for _ in range(ROUNDS)
        ]
        ratio = statistics.median(mine / theirs for mine, theirs in pairs)
        middle = statistics.median(mine for mine, _ in pairs)
        report(f"{name} of 100,000: {middle:.1f} ms, to raw", ratio, "x ", RATIO)
    return failures


async def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="courseflow-bench-"))
    with EmbeddedMongo(folder) as uri:
        await client.connect(uri, settings().mongodb_database)
        failures = await measure()
        await client.close()
    if failures:
        print("Over the limit: " + ", ".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
