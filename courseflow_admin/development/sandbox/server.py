"""The sandbox as one object: four servers on this machine, their clock, hands to play with."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from courseflow_admin.config import Settings
from courseflow_admin.development.sandbox import shared_clock
from courseflow_admin.development.sandbox.cloudinary import CloudinaryApi
from courseflow_admin.development.sandbox.control import control_routes
from courseflow_admin.development.sandbox.dashboard import dashboard_routes
from courseflow_admin.development.sandbox.hands import Hands
from courseflow_admin.development.sandbox.mailbox import mailbox_routes
from courseflow_admin.development.sandbox.past import FILE, Past
from courseflow_admin.development.sandbox.razorpay import RazorpayApi
from courseflow_admin.development.sandbox.razorpay_pages import razorpay_page_routes
from courseflow_admin.development.sandbox.resend import ResendApi
from courseflow_admin.development.sandbox.store import Store
from courseflow_admin.development.sandbox.stripe import StripeApi
from courseflow_admin.development.sandbox.stripe_pages import stripe_page_routes
from courseflow_admin.development.sandbox.webhooks import Receiver
from courseflow_admin.development.sandbox.wire import Fence, with_outages
from courseflow_admin.development.sandbox.world import World
from courseflow_admin.errors import SettingsInvalid

log = logging.getLogger("courseflow.sandbox")
HOST = "127.0.0.1"
TICK = 0.25  # seconds between two looks at what is due


class Sandbox(Hands):
    """All four companies. Acts are plain methods; `await deliver()` sends what they caused.

    `receive` takes webhooks in this process, not over HTTP (then nothing is sent automatically,
    only by `deliver()`); `auto` says whether webhooks are sent by themselves at all.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        webhook_base: str | None = None,
        data_dir: Path | None = None,
        ports: tuple[int, int, int, int] | None = None,
        receive: Receiver | None = None,
        auto: bool | None = None,
        slow_seconds: float = 3.0,
        silence_seconds: float = 60.0,
        settle_seconds: float = 1.0,
    ) -> None:
        if settings.production:
            raise SettingsInvalid(["The sandbox does not start when ENV=production."])
        folder = data_dir or settings.data_dir
        first = settings.port + 1
        world = World(
            store=Store(folder / "sandbox.sqlite"),
            keys=settings.sandbox_keys,
            ports=ports or (first, first + 1, first + 2, first + 3),
            app_url=settings.origin,
            webhook_base=webhook_base or f"http://{HOST}:{settings.port}/api/v1/webhooks",
            slow_seconds=slow_seconds,
            silence_seconds=silence_seconds,
            settle_seconds=settle_seconds,
            clock_file=folder / shared_clock.FILE,
        )
        super().__init__(world, folder / "sandbox-media", receive)
        self.past = Past(world, folder / FILE)
        self.auto = receive is None if auto is None else auto
        self._servers: list[uvicorn.Server] = []
        self._tasks: list[asyncio.Task[None]] = []

    # Running

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Returns when all four answer; OSError if a port is taken."""
        sockets = _listen(self.world.ports)
        for app, listening in zip(self._apps(), sockets, strict=True):
            config = uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=1,
            )
            server = _Server(config)
            self._servers.append(server)
            self._tasks.append(asyncio.create_task(server.serve(sockets=[listening])))
        self._tasks.append(asyncio.create_task(self._tick()))
        while not all(server.started for server in self._servers):  # noqa: ASYNC110 - uvicorn tells
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True
        ticking = self._tasks.pop()
        ticking.cancel()
        await asyncio.gather(ticking, *self._tasks, return_exceptions=True)
        self._servers, self._tasks = [], []
        self.store.close()

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Run the servers on a loop of their own: for tests that last longer than one loop."""
        ready, done = threading.Event(), asyncio.Event()
        loop = asyncio.new_event_loop()
        problems: list[BaseException] = []

        async def run() -> None:
            async with self:
                ready.set()
                await done.wait()

        def body() -> None:
            try:
                loop.run_until_complete(run())
            except BaseException as error:  # noqa: BLE001 - shown to whoever waits
                problems.append(error)
            finally:
                loop.close()
                ready.set()

        thread = threading.Thread(target=body, name="sandbox", daemon=True)
        thread.start()
        ready.wait()
        if problems:
            raise problems[0]
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(done.set)
            thread.join()

    def _apps(self) -> list[ASGIApp]:
        world = self.world
        stripe, razorpay = StripeApi(world), RazorpayApi(world)
        media, mail = CloudinaryApi(world, self.media_folder), ResendApi(world)
        around = with_outages
        return [
            _app(
                world,
                [
                    *stripe_page_routes(world),
                    *dashboard_routes(world),
                    *control_routes(self),
                    *stripe.routes(),
                ],
                around(world, "stripe", ["/v1/"], stripe.broken),
            ),
            _app(
                world,
                [*razorpay_page_routes(world), *razorpay.routes()],
                around(world, "razorpay", ["/v1/"], razorpay.broken),
            ),
            _app(world, media.routes(), around(world, "cloudinary", ["/"], media.broken)),
            _app(
                world,
                [*mailbox_routes(world), *mail.routes()],
                around(world, "resend", ["/emails"], mail.broken),
            ),
        ]

    async def _tick(self) -> None:
        while True:
            try:
                self.follow_clock()
                await self.past.take_over()
                if self.auto:
                    self.sweep()
                    await self.courier.deliver()
            except Exception:  # one bad row must not silence every later webhook
                log.exception("sandbox.tick_failed")
            await asyncio.sleep(TICK)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _app(
    world: World, routes: Sequence[BaseRoute], outages: Callable[[ASGIApp], ASGIApp]
) -> ASGIApp:
    return Fence(outages(Starlette(routes=routes)), world)


def _listen(ports: Iterable[int]) -> list[socket.socket]:
    """On all of them, or on none."""
    sockets: list[socket.socket] = []
    try:
        for port in ports:
            sockets.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sockets[-1].bind((HOST, port))
            sockets[-1].listen()  # with SO_REUSEADDR two may bind a port; only one listens
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets
