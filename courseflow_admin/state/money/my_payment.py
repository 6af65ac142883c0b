"""One payment as its learner sees it: confirming until it is so, then the result."""

import time
from dataclasses import dataclass
from datetime import timedelta

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import NotSignedIn
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payment_parts import (
    Capture,
    DisputeState,
    PaymentState,
    RefundCause,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.money.payments import Payment, method_text
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.services.money import payments
from courseflow_admin.services.money.sync import ON_ITS_WAY, awaits_answer
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import last_part
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event

LOOK_FOR_SECONDS = 60
FOLLOW_FOR_SECONDS = 30 * 60  # late money may come for days; no one watches so long
TAKEN = "deducted"  # in Razorpay's words for a failure whose money may be on its way
JUST_OPENED = timedelta(hours=1)  # an older checkout is one that was left, not one on its way


@dataclass
class Outcome:
    """What a payment has come to, in the learner's words, and the next act."""

    look: str  # waiting, done, failed, back, over, person, bank
    title: str
    sentence: str
    act: str = ""
    act_href: str = ""


@dataclass
class MyShown:
    """Everything beside the outcome that is text."""

    look: str = ""
    title: str = ""
    sentence: str = ""
    act: str = ""
    act_href: str = ""
    state: str = ""
    amount: str = ""
    course: str = ""
    course_href: str = ""
    charged: str = ""
    refunded: str = ""
    taken_back: str = ""  # by the bank
    net: str = ""
    date: str = ""
    paid_on: str = ""
    method: str = ""
    receipt: str = ""
    reference: str = ""
    billed_to: str = ""
    support: str = ""


class MyPaymentState(DetailState, rx.State):
    shown: MyShown = MyShown()
    waiting: bool = False  # while it is so the page asks `look` every second
    following: bool = False  # and while this is so, every ten
    _since: float = 0.0

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        self.waiting = self.following = False
        if self._turn_to(last_part(self)):
            yield
        self._since = time.monotonic()
        await self._look()

    @event(Permission.ACCOUNT_OWN)
    async def look(self):
        """Read it again; asked by the page while it is open, for half an hour at most."""
        if self.waiting or self.following:
            await self._look()

    async def _look(self) -> None:
        auth = await self.get_state(AuthState)
        try:
            async with self._refusals(kept=self.view == "there"):  # the next look tries again
                payment, receipt = await payments.get_mine(auth.actor(), last_part(self))
                self._show(payment, receipt, await school_settings.get())
        except NotSignedIn:
            self.waiting = self.following = False
            raise

    def _show(self, payment: Payment, receipt: Receipt | None, school: SchoolSettings) -> None:
        looked_for = time.monotonic() - self._since
        self.waiting = looked_for < LOOK_FOR_SECONDS and is_expected(payment, receipt)
        moves = payment.capture is not Capture.PAID or is_expected(payment, receipt)
        self.following = moves and not self.waiting and looked_for < FOLLOW_FOR_SECONDS
        outcome = outcome_of(
            payment, waiting=self.waiting, disputes_suspend=school.disputes_suspend
        )
        self.shown = _shown(payment, receipt, outcome, school)
        self.view = "there"

    def _forget(self) -> None:
        self.shown, self.waiting, self.following = MyShown(), False, False


def is_expected(payment: Payment, receipt: Receipt | None) -> bool:
    """Whether something is about to happen to it automatically."""
    if payment.review.state is ReviewState.OPEN or payment.duplicate_of:
        return False
    if payment.capture is Capture.PAID:
        return receipt is not None and not receipt.number
    if payment.capture is Capture.CREATED and payment.created_at > clock.business() - JUST_OPENED:
        return True
    return payment.capture in ON_ITS_WAY or awaits_answer(payment)


def outcome_of(payment: Payment, *, waiting: bool, disputes_suspend: bool) -> Outcome:
    """What to say about this payment; `waiting`: whether we are still looking every second."""
    if payment.review.state is ReviewState.OPEN and payment.capture is not Capture.PAID:
        return Outcome(
            "person",
            "We're reviewing this payment",
            "The payment doesn't match your order, so we are checking it and will e-mail you. No "
            "action is needed. Please don't pay again.",
        )
    if payment.review.state is ReviewState.RESOLVED and payment.capture is not Capture.PAID:
        return Outcome(
            "over",
            "We have reviewed this payment",
            "The payment didn't match your order, so the school settled it manually. It did not "
            "give access to the course. You can buy it at any time.",
            "Buy course",
            routes.checkout(payment.course_slug),
        )
    if payment.dispute.state in {DisputeState.OPEN, DisputeState.LOST}:
        return _disputed(payment, disputes_suspend=disputes_suspend)
    if _came_twice(payment):
        return _twice(payment)
    if payment.capture is Capture.PAID:
        return _paid(payment)
    if awaits_answer(payment):
        return _unconfirmed(payment, waiting=waiting)
    if payment.capture is Capture.FAILED:
        return _failed(payment)
    if payment.capture is Capture.LAPSED:
        return Outcome(
            "over",
            "This payment was not accepted in time",
            f"Nothing was charged: your bank releases {payment.amount}. You can buy the course "
            "again.",
            "Buy course",
            routes.checkout(payment.course_slug),
        )
    if payment.capture is Capture.EXPIRED:
        return Outcome(
            "over",
            "This checkout has expired",
            "Nothing was charged. You can buy the course at any time.",
            "Buy course",
            routes.checkout(payment.course_slug),
        )
    return _unconfirmed(payment, waiting=waiting)


def _unconfirmed(payment: Payment, *, waiting: bool) -> Outcome:
    provider = payment.provider.capitalize()
    if payment.capture is Capture.AUTHORIZED:
        return Outcome(
            "bank",
            "Your payment is authorized",
            "Nothing is charged until the school accepts it. We'll e-mail you when you have "
            "access. Please don't pay again.",
        )
    if payment.capture is Capture.PENDING:
        return Outcome(
            "bank",
            "Your payment is still being confirmed",
            f"{provider} is waiting for your bank, which may take a while. We'll e-mail you when "
            "you have access. You can leave this page. Please don't pay again.",
        )
    if waiting:
        return Outcome(
            "waiting",
            "Confirming your payment",
            f"We are checking with {provider}. This takes a few seconds.",
        )
    return Outcome(
        "over",
        "No payment received yet",
        f"{provider} has not reported a payment. If you have paid, please wait for our e-mail and "
        "don't pay again. If you left before paying, you can continue.",
        "Continue to payment",
        routes.checkout(payment.course_slug),
    )


def _disputed(payment: Payment, *, disputes_suspend: bool) -> Outcome:
    if payment.dispute.state is DisputeState.LOST:
        return Outcome(
            "back",
            "Your bank returned the money",
            f"Your access to {payment.course_title} has ended.",
        )
    meanwhile = (
        "Your access is suspended until it is decided."
        if disputes_suspend
        else "You keep access until it is decided."
    )
    return Outcome(
        "bank",
        "You disputed this payment",
        f"{meanwhile} If this was a mistake, ask your bank to withdraw the dispute.",
    )


def _paid(payment: Payment) -> Outcome:
    settled = payment.breakdown.refunded
    start = ("Start learning", routes.learn(payment.course_slug))
    if payment.state is PaymentState.REFUNDED:
        return Outcome(
            "back",
            "Refunded",
            (
                f"{settled} was refunded to your original payment method. Access from this "
                "payment has ended."
            ),
            "View course",
            routes.course(payment.course_slug),
        )
    pending = payment.breakdown.pending
    more = f" A refund of {pending} is on its way to you." if pending.minor else ""
    if payment.state is PaymentState.PARTIALLY_REFUNDED:
        sentence = f"{settled} of {payment.amount} was refunded. You keep access."
        return Outcome("done", "Partly refunded", sentence + more, *start)
    return Outcome("done", "Paid", f"You now have access to {payment.course_title}.{more}", *start)


def _came_twice(payment: Payment) -> bool:
    """On one checkout, or on a second one at the other gateway."""
    return bool(payment.duplicate_of) or any(
        refund.cause is RefundCause.SECOND_PAYMENT for refund in payment.refunds
    )


def _twice(payment: Payment) -> Outcome:
    course = ("View course", routes.learn(payment.course_slug))
    title = "You paid twice; this is the second payment"
    have = f"You already have {payment.course_title}"
    if payment.refunded_minor >= payment.amount.minor:
        return Outcome(
            "back",
            title,
            (f"{have}, so this payment was refunded to your original payment method."),
            *course,
        )
    if payment.refunds and all(one.state is RefundState.FAILED for one in payment.refunds):
        if payment.review.state is ReviewState.RESOLVED:
            return Outcome(
                "over",
                title,
                f"{have}. This payment could not be refunded automatically, so the school took "
                "care of it. If the money has not reached you, write to us.",
                *course,
            )
        return Outcome(
            "person",
            title,
            f"{have}. This payment could not be refunded automatically, so the school is taking "
            "care of it. No action is needed.",
            *course,
        )
    return Outcome(
        "back",
        title,
        f"{have}, so this payment is being refunded automatically. No action is needed.",
        *course,
    )


def _failed(payment: Payment) -> Outcome:
    reasons = [one.reason for one in payment.attempts if one.outcome is Capture.FAILED]
    reason = next((one for one in reversed(reasons) if one), "")
    if TAKEN in reason.lower():
        return Outcome(
            "failed",
            "The payment was not confirmed in time",
            f"You don't have access to {payment.course_title} yet. If your bank charged you, the "
            "money either comes back or arrives late and gives you access automatically. If you "
            "pay again and both arrive, we refund the second payment automatically.",
            "Try again",
            routes.checkout(payment.course_slug),
        )
    because = f" Reason: {reason.rstrip('.')}." if reason else ""
    return Outcome(
        "failed",
        "The payment failed",
        f"Nothing was charged.{because} You can try again or use another payment method.",
        "Try again",
        routes.checkout(payment.course_slug),
    )


def _shown(
    payment: Payment, receipt: Receipt | None, outcome: Outcome, school: SchoolSettings
) -> MyShown:
    sums = payment.breakdown
    return MyShown(
        look=outcome.look,
        title=outcome.title,
        sentence=outcome.sentence,
        act=outcome.act,
        act_href=outcome.act_href,
        state="confirming" if outcome.look == "waiting" else payment.state.value,
        amount=str(payment.amount),
        course=payment.course_title,
        course_href=routes.course(payment.course_slug),
        charged=str(sums.charged),
        refunded=f"−{sums.refunded}" if sums.refunded.minor else "",
        taken_back=f"−{sums.taken_back}" if sums.taken_back.minor else "",
        net=str(sums.net),
        date=times.long(payment.created_at),
        paid_on=times.at_school(payment.paid_at) if payment.paid_at else "",
        method=f"{method_text(payment.method)} ({payment.provider.capitalize()})"
        if payment.method
        else payment.provider.capitalize(),
        receipt=receipt.label if receipt and receipt.number else "",
        reference=payment.id,
        billed_to=payment.billed_to,
        support=school.support_email,
    )
