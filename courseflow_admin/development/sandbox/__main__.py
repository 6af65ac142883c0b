"""The four companies on PORT+1 to PORT+4, until stopped, as a program of its own."""

import asyncio
import signal
import sys

from courseflow_admin.config import Settings, settings
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.errors import SettingsInvalid


async def _serve(current: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Sandbox(current) as sandbox:
        _say(f"Sandbox: no money moves. Dashboard {sandbox.world.url('stripe')}/")
        await stop.wait()


def main() -> int:
    try:
        asyncio.run(_serve(settings()))
    except SettingsInvalid as error:
        _say("\n".join(error.lines))
        return 2
    except OSError as error:
        _say(f"The sandbox cannot listen: {error}. Is it running already? PORT moves its ports.")
        return 1
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
