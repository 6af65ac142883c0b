"""How long people wait when a company hangs, routine piles up, or single rows are broken.

Measured with the worker's own loop; `bench/jobs.py` asks for the whole numbers, a test for less.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pymongo.monitoring import CommandListener

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import checkout, looks
from courseflow_admin.services.school import jobs
from courseflow_admin.services.school.job_runner import Runner
from courseflow_admin.worker import HANDLERS, SCHEDULES
from tests.builders import stored
from tests.course_builders import a_course, a_student, an_instructor
from tests.job_builders import run_due
from tests.money_builders import an_email
from tests.services.money.buying import buy

EVENTS_OF_A_PURCHASE = 3


@asynccontextmanager
async def a_worker() -> AsyncIterator[Runner]:
    runner = Runner(HANDLERS, SCHEDULES, drain_seconds=0.1)
    task = asyncio.create_task(runner.run())
    yield runner
    runner.stop()
    await task


async def seconds_until(true: Callable[[], Awaitable[bool]], most: float = 30) -> float:
    began = time.perf_counter()
    async with asyncio.timeout(most):
        while not await true():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)
    return time.perf_counter() - began


def is_paid(payment: Payment) -> Callable[[], Awaitable[bool]]:
    async def paid() -> bool:
        return (await payments_db.get(payment.id)).state is PaymentState.PAID

    return paid


async def a_learner(name: str):
    return await a_student(f"{name}@demo.test", name.title())


async def with_stripe_hanging(sandbox: Sandbox, events: int) -> tuple[float, float]:
    """Seconds until a purchase at Razorpay is confirmed, and an event of Resend is handled."""
    course = await a_course(await an_instructor())
    for number in range(-(-events // EVENTS_OF_A_PURCHASE)):
        payment = await buy(await a_learner(f"s{number}"), course, "stripe")
        sandbox.pay(payment.provider_checkout_id)
    bought = await buy(await a_learner("rita"), course, "razorpay")
    await sandbox.deliver()
    email = await an_email(state=EmailState.QUEUED, sent_at=None, to="ada@demo.test")
    await jobs.queue(outbox.KIND, email.id, "resend")
    await run_due(outbox.SEND)
    assert len(await stored("webhook_events", provider="stripe", state="waiting")) >= events
    sandbox.switch("stripe", outage="timeout")

    async def delivered() -> bool:
        (row,) = await stored("emails", _id=email.id)
        return row["state"] == EmailState.DELIVERED

    async with a_worker():
        await asyncio.sleep(0.5)  # the lane of Stripe is full of what hangs
        sandbox.pay(bought.provider_checkout_id)
        await sandbox.deliver()
        confirmed, handled = await asyncio.gather(
            seconds_until(is_paid(bought)), seconds_until(delivered)
        )
    sandbox.switch("stripe", outage="ok")
    return confirmed, handled


async def of_a_returning_buyer(sandbox: Sandbox, routine: int) -> float:
    """Seconds from coming back to being told that it is paid, with so many looks due before."""
    course = await a_course(await an_instructor())
    sandbox.switch("stripe", webhooks="never")
    await _routine_looks(sandbox, course, routine)
    mine = await buy(await a_learner("rita"), course, "stripe")
    async with a_worker():
        await asyncio.sleep(0.2)
        sandbox.pay(mine.provider_checkout_id)
        await checkout.returned("stripe", {"session_id": mine.provider_checkout_id})
        waited = await seconds_until(is_paid(mine))
        left = await collection("jobs").count({"kind": looks.KIND, "priority": 20, "attempts": 0})
    assert left > routine / 10, "there was no crowd to pass"
    return waited


async def _routine_looks(sandbox: Sandbox, course: Course, count: int) -> None:
    """Checkouts that nobody has paid, as they are at Stripe and here."""
    model = await buy(await a_learner("model"), course, "stripe")
    session = sandbox.store.get("session", model.provider_checkout_id)
    rows, due = [], clock.business()
    for number in range(count):
        row = model.to_mongo() | {"_id": new_id("pay"), "account_id": f"acc_{number}"}
        row["provider_checkout_id"] = f"cs_test_routine{number}"
        rows.append(row)
        here = {"id": row["provider_checkout_id"], "metadata": {"payment_id": row["_id"]}}
        sandbox.store.put("session", session | here)
    await collection("payments").insert_many(rows)
    for row in rows:
        await jobs.plan(looks.KIND, row["_id"], "stripe", due)


async def beside_poison(sandbox: Sandbox, count: int) -> float:
    """Seconds until a purchase is confirmed beside so many whose looks always fail."""
    course = await a_course(await an_instructor())
    sandbox.switch("stripe", webhooks="never")
    for number in range(count):
        student = await a_learner(f"p{number}")
        await looks.ask(await poisoned(sandbox, course, student), "stripe", clock.business())
    good = await buy(await a_learner("rita"), course, "stripe")
    sandbox.pay(good.provider_checkout_id)
    async with a_worker():
        await looks.ask(good.id, "stripe", clock.business())
        return await seconds_until(is_paid(good))


async def poisoned(sandbox: Sandbox, course: Course, student) -> str:
    """Paid, but its grant cannot be written: what is stored of its learner makes no sense."""
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    strange = {"_id": new_id("enr"), "account_id": student.id, "course_id": course.id}
    await collection("enrollments").insert_one({**strange, "grants": "broken"})
    return payment.id


class Sent(CommandListener):
    """The names of the commands that MongoDB was sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event) -> None:
        pass

    def failed(self, event) -> None:
        pass


async def idle(seconds: float, sent: Sent) -> list[str]:
    """What it asked of the database meanwhile."""
    async with a_worker():
        await asyncio.sleep(1)  # what it does at its start is done
        sent.names.clear()
        await asyncio.sleep(seconds)
        return list(sent.names)
