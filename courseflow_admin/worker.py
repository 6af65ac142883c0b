"""The worker process: webhook events, due payments, receipt numbers and e-mails."""

import asyncio
import contextlib
import signal
import sys

from loguru import logger

from courseflow_admin import measures, metrics_port
from courseflow_admin.config import Settings, settings
from courseflow_admin.db.core import client
from courseflow_admin.errors import SettingsInvalid, Unavailable
from courseflow_admin.logs import configure_logs
from courseflow_admin.services.figures import monitoring
from courseflow_admin.services.jobs import AWAY_SECONDS, Jobs
from courseflow_admin.services.school import startup

LOCAL = "mongodb://127.0.0.1:27017"


async def work(keys: Settings, jobs: Jobs | None = None) -> None:
    """Work until SIGTERM or Ctrl-C; what is under way is finished or becomes due again."""
    uri = keys.mongodb_uri.get_secret_value() if keys.mongodb_uri else LOCAL
    while True:
        try:
            await client.connect(uri, keys.mongodb_database)
            await startup.follow_clock()
            break
        except Unavailable:
            logger.warning("worker.database_away")
            await asyncio.sleep(AWAY_SECONDS)
    task = asyncio.ensure_future((jobs or Jobs()).run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    logger.info("worker.started")
    async with metrics_port.served(keys.metrics_port, monitoring.exposition, measures.CONTENT_TYPE):
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await client.close()
    logger.info("worker.stopped")


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
