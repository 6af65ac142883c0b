"""One payment: what happened to it, what it is made of, re-check, capture, refund and review."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import reflex as rx
from pydantic import Field

from courseflow_admin.errors import CourseFlowError, Invalid
from courseflow_admin.models.core.amounts import LONGEST_WRITTEN, Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.money.payment_parts import (
    Capture,
    Refund,
    RefundState,
    ReviewState,
    SettledBy,
)
from courseflow_admin.models.money.payments import LONGEST_NOTE, LONGEST_REASON, Payment
from courseflow_admin.services.money import captures, payments, refunds, reviews
from courseflow_admin.services.money.payments import PaymentDetail
from courseflow_admin.services.money.refunds import NewerRefund
from courseflow_admin.services.school import support
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.acts import ActsState
from courseflow_admin.state.core.address import last_part
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import Form, event, resumed
from courseflow_admin.state.core.notices import Notice
from courseflow_admin.state.core.timeline import StepRow
from courseflow_admin.state.money.payment_rows import (
    EmailLine,
    Reference,
    RefundLine,
    Shown,
    effects_of,
    effects_of_capturing,
    effects_of_settling,
    email_line,
    held_at_the_gateway,
    references_of,
    refund_line,
    shown_of,
)
from courseflow_admin.state.money.payment_steps import step_rows


class RefundForm(Form):
    amount: str = Field(default="", max_length=LONGEST_WRITTEN)
    reason: str = Field(default="", max_length=LONGEST_REASON)


class ReviewForm(Form):
    how: SettledBy = SettledBy.NOTED
    note: str = Field(default="", max_length=LONGEST_NOTE)


@dataclass(frozen=True)
class Asked:
    """What was on screen when something was clicked that takes long."""

    actor: Actor
    payment_id: str
    currency: str
    request_id: str  # of the refund
    seen: tuple[str, ...]  # the refunds that were known when the dialog opened


class PaymentDetailState(ActsState, DetailState, rx.State):
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
    review_dialog: bool = False
    review_about: str = ""  # why a person was asked for, as it was when the dialog opened
    review_held: str = ""  # what the gateway holds of it, "" when nothing
    review_how: str = SettledBy.NOTED
    review_effects: list[str] = []
    note_problem: str = ""
    review_problem: str = ""
    resolving: bool = False
    capture_dialog: bool = False
    capture_about: str = ""  # as it was when the dialog opened
    capture_effects: list[str] = []
    capture_problem: str = ""
    capturing: bool = False
    _payment: Payment | None = None
    _request_id: str = ""
    _seen: tuple[str, ...] = ()

    @event(Permission.PAYMENTS_READ, supersedes=True)
    async def load(self):
        payment_id = last_part(self)
        self.dialog = self.review_dialog = self.capture_dialog = False
        if self._turn_to(payment_id):
            yield
        auth = await self.get_state(AuthState)
        async with self._refusals():
            self._show(await payments.get(auth.actor(), payment_id))

    @event(Permission.PAYMENTS_SYNC, background=True)
    async def recheck(self):
        """Ask the gateway again now."""
        async with self._waiting("recheck") as asked:
            if asked is None:
                return
            try:
                result = await payments.recheck(asked.actor, asked.payment_id)
            except CourseFlowError:
                # The asking and the gateway's no are in its history.
                async with self._shown_again(asked):
                    pass
                raise
            async with self._shown_again(asked) as payment:
                provider = payment.provider.capitalize()
                yield notices.success(f"Checked with {provider}: {result.rstrip('.')}.")

    @event(Permission.PAYMENTS_CAPTURE)
    async def show_capture_dialog(self, is_open: bool):
        payment = self._payment
        self.capture_dialog = is_open and payment is not None and payment.lapses_at is not None
        if self.capture_dialog and payment is not None:
            self.capture_about = (
                f"The authorization of {self.shown.amount} expires on {self.shown.lapses}."
            )
            self.capture_effects = effects_of_capturing(payment)
            self.capture_problem = ""

    @event(Permission.PAYMENTS_CAPTURE, background=True)
    async def capture(self):
        async with self._waiting("capture") as asked:
            if asked is None:
                return
            try:
                after = await captures.capture(asked.actor, asked.payment_id)
            except CourseFlowError as problem:
                sentence = await support.sentence(problem)
                # The asking and the gateway's no are in its history.
                async with self._shown_again(asked) as payment:
                    if self._is_on_screen(payment) and self.capture_dialog:
                        self.capture_problem = sentence
                    else:
                        yield notices.error(sentence)
                return
            async with self._shown_again(asked) as payment:
                if self._is_on_screen(payment):
                    self.capture_dialog = False
                if after.capture is Capture.PAID:
                    yield notices.success(f"Captured {after.amount} from {after.name}.")
                else:
                    yield notices.info(
                        "The captured amount doesn't match the order. See the payment."
                    )

    @event(Permission.PAYMENTS_REFUND)
    async def show_dialog(self, is_open: bool):
        self.dialog = is_open and self._payment is not None
        if self.dialog and self._payment is not None:
            auth = await self.get_state(AuthState)
            amount, asked = self._payment.refundable, self._asked_for(self._payment)
            if not self._request_id or (asked and asked.outcome_known):
                self._request_id = new_id("ref")
            if waiting := _unanswered(self._payment, auth.actor().id):
                # What is sent again is the same request, also in another tab.
                self._request_id = waiting.id
                amount = Money(minor=waiting.amount_minor, currency=amount.currency)
            self._seen = _refunds_of(self._payment)
            self.dialog_key += 1
            self.refund_amount = amount.plain()
            self.refund_problem = self.reason_problem = ""
            self._preview(self.refund_amount)

    @event(Permission.PAYMENTS_REFUND)
    async def preview(self, amount: str):
        """What a refund of this amount would do."""
        self._preview(amount)

    @event(Permission.PAYMENTS_REFUND, background=True)
    async def refund(self, form: RefundForm):
        async with self._waiting("refund", lambda: self._is_filled_in(form)) as asked:
            if asked is None:
                return
            try:
                amount = Money.parse(form.amount, asked.currency)
                after = await refunds.refund(
                    asked.actor,
                    asked.payment_id,
                    amount,
                    form.reason,
                    asked.request_id,
                    asked.seen,
                )
            except CourseFlowError as problem:
                if isinstance(problem, NewerRefund):  # now it is seen, and the next try goes ahead
                    async with self._shown_again(asked) as payment:
                        self._seen = _refunds_of(payment)
                        self._preview(form.amount)
                sentence = await support.sentence(problem)
                async with resumed(self):
                    here = self._request_id == asked.request_id
                    # A refused refund keeps its id, so the next try needs one of its own. After an
                    # unknown outcome the next try has to be the same request, or it would pay
                    # twice.
                    if here and not problem.outcome_unknown:
                        self._request_id = new_id("ref")
                    if here and self.dialog:
                        self.refund_problem = sentence
                    else:
                        yield notices.error(sentence)
                return
            async with self._shown_again(asked) as payment:
                if self._is_on_screen(payment):
                    self.dialog = False
                yield _refunded(after, asked.request_id, amount)

    def _is_filled_in(self, form: RefundForm) -> bool:
        self.refund_problem = ""
        self.reason_problem = (
            "" if form.reason else ("Enter a reason. It is kept in the payment history.")
        )
        self._preview(form.amount)
        return not (self.reason_problem or self.amount_problem)

    @event(Permission.PAYMENTS_REVIEW)
    async def show_review_dialog(self, is_open: bool):
        payment = self._payment
        waits = payment is not None and payment.review.state is ReviewState.OPEN
        self.review_dialog = is_open and waits
        if self.review_dialog and payment is not None:
            self.review_about = payment.review.reason
            self.review_held = held_at_the_gateway(payment)
            self._choose(SettledBy.ACCEPTED if self.review_held else SettledBy.NOTED)
            self.review_problem = self.note_problem = ""

    @event(Permission.PAYMENTS_REVIEW)
    async def choose_settlement(self, how: SettledBy):
        self._choose(how)

    def _choose(self, how: SettledBy) -> None:
        self.review_how = how
        self.review_effects = effects_of_settling(self._payment, how) if self._payment else []

    @event(Permission.PAYMENTS_REVIEW)
    async def resolve_review(self, form: ReviewForm):
        if self._payment is None or self.resolving:
            return
        self.review_problem = ""
        self.note_problem = (
            "" if form.note else ("Enter your findings. They are kept in the payment history.")
        )
        if self.note_problem:
            return
        self.resolving = True
        yield
        try:
            auth = await self.get_state(AuthState)
            payment_id = self._payment.id
            how, about = form.how, self.review_about
            await reviews.settle(auth.actor(), payment_id, how, form.note, about)
            self._show(await payments.get(auth.actor(), payment_id))
            self.review_dialog = False
            yield notices.success("Review resolved.")
        except CourseFlowError as problem:
            self.review_problem = await support.sentence(problem)
        finally:
            self.resolving = False

    @asynccontextmanager
    async def _waiting(
        self, act: str, ready: Callable[[], bool] = lambda: True
    ) -> AsyncIterator[Asked | None]:
        """Hold no tab while a gateway is asked; None where it is already asked, or not `ready`."""
        asked = None
        async with self:
            payment = self._payment
            if payment is not None and not self._is_under_way(act, payment.id) and ready():
                actor = (await self.get_state(AuthState)).actor()
                currency = payment.charged.currency
                asked = Asked(actor, payment.id, currency, self._request_id, self._seen)
                self._begin(act, payment.id)
                self._show_acts()
        try:
            yield asked
        finally:
            if asked is not None:
                async with self:
                    self._end(act, asked.payment_id)
                    self._show_acts()

    @asynccontextmanager
    async def _shown_again(self, asked: Asked) -> AsyncIterator[Payment]:
        """The tab, with what is known of the payment now, if it is still on screen."""
        detail = await payments.get(asked.actor, asked.payment_id)
        async with resumed(self):
            if self._is_on_screen(detail.payment):
                self._show(detail)
            yield detail.payment

    def _is_on_screen(self, payment: Payment) -> bool:
        return self._payment is not None and self._payment.id == payment.id

    def _show_acts(self) -> None:
        about = self._payment.id if self._payment else ""
        self.checking = self._is_under_way("recheck", about)
        self.capturing = self._is_under_way("capture", about)
        self.refunding = self._is_under_way("refund", about)

    def _asked_for(self, payment: Payment) -> Refund | None:
        return next((one for one in payment.refunds if one.id == self._request_id), None)

    def _preview(self, text: str) -> None:
        payment = self._payment
        self.amount_problem, self.refund_effects = "", []
        if payment is None:
            return
        asked = self._asked_for(payment)
        if asked and not asked.outcome_known:  # sent again it reserves nothing more
            others = [one for one in payment.refunds if one.id != asked.id]
            payment = payment.model_copy(update={"refunds": others})
        try:
            amount = Money.parse(text, payment.charged.currency)
        except Invalid as problem:
            self.amount_problem, self.refund_act = problem.message, "Refund"
            return
        self.refund_act = f"Refund {amount} to {payment.name}"
        if amount.minor == 0:
            self.amount_problem = "Enter an amount greater than 0."
        elif amount.minor > payment.refundable.minor:
            self.amount_problem = (
                f"Only {payment.refundable} can still be refunded. Enter that or less."
            )
        else:
            self.refund_effects = effects_of(payment, amount)

    def _show(self, detail: PaymentDetail) -> None:
        payment = detail.payment
        self._payment = payment
        self.shown = shown_of(payment)
        self.zone = times.zone()
        self.steps = step_rows(detail)
        self.emails = [email_line(email) for email in detail.emails]
        self.refunds = [refund_line(payment, refund) for refund in payment.refunds]
        self.references = references_of(detail)
        self._show_acts()
        self.view = "there"

    def _forget(self) -> None:
        self._payment, self.shown, self._request_id = None, Shown(), ""
        self._show_acts()


def _refunded(payment: Payment, request_id: str, amount: Money) -> Notice:
    made = next((one for one in payment.refunds if one.id == request_id), None)
    if made is not None and made.state is RefundState.PENDING:
        return notices.info(
            f"{payment.provider.capitalize()} has not confirmed the refund of {amount} yet. We "
            "keep checking. Its status is shown on this page."
        )
    return notices.success(f"Refunded {amount} to {payment.name}.")


def _refunds_of(payment: Payment) -> tuple[str, ...]:
    return tuple(refund.id for refund in payment.refunds)


def _unanswered(payment: Payment, account_id: str) -> Refund | None:
    """A refund this person has asked for, of which the gateway has not said anything yet."""
    waiting = (one for one in payment.refunds if one.by == account_id and not one.outcome_known)
    return next(waiting, None)
