"""Checkout: from a click on Buy to the page of a gateway.

If the process dies:
* before our row is written: nothing has happened;
* after the row, before the gateway answered: the next click finds the open row and asks the
  gateway again with the same idempotency key, which gives the same checkout;
* after the gateway answered, before we kept its id: the same; no one has seen its address yet;
* after that: the checkout can be paid, and `sync` finds it by its id every ten minutes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from loguru import logger
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.errors import (
    Conflict,
    Invalid,
    NotFound,
    ProviderFailed,
    ProviderRefused,
    ProviderUnreachable,
)
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account, Billing
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.core.texts import as_title
from courseflow_admin.models.money.facts import CheckoutStatus
from courseflow_admin.models.money.gateways import CheckoutForm, CheckoutOrder
from courseflow_admin.models.money.payment_parts import Consent, GatewayName
from courseflow_admin.models.money.payments import LONGEST_BILLING_NAME, Payment
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.settings import POLICY_WORDS, SchoolSettings
from courseflow_admin.models.teaching.access import Reason
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.providers.gateways import Gateway, gateway, gateways_for
from courseflow_admin.services.money import facts, looks
from courseflow_admin.services.money.sync import ended_for_sure, sync
from courseflow_admin.services.school import audit, limits
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import access
from courseflow_admin.services.teaching.enrollments import AlreadyEnrolled

# Stripe takes 30 minutes to 24 hours by its own clock; a Razorpay order would last for ever.
CHECKOUT_LASTS = timedelta(hours=23, minutes=50)
LEAST_LEFT = timedelta(minutes=35)  # for a checkout that is still to be opened
FIRST_LOOK = timedelta(minutes=10)  # pending payments are synced this often
CLICKS, CLICKS_SECONDS = 20, 600
# A buyer waits for no gateway longer than this; what takes longer is silence like any other.
ENDING_SECONDS, OPENING_SECONDS = 3.0, 8.0


# A native form sends an empty field where there is nothing to agree to.
Version = Annotated[int, Field(ge=0), BeforeValidator(lambda value: value or 0)]


@dataclass(frozen=True)
class CheckoutStart:
    """Where the browser goes now: `url` by redirect, or `form` by a native POST."""

    payment_id: str
    url: str = ""
    form: CheckoutForm | None = None


class BuyForm(BaseModel):
    """What a buyer sends. There is no price in it: the server alone knows the price."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    course_id: str = Field(max_length=40)
    provider: GatewayName
    billing_name: Annotated[
        str, Field(min_length=1, max_length=LONGEST_BILLING_NAME), AfterValidator(as_title)
    ]
    billing_country: str = Field(pattern=r"^[A-Z]{2}$")
    # The versions that were read; needed of each policy the school has.
    agreed_terms: Version = 0
    agreed_refunds: Version = 0


class PolicyChanged(Conflict):
    code = "policy_changed"

    def __init__(self) -> None:
        super().__init__(
            "The terms or the refund policy have just changed. Nothing was charged. Please read "
            "them and try again."
        )


class PaymentUnderWay(Conflict):
    code = "payment_under_way"

    def __init__(self) -> None:
        super().__init__(
            "A payment for this course is being confirmed. Please don't pay again. See My payments."
        )


async def open_checkout(actor: Actor, form: BuyForm) -> CheckoutStart:
    """Open a checkout for the actor, or the one that is already open.

    NotFound, AlreadyEnrolled, PaymentUnderWay, Invalid; ProviderRefused and ProviderUnreachable
    come from the gateway and leave nothing that could be charged.
    """
    actor.require(Permission.COURSES_BUY)
    await limits.count("checkout", actor.id, CLICKS, CLICKS_SECONDS)
    course = await _sold(form.course_id)
    via = gateway(form.provider)
    if course.price.currency not in via.currencies:
        raise Invalid(
            f"{form.provider.capitalize()} does not support {course.price.currency}.", "provider"
        )
    account = await accounts_db.find(actor.id)
    if account is None:
        raise NotFound("account")
    await _refuse_second(actor.id, course.id)
    consent = _consent(form, await school_settings.get())
    payment = await _open_row(actor, account, course, via, form, consent)
    return await _at_gateway(actor, payment, via)


async def _refuse_second(account_id: str, course_id: str) -> None:
    """No one pays for what they have, nor while money for it is on its way or looked at."""
    verdict = await access.verdict(account_id, course_id)
    if verdict.allowed:
        raise AlreadyEnrolled
    if verdict.under_way:
        raise PaymentUnderWay


async def _sold(course_id: str) -> Course:
    course = await courses_db.get(course_id)
    if not course.sold:
        raise NotFound("course")
    if course.free or course.price.minor == 0:
        raise Invalid("This course is free. Enroll without paying.", "course_id")
    return course


def _consent(form: BuyForm, school: SchoolSettings) -> Consent | None:
    """What was agreed to, which must be what holds now; None where there is nothing to agree to."""
    asked = school.agreed_by_paying
    given = {"terms": form.agreed_terms, "refunds": form.agreed_refunds}
    for name, version in asked.items():
        if not given[name]:
            raise Invalid(
                f"By paying you agree to {POLICY_WORDS[name]}. Read it at "
                f"{settings().origin}{routes.policy(name)} and send its version, {version}.",
                f"agreed_{name}",
            )
        if given[name] != version:
            raise PolicyChanged
    return Consent(at=clock.business(), versions=asked) if asked else None


async def _open_row(
    actor: Actor,
    account: Account,
    course: Course,
    via: Gateway,
    form: BuyForm,
    consent: Consent | None,
) -> Payment:
    """Our row, before the gateway hears anything; the open one if there is one that still fits."""
    for earlier in await payments_db.of_learner(account.id, course.id):
        if not earlier.open:
            continue
        same = earlier.provider == via.name and earlier.amount == course.price
        if same and _lasts(earlier) and _versions(earlier.consent) == _versions(consent):
            return await _rebilled(actor, earlier, form)
        await _close(actor, earlier)
    payment = _new_payment(account, course, via, form, consent)
    agreed = {"agreed_to": str(consent)} if consent else {}

    async def insert() -> None:
        owner_id = (await courses_db.get(course.id)).owner_id
        await payments_db.insert(payment.model_copy(update={"owner_id": owner_id}))
        await looks.plan(payment, payment.created_at + FIRST_LOOK)
        await accounts_db.set_billing(
            account.id, Billing(name=form.billing_name, country=form.billing_country)
        )
        await audit.record(
            actor,
            Act.CHECKOUT_OPENED,
            payment.id,
            provider=via.name,
            amount=payment.amount,
            **agreed,
        )

    try:
        await transaction(insert)
    except Duplicate:
        # A click in another tab was quicker by a moment: its checkout is ours too.
        found = await payments_db.find_open(account.id, course.id, via.name)
        if found is None:
            raise
        return found
    logger.info("checkout.opened", payment=payment.id, provider=via.name)
    return payment


def _lasts(payment: Payment) -> bool:
    needed = timedelta() if payment.provider_checkout_id else LEAST_LEFT
    return clock.business() + needed < payment.expires_at


async def _rebilled(actor: Actor, payment: Payment, form: BuyForm) -> Payment:
    """The open row under the billing name and country that were given now."""
    billing = Billing(name=form.billing_name, country=form.billing_country)
    if billing == Billing(name=payment.billing_name, country=payment.billing_country):
        return payment

    async def correct() -> None:
        if await payments_db.set_billing(payment.id, billing, clock.business()):
            await accounts_db.set_billing(payment.account_id, billing)
            await audit.record(actor, Act.CHECKOUT_BILLING_CHANGED, payment.id)

    await transaction(correct)
    return await payments_db.get(payment.id)


def _versions(consent: Consent | None) -> dict[str, int]:
    return consent.versions if consent else {}


def _new_payment(
    account: Account, course: Course, via: Gateway, form: BuyForm, consent: Consent | None
) -> Payment:
    instant = clock.business()
    return Payment(
        _id=new_id("pay"),
        account_id=account.id,
        course_id=course.id,
        owner_id=course.owner_id,
        provider=via.name,
        mode=via.mode,
        amount=course.price,
        listed=course.price,
        open=True,
        name=account.name,
        email=account.email,
        course_title=course.title,
        course_slug=course.slug,
        consent=consent,
        billing_name=form.billing_name,
        billing_country=form.billing_country,
        created_at=instant,
        updated_at=instant,
        expires_at=instant + CHECKOUT_LASTS,
    )


async def _close(actor: Actor, payment: Payment) -> None:
    """An open checkout that no longer fits: unpayable at Stripe; late money is still judged."""
    await _expire(payment)

    async def close() -> None:
        await facts.close(payment, CheckoutStatus.REPLACED, actor=actor)
        await looks.ask(payment.id, payment.provider, clock.business())

    await transaction(close)


async def _expire(payment: Payment) -> None:
    """Make it unpayable where that can be done; refused when it was paid a moment ago.

    A gateway that is off, no longer knows the checkout, or is silent about one whose time is over
    keeps no one from buying by the other one: money that comes late is judged, and a second payment
    goes back automatically.
    """
    if not payment.provider_checkout_id:
        return
    try:
        async with _within(ENDING_SECONDS, payment.provider):
            done = await gateway(payment.provider).expire(payment.provider_checkout_id)
            if done or payment.provider == "razorpay":  # an order cannot be expired
                return
            await sync(payment.id, "another checkout instead")
    except (NotFound, ProviderRefused):
        return
    except ProviderUnreachable:
        if ended_for_sure(payment):
            return
        raise
    await _refuse_second(payment.account_id, payment.course_id)


async def _at_gateway(actor: Actor, payment: Payment, via: Gateway) -> CheckoutStart:
    order = _order(payment)
    checkout_id, url = payment.provider_checkout_id, payment.checkout_url
    if not checkout_id:
        try:
            async with _within(OPENING_SECONDS, via.name):
                opened = await via.open_checkout(order)
        except ProviderRefused as error:
            await _refused(actor, payment, error)
            raise
        except ProviderFailed:
            # Stripe replays even a 500 for a key it has seen: the next click needs a new one.
            # After silence, or with the key in use, the old one leads to the same checkout.
            await payments_db.next_attempt(payment.id, payment.attempt)
            raise
        checkout_id, url = opened.checkout_id, opened.url
        if not await payments_db.store_checkout(payment.id, checkout_id, url, clock.business()):
            # A click in another tab was quicker: what it kept is what `sync` looks at.
            kept = await payments_db.get(payment.id)
            checkout_id, url = kept.provider_checkout_id, kept.checkout_url
    return CheckoutStart(payment.id, url, via.form(order, checkout_id))


@asynccontextmanager
async def _within(seconds: float, provider: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        raise ProviderUnreachable(provider) from late


async def _refused(actor: Actor, payment: Payment, error: ProviderRefused) -> None:
    await facts.close(payment, CheckoutStatus.REFUSED, actor=actor, reason=error.reason)


def _order(payment: Payment) -> CheckoutOrder:
    origin = settings().origin
    return CheckoutOrder(
        payment_id=payment.id,
        idempotency_key=payment.idempotency_key,
        amount_minor=payment.amount.minor,
        currency=payment.amount.currency,
        title=payment.course_title,
        email=payment.email,
        name=payment.name,
        return_url=origin + routes.checkout_return(payment.provider),
        cancel_url=origin + routes.with_query(routes.checkout(payment.course_slug), cancelled=1),
        expires_at=payment.expires_at,
    )


async def returned(provider: str, fields: dict[str, str]) -> str:
    """The browser is back from a gateway: look soon. Grants nothing, reads no session.

    Returns our payment id, or "" when the gateway's answer names none of ours.
    """
    via = gateway(provider)
    checkout_id = via.return_checkout(fields)
    payment = await payments_db.find_by_checkout(via.name, checkout_id)
    if payment is None:
        return ""

    async def note() -> None:
        await payments_db.note_return(payment.id, clock.business())
        await looks.ask_now(payment.id, payment.provider)

    await transaction(note)
    return payment.id


@dataclass(frozen=True)
class Offer:
    """What the checkout page shows before anything is opened."""

    course: Course
    gateways: tuple[str, ...]
    billing_name: str
    billing_country: str
    owned: bool
    under_way: Reason | None  # a payment to wait for instead of paying again
    agreed_by_paying: dict[str, int]  # policy -> its version
    support: str


async def offer(actor: Actor, slug: str) -> Offer:
    """The course, its price and the gateways that sell it; NotFound when it is not sold."""
    actor.require(Permission.COURSES_BUY)
    course = await courses_db.find_by_slug(slug)
    if course is None or not course.sold:
        raise NotFound("course")
    account = await accounts_db.find(actor.id)
    billing = account.billing if account else None
    school = await school_settings.get()
    verdict = await access.verdict(actor.id, course.id)
    return Offer(
        course=course,
        gateways=tuple(via.name for via in gateways_for(course.price.currency)),
        billing_name=billing.name if billing else actor.name,
        billing_country=billing.country if billing else "",
        owned=verdict.allowed,
        under_way=None if verdict.allowed else verdict.under_way,
        agreed_by_paying=school.agreed_by_paying,
        support=school.support_email,
    )
