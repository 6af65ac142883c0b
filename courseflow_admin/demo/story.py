"""How the demo learners bought: each purchase with everything that follows from it.

Every document is built by the same models as the real ones, and a test checks the whole school
against the rules of the product.
"""

import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.models.accounts import Account
from courseflow_admin.models.audit import Act, AuditEntry
from courseflow_admin.models.base import Document, id_at
from courseflow_admin.models.courses import Course
from courseflow_admin.models.emails import Email, EmailEvent, EmailKind, EmailState, Recipient
from courseflow_admin.models.enrollments import Enrollment, Grant
from courseflow_admin.models.money import Money
from courseflow_admin.models.payments import (
    Attempt,
    Capture,
    Dispute,
    DisputeState,
    GatewayName,
    Payment,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    SyncNote,
    state_of,
)
from courseflow_admin.models.permissions import SYSTEM
from courseflow_admin.models.receipts import Receipt
from courseflow_admin.models.webhooks import WebhookEvent, WebhookState
from courseflow_admin.services import emails

METHODS = {
    "stripe": ("Visa 4242", "Mastercard 4444", "Amex 0005"),
    "razorpay": ("UPI", "UPI", "UPI", "Netbanking", "RuPay 6521", "Visa 1111"),
}
DECLINES = (
    "Your card has insufficient funds.",
    "Your card was declined.",
    "The bank did not answer in time.",
    "The payment was cancelled at the bank.",
)
COUNTRIES = {"INR": "IN", "USD": "US", "EUR": "DE", "GBP": "GB", "JPY": "JP", "KWD": "KW"}


@dataclass
class Rows:
    """Documents to be inserted, by collection."""

    payments: list[Payment] = field(default_factory=list)
    enrollments: dict[tuple[str, str], Enrollment] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    emails: list[Email] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    webhook_events: list[WebhookEvent] = field(default_factory=list)

    def by_collection(self) -> dict[str, list[Document]]:
        return {
            "payments": [*self.payments],
            "enrollments": [*self.enrollments.values()],
            "receipts": [*self.receipts],
            "emails": [*self.emails],
            "audit": [*self.audit],
            "webhook_events": [*self.webhook_events],
        }


class Story:
    """Tells purchases one after the other; the same seed tells the same story."""

    def __init__(self, chance: random.Random, today: datetime) -> None:
        self.chance = chance
        self.today = today
        self.rows = Rows()

    def buy(self, learner: Account, course: Course, at: datetime, outcome: str) -> None:
        """One checkout by `learner` at `at` that ends as `outcome`, a state of the list."""
        payment = self._checkout(learner, course, at)
        self._note(payment, Act.CHECKOUT_OPENED, at, learner, provider=payment.provider,
                   amount=payment.amount)  # fmt: skip
        if outcome == "created":
            payment.open = True
        elif outcome == "expired":
            payment.capture = Capture.EXPIRED
            payment.updated_at = payment.expires_at
            self._note(payment, Act.CHECKOUT_EXPIRED, payment.expires_at, because="time")
        elif outcome == "failed":
            self._decline(payment, at + timedelta(seconds=70))
            payment.capture = Capture.FAILED
        elif outcome in {"pending", "authorized", "needs_review"}:
            self._unfinished(payment, at + timedelta(seconds=80), outcome)
        else:
            self._paid(payment, learner, course, at, outcome)
        payment.state = state_of(payment)
        self.rows.payments.append(payment)

    def enroll_free(self, learner: Account, course: Course, at: datetime) -> None:
        grant = Grant(id=id_at("grt", at), kind="free", started=at)
        self._enroll(learner, course, at, grant)
        entry = self._entry(Act.ENROLLMENT_GRANTED, course.id, at, learner)
        entry.facts = {"kind": "free", "learner": learner.id}
        self._access_mail(learner, course, grant, f"grant-{grant.id}", at, "you enrolled.")

    def _checkout(self, learner: Account, course: Course, at: datetime) -> Payment:
        indian = course.price.currency == "INR"
        provider: GatewayName = "razorpay" if indian and self.chance.random() < 0.65 else "stripe"
        letters = f"{self.chance.getrandbits(80):020x}"
        prefix = "order_" if provider == "razorpay" else "cs_sandbox_"
        return Payment(
            _id=id_at("pay", at),
            account_id=learner.id,
            course_id=course.id,
            owner_id=course.owner_id,
            provider=provider,
            mode="sandbox",
            amount=course.price,
            listed=course.price,
            provider_checkout_id=prefix + letters[:14],
            name=learner.name,
            email=learner.email,
            course_title=course.title,
            course_slug=course.slug,
            billing_name=learner.name,
            billing_country=COUNTRIES[course.price.currency],
            created_at=at,
            expires_at=at + timedelta(hours=24),
            updated_at=at,
        )

    def _decline(self, payment: Payment, at: datetime) -> None:
        reason = self.chance.choice(DECLINES)
        self._attempt(payment, at, Capture.FAILED, reason)
        kind = (
            "payment.failed" if payment.provider == "razorpay" else "payment_intent.payment_failed"
        )
        self._event(payment, kind, at + timedelta(seconds=1), "failed")
        payment.updated_at = at
        self._note(payment, Act.PAYMENT_MOVED, at + timedelta(seconds=2), to="failed")

    def _unfinished(self, payment: Payment, at: datetime, outcome: str) -> None:
        capture = Capture.AUTHORIZED if outcome == "authorized" else Capture.PENDING
        self._attempt(payment, at, capture)
        payment.capture = capture
        payment.updated_at = at
        self._note(payment, Act.PAYMENT_MOVED, at, to=capture)
        if outcome == "needs_review":
            less = Money(minor=payment.amount.minor // 2, currency=payment.amount.currency)
            reason = f"The gateway says {less}, our payment is {payment.amount}."
            payment.review = Review(state=ReviewState.OPEN, reason=reason, at=at)
            self._note(payment, Act.PAYMENT_REVIEW_OPENED, at, why=reason)

    def _paid(
        self, payment: Payment, learner: Account, course: Course, at: datetime, outcome: str
    ) -> None:
        if self.chance.random() < 0.08:
            self._decline(payment, at + timedelta(seconds=40))
        paid_at = at + timedelta(seconds=self.chance.randint(50, 240))
        seen_at = paid_at + timedelta(seconds=2)
        self._attempt(payment, paid_at, Capture.PAID)
        payment.capture = Capture.PAID
        payment.paid_at = paid_at
        payment.updated_at = seen_at
        razorpay = payment.provider == "razorpay"
        kind = "payment.captured" if razorpay else "checkout.session.completed"
        self._event(payment, kind, paid_at + timedelta(seconds=1), "paid")
        note = SyncNote(at=seen_at, source=f"webhook {kind}", result="paid")
        payment.syncs = [note]
        self._note(payment, Act.PAYMENT_PAID, seen_at, amount=payment.amount,
                   provider_payment=payment.provider_payment_id)  # fmt: skip
        days = course.access_days
        grant = Grant(
            id=id_at("grt", seen_at),
            kind="payment",
            payment_id=payment.id,
            started=seen_at,
            expires_at=seen_at + timedelta(days=days) if days else None,
        )
        self._enroll(learner, course, seen_at, grant)
        self._access_mail(learner, course, grant, f"access-{payment.id}", seen_at,
                          "your payment has arrived.", payment)  # fmt: skip
        self._receipt(payment)
        if outcome in {"refunded", "partially_refunded"}:
            self._refund(payment, learner, grant, whole=outcome == "refunded")
        elif outcome == "disputed":
            self._dispute(payment)

    def _receipt(self, payment: Payment) -> None:
        paid_at = payment.paid_at or payment.created_at
        year = paid_at.astimezone(settings().timezone).year
        self.rows.receipts.append(
            Receipt(
                _id=id_at("rcp", paid_at),
                payment_id=payment.id,
                account_id=payment.account_id,
                course_title=payment.course_title,
                amount=payment.amount,
                mode=payment.mode,
                series=f"{payment.mode}-{year}",
                paid_at=paid_at,
            )
        )

    def _refund(self, payment: Payment, learner: Account, grant: Grant, *, whole: bool) -> None:
        paid_at = payment.paid_at or payment.created_at
        room = max(3600, int((self.today - paid_at).total_seconds()) - 3600)
        at = paid_at + timedelta(seconds=self.chance.randint(3600, min(room, 14 * 86400)))
        minor = payment.amount.minor if whole else payment.amount.minor // 4
        refund = Refund(
            id=id_at("ref", at),
            amount_minor=minor,
            state=RefundState.SETTLED,
            cause=RefundCause.ADMIN,
            reason="Asked for within 14 days" if whole else "Goodwill for a late start",
            by=SYSTEM.id,
            provider_refund_id=("rfnd_" if payment.provider == "razorpay" else "re_")
            + grant.id[-14:],
            at=at,
            settled_at=at,
        )
        payment.refunds, payment.refunded_minor, payment.updated_at = [refund], minor, at
        if whole:
            grant.ended, grant.end_reason = at, "refund"
        amount = Money(minor=minor, currency=payment.amount.currency)
        self._note(payment, Act.PAYMENT_REFUND_STARTED, at, amount=amount, why=refund.reason)
        self._note(payment, Act.PAYMENT_REFUNDED, at, amount=amount, cause=refund.cause)
        facts = {
            "course": payment.course_title,
            "amount": str(amount),
            "ended": "Your access to the course has ended with it." if whole else "",
            "link": settings().origin + routes.my_payment(payment.id),
        }
        self._mail(EmailKind.REFUND, learner, f"refund-{refund.id}", facts, at, payment)

    def _dispute(self, payment: Payment) -> None:
        at = (payment.paid_at or payment.created_at) + timedelta(days=1)
        at = min(at, self.today - timedelta(hours=2))
        payment.dispute = Dispute(
            state=DisputeState.OPEN,
            provider_id=f"dp_{payment.id[-14:]}",
            reason="product not received",
            deadline=at + timedelta(days=9),
        )
        payment.updated_at = at
        self._note(payment, Act.PAYMENT_DISPUTE_CHANGED, at, to="open", why="product not received")

    def _attempt(self, payment: Payment, at: datetime, outcome: Capture, reason: str = "") -> None:
        letters = f"{self.chance.getrandbits(64):016x}"
        attempt = Attempt(
            provider_payment_id=f"{'pay' if payment.provider == 'razorpay' else 'pi'}_{letters}",
            at=at,
            outcome=outcome,
            method=self.chance.choice(METHODS[payment.provider]),
            reason=reason,
        )
        payment.attempts = [*payment.attempts, attempt]
        payment.method = attempt.method
        if outcome is not Capture.FAILED:
            payment.provider_payment_id = attempt.provider_payment_id

    def _event(self, payment: Payment, kind: str, at: datetime, result: str) -> None:
        event_id = f"evt_{self.chance.getrandbits(64):016x}"
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
                due_at=None,
                handled_at=handled,
                payment_id=payment.id,
            )
        )

    def stuck_event(self, at: datetime) -> None:
        """An event about money we know nothing of: the worker has given it up to a person."""
        letters = f"{self.chance.getrandbits(56):014x}"
        raw = json.dumps({"event": "payment.captured", "order_id": f"order_{letters}"})
        reason = "No payment of ours has these ids."
        self.rows.webhook_events.append(
            WebhookEvent(
                _id=id_at("whe", at),
                provider="razorpay",
                event_id=letters,
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
                due_at=None,
                handled_at=at + timedelta(minutes=4),
            )
        )

    def _enroll(self, learner: Account, course: Course, at: datetime, grant: Grant) -> None:
        known = self.rows.enrollments.get((learner.id, course.id))
        if known:
            known.grants.append(grant)
            return
        self.rows.enrollments[learner.id, course.id] = Enrollment(
            _id=id_at("enr", at),
            account_id=learner.id,
            course_id=course.id,
            owner_id=course.owner_id,
            learner_name=learner.name,
            learner_email=learner.email,
            course_title=course.title,
            course_slug=course.slug,
            enrolled_at=at,
            grants=[grant],
            progress_version=course.version,
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
            "until": f"{until.day} {until:%B %Y}" if until else "",
            "link": settings().origin + routes.learn(course.slug),
        }
        self._mail(EmailKind.ACCESS_GRANTED, learner, key, facts, at, payment, course)

    def receipt_mail(self, receipt: Receipt, payment: Payment, at: datetime) -> None:
        """After all numbers are given."""
        day = receipt.paid_at.astimezone(settings().timezone)
        facts = {
            "course": receipt.course_title,
            "number": receipt.label,
            "billed_to": payment.billing_name,
            "date": f"{day.day} {day:%B %Y}",
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
        email = emails.compose(kind, Recipient(account_id, learner.email, learner.name), key, facts)
        end = self._end_of_mail()
        done_at = at + timedelta(seconds=4)
        steps = [
            EmailEvent(at=at + timedelta(seconds=1), state=EmailState.SENT, detail="Resend took it")
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
                    "due_at": None,
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
