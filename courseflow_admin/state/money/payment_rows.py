"""What is shown on the page of one payment, as text made from it."""

from dataclasses import dataclass
from typing import Any

from courseflow_admin import routes
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.mail.emails import Email
from courseflow_admin.models.money.payment_parts import (
    ASKS_A_PERSON,
    Capture,
    Consent,
    DisputeState,
    Refund,
    ReviewState,
    SettledBy,
)
from courseflow_admin.models.money.payments import Payment, method_text, state_of
from courseflow_admin.services.money.payments import PaymentDetail
from courseflow_admin.state.core import times
from courseflow_admin.state.core.auth import initials


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
    held: str = ""  # at the gateway, and not accepted
    net: str = ""
    learner: str = ""
    initials: str = ""
    email: str = ""
    learner_href: str = ""
    billed_to: str = ""
    agreed_to: str = ""
    course: str = ""
    course_href: str = ""
    person_href: str = ""
    why_href: str = ""
    provider: str = ""
    refundable: str = ""  # "" when nothing can be refunded
    lapses: str = ""  # when what is held goes back; "" when nothing waits to be captured
    review: str = ""  # why a person is asked for, "" when none is
    paid_for: str = ""


def effects_of(payment: Payment, amount: Money) -> list[str]:
    """What a refund of `amount` does: money, access, progress, e-mail, in this order."""
    provider = payment.provider.capitalize()
    left = payment.refundable.minor - amount.minor
    whole = left == 0
    rest = Money(minor=left, currency=amount.currency)
    return [
        f"{amount} is refunded through {provider} to the original payment method."
        + ("" if whole else f" {rest} can still be refunded later."),
        f"Access to {payment.course_title} through this payment ends "
        f"as soon as {provider} confirms."
        if whole
        else f"Access to {payment.course_title} is kept.",
        "Progress in the course is kept"
        + (" and restored if they get access again." if whole else "."),
        f"One e-mail, “Your refund for {payment.course_title}”, goes to {payment.email}.",
    ]


def effects_of_capturing(payment: Payment) -> list[str]:
    """What capturing it does: money, access, e-mails, in this order."""
    provider = payment.provider.capitalize()
    return [
        f"{payment.amount} is charged through {provider}: the full authorized amount.",
        f"{payment.name or 'The buyer'} gets access to {payment.course_title} as soon as "
        f"{provider} confirms.",
        f"Two e-mails go to {payment.email}: course access and the receipt.",
    ]


def held_at_the_gateway(payment: Payment) -> str:
    """`₹1,249.50 held at Razorpay`: money that a review is about; "" when there is none."""
    if not payment.held_minor or payment.held_for not in ASKS_A_PERSON:
        return ""
    held = Money(minor=payment.held_minor, currency=payment.charged.currency)
    return f"{held} held at {payment.provider.capitalize()}"


def effects_of_settling(payment: Payment, how: SettledBy) -> list[str]:
    """What settling its review does: the payment, money and access, the note, in this order."""
    held = Money(minor=payment.held_minor, currency=payment.charged.currency)
    name, course = payment.name or "The buyer", payment.course_title
    if how is SettledBy.ACCEPTED:
        return [
            f"{held} is accepted as the price of {course}, with a receipt for that amount.",
            f"{name} gets access to {course} immediately.",
            "Your note is kept in the payment history with your name. Two e-mails go to "
            f"{payment.email}: course access and the receipt.",
        ]
    if how is SettledBy.REFUNDED:
        return [
            f"{held} goes back through {payment.provider.capitalize()}, usually within a minute.",
            f"{name} gets no access by this payment, and can buy {course} again.",
            "Your note is kept in the payment history with your name. An e-mail tells "
            f"{payment.email} about the refund.",
        ]
    return _effects_of_a_note(payment)


def _effects_of_a_note(payment: Payment) -> list[str]:
    review = payment.review.model_copy(update={"state": ReviewState.RESOLVED})
    changes: dict[str, Any] = {"review": review}
    unpaid = payment.capture is not Capture.PAID
    if payment.capture is Capture.CREATED:
        changes["capture"] = Capture.EXPIRED
    word = state_of(payment.model_copy(update=changes)).label
    name = payment.name or "its buyer"
    return [
        f"The payment no longer needs review. Its status changes to “{word}”.",
        f"Its checkout is closed, so {name} can buy {payment.course_title} again."
        if unpaid and payment.capture not in {Capture.PENDING, Capture.AUTHORIZED}
        else "Its checkout is closed. The money on its way is still followed."
        if unpaid
        else "No money is moved, and no access changes.",
        "Your note is kept in the payment history with your name. No e-mail is sent.",
    ]


def shown_of(payment: Payment) -> Shown:
    sums = payment.breakdown
    by = (
        f"with {method_text(payment.method)}"
        if payment.method
        else f"at {payment.provider.capitalize()}"
    )
    at = payment.paid_at or payment.created_at
    paid = payment.capture is Capture.PAID
    name = payment.name or "a deleted account"
    return Shown(
        title=f"Payment from {name}",
        amount=str(payment.amount),
        state=payment.state.value,
        subtitle=f"{payment.course_title}, {by}, {times.long(at)}",
        warning=_warning(payment),
        listed=str(payment.listed),
        charged=str(sums.charged),
        refunded=f"−{sums.refunded}" if sums.refunded.minor else str(sums.refunded),
        pending_refund=str(sums.pending) if sums.pending.minor else "",
        taken_back=f"−{sums.taken_back}" if sums.taken_back.minor else "",
        held=str(sums.held) if sums.held.minor else "",
        net=sums.net,
        learner=payment.name or "Deleted account",
        initials=initials(payment.name),
        email=payment.email,
        learner_href=routes.with_query(routes.PAYMENTS, account=payment.account_id),
        billed_to=payment.billed_to,
        agreed_to=_agreed(payment.consent),
        course=payment.course_title,
        course_href=routes.course(payment.course_slug),
        person_href=routes.person(payment.account_id),
        why_href=routes.access(payment.account_id, payment.course_id),
        provider=payment.provider.capitalize(),
        lapses=times.long(payment.lapses_at) if payment.lapses_at else "",
        review=payment.review.reason if payment.review.state is ReviewState.OPEN else "",
        refundable=str(payment.refundable) if paid and payment.refundable.minor > 0 else "",
        paid_for=f"Paid {payment.amount} {by} for {payment.course_title}.",
    )


def _agreed(consent: Consent | None) -> str:
    return f"{str(consent).capitalize()}, {times.long(consent.at)}" if consent else ""


def _warning(payment: Payment) -> str:
    if payment.review.state is ReviewState.OPEN:
        return f"Needs review: {payment.review.reason}".removesuffix(": ")
    if payment.lapses_at:
        return (
            "Authorized but not captured: nothing is charged yet. If it is not captured, it "
            f"expires on {times.long(payment.lapses_at)}."
        )
    if payment.dispute.state is DisputeState.OPEN:
        if not payment.dispute.provider_id:  # told to someone who cannot answer the bank
            return "Disputed by the cardholder."
        until = payment.dispute.deadline
        answer = f" Respond at {payment.provider.capitalize()}"
        when = f" before {times.long(until)}." if until else "."
        return f"Disputed by the cardholder ({payment.dispute.reason}).{answer}{when}"
    if payment.dispute.state is DisputeState.LOST:
        return "Dispute lost. The bank returned the money, and access has ended."
    if payment.duplicate_of and payment.review.state is not ReviewState.RESOLVED:
        return "Second payment for one purchase. It is refunded automatically."
    return ""


def email_line(email: Email) -> EmailLine:
    return EmailLine(
        subject=email.subject,
        note=f"To {email.to}, {times.short(email.sent_at or email.queued_at)}",
        state=email.state.value,
        href=routes.email(email.id),
    )


def refund_line(payment: Payment, refund: Refund) -> RefundLine:
    amount = Money(minor=refund.amount_minor, currency=payment.amount.currency)
    return RefundLine(
        amount=str(amount),
        note=f"{times.short(refund.settled_at or refund.at)}: {refund.reason}".removesuffix(": "),
        state=refund.state.value,
    )


def references_of(detail: PaymentDetail) -> list[Reference]:
    payment, receipt = detail.payment, detail.receipt
    provider = payment.provider.capitalize()
    checkout = "session" if payment.provider == "stripe" else "order"
    pairs = [
        ("Payment", payment.id),
        (f"{provider} {checkout}", payment.provider_checkout_id),
        (f"{provider} payment", payment.provider_payment_id),
        ("Receipt", receipt.label if receipt and receipt.number else ""),
        ("Duplicate of", payment.duplicate_of),
    ]
    return [Reference(word, value) for word, value in pairs if value]
