"""The sandbox as one object: four servers on this machine, their clock, hands to play with."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from courseflow_admin.config import Settings
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.sandbox import razorpay_acts, resend, stripe_acts, webhooks
from courseflow_admin.sandbox.cloudinary import CloudinaryApi
from courseflow_admin.sandbox.control import control_routes
from courseflow_admin.sandbox.dashboard import dashboard_routes
from courseflow_admin.sandbox.mailbox import mailbox_routes
from courseflow_admin.sandbox.razorpay import RazorpayApi
from courseflow_admin.sandbox.razorpay_pages import razorpay_page_routes
from courseflow_admin.sandbox.resend import ResendApi
from courseflow_admin.sandbox.store import Body, Delivery, Store
from courseflow_admin.sandbox.stripe import StripeApi
from courseflow_admin.sandbox.stripe_pages import stripe_page_routes
from courseflow_admin.sandbox.webhooks import Courier, Receiver, Signed
from courseflow_admin.sandbox.wire import Fence, with_outages
from courseflow_admin.sandbox.world import World

log = logging.getLogger("courseflow.sandbox")
HOST = "127.0.0.1"
TICK = 0.25  # seconds between two looks at what is due


@dataclass(frozen=True)
class Mail:
    """A mail the sandbox took."""

    id: str
    to: list[str]
    sender: str
    subject: str
    html: str
    text: str
    last_event: str
    tags: dict[str, str]


class Sandbox:
    """All four companies. Acts are plain methods; `await deliver()` sends what they caused.

    `receive` takes webhooks in this process instead of over HTTP (then nothing is sent by itself,
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
        self.media_folder = folder / "sandbox-media"
        self.store = Store(folder / "sandbox.sqlite")
        first = settings.port + 1
        self.world = World(
            store=self.store,
            keys=settings.sandbox_keys,
            ports=ports or (first, first + 1, first + 2, first + 3),
            app_url=settings.origin,
            webhook_base=webhook_base or f"http://{HOST}:{settings.port}/api/v1/webhooks",
            slow_seconds=slow_seconds,
            silence_seconds=silence_seconds,
            settle_seconds=settle_seconds,
        )
        self.courier = Courier(self.world, receive)
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
                if self.auto:
                    self.sweep()
                    await self.courier.deliver()
            except Exception:  # one bad row must not silence every later webhook
                log.exception("sandbox.tick_failed")
            await asyncio.sleep(TICK)

    def sweep(self, *, mails_now: bool = False) -> None:
        """Whatever time brings: sessions expire, authorisations lapse, mails arrive."""
        now = self.world.now()
        for kind, object_id in self.store.due(now):
            if kind == "session":
                stripe_acts.expire(self.world, object_id)
            elif kind == "payment":
                razorpay_acts.lapse(self.world, object_id)
            else:
                resend.arrive(self.world, object_id)
        if mails_now:
            for kind, object_id in self.store.due(now + 60):
                if kind == "mail":
                    resend.arrive(self.world, object_id)

    # Playing: an id is a checkout session's, an order's or a payment's

    def pay(self, checkout_id: str, *, capture: bool | None = None) -> str:
        """The buyer pays; returns the provider's payment id (`pi_…`, `pay_…`)."""
        if checkout_id.startswith("order_"):
            return razorpay_acts.pay(self.world, checkout_id, capture=capture)
        return stripe_acts.pay(self.world, checkout_id)

    def authorize(self, order_id: str) -> str:
        """Razorpay: paid, but left for us to capture."""
        return razorpay_acts.pay(self.world, order_id, capture=False)

    def decline(self, checkout_id: str) -> str:
        return str(self._gateway(checkout_id).decline(self.world, checkout_id))

    def pay_later(self, checkout_id: str) -> str:
        """Stripe: complete but unpaid. Razorpay: failed for now. Then `settle()`."""
        return str(self._gateway(checkout_id).pay_later(self.world, checkout_id))

    def settle(self, payment_id: str, *, succeed: bool = True) -> str:
        """The late money arrives after all (Razorpay: authorised, not captured), or does not."""
        if payment_id.startswith("pay_"):
            return razorpay_acts.authorize_late(self.world, payment_id)
        return stripe_acts.settle(self.world, payment_id, succeed=succeed)

    def pay_twice(self, checkout_id: str) -> tuple[str, str]:
        first, second = self._gateway(checkout_id).pay_twice(self.world, checkout_id)
        return str(first), str(second)

    def expire(self, session_id: str) -> None:
        stripe_acts.expire(self.world, session_id)

    def refund(self, payment_id: str, amount: int | None = None) -> str:
        """The provider refunds by itself, as somebody pressing the button in its dashboard."""
        return str(self._gateway(payment_id).refund(self.world, payment_id, amount)["id"])

    def fail_refund(self, refund_id: str) -> None:
        self._gateway(refund_id).fail_refund(self.world, refund_id)

    def dispute(self, payment_id: str) -> str:
        return str(self._gateway(payment_id).open_dispute(self.world, payment_id)["id"])

    def close_dispute(self, dispute_or_payment_id: str, *, won: bool) -> None:
        gateway = self._gateway(dispute_or_payment_id)
        gateway.close_dispute(self.world, dispute_or_payment_id, won=won)

    def _gateway(self, any_id: str) -> Any:
        mine = any_id.startswith(("order_", "pay_", "rfnd_", "disp_"))
        return razorpay_acts if mine else stripe_acts

    def mark_mail(self, mail_id: str, event: str) -> None:
        resend.mark(self.world, mail_id, event)

    def switch(
        self,
        provider: str,
        *,
        webhooks: str | None = None,
        outage: str | None = None,
        capture: str | None = None,
    ) -> None:
        """Values: see `world.OUTAGES` and `world.WEBHOOKS`; capture is automatic or manual."""
        self.world.switch(provider, outage=outage, webhooks=webhooks, capture=capture)

    def clock(self, hours: float) -> None:
        """Move the providers' time; sessions expire after 24 h, authorisations lapse after 72."""
        self.store.set_switch("clock", str(hours))

    def reset(self) -> None:
        """Forget everything: objects, mails, files, deliveries, switches, clock."""
        self.store.clear()
        for path in self.media_folder.iterdir():
            path.unlink()

    # Looking

    def refunds(self, payment_id: str) -> list[int]:
        """The amounts given back, oldest first, without those that failed."""
        given = self.refund_objects(payment_id)
        return [item["amount"] for item in given if item["status"] != "failed"]

    def refund_objects(self, payment_id: str) -> list[Body]:
        if payment_id.startswith(("pay_", "order_")):
            payment = razorpay_acts.find_payment(self.world, payment_id)
            return self.store.children("rzp_refund", payment["id"])
        return stripe_acts.refunds(self.world, payment_id)

    def mails(self, to: str | None = None) -> list[Mail]:
        """Oldest first."""
        found = [_mail(body) for body in self.store.newest("mail", limit=100_000)[::-1]]
        return [mail for mail in found if to is None or any(to in each for each in mail.to)]

    def deliveries(self, limit: int = 1000) -> list[Delivery]:
        """Newest first."""
        return self.store.deliveries(limit)

    # Webhooks

    async def deliver(self) -> list[Delivery]:
        """Send all that waits now, also what would have been tried again later."""
        self.sweep(mails_now=True)
        return await self.courier.deliver(everything=True)

    def send_again(self, delivery: Delivery) -> None:
        """Also one that was withheld or forged; `deliver()` sends it."""
        self.store.send_again(delivery.seq, 0)

    def signed(self, delivery: Delivery, *, at: int | None = None) -> Signed:
        """Body and headers of a delivery as they would go over the wire, signed at second `at`."""
        return webhooks.signed(self.world, delivery, at)

    def sign(
        self, provider: str, body: bytes, *, event_id: str = "", at: int | None = None
    ) -> Signed:
        """Sign any body as this provider would, without sending it."""
        given = event_id or webhooks.new_event_id(provider)
        return webhooks.signed(self.world, webhooks.unsent(provider, given, body), at)


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
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets


def _mail(body: Body) -> Mail:
    return Mail(
        id=body["id"],
        to=body["to"],
        sender=body["from"],
        subject=body["subject"],
        html=body["html"] or "",
        text=body["text"] or "",
        last_event=body["last_event"],
        tags={tag["name"]: tag["value"] for tag in body["tags"]},
    )
