"""Payments as people see them: lists, one payment with all that touched it, and the re-check."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.mail import emails as emails_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import payments_search
from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.db.money import webhooks as webhooks_db
from courseflow_admin.db.school import audit as audit_db
from courseflow_admin.errors import GatewayKeysRefused, NotFound
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission
from courseflow_admin.models.mail.emails import Email, EmailState
from courseflow_admin.models.money.payments import (
    FOR_THE_SCHOOL,
    Attempt,
    Capture,
    Payment,
    PaymentFilter,
    Sort,
    SyncNote,
)
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.money.webhooks import WebhookEvent
from courseflow_admin.models.school.audit import Act, AuditEntry
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.school import audit

EVERY_PAYMENT = PaymentFilter()
NEWEST_FIRST = Sort()


@dataclass(frozen=True)
class Step:
    """One thing that happened to a payment; `tone` is a colour by its meaning."""

    at: datetime
    icon: str
    tone: str
    sentence: str
    who: str
    evidence_label: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PaymentDetail:
    payment: Payment
    receipt: Receipt | None
    emails: list[Email] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


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
        payment, events, entries = _told_outside(payment, events, entries)
    return PaymentDetail(
        payment=payment,
        receipt=await receipts_db.find_by_payment(payment.id),
        emails=emails,
        steps=timeline(payment, events, entries, emails, inside=inside),
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
    """One of the actor's own payments; NotFound when it is somebody else's."""
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
    """Ask the gateway anew now; what came of it, in a few words."""
    actor.require(Permission.PAYMENTS_SYNC)
    payment = await payments_db.get(payment_id)

    async def note() -> None:
        await audit.record(actor, Act.PAYMENT_RECHECKED, payment.id)

    await transaction(note)
    try:
        return await sync(payment.id, "re-check by an admin", actor=actor)
    except GatewayKeysRefused as error:
        raise error.for_admins from error


# The timeline

THE_SCHOOL = "The school"
_ATTEMPTS = {
    Capture.PAID: ("circle_check", "green", "Paid"),
    Capture.AUTHORIZED: ("hourglass", "amber", "Authorised, not yet captured"),
    Capture.PENDING: ("hourglass", "amber", "Started, not yet confirmed"),
    Capture.FAILED: ("circle_x", "red", "Declined"),
}
_ACTS = {
    Act.CHECKOUT_OPENED: ("shopping_cart", "gray", "Checkout opened"),
    Act.CHECKOUT_BILLING_CHANGED: ("file_pen", "gray", "Billing details corrected"),
    Act.CHECKOUT_EXPIRED: ("timer_off", "gray", "Checkout expired"),
    Act.PAYMENT_MOVED: ("arrow_right", "gray", "Moved on"),
    Act.PAYMENT_PAID: ("key_round", "green", "Payment confirmed: everything matches our order"),
    Act.PAYMENT_REVIEW_OPENED: ("triangle_alert", "amber", "Needs a look by a person"),
    Act.PAYMENT_REVIEW_RESOLVED: ("circle_check", "green", "Review resolved"),
    Act.PAYMENT_RECHECKED: ("refresh_cw", "gray", "Re-check asked for"),
    Act.PAYMENT_CAPTURE_ASKED: ("circle_check", "gray", "Capture asked for"),
    Act.PAYMENT_CAPTURE_REFUSED: ("circle_x", "red", "Not captured"),
    Act.PAYMENT_REFUND_STARTED: ("undo_2", "gray", "Refund started"),
    Act.PAYMENT_REFUNDED: ("undo_2", "green", "Refund made"),
    Act.PAYMENT_REFUND_FAILED: ("circle_x", "red", "Refund did not go through"),
    Act.PAYMENT_DISPUTE_CHANGED: ("scale", "red", "Dispute at the bank"),
    Act.RECEIPT_NUMBERED: ("receipt_text", "green", "Receipt numbered"),
}
_DISPUTES = {
    "open": "The bank asks about this payment",
    "won": "Dispute won: the money stays",
    "lost": "Dispute lost: the bank gave the money back",
}
_EMAILS = {
    EmailState.DELIVERED: ("mail_check", "green"),
    EmailState.SENT: ("mail", "gray"),
    EmailState.QUEUED: ("mail", "gray"),
    EmailState.DELAYED: ("mail_warning", "amber"),
}


def timeline(
    payment: Payment,
    events: list[WebhookEvent],
    entries: list[AuditEntry],
    emails: list[Email],
    *,
    inside: bool,
) -> list[Step]:
    """Everything that touched a payment, oldest first.

    Learner and instructor read what happened; the evidence of it, and who of the school it was,
    are for those `inside`, who may read every payment.
    """
    opened = [entry.at for entry in entries if entry.act is Act.CHECKOUT_OPENED]
    after = opened[0] if opened else payment.created_at
    steps = [
        *(_act(entry) for entry in entries),
        *(_attempted(payment, attempt, after) for attempt in payment.attempts),
        *(_event(event) for event in events if event.provider == payment.provider),
        *(_synced(payment, notes) for notes in _alike(payment.syncs)),
        *(_emailed(email) for email in emails),
    ]
    if not inside:
        steps = [replace(step, evidence_label="", evidence=()) for step in steps]
    return sorted(steps, key=lambda step: step.at)


def _told_outside(
    payment: Payment, events: list[WebhookEvent], entries: list[AuditEntry]
) -> tuple[Payment, list[WebhookEvent], list[AuditEntry]]:
    """The same for learner and instructor.

    Without who of the school it was, without words written for the school, and without what the
    gateway knows it by or what the buyer told for the receipt.
    """
    known = {payment.account_id: payment.name, SYSTEM.id: SYSTEM.name}
    return (
        _payment_told(payment),
        [event.model_copy(update={"result": "", "error": ""}) for event in events],
        [
            entry.model_copy(
                update={
                    "actor_name": known.get(entry.actor_id, THE_SCHOOL),
                    "facts": {name: fact for name, fact in entry.facts.items() if name != "why"},
                }
            )
            for entry in entries
        ],
    )


def _payment_told(payment: Payment) -> Payment:
    row = {**payment.to_mongo(), "billing_name": "", "billing_country": "", "consent": None}
    for name in FOR_THE_SCHOOL:
        facet, _, field = name.rpartition(".")
        parts = row[facet] if facet else row
        for part in parts if isinstance(parts, list) else [parts]:
            part[field] = ""
    return Payment.from_mongo(row)


def _act(entry: AuditEntry) -> Step:
    icon, tone, sentence = _ACTS.get(entry.act, ("dot", "gray", entry.act.value))
    facts = {**entry.facts}
    if entry.act is Act.CHECKOUT_OPENED:
        sentence = f"Checkout opened at {str(facts.get('provider', '')).capitalize()}"
    if entry.act is Act.PAYMENT_MOVED:
        sentence = f"Now {facts.pop('to', '')}"
    if entry.act is Act.PAYMENT_DISPUTE_CHANGED:
        sentence = _DISPUTES.get(str(facts.pop("to", "")), sentence)
    if why := facts.pop("why", ""):
        sentence = f"{sentence}: {why}"
    pairs = [(key.replace("_", " ").capitalize(), _shown(value)) for key, value in facts.items()]
    if entry.request_id:
        pairs.append(("Request", entry.request_id))
    if entry.ip:
        pairs.append(("IP address", entry.ip))
    who = entry.actor_name or "A deleted account"
    return Step(entry.at, icon, tone, sentence, who, "Details" if pairs else "", tuple(pairs))


def _shown(value: object) -> str:
    if isinstance(value, dict) and {"minor", "currency"} <= value.keys():
        return str(Money(minor=value["minor"], currency=value["currency"]))
    return str(value)


def _attempted(payment: Payment, attempt: Attempt, after: datetime) -> Step:
    icon, tone, sentence = _ATTEMPTS.get(attempt.outcome, ("dot", "gray", "Tried"))
    way = f" by {attempt.method}" if attempt.method else ""
    because = f": {attempt.reason}" if attempt.reason else ""
    return Step(
        max(attempt.at, after),  # a gateway tells whole seconds
        icon,
        tone,
        f"{sentence}{way}{because}",
        f"{payment.name} at {payment.provider.capitalize()}",
        "Reference",
        ((f"{payment.provider.capitalize()} id", attempt.provider_payment_id),),
    )


def _event(event: WebhookEvent) -> Step:
    delivered = f"{len(event.deliveries)} time{'s' if len(event.deliveries) != 1 else ''}"
    return Step(
        event.received_at,
        "webhook",
        "blue",
        f"{event.provider.capitalize()} reported {event.kind}",
        f"Webhook, {event.state.value}: {event.error or event.result}".rstrip(": "),
        "Evidence: signature valid",
        (
            ("Event", event.event_id),
            ("Body", f"{len(event.raw.encode()):,} bytes, sha256 {event.body_hash[:12]}…"),
            ("Delivered", delivered),
            ("Handled", f"{event.handled_at:%d %b %Y, %H:%M:%S} UTC" if event.handled_at else "-"),
        ),
    )


def _alike(syncs: list[SyncNote]) -> list[list[SyncNote]]:
    """Runs in a row that came to the same result: a timeline tells what changed, once."""
    return [list(notes) for _, notes in groupby(syncs, key=lambda note: note.why or note.result)]


def _synced(payment: Payment, notes: list[SyncNote]) -> Step:
    first, again = notes[0], notes[1:]
    times = f"{len(again)} more time{'s' if len(again) > 1 else ''}"
    return Step(
        first.at,
        "scan_search",
        "gray",
        f"Asked {payment.provider.capitalize()} anew: {first.why or first.result}",
        f"CourseFlow, because of {first.source}" if first.source else "CourseFlow",
        f"Asked {times}, same answer" if again else "",
        tuple((f"{note.at:%d %b %Y, %H:%M:%S} UTC", note.source) for note in again),
    )


def _emailed(email: Email) -> Step:
    icon, tone = _EMAILS.get(email.state, ("mail_x", "red"))
    return Step(
        email.state_at,
        icon,
        tone,
        f"E-mail “{email.subject}” {email.state.value}",
        f"To {email.to}",
    )
