"""The acts that the school of the dump is played with: through the services and real SDKs."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from courseflow_admin.db import enrollments as enrollments_db
from courseflow_admin.db import payments as payments_db
from courseflow_admin.db.client import transaction
from courseflow_admin.models.base import new_id, now
from courseflow_admin.models.courses import Course, Thumbnail
from courseflow_admin.models.enrollments import Enrollment, Grant
from courseflow_admin.models.money import Money
from courseflow_admin.models.payments import Payment
from courseflow_admin.models.permissions import Actor
from courseflow_admin.models.studio import FieldsForm, LessonForm
from courseflow_admin.sandbox.server import Sandbox
from courseflow_admin.services import accounts, checkout, refunds, school_settings, studio, webhooks
from courseflow_admin.services.checkout import BuyForm
from courseflow_admin.services.jobs import Jobs
from courseflow_admin.services.webhooks import SignatureWrong
from tests.builders import acting, an_account, stored

LESSONS = ("One", "Two", "Three")
COUNTRIES = {"INR": "IN", "EUR": "DE", "JPY": "JP", "KWD": "KW", "USD": "US"}
LEAP = timedelta(days=2, hours=12)


class Play:
    """Who is there, what is sold, and the acts that every chapter is made of."""

    def __init__(self, sandbox: Sandbox, clock: Any) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.kinds: defaultdict[str, list[str]] = defaultdict(list)
        self.courses: dict[str, Course] = {}
        self.admin: Actor
        self.ines: Actor
        self.tomas: Actor

    async def at(self, text: str) -> None:
        """Time passes until then (UTC), and the worker does what falls due on the way."""
        wanted = datetime.fromisoformat(text).replace(tzinfo=UTC)
        while wanted - now() > LEAP:
            await self.later(LEAP)
        self.clock.move_to(wanted)
        await self.work()

    async def later(self, passed: timedelta) -> None:
        self.clock.shift(passed)
        await self.work()

    async def work(self) -> None:
        """Deliver the webhooks, and let the worker do what follows, until nothing moves."""
        for _ in range(3):
            await self.sandbox.deliver()
            await self.jobs()

    async def jobs(self) -> None:
        await Jobs().run_until_idle()

    async def student(self, key: str, name: str) -> Actor:
        return acting(await an_account(f"{key}@demo.test", "student", name))

    async def buy(self, who: Actor, course: str, provider: str = "stripe") -> Payment:
        found = await studio.get(self.admin, self.courses[course].id)
        asked = (await school_settings.get()).agreed_by_paying
        form = BuyForm(
            course_id=found.id,
            provider=provider,
            billing_name=who.name,
            billing_country=COUNTRIES[found.price.currency],
            agreed_terms=asked.get("terms", 0),
            agreed_refunds=asked.get("refunds", 0),
        )
        start = await checkout.open_checkout(who, form)
        return await payments_db.get(start.payment_id)

    async def bought(
        self, kind: str, who: Actor, course: str, provider: str = "stripe"
    ) -> tuple[Payment, str]:
        """Paid an instant later: our payment, and the gateway's id of it."""
        payment = await self.buy(who, course, provider)
        self.clock.shift(timedelta(seconds=70))
        paid = self.sandbox.pay(payment.provider_checkout_id)
        await self.work()
        return await self.known(kind, payment), paid

    async def known(self, kind: str, payment: Payment) -> Payment:
        self.kinds[kind].append(payment.id)
        return await payments_db.get(payment.id)

    async def new(
        self, kind: str, key: str, name: str, course: str, provider: str = "stripe"
    ) -> tuple[Payment, str]:
        """A new learner's purchase, paid."""
        return await self.bought(kind, await self.student(key, name), course, provider)

    async def give_back(self, payment: Payment, minor: int) -> Payment:
        amount = Money(minor=minor, currency=payment.amount.currency)
        given = await refunds.refund(self.admin, payment.id, amount, "Asked for it", new_id("ref"))
        await self.work()
        return given

    async def course(self, key: str, author: Actor, title: str, price: Money, **more: object):
        """On sale, written in the studio."""
        course = await studio.create(author, title, price.currency)
        for name in LESSONS:
            lesson = LessonForm(
                title=name, text=f"Text of {name}.", minutes=7, preview=name == "One", ready=True
            )
            await studio.add_lesson(author, course.id, course.outline[0].id, name, form=lesson)
        fields = FieldsForm.model_validate(
            {
                "subtitle": f"All of {title}",
                "description": f"What **everybody** asks about {title}.",
                "category": "Programming",
                "thumbnail": Thumbnail(pattern="waves", hue="iris"),
                "price": price,
                **more,
            }
        )
        await studio.save_fields(author, course.id, fields, course.fields_revision)
        await studio.publish(author, course.id)
        self.courses[key] = await studio.get(author, course.id)

    async def price(self, author: Actor, key: str, minor: int) -> None:
        course = await studio.get(author, self.courses[key].id)
        form = FieldsForm(price=Money(minor=minor, currency=course.price.currency))
        await studio.save_fields(author, course.id, form, course.fields_revision)

    def other_amount(self, payment: Payment) -> None:
        """The gateway's own books say another amount than we asked for."""
        store, checkout_id = self.sandbox.store, payment.provider_checkout_id
        kind, field = ("session", "amount_total")
        if payment.provider == "razorpay":
            kind, field = ("order", "amount")
        body = store.get(kind, checkout_id)
        store.put(kind, body | {field: body[field] - 10_000})

    async def actor(self, key: str) -> Actor:
        (row,) = await stored("accounts", email=f"{key}@demo.test")
        return acting(await accounts.get(self.admin, row["_id"]))

    async def message(self, provider: str, body: bytes, *, forged: bool = False) -> None:
        """A webhook as this provider would send it; changed on its way if it is forged."""
        signed = self.sandbox.sign(provider, body)
        try:
            await webhooks.receive(provider, signed.body + b" " * forged, signed.headers)
        except SignatureWrong:
            assert forged

    async def by_hand(self, who: Actor, key: str, days: int = 0) -> None:
        """No service gives by hand yet: the grant is added as those that do give are."""
        course = self.courses[key]
        instant = now()
        grant = Grant(
            id=new_id("grt"),
            kind="manual",
            by=self.admin.id,
            started=instant,
            expires_at=instant + timedelta(days=days) if days else None,
        )
        enrollment = Enrollment(
            _id=new_id("enr"),
            account_id=who.id,
            course_id=course.id,
            owner_id=course.owner_id,
            learner_name=who.name,
            learner_email=who.email,
            course_title=course.title,
            course_slug=course.slug,
            enrolled_at=instant,
            progress_version=course.version,
        )
        await transaction(lambda: enrollments_db.add_grant(enrollment, grant))
