"""The worker: who waits for whom when a company hangs, routine piles up, or rows are broken.

Exits with 1 past a limit of the issue. The sandbox is real HTTP on this machine; Stripe hanging
means that it takes every request and never answers.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable
from pathlib import Path

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="courseflow-bench-"))
os.environ["RATE_LIMITS"] = "False"

from courseflow_admin.config import settings
from courseflow_admin.db.core import client
from courseflow_admin.db.migrations import bring_up_to_date
from courseflow_admin.development.embedded import EmbeddedMongo
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.logs import configure_logs
from courseflow_admin.services.money import webhooks
from tests import job_numbers, servers

FOLDER = Path(os.environ["DATA_DIR"])
MINUTE = 60
READS = {"find", "aggregate", "ping", "hello", "getMore"}


async def measure(uri: str, sandbox: Sandbox) -> list[str]:
    over: list[str] = []

    def report(what: str, value: float, limit: float, unit: str = "s") -> None:
        print(f"{'OVER' if value > limit else 'ok  '}  {what:<62} {value:6.2f} {unit} ({limit})")
        if value > limit:
            over.append(what)

    async def afresh(numbers: Awaitable[object], listeners: tuple[job_numbers.Sent, ...] = ()):
        name = settings().mongodb_database
        await client.connect(uri, name, listeners=listeners)
        await client.command("dropDatabase")
        await bring_up_to_date()
        sandbox.reset()
        found = await numbers
        await client.close()
        return found

    confirmed, handled = await afresh(job_numbers.with_stripe_hanging(sandbox, 100))
    report("Stripe hangs, 100 of its events due: Razorpay purchase", confirmed, 3)
    report("Stripe hangs, 100 of its events due: event of Resend", handled, 3)
    waited = await afresh(job_numbers.of_a_returning_buyer(sandbox, 500))
    report("500 looks of routine due: a buyer who returns", waited, 2)
    waited = await afresh(job_numbers.beside_poison(sandbox, 15))
    report("15 payments that fail always: a purchase queued after them", waited, 5)
    sent = job_numbers.Sent()
    asked = await afresh(job_numbers.idle(MINUTE, sent), (sent,))
    writes = [name for name in asked if name not in READS]
    report(f"writes of an idle worker in a minute ({len(asked)} reads)", len(writes), 0, "")
    return over


async def main() -> int:
    first, second, third, fourth = servers.free_ports(4)
    for name, port in (("STRIPE", first), ("RAZORPAY", second), ("RESEND", fourth)):
        os.environ[f"{name}_BASE_URL"] = f"http://127.0.0.1:{port}"
    settings.cache_clear()
    configure_logs(json=True, write=lambda _: None)  # as in production, to nowhere
    sandbox = Sandbox(
        settings(),
        data_dir=FOLDER,
        ports=(first, second, third, fourth),
        receive=webhooks.receive,
        settle_seconds=0,
    )
    with sandbox.in_thread(), EmbeddedMongo(FOLDER) as uri:
        return len(await measure(uri, sandbox))


if __name__ == "__main__":
    sys.exit(min(asyncio.run(main()), 1))
