"""How the demo learners bought: each purchase with everything that follows from it.

Every document is built by the same models as the real ones, and a test checks the whole school
against the rules of the product.
"""

import random
from datetime import datetime, timedelta

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.development.demo import gateways
from courseflow_admin.development.demo.gateways import Purchase, Try, Way
from courseflow_admin.development.demo.traces import Traces
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import id_at
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import EmailKind
from courseflow_admin.models.money.payment_parts import (
    Capture,
    Consent,
    Dispute,
    DisputeState,
    GatewayName,
    HeldFor,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    SyncNote,
)
from courseflow_admin.models.money.payments import Payment, state_of
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.jobs import Job, Priority
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.models.teaching.enrollments import EndReason, Enrollment, Grant
from courseflow_admin.services.money import looks
from courseflow_admin.services.money.checkout import CHECKOUT_LASTS

COUNTRIES = {"INR": "IN", "USD": "US", "EUR": "DE", "GBP": "GB", "JPY": "JP", "KWD": "KW"}


# Only Stripe tells us of disputes and has payments that are under way for days; only Razorpay
# authorises without capturing.
ONLY_AT: dict[str, GatewayName] = {
    "disputed": "stripe",
    "pending": "stripe",
    "authorized": "razorpay",
}


def _look(payment: Payment, at: datetime) -> Job:
    return Job(
        _id=id_at("job", payment.created_at),
        kind=looks.KIND,
        key=payment.id,
        lane=payment.provider,
        priority=Priority.ROUTINE,
        created_at=payment.created_at,
        due_at=at,
    )


class Story(Traces):
    """Tells purchases one after the other; the same seed tells the same story."""

    def __init__(self, chance: random.Random, school: SchoolSettings, today: datetime) -> None:
        super().__init__(chance, school)
        self.today = today
        self.purchases: list[Purchase] = []
        self.waiting: set[tuple[str, str]] = set()  # learner and course of what is not over yet

    def buy(self, learner: Account, course: Course, at: datetime, outcome: str) -> None:
        """One checkout by `learner` at `at` that ends as `outcome`, a state of the list."""
        payment = self._checkout(learner, course, at, ONLY_AT.get(outcome))
        is_over = payment.expires_at <= self.today
        if outcome == "expired" and not is_over:
            outcome = "created"
        purchase = Purchase(payment, payment.amount.minor)
        self._note(payment, Act.CHECKOUT_OPENED, at, learner, provider=payment.provider,
                   amount=payment.amount)  # fmt: skip
        if outcome == "created":
            payment.open = True
        elif outcome == "expired":
            payment.capture = Capture.EXPIRED
            payment.updated_at = payment.expires_at
            self._note(payment, Act.CHECKOUT_EXPIRED, payment.expires_at, because="time")
        elif outcome == "failed":
            self._decline(purchase, at + timedelta(seconds=70))
            payment.capture = Capture.FAILED
            payment.open = not is_over
        elif outcome in {"pending", "authorized"}:
            self._unfinished(purchase, at + timedelta(seconds=80), outcome)
        elif outcome == "needs_review":
            self._other_amount(purchase, at + timedelta(seconds=80))
        else:
            self._paid(purchase, learner, course, at, outcome)
        payment.attempts = purchase.listed()
        payment.state = state_of(payment)
        look_at = looks.next_look(payment, self.today)
        if look_at and payment.provider in gateways.played_here():
            self.rows.jobs.append(_look(payment, look_at))
        if payment.open:
            payment.checkout_url = gateways.checkout_url(payment)
            self.waiting.add((learner.id, course.id))
        self.rows.payments.append(payment)
        self.purchases.append(purchase)

    def enroll_free(self, learner: Account, course: Course, at: datetime) -> None:
        grant = Grant(id=id_at("grt", at), kind="free", started=at)
        self._enroll(learner, course, at, grant)
        entry = self._entry(Act.ENROLLMENT_GRANTED, course.id, at, learner)
        entry.facts = {"kind": "free", "learner": learner.id}
        self._access_mail(learner, course, grant, f"grant-{grant.id}", at, "you enrolled.")

    def _checkout(
        self, learner: Account, course: Course, at: datetime, only: GatewayName | None
    ) -> Payment:
        indian = course.price.currency == "INR"
        provider: GatewayName = "razorpay" if indian and self.chance.random() < 0.65 else "stripe"
        provider = only or provider
        return Payment(
            _id=id_at("pay", at),
            account_id=learner.id,
            course_id=course.id,
            owner_id=course.owner_id,
            provider=provider,
            mode="sandbox",
            amount=course.price,
            listed=course.price,
            provider_checkout_id=gateways.new_id("checkout", provider),
            name=learner.name,
            email=learner.email,
            course_title=course.title,
            course_slug=course.slug,
            consent=Consent(at=at, versions=self.school.agreed_by_paying),
            billing_name=learner.name,
            billing_country=COUNTRIES[course.price.currency],
            created_at=at,
            expires_at=at + CHECKOUT_LASTS,
            updated_at=at,
        )

    def _decline(self, purchase: Purchase, at: datetime) -> None:
        payment = purchase.payment
        self._try(purchase, at, Capture.FAILED, reason=self.chance.choice(gateways.DECLINES))
        kind = (
            "payment.failed" if payment.provider == "razorpay" else "payment_intent.payment_failed"
        )
        self._event(payment, kind, at + timedelta(seconds=1), "failed")
        payment.updated_at = at
        self._note(payment, Act.PAYMENT_MOVED, at + timedelta(seconds=2), to="failed")

    def _unfinished(self, purchase: Purchase, at: datetime, outcome: str) -> None:
        payment = purchase.payment
        capture = Capture(outcome)
        late = gateways.LATE_WAYS.get(payment.amount.currency, gateways.LATE_ELSEWHERE)
        self._try(purchase, at, capture, late if capture is Capture.PENDING else None)
        payment.capture, payment.open, payment.updated_at = capture, True, at
        self._note(payment, Act.PAYMENT_MOVED, at, to=capture)

    def _other_amount(self, purchase: Purchase, at: datetime) -> None:
        """Paid, but not what our row says."""
        payment = purchase.payment
        purchase.amount_minor = payment.amount.minor // 2
        self._try(purchase, at, Capture.PAID)
        said = Money(minor=purchase.amount_minor, currency=payment.amount.currency)
        reason = f"The gateway reports {said}, but our payment is {payment.amount}."
        payment.review = Review(state=ReviewState.OPEN, reason=reason, at=at)
        payment.capture, payment.captured, payment.held_for = Capture.PAID, said, HeldFor.MISMATCH
        payment.provider_payment_id = purchase.tries[-1].id
        payment.open, payment.updated_at = False, at
        self._note(payment, Act.PAYMENT_REVIEW_OPENED, at, why=reason)

    def _try(
        self,
        purchase: Purchase,
        at: datetime,
        outcome: Capture,
        way: Way | None = None,
        reason: str = "",
    ) -> Try:
        """One attempt, in the whole seconds in which gateways tell the time."""
        provider = purchase.payment.provider
        again = provider == "stripe" and purchase.tries  # Stripe tries the same intent again
        told = Try(
            id=purchase.tries[-1].id if again else gateways.new_id("payment", provider),
            at=at.replace(microsecond=0),
            outcome=outcome,
            way=way or self.chance.choice(gateways.WAYS[provider]),
            reason=reason,
        )
        purchase.tries.append(told)
        return told

    def _paid(
        self, purchase: Purchase, learner: Account, course: Course, at: datetime, outcome: str
    ) -> None:
        payment = purchase.payment
        if self.chance.random() < 0.08:
            self._decline(purchase, at + timedelta(seconds=40))
        made = self._try(
            purchase, at + timedelta(seconds=self.chance.randint(50, 240)), Capture.PAID
        )
        seen_at = made.at + timedelta(seconds=2)
        payment.capture = Capture.PAID
        payment.provider_payment_id = made.id
        payment.method = made.way[1]
        payment.paid_at = made.at
        payment.updated_at = seen_at
        razorpay = payment.provider == "razorpay"
        kind = "payment.captured" if razorpay else "checkout.session.completed"
        self._event(payment, kind, made.at + timedelta(seconds=1), "paid")
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
            expires_at=calendar.school().later(seen_at, days) if days else None,
        )
        self._enroll(learner, course, seen_at, grant)
        self._access_mail(learner, course, grant, f"access-{payment.id}", seen_at,
                          "your payment has arrived.", payment)  # fmt: skip
        self._receipt(payment)
        if outcome in {"refunded", "partially_refunded"}:
            self._refund(payment, learner, grant, whole=outcome == "refunded")
        elif outcome == "disputed":
            self._dispute(purchase)

    def _receipt(self, payment: Payment) -> None:
        paid_at = payment.paid_at or payment.created_at
        year = calendar.school().date_of(paid_at).year
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
        at = min(at, self.today.replace(microsecond=0))
        minor = payment.amount.minor if whole else payment.amount.minor // 4
        refund = Refund(
            id=id_at("ref", at),
            amount_minor=minor,
            state=RefundState.SETTLED,
            cause=RefundCause.ADMIN,
            reason="Asked for within 14 days" if whole else "Goodwill for a late start",
            by=SYSTEM.id,
            provider_refund_id=gateways.new_id("refund", payment.provider),
            at=at,
            settled_at=at,
        )
        payment.refunds, payment.updated_at = [refund], at
        if whole:
            grant.ended, grant.end_reason = at, EndReason.REFUND
        amount = Money(minor=minor, currency=payment.amount.currency)
        self._note(payment, Act.PAYMENT_REFUND_STARTED, at, amount=amount, why=refund.reason)
        self._note(payment, Act.PAYMENT_REFUNDED, at, amount=amount, cause=refund.cause)
        facts = {
            "course": payment.course_title,
            "amount": str(amount),
            "ended": "Your access to the course has ended." if whole else "",
            "link": settings().origin + routes.my_payment(payment.id),
        }
        self._mail(EmailKind.REFUND, learner, f"refund-{refund.id}", facts, at, payment)

    def _dispute(self, purchase: Purchase) -> None:
        payment = purchase.payment
        at = (payment.paid_at or payment.created_at) + timedelta(days=1)
        at = min(at, self.today - timedelta(hours=2)).replace(microsecond=0)
        purchase.disputed_at = at
        payment.disputes = [
            Dispute(
                state=DisputeState.OPEN,
                provider_id=gateways.new_id("dispute", payment.provider),
                amount_minor=payment.amount.minor,
                reason="product not received",
                at=at,
                deadline=at + timedelta(days=9),
            )
        ]
        payment.updated_at = at
        self._note(payment, Act.PAYMENT_DISPUTE_CHANGED, at, to="open", why="product not received")

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
