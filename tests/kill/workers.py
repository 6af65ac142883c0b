"""Starts a real worker process for every line on standard input, and says its process id.

The modules are loaded once and each worker is a fork, so that many of them start in a moment.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

import courseflow_admin.providers.razorpay
import courseflow_admin.providers.stripe  # noqa: F401 - loaded before the forks
from courseflow_admin.config import settings
from courseflow_admin.logs import configure_logs
from courseflow_admin.services.school.job_runner import Runner
from courseflow_admin.services.school.jobs import Handler
from courseflow_admin.worker import HANDLERS, work
from tests.kill.naps import nap


def a_worker() -> Runner:
    """One whose leases end soon."""
    handlers = [*HANDLERS, Handler("nap", nap)]
    return Runner(handlers, deadline=timedelta(seconds=1), idle_seconds=0.01)


signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed leave nothing behind
configure_logs()
for _ in sys.stdin:
    process = os.fork()
    if process == 0:
        asyncio.run(work(settings(), a_worker()))
        os._exit(0)
    print(process, flush=True)
