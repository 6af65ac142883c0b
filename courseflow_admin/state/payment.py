"""One payment: what happened to it, what it is made of, re-check and refund."""

from dataclasses import dataclass

import reflex as rx
from pydantic import Field

from courseflow_admin import routes
from courseflow_admin.errors import CourseFlowError, Invalid, NotFound, NotSignedIn
from courseflow_admin.models.base import new_id
from courseflow_admin.models.emails import Email
from courseflow_admin.models.money import Money
from courseflow_admin.models.payments import (
    Capture,
    Consent,
    DisputeState,
    Payment,
    Refund,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.permissions import Permission
from courseflow_admin.services import payments, refunds, support
from courseflow_admin.services.payments import PaymentDetail
from courseflow_admin.state import notices, times
from courseflow_admin.state.address import last_part
from courseflow_admin.state.auth import AuthState, initials
from courseflow_admin.state.events import Form, event
from courseflow_admin.state.notices import Notice

# The services' icons -> those a timeline can draw (components/timeline.ICONS).
STEP_ICONS = {
    "arrow_right": "note",
    "circle_check": "check",
    "circle_x": "failed",
    "hourglass": "clock",
    "key_round": "access",
    "mail": "mail",
    "mail_check": "mail_check",
    "mail_warning": "alert",
    "mail_x": "mail_failed",
    "receipt_text": "receipt",
    "refresh_cw": "person",
    "scale": "alert",
    "scan_search": "sync",
    "shopping_cart": "cart",
    "timer_off": "clock",
    "file_pen": "note",
    "triangle_alert": "alert",
    "undo_2": "refund",
    "webhook": "webhook",
}


@dataclass
class StepRow:
    """What components/timeline draws."""

    icon: str
    tone: str
    what: str
    who: str
    time: str
    when: str
    label: str
    evidence: str


@dataclass
class EmailLine:
    subject: str
    note: str
    state: str
    href: str


@dataclass
class RefundLine:
    amount: str
    note: str
    state: str


@dataclass
class Reference:
    word: str
    value: str


@dataclass
class Shown:
    """Everything on the page that is text."""

    title: str = ""
    amount: str = ""
    state: str = ""
    subtitle: str = ""
    warning: str = ""
    listed: str = ""
    charged: str = ""
    refunded: str = ""
    pending_refund: str = ""
    taken_back: str = ""  # by the bank
    net: str = ""
    learner: str = ""
    initials: str = ""
    email: str = ""
    learner_href: str = ""
    billed_to: str = ""
    agreed_to: str = ""
    country: str = ""
    course: str = ""
    course_href: str = ""
    person_href: str = ""
    why_href: str = ""
    provider: str = ""
    refundable: str = ""  # "" when nothing can be refunded
    paid_for: str = ""


class RefundForm(Form):
    amount: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=300)


class PaymentDetailState(rx.State):
    view: str = "loading"
    error: str = ""
    shown: Shown = Shown()
    steps: list[StepRow] = []
    emails: list[EmailLine] = []
    refunds: list[RefundLine] = []
    references: list[Reference] = []
    zone: str = ""
    checking: bool = False
    dialog: bool = False
    dialog_key: int = 0
    refund_amount: str = ""  # what the field begins with
    refund_act: str = ""  # what the button says
    refund_effects: list[str] = []
    amount_problem: str = ""
    reason_problem: str = ""
    refund_problem: str = ""
    refunding: bool = False
    _payment: Payment | None = None
    _request_id: str = ""

    @event(Permission.PAYMENTS_READ, supersedes=True)
    async def load(self):
        payment_id = last_part(self)
        if self._payment is None or self._payment.id != payment_id:
            self.view, self.dialog = "loading", False
            yield
        auth = await self.get_state(AuthState)
        try:
            detail = await payments.get(auth.actor(), payment_id)
        except NotSignedIn:
            raise
        except NotFound:
            self._payment, self.view = None, "missing"
            return
        except CourseFlowError as problem:
            self.view, self.error = "error", await support.sentence(problem)
            return
        self._show(detail)

    @event(Permission.PAYMENTS_SYNC)
    async def recheck(self):
        """Ask the gateway anew, now."""
        if self._payment is None or self.checking:
            return
        self.checking = True
        yield
        try:
            auth = await self.get_state(AuthState)
            try:
                result = await payments.recheck(auth.actor(), self._payment.id)
            except CourseFlowError:
                # The asking and the gateway's no stand in its history.
                self._show(await payments.get(auth.actor(), self._payment.id))
                raise
            self._show(await payments.get(auth.actor(), self._payment.id))
            yield notices.success(f"Asked {self.shown.provider} anew: {result.rstrip('.')}.")
        finally:
            self.checking = False

    @event(Permission.PAYMENTS_REFUND)
    async def show_dialog(self, is_open: bool):
        self.dialog = is_open and self._payment is not None
        if self.dialog and self._payment is not None:
            self._request_id = new_id("ref")
            self.dialog_key += 1
            self.refund_amount = self._payment.refundable.plain()
            self.refund_problem = self.reason_problem = ""
            self._preview(self.refund_amount)

    @event(Permission.PAYMENTS_REFUND)
    async def preview(self, amount: str):
        """What a refund of this amount would do."""
        self._preview(amount)

    @event(Permission.PAYMENTS_REFUND)
    async def refund(self, form: RefundForm):
        if self._payment is None or self.refunding:
            return
        self.refund_problem = ""
        self.reason_problem = "" if form.reason else "Say why: it stands in the payment's history."
        self._preview(form.amount)
        if self.reason_problem or self.amount_problem:
            return
        self.refunding = True
        yield
        try:
            yield await self._refund(form)
        except CourseFlowError as problem:
            # A refused refund keeps its id, so the next try needs one of its own.
            self._request_id = new_id("ref")
            self.refund_problem = await support.sentence(problem)
        finally:
            self.refunding = False

    async def _refund(self, form: RefundForm) -> Notice:
        auth = await self.get_state(AuthState)
        payment, request_id = self._payment, self._request_id
        if payment is None:
            raise NotFound("payment")
        amount = Money.parse(form.amount, payment.amount.currency)
        after = await refunds.refund(auth.actor(), payment.id, amount, form.reason, request_id)
        self._show(await payments.get(auth.actor(), payment.id))
        self.dialog = False
        made = next((one for one in after.refunds if one.id == request_id), None)
        if made is not None and made.state is RefundState.PENDING:
            return notices.info(
                f"{self.shown.provider} has not confirmed the refund of {amount} yet. "
                "We keep asking; its state stands on this page."
            )
        return notices.success(f"Refunded {amount} to {payment.name}.")

    def _preview(self, text: str) -> None:
        payment = self._payment
        self.amount_problem, self.refund_effects = "", []
        if payment is None:
            return
        try:
            amount = Money.parse(text, payment.amount.currency)
        except Invalid as problem:
            self.amount_problem, self.refund_act = problem.message, "Refund"
            return
        self.refund_act = f"Refund {amount} to {payment.name}"
        if amount.minor == 0:
            self.amount_problem = "Write an amount above nothing."
        elif amount.minor > payment.refundable.minor:
            self.amount_problem = f"Only {payment.refundable} can still be refunded."
        else:
            self.refund_effects = effects_of(payment, amount)

    def _show(self, detail: PaymentDetail) -> None:
        payment = detail.payment
        self._payment = payment
        self.shown = _shown(payment)
        self.zone = times.zone()
        self.steps = [
            StepRow(
                icon=STEP_ICONS.get(step.icon, ""),
                tone=step.tone,
                what=step.sentence,
                who=step.who,
                time=times.exact(step.at),
                when=step.at.isoformat(),
                label=step.evidence_label,
                evidence="\n".join(f"{word}: {value}" for word, value in step.evidence),
            )
            for step in detail.steps
        ]
        self.emails = [_email_line(email) for email in detail.emails]
        self.refunds = [_refund_line(payment, refund) for refund in payment.refunds]
        self.references = _references(detail)
        self.view = "there"


def effects_of(payment: Payment, amount: Money) -> list[str]:
    """What a refund of `amount` does: money, access, progress, e-mail, in this order."""
    provider = payment.provider.capitalize()
    left = payment.refundable.minor - amount.minor
    whole = left == 0
    rest = Money(minor=left, currency=amount.currency)
    return [
        f"{amount} goes back through {provider}, the way it was paid."
        + ("" if whole else f" {rest} could still be refunded later."),
        f"Access to {payment.course_title} through this payment ends "
        f"as soon as {provider} confirms."
        if whole
        else f"Access to {payment.course_title} is kept.",
        "Progress in the course is kept"
        + (" and counts again should access come back." if whole else "."),
        f"One e-mail, “Your refund for {payment.course_title}”, goes to {payment.email}.",
    ]


def _shown(payment: Payment) -> Shown:
    currency = payment.amount.currency
    settled = Money(minor=payment.settled_minor, currency=currency)
    pending = Money(minor=payment.refunded_minor - payment.settled_minor, currency=currency)
    by = f"by {payment.method}" if payment.method else f"at {payment.provider.capitalize()}"
    at = payment.paid_at or payment.created_at
    paid = payment.capture is Capture.PAID
    name = payment.name or "a deleted account"
    taken = payment.amount.minor if paid else 0
    taken_back = Money(minor=payment.taken_back_minor, currency=currency)
    return Shown(
        title=f"Payment from {name}",
        amount=str(payment.amount),
        state=payment.state.value,
        subtitle=f"{payment.course_title}, {by}, {times.long(at)}",
        warning=_warning(payment),
        listed=str(payment.listed),
        charged=str(Money(minor=taken, currency=currency)),
        refunded=f"−{settled}" if settled.minor else str(settled),
        pending_refund=str(pending) if pending.minor > 0 else "",
        taken_back=f"−{taken_back}" if taken_back.minor else "",
        net=str(Money(minor=max(0, taken - settled.minor - taken_back.minor), currency=currency)),
        learner=payment.name or "Deleted account",
        initials=initials(payment.name),
        email=payment.email,
        learner_href=routes.with_query(routes.PAYMENTS, email=payment.email),
        billed_to=payment.billing_name,
        agreed_to=_agreed(payment.consent),
        country=payment.billing_country,
        course=payment.course_title,
        course_href=routes.course(payment.course_slug),
        person_href=routes.person(payment.account_id),
        why_href=routes.access(payment.account_id, payment.course_id),
        provider=payment.provider.capitalize(),
        refundable=str(payment.refundable) if paid and payment.refundable.minor > 0 else "",
        paid_for=f"Paid {payment.amount} {by} for {payment.course_title}.",
    )


def _agreed(consent: Consent | None) -> str:
    return f"{str(consent).capitalize()}, {times.long(consent.at)}" if consent else ""


def _warning(payment: Payment) -> str:
    if payment.review.state is ReviewState.OPEN:
        return f"Needs a look by a person: {payment.review.reason}"
    if payment.dispute.state is DisputeState.OPEN:
        until = payment.dispute.deadline
        answer = f" Answer it at {payment.provider.capitalize()}"
        when = f" before {times.long(until)}." if until else "."
        return f"The bank asks about this payment ({payment.dispute.reason}).{answer}{when}"
    if payment.dispute.state is DisputeState.LOST:
        return "The dispute is lost: the bank has given the money back, and access has ended."
    if payment.duplicate_of:
        return "This money came in a second time for one purchase, so it goes back by itself."
    return ""


def _email_line(email: Email) -> EmailLine:
    return EmailLine(
        subject=email.subject,
        note=f"To {email.to}, {times.short(email.sent_at or email.queued_at)}",
        state=email.state.value,
        href=routes.email(email.id),
    )


def _refund_line(payment: Payment, refund: Refund) -> RefundLine:
    amount = Money(minor=refund.amount_minor, currency=payment.amount.currency)
    return RefundLine(
        amount=str(amount),
        note=f"{times.short(refund.settled_at or refund.at)}: {refund.reason}",
        state=refund.state.value,
    )


def _references(detail: PaymentDetail) -> list[Reference]:
    payment, receipt = detail.payment, detail.receipt
    provider = payment.provider.capitalize()
    checkout = "session" if payment.provider == "stripe" else "order"
    pairs = [
        ("Payment", payment.id),
        (f"{provider} {checkout}", payment.provider_checkout_id),
        (f"{provider} payment", payment.provider_payment_id),
        ("Receipt", receipt.label if receipt and receipt.number else ""),
        ("Second of", payment.duplicate_of),
    ]
    return [Reference(word, value) for word, value in pairs if value]
