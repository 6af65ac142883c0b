"""Payments: lists, one payment with all that touched it, and the re-check."""

from dataclasses import dataclass, field, replace

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.mail import emails as emails_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import payments_search
from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.db.money import webhooks as webhooks_db
from courseflow_admin.db.school import audit as audit_db
from courseflow_admin.errors import GatewayKeysRefused, NotFound
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payments import Payment, PaymentFilter, Sort
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.money import receipt_numbers
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.money.timeline import Step, timeline, told_outside
from courseflow_admin.services.school import audit

EVERY_PAYMENT = PaymentFilter()
NEWEST_FIRST = Sort()


@dataclass(frozen=True)
class PaymentDetail:
    payment: Payment
    receipt: Receipt | None
    emails: list[Email] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    evidence: bool = False  # whether the actor may read the evidence of each step


async def search(
    actor: Actor, wanted: PaymentFilter, sort: Sort, request: PageRequest
) -> Page[Payment]:
    """One page of the payments the actor may see: all, or those of own courses."""
    actor.require(Permission.PAYMENTS_READ)
    if not actor.can(Permission.PAYMENTS_READ_ALL):
        wanted = wanted.of_owner(actor.id)
    return await payments_search.search(wanted, sort, request)


async def mine(
    actor: Actor,
    request: PageRequest,
    wanted: PaymentFilter = EVERY_PAYMENT,
    sort: Sort = NEWEST_FIRST,
) -> Page[Payment]:
    """The actor's own payments, newest first."""
    actor.require(Permission.ACCOUNT_OWN)
    return await payments_search.search(replace(wanted, account_id=actor.id), sort, request)


async def get(actor: Actor, payment_id: str) -> PaymentDetail:
    """One payment with everything that touched it; NotFound when it is not the actor's to see."""
    payment = await _visible(actor, payment_id)
    emails = await emails_db.of_payment(payment.id)
    events = await webhooks_db.of_payment(payment.id)
    entries = await audit_db.of_object(payment.id)
    inside = actor.can(Permission.PAYMENTS_READ_ALL)
    if not inside:
        payment, events, entries = told_outside(payment, events, entries)
    return PaymentDetail(
        payment=payment,
        receipt=await receipts_db.find_by_payment(payment.id),
        emails=emails,
        steps=timeline(payment, events, entries, emails),
        evidence=inside,
    )


async def _visible(actor: Actor, payment_id: str) -> Payment:
    payment = await payments_db.find(payment_id)
    if payment is None or not _may_see(actor, payment):
        raise NotFound("payment")
    return payment


def _may_see(actor: Actor, payment: Payment) -> bool:
    if actor.can(Permission.PAYMENTS_READ_ALL):
        return True
    if payment.account_id == actor.id and actor.can(Permission.ACCOUNT_OWN):
        return True
    return payment.owner_id == actor.id and actor.can(Permission.PAYMENTS_READ)


async def get_mine(actor: Actor, payment_id: str) -> tuple[Payment, Receipt | None]:
    """One of the actor's own payments; NotFound when it is someone else's."""
    actor.require(Permission.ACCOUNT_OWN)
    payment = await payments_db.find(payment_id)
    if payment is None or payment.account_id != actor.id:
        raise NotFound("payment")
    return payment, await receipts_db.find_by_payment(payment.id)


async def receipt_labels(actor: Actor, shown: list[Payment]) -> dict[str, str]:
    """The receipts' labels by payment, for one page of payments that the actor may see."""
    wanted = [payment.id for payment in shown if _may_see(actor, payment)]
    found = await receipts_db.of_payments(wanted)
    return {receipt.payment_id: receipt.label for receipt in found if receipt.number}


async def recheck(actor: Actor, payment_id: str) -> str:
    """Ask the gateway again now; the result, in a few words."""
    actor.require(Permission.PAYMENTS_SYNC)
    payment = await payments_db.get(payment_id)

    async def note() -> None:
        await audit.record(actor, Act.PAYMENT_RECHECKED, payment.id)

    await transaction(note)
    try:
        result = await sync(payment.id, "re-check by an admin", actor=actor)
    except GatewayKeysRefused as error:
        raise error.for_admins from error
    await receipt_numbers.ask_number(payment.id)
    return result
