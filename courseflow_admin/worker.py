"""The worker process: it knows every kind of job there is, and who does it."""

import asyncio
import signal
import sys
from datetime import timedelta

from loguru import logger

from courseflow_admin import measures, metrics_port
from courseflow_admin.config import Settings, settings
from courseflow_admin.db.core import client
from courseflow_admin.errors import SettingsInvalid, Unavailable
from courseflow_admin.logs import configure_logs
from courseflow_admin.services.figures import monitoring
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import receipt_numbers, sync, webhooks
from courseflow_admin.services.school import retention, startup
from courseflow_admin.services.school.job_runner import AWAY_SECONDS, Runner
from courseflow_admin.services.school.jobs import Every, Handler

LOCAL = "mongodb://127.0.0.1:27017"
HANDLERS: tuple[Handler, ...] = (
    webhooks.HANDLE,
    sync.LOOK,
    receipt_numbers.NUMBER,
    outbox.SEND,
    retention.KEEP,
)
SCHEDULES: tuple[Every, ...] = (Every("retention", timedelta(days=1), retention.KEEP.kind),)


async def run_until_idle() -> None:
    """Do all that is due now, and what follows from it, but nothing by the clock (tests)."""
    await Runner(HANDLERS).run_until_idle()


async def work(keys: Settings, runner: Runner | None = None) -> None:
    """Work until SIGTERM or Ctrl-C; what is not finished in time is due again at once."""
    runner = runner or Runner(HANDLERS, SCHEDULES)
    told = asyncio.Event()

    def stop() -> None:
        told.set()
        runner.stop()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    if await _connected(keys, told):
        logger.info("worker.started")
        port, content_type = keys.metrics_port, measures.CONTENT_TYPE
        async with (
            startup.following_clock(keys),
            metrics_port.served(port, monitoring.exposition, content_type),
        ):
            await runner.run()
        await client.close()
    logger.info("worker.stopped")


async def _connected(keys: Settings, told_to_stop: asyncio.Event) -> bool:
    """Wait for the database; False when told to stop before it answers."""
    uri = keys.mongodb_uri.get_secret_value() if keys.mongodb_uri else LOCAL
    while not told_to_stop.is_set():
        try:
            await client.connect(uri, keys.mongodb_database)
            await startup.follow_clock(keys)
        except Unavailable:
            logger.warning("worker.database_away")
            await asyncio.sleep(AWAY_SECONDS)
        else:
            return True
    return False


def main() -> int:
    try:
        keys = settings()
    except SettingsInvalid as error:
        print("\n".join(error.lines), file=sys.stderr)  # noqa: T201 - before logs are set up
        return 2
    configure_logs(json=keys.production)
    asyncio.run(work(keys))
    return 0


if __name__ == "__main__":
    sys.exit(main())
