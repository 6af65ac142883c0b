"""What demo purchases leave behind: mails, webhook events, audit entries."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.development.demo import gateways
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import Document, id_at
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import Email, EmailEvent, EmailKind, EmailState, Recipient
from courseflow_admin.models.money.facts import Fact
from courseflow_admin.models.money.from_slots import books_of
from courseflow_admin.models.money.ledger import Entry
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.money.webhooks import WebhookEvent, WebhookState
from courseflow_admin.models.school.audit import Act, AuditEntry
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.models.teaching.enrollments import AccessState, Enrollment, Grant
from courseflow_admin.services.mail import outbox


@dataclass
class Rows:
    """Documents to be inserted, by collection."""

    payments: list[Payment] = field(default_factory=list)
    enrollments: dict[tuple[str, str], Enrollment] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    emails: list[Email] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    webhook_events: list[WebhookEvent] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def by_collection(self) -> dict[str, list[Document]]:
        payments, facts, entries = self._books()
        return {
            "payments": [*payments],
            "facts": [*facts],
            "entries": [*entries],
            "enrollments": [*self.enrollments.values()],
            "receipts": [*self.receipts],
            "emails": [*self.emails],
            "audit": [*self.audit],
            "webhook_events": [*self.webhook_events],
            "jobs": [*self.jobs],
        }

    def _books(self) -> tuple[list[Payment], list[Fact], list[Entry]]:
        """The payments with their facts and the entries of the books; disputes suspend a grant."""
        payments, facts, entries = [], [], []
        for payment in self.payments:
            after, said, booked = books_of(payment, payment.updated_at)
            payments.append(after)
            facts += said
            entries += booked
            if after.access.state is AccessState.SUSPENDED:
                place = self.enrollments[after.account_id, after.course_id]
                for grant in place.grants:
                    if grant.payment_id == after.id:
                        grant.suspended = after.dispute.at
        return payments, facts, entries


class Traces:
    """Writes them down; the same chance writes the same."""

    def __init__(self, chance: random.Random, school: SchoolSettings) -> None:
        self.chance = chance
        self.school = school
        self.rows = Rows()

    def _event(self, payment: Payment, kind: str, at: datetime, result: str) -> None:
        event_id = gateways.new_id("event", payment.provider)
        body: dict[str, Any] = {
            "id": event_id,
            "type": kind,
            "created": int(at.timestamp()),
            "checkout": payment.provider_checkout_id,
            "payment_id": payment.id,
        }
        raw = json.dumps(body)
        handled = at + timedelta(milliseconds=400)
        self.rows.webhook_events.append(
            WebhookEvent(
                _id=id_at("whe", at),
                provider=payment.provider,
                event_id=event_id,
                body_hash=hashlib.sha256(raw.encode()).hexdigest(),
                kind=kind,
                raw=raw,
                headers={"content-type": "application/json"},
                received_at=at,
                deliveries=[at],
                state=WebhookState.HANDLED,
                result=result,
                attempts=1,
                handled_at=handled,
                payment_id=payment.id,
            )
        )

    def stuck_event(self, at: datetime) -> None:
        """An event about money we know nothing of: the worker has given it up to a person."""
        order_id = gateways.new_id("checkout", "razorpay")
        raw = json.dumps({"event": "payment.captured", "order_id": order_id})
        reason = "No matching payment found."
        self.rows.webhook_events.append(
            WebhookEvent(
                _id=id_at("whe", at),
                provider="razorpay",
                event_id=gateways.new_id("event", "razorpay"),
                body_hash=hashlib.sha256(raw.encode()).hexdigest(),
                kind="payment.captured",
                raw=raw,
                headers={"content-type": "application/json"},
                received_at=at,
                deliveries=[at],
                state=WebhookState.FAILED,
                result=reason,
                error=reason,
                attempts=8,
                handled_at=at + timedelta(minutes=4),
            )
        )

    def _access_mail(
        self,
        learner: Account,
        course: Course,
        grant: Grant,
        key: str,
        at: datetime,
        because: str,
        payment: Payment | None = None,
    ) -> None:
        until = grant.expires_at
        facts = {
            "course": course.title,
            "because": because,
            "until": calendar.school().day_in_full(until) if until else "",
            "link": settings().origin + routes.learn(course.slug),
        }
        self._mail(EmailKind.ACCESS_GRANTED, learner, key, facts, at, payment, course)

    def receipt_mail(self, receipt: Receipt, payment: Payment, at: datetime) -> None:
        """After all numbers are given."""
        facts = {
            "course": receipt.course_title,
            "number": receipt.label,
            "billed_to": payment.billing_name,
            "date": calendar.school().day_in_full(receipt.paid_at),
            "method": payment.method,
            "amount": str(receipt.amount),
            "link": settings().origin + routes.my_payment(payment.id),
        }
        to = Recipient(payment.account_id, payment.email, payment.name)
        self._mail(EmailKind.RECEIPT, to, f"receipt-{payment.id}", facts, at, payment)
        entry = self._entry(Act.RECEIPT_NUMBERED, payment.id, at)
        entry.facts = {"receipt": receipt.id, "number": receipt.label}

    def _mail(
        self,
        kind: EmailKind,
        learner: Account | Recipient,
        key: str,
        facts: dict[str, str],
        at: datetime,
        payment: Payment | None = None,
        course: Course | None = None,
    ) -> None:
        account_id = learner.id if isinstance(learner, Account) else learner.account_id
        to = Recipient(account_id, learner.email, learner.name)
        email = outbox.compose(kind, to, key, facts, self.school)
        end = self._end_of_mail()
        done_at = at + timedelta(seconds=4)
        steps = [
            EmailEvent(
                at=at + timedelta(seconds=1), state=EmailState.SENT, detail=("Accepted by Resend")
            )
        ]
        if end is not EmailState.SENT:
            detail = "The mailbox does not exist." if end is EmailState.BOUNCED else ""
            steps.append(EmailEvent(at=done_at, state=end, detail=detail))
        self.rows.emails.append(
            email.model_copy(
                update={
                    "id": id_at("eml", at),
                    "state": end,
                    "queued_at": at,
                    "sent_at": at + timedelta(seconds=1),
                    "state_at": steps[-1].at,
                    "attempts": 1,
                    "provider_id": f"{self.chance.getrandbits(128):032x}",
                    "events": steps,
                    "payment_id": payment.id if payment else "",
                    "course_id": payment.course_id if payment else (course.id if course else ""),
                    "course_owner_id": payment.owner_id
                    if payment
                    else (course.owner_id if course else ""),
                }
            )
        )

    def _end_of_mail(self) -> EmailState:
        dice = self.chance.random()
        if dice < 0.012:
            return EmailState.BOUNCED
        if dice < 0.014:
            return EmailState.COMPLAINED
        return EmailState.SENT if dice < 0.02 else EmailState.DELIVERED

    def welcome(self, learner: Account) -> None:
        self._mail(EmailKind.WELCOME, learner, f"welcome-{learner.id}", {}, learner.created_at)
        self._entry(Act.ACCOUNT_SIGNED_UP, learner.id, learner.created_at, learner)

    def _note(
        self, payment: Payment, act: Act, at: datetime, by: Account | None = None, **facts: object
    ) -> None:
        entry = self._entry(act, payment.id, at, by)
        entry.facts = {
            key: value.to_mongo() if isinstance(value, Money) else str(value)
            for key, value in facts.items()
        }

    def _entry(
        self, act: Act, object_id: str, at: datetime, by: Account | None = None
    ) -> AuditEntry:
        entry = AuditEntry(
            _id=id_at("aud", at),
            at=at,
            actor_id=by.id if by else SYSTEM.id,
            actor_name=by.name if by else SYSTEM.name,
            act=act,
            object_id=object_id,
        )
        self.rows.audit.append(entry)
        return entry
