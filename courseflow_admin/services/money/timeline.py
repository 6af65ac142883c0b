"""Everything that touched a payment, as facts in order; and what of it learner and owner read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payment_parts import Attempt, SyncNote
from courseflow_admin.models.money.payments import FOR_THE_SCHOOL, Payment
from courseflow_admin.models.money.webhooks import WebhookEvent
from courseflow_admin.models.school.audit import Act, AuditEntry

THE_SCHOOL = "The school"


@dataclass(frozen=True)
class Noted:
    """Someone's act, as the audit log has it."""

    at: datetime
    entry: AuditEntry


@dataclass(frozen=True)
class Attempted:
    """One try of the learner at the gateway."""

    at: datetime
    attempt: Attempt


@dataclass(frozen=True)
class Reported:
    """A webhook of the gateway."""

    at: datetime
    event: WebhookEvent


@dataclass(frozen=True)
class Synced:
    """We asked the gateway; `notes` are those in a row that came to the same result."""

    at: datetime
    notes: tuple[SyncNote, ...]


@dataclass(frozen=True)
class Mailed:
    """An e-mail about it, at the time of its state."""

    at: datetime
    email: Email


Step = Noted | Attempted | Reported | Synced | Mailed


def timeline(
    payment: Payment,
    events: Sequence[WebhookEvent],
    entries: Sequence[AuditEntry],
    emails: Sequence[Email],
) -> list[Step]:
    """Everything that touched a payment, oldest first."""
    opened = [entry.at for entry in entries if entry.act is Act.CHECKOUT_OPENED]
    after = opened[0] if opened else payment.created_at
    steps: list[Step] = [
        *(Noted(entry.at, entry) for entry in entries),
        # A gateway tells whole seconds: no try comes before its checkout.
        *(Attempted(max(attempt.at, after), attempt) for attempt in payment.attempts),
        *(Reported(one.received_at, one) for one in events if one.provider == payment.provider),
        *(Synced(notes[0].at, notes) for notes in _alike(payment.syncs)),
        *(Mailed(email.state_at, email) for email in emails),
    ]
    return sorted(steps, key=lambda step: step.at)


def _alike(syncs: Sequence[SyncNote]) -> list[tuple[SyncNote, ...]]:
    """Runs in a row that came to the same result: a timeline tells what changed, once."""
    return [tuple(notes) for _, notes in groupby(syncs, key=lambda note: note.why or note.result)]


# Kept of an entry's facts for learner and owner: what happened, not by which ids or why.
TOLD_OUTSIDE = frozenset({"provider", "to"})


def told_outside(
    payment: Payment, events: Sequence[WebhookEvent], entries: Sequence[AuditEntry]
) -> tuple[Payment, list[WebhookEvent], list[AuditEntry]]:
    """The same for learner and instructor.

    Without who of the school it was, without words written for the school, without the evidence,
    and without what the gateway knows it by or what the buyer told for the receipt.
    """
    known = {payment.account_id: payment.name, SYSTEM.id: SYSTEM.name}
    return (
        _payment_told(payment),
        [
            WebhookEvent(
                _id=event.id,
                provider=event.provider,
                event_id="",
                body_hash="",
                kind=event.kind,
                raw="",
                received_at=event.received_at,
                state=event.state,
            )
            for event in events
        ],
        [
            entry.model_copy(
                update={
                    "actor_name": known.get(entry.actor_id, THE_SCHOOL),
                    "facts": {k: fact for k, fact in entry.facts.items() if k in TOLD_OUTSIDE},
                    "request_id": "",
                    "ip": "",
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
