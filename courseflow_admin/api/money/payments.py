"""Payments over HTTP: the list, one with its timeline, re-check, capture, refund and review."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, Paging
from courseflow_admin.api.core.errors import refusals
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.api.money import timeline
from courseflow_admin.models.core.amounts import LONGEST_WRITTEN, Money
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payment_parts import PaymentState, ReviewState, SettledBy
from courseflow_admin.models.money.payments import (
    LONGEST_NOTE,
    LONGEST_REASON,
    Payment,
    PaymentFilter,
    Sort,
)
from courseflow_admin.services.money import captures, payments, refunds, reviews

router = APIRouter(prefix=f"{routes.API}/payments", tags=["payments"])


@dataclass(frozen=True)
class PaymentView:
    id: str
    created_at: datetime
    learner: str
    email: str
    course_id: str
    course: str
    amount_minor: int
    refunded_minor: int
    reserved_minor: int  # on its way back
    net_minor: int  # of what was accepted; below zero where the bank took more than was left
    currency: str
    state: PaymentState
    provider: str
    method: str
    mode: str

    @classmethod
    def of(cls, payment: Payment) -> "PaymentView":
        return cls(
            id=payment.id,
            created_at=payment.created_at,
            learner=payment.name,
            email=payment.email,
            course_id=payment.course_id,
            course=payment.course_title,
            amount_minor=payment.amount.minor,
            refunded_minor=payment.refunded_minor,
            reserved_minor=payment.reserved_minor,
            net_minor=payment.breakdown.net_minor,
            currency=payment.amount.currency,
            state=payment.state,
            provider=payment.provider,
            method=payment.method,
            mode=payment.mode,
        )


@dataclass(frozen=True)
class ReviewView:
    state: ReviewState
    reason: str
    held_minor: int  # at the gateway, and not accepted
    held_currency: str


@dataclass(frozen=True)
class PaymentDetailView(PaymentView):
    review: ReviewView | None  # for those who may settle one
    receipt: str | None
    timeline: list[timeline.StepView]


@dataclass(frozen=True)
class SyncView:
    """What the gateway answered, in a few words."""

    result: str


class RefundForm(BaseModel):
    """`amount` in major units as text, such as `"499.00"`.

    `request_id`: an id of the caller's own making, in place of the header `Idempotency-Key`.
    `seen`: the ids of this payment's refunds that the caller knows; with another, made or pending,
    it is refused (409 `newer_refund`).
    """

    model_config = ConfigDict(extra="forbid")

    amount: str = Field(max_length=LONGEST_WRITTEN)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    request_id: str = Field(default="", pattern=r"^(ref_[0-9a-z]{26})?$")
    seen: list[Annotated[str, Field(max_length=64)]] | None = Field(default=None, max_length=200)


class ReviewForm(BaseModel):
    """`reason`: the one that was read; then a review open for another by now is answered 409.

    `how`: what happens to money that the gateway holds: `accepted` opens the course for what it is,
    `refunded` sends all of it back; `noted` where nothing is held.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    note: str = Field(min_length=1, max_length=LONGEST_NOTE)
    reason: str = Field(default="", max_length=1000)
    how: Literal[SettledBy.NOTED, SettledBy.ACCEPTED, SettledBy.REFUNDED] = SettledBy.NOTED


@router.get("")
async def newest(
    actor: CurrentActor,
    request: Paging,
    state: Annotated[PaymentState | None, Query()] = None,
    provider: Annotated[Literal["stripe", "razorpay"] | None, Query()] = None,
    email: Annotated[str, Query(max_length=254)] = "",
    account_id: Annotated[str, Query(max_length=40)] = "",
    sort: Annotated[Literal["date", "amount"], Query()] = "date",
    order: Annotated[Literal["falling", "rising"], Query()] = "falling",
    *,
    mine: bool = False,
) -> PageView[PaymentView]:
    """One page of the payments the one who asks may see; `next` and `previous` are cursors.

    With `mine`, and for those who sell nothing, what they paid themselves.
    """
    wanted = PaymentFilter(
        state=state or "", provider=provider or "", email_prefix=email, account_id=account_id
    )
    sorting = Sort(sort, order == "falling")
    if mine or not actor.can(Permission.PAYMENTS_READ):
        page = await payments.mine(actor, request, wanted, sorting)
    else:
        page = await payments.search(actor, wanted, sorting, request)
    return PageView[PaymentView].of(page, PaymentView.of)


@router.get("/{payment_id}")
async def get(actor: CurrentActor, payment_id: str) -> PaymentDetailView:
    """One payment with everything that touched it, oldest first."""
    detail = await payments.get(actor, payment_id)
    review = detail.payment.review
    return PaymentDetailView(
        **asdict(PaymentView.of(detail.payment)),
        review=ReviewView(
            review.state,
            review.reason,
            detail.payment.held_minor,
            detail.payment.charged.currency,
        )
        if actor.can(Permission.PAYMENTS_REVIEW)
        else None,
        receipt=detail.receipt.label if detail.receipt and detail.receipt.number else None,
        timeline=timeline.steps(detail),
    )


@router.post("/{payment_id}/sync")
async def recheck(actor: CurrentActor, payment_id: str) -> SyncView:
    """Ask the gateway again now."""
    return SyncView(await payments.recheck(actor, payment_id))


@router.post("/{payment_id}/capture")
async def capture(actor: CurrentActor, payment_id: str) -> PaymentView:
    """Take all of what the bank holds; 502 `capture_unconfirmed`: we do not know, and ask again."""
    return PaymentView.of(await captures.capture(actor, payment_id))


@router.post("/{payment_id}/refunds", status_code=201, responses=refusals(409, 422, 502))
async def refund(
    actor: CurrentActor,
    payment_id: str,
    form: RefundForm,
    idempotency_key: Annotated[
        str,
        Header(
            max_length=255,
            description="Required, unless the body has a `request_id`: the same key for each try "
            "of one refund. Sent again, also at the same moment, it is one refund and the same "
            "answer; with another amount it is refused (409).",
        ),
    ] = "",
) -> PaymentView:
    """Give part or all of a payment back."""
    detail = await payments.get(actor, payment_id)
    amount = Money.parse(form.amount, detail.payment.charged.currency)
    request_id = refunds.request_id_of(actor, payment_id, form.request_id, idempotency_key)
    after = await refunds.refund(actor, payment_id, amount, form.reason, request_id, form.seen)
    return PaymentView.of(after)


@router.post("/{payment_id}/review")
async def resolve_review(actor: CurrentActor, payment_id: str, form: ReviewForm) -> PaymentView:
    """Settle the review that is open, with a note of what was found."""
    after = await reviews.settle(actor, payment_id, form.how, form.note, form.reason)
    return PaymentView.of(after)
