"""One payment as its learner sees it: confirming until it is so, then what came of it."""

import time
from dataclasses import dataclass
from datetime import timedelta

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import CourseFlowError, NotFound, NotSignedIn
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payments import (
    Capture,
    DisputeState,
    Payment,
    PaymentState,
    RefundCause,
    RefundState,
    ReviewState,
)
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.services.money import payments
from courseflow_admin.services.money.sync import ON_ITS_WAY, awaits_answer
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import support
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import last_part
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event

LOOK_FOR_SECONDS = 60
FOLLOW_FOR_SECONDS = 30 * 60  # late money may come for days; nobody watches so long
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


class MyPaymentState(rx.State):
    view: str = "loading"
    error: str = ""
    shown: MyShown = MyShown()
    waiting: bool = False  # while it is so the page asks `look` every second
    following: bool = False  # and while this is so, every ten
    _shown_id: str = ""
    _since: float = 0.0

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        self.waiting = self.following = False
        if self._shown_id != last_part(self):
            self.view = "loading"
            yield
        self._since = time.monotonic()
        await self._look()

    @event(Permission.ACCOUNT_OWN)
    async def look(self):
        """Read it again; asked by the page while it is open, for half an hour at most."""
        if self.waiting or self.following:
            await self._look()

    async def _look(self) -> None:
        payment_id = last_part(self)
        auth = await self.get_state(AuthState)
        try:
            payment, receipt = await payments.get_mine(auth.actor(), payment_id)
            school = await school_settings.get()
        except NotSignedIn:
            self.waiting = self.following = False
            raise
        except NotFound:
            self._shown_id, self.view = "", "missing"
            self.waiting = self.following = False
            return
        except CourseFlowError as problem:
            if self.view != "there":  # else what is shown stays, and the next look tries again
                self.view, self.error = "error", await support.sentence(problem)
            return
        looked_for = time.monotonic() - self._since
        self.waiting = looked_for < LOOK_FOR_SECONDS and is_expected(payment, receipt)
        moves = payment.capture is not Capture.PAID or is_expected(payment, receipt)
        self.following = moves and not self.waiting and looked_for < FOLLOW_FOR_SECONDS
        outcome = outcome_of(
            payment, waiting=self.waiting, disputes_suspend=school.disputes_suspend
        )
        self.shown = _shown(payment, receipt, outcome, school)
        self._shown_id, self.view = payment_id, "there"


def is_expected(payment: Payment, receipt: Receipt | None) -> bool:
    """Whether something is about to happen to it by itself."""
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
            "A person is looking at this payment",
            "What arrived does not match your order in every detail, so we check it by hand and "
            "write to you. You need not do anything; please do not pay again.",
        )
    if payment.review.state is ReviewState.RESOLVED and payment.capture is not Capture.PAID:
        return Outcome(
            "over",
            "A person has looked at this payment",
            "What arrived did not match your order in every detail, so the school has settled it "
            "by hand. The course was not opened by it; you can buy it at any time.",
            "Buy the course",
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
    if payment.capture is Capture.EXPIRED:
        return Outcome(
            "over",
            "This checkout has expired",
            "Nothing was paid. You can buy the course at any time.",
            "Buy the course",
            routes.checkout(payment.course_slug),
        )
    return _unconfirmed(payment, waiting=waiting)


def _unconfirmed(payment: Payment, *, waiting: bool) -> Outcome:
    provider = payment.provider.capitalize()
    if payment.capture is Capture.AUTHORIZED:
        return Outcome(
            "bank",
            "Your bank holds the amount for us",
            "Nothing is charged yet: the school has to accept it first. We write to you the moment "
            "the course is open; please do not pay again.",
        )
    if payment.capture is Capture.PENDING:
        return Outcome(
            "bank",
            "Your payment is still being confirmed",
            f"{provider} waits for your bank, which may take a while. We write to you the moment "
            "the course is open. You can leave this page; please do not pay again.",
        )
    if waiting:
        return Outcome(
            "waiting",
            "Confirming your payment",
            f"We are asking {provider} whether the money has arrived. This takes a few seconds.",
        )
    return Outcome(
        "over",
        "No payment has arrived yet",
        f"{provider} has not told us of one. If you have paid, wait for our e-mail instead of "
        "paying again; if you left before paying, you can go on.",
        "Go on to pay",
        routes.checkout(payment.course_slug),
    )


def _disputed(payment: Payment, *, disputes_suspend: bool) -> Outcome:
    if payment.dispute.state is DisputeState.LOST:
        return Outcome(
            "back",
            "Your bank has given the money back",
            f"With it your access to {payment.course_title} has ended.",
        )
    meanwhile = (
        "Access to the course waits for the outcome."
        if disputes_suspend
        else "The course stays open to you meanwhile."
    )
    return Outcome(
        "bank",
        "Your bank is asking about this payment",
        f"{meanwhile} If you did not mean to dispute it, tell your bank to withdraw.",
    )


def _paid(payment: Payment) -> Outcome:
    settled = payment.breakdown.refunded
    start = ("Start learning", routes.learn(payment.course_slug))
    if payment.state is PaymentState.REFUNDED:
        return Outcome(
            "back",
            "Refunded",
            f"{settled} went back the way you paid. The access this payment gave has ended.",
            "See the course",
            routes.course(payment.course_slug),
        )
    pending = payment.breakdown.pending
    more = f" A refund of {pending} is on its way to you." if pending.minor else ""
    if payment.state is PaymentState.PARTIALLY_REFUNDED:
        sentence = f"{settled} of {payment.amount} went back to you. The course stays open."
        return Outcome("done", "Partly refunded", sentence + more, *start)
    return Outcome("done", "Paid", f"{payment.course_title} is open for you.{more}", *start)


def _came_twice(payment: Payment) -> bool:
    """On one checkout, or on a second one at the other gateway."""
    return bool(payment.duplicate_of) or any(
        refund.cause is RefundCause.SECOND_PAYMENT for refund in payment.refunds
    )


def _twice(payment: Payment) -> Outcome:
    course = ("See the course", routes.learn(payment.course_slug))
    title = "You paid twice, and this was the second time"
    have = f"You have {payment.course_title} already"
    if payment.settled_minor >= payment.amount.minor:
        return Outcome("back", title, f"{have}, so this money went back the way you paid.", *course)
    if payment.refunds and all(one.state is RefundState.FAILED for one in payment.refunds):
        if payment.review.state is ReviewState.RESOLVED:
            return Outcome(
                "over",
                title,
                f"{have}. This money did not go back the usual way, and a person has seen to it. "
                "If it has not reached you, write to us.",
                *course,
            )
        return Outcome(
            "person",
            title,
            f"{have}. This money did not go back by itself, so a person sees to it. "
            "You need not do anything.",
            *course,
        )
    return Outcome(
        "back",
        title,
        f"{have}, so this money goes back by itself. You need not do anything.",
        *course,
    )


def _failed(payment: Payment) -> Outcome:
    reasons = [one.reason for one in payment.attempts if one.outcome is Capture.FAILED]
    reason = next((one for one in reversed(reasons) if one), "")
    if TAKEN in reason.lower():
        return Outcome(
            "failed",
            "The payment did not go through in time",
            f"{payment.course_title} is not open yet. If your bank has taken an amount, it either "
            "comes back to you or arrives late and opens the course by itself. If you pay again "
            "and both arrive, the second payment goes back by itself.",
            "Try again",
            routes.checkout(payment.course_slug),
        )
    because = f" The reason given: {reason.rstrip('.')}." if reason else ""
    return Outcome(
        "failed",
        "The payment did not go through",
        f"Nothing was charged.{because} You can try again, also with another card or another way "
        "to pay.",
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
        method=f"{payment.method} at {payment.provider.capitalize()}"
        if payment.method
        else payment.provider.capitalize(),
        receipt=receipt.label if receipt and receipt.number else "",
        reference=payment.id,
        billed_to=payment.billed_to,
        support=school.support_email,
    )
