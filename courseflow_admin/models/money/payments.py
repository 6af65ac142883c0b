"""A payment: independent facets that only move forward, and the one state shown on screen."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from courseflow_admin.models.core import countries
from courseflow_admin.models.core.amounts import Money, signed
from courseflow_admin.models.core.base import Document
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.money.payment_parts import (
    NO_DISPUTE,
    AccessChoice,
    Attempt,
    Capture,
    Consent,
    Dispute,
    DisputeState,
    GatewayName,
    HeldFor,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    SyncNote,
)
from courseflow_admin.models.teaching.enrollments import AccessState, EndReason, PaidAccess

LAPSES_AFTER = timedelta(days=3)  # Razorpay refunds automatically what no one captures
LONGEST_BILLING_NAME = 120
LONGEST_REASON, LONGEST_NOTE = 300, 500  # of a refund, of a review

# Words for the school alone, who of it it was, and what the gateway knows a payment by: no part
# of what learner and instructor are told, in a page or a file.
FOR_THE_SCHOOL = (
    *("refunds.reason", "refunds.by", "refunds.provider_refund_id"),
    *("review.reason", "review.about", "disputes.reason", "disputes.provider_id"),
    *("syncs.source", "syncs.why", "attempts.provider_payment_id", "attempts.charge_id"),
    *("provider_checkout_id", "provider_payment_id", "checkout_url"),
)


class Breakdown(NamedTuple):
    """What became of the money of one payment."""

    charged: Money
    refunded: Money  # settled
    pending: Money  # refunds on their way
    taken_back: Money  # by the bank, after a lost dispute
    held: Money  # at the gateway, and not accepted
    net_minor: int  # of what was accepted; below zero where the bank took more than was left

    @property
    def net(self) -> str:
        """As it is shown, with its sign."""
        return signed(self.net_minor, self.charged.currency)


class Payment(Document):
    account_id: str
    course_id: str
    owner_id: str
    provider: GatewayName
    mode: str  # sandbox, test or live
    amount: Money  # what was asked for
    listed: Money
    attempt: int = 1
    provider_checkout_id: str = ""  # Stripe session, Razorpay order
    checkout_url: str = ""
    duplicate_of: str = ""  # the payment of ours that this money came in a second time for
    syncs: list[SyncNote] = Field(default_factory=list)
    name: str = ""  # copies for the list and its search; blanked when the account is deleted
    email: str = ""
    course_title: str = ""
    course_slug: str = ""
    consent: Consent | None = None  # None: the school had no policies then
    billing_name: str = ""
    billing_country: str = ""
    created_at: datetime
    expires_at: datetime
    updated_at: datetime
    returned_at: datetime | None = None  # when the buyer last came back from the gateway

    # What the facts come to (models/money/fold.py), and nothing else writes.
    revision: int = 0  # of the facts; 0: from before there were facts
    capture: Capture = Capture.CREATED
    open: bool = False  # a checkout someone may still pay; unique per learner, course, gateway
    provider_payment_id: str = ""  # Stripe payment intent, Razorpay payment
    method: str = ""
    captured: Money | None = None  # what came in, which may be another amount
    accepted_minor: int = 0  # of it what buys the course
    held_for: HeldFor | None = None
    attempts: list[Attempt] = Field(default_factory=list)
    refunds: list[Refund] = Field(default_factory=list)
    disputes: list[Dispute] = Field(default_factory=list)
    review: Review = Field(default_factory=Review)
    state: PaymentState = PaymentState.CREATED
    paid_at: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_before_facts(cls, row: Any) -> Any:
        """Rows from when a payment had one dispute, of which no amount was kept."""
        if isinstance(row, dict) and "disputes" not in row and isinstance(row.get("dispute"), dict):
            old = row["dispute"]
            if old.get("state", "none") != "none":
                made = (one for one in row.get("refunds", []) if one["state"] == "settled")
                left = row["amount"]["minor"] - sum(one["amount_minor"] for one in made)
                return {**row, "disputes": [{**old, "amount_minor": max(0, left)}]}
        return row

    @property
    def billed_to(self) -> str:
        """Name and country as they were given: `Ada Lovelace, India`."""
        return ", ".join(filter(None, (self.billing_name, countries.named(self.billing_country))))

    @property
    def charged(self) -> Money:
        """What came in; nothing until it was captured."""
        if self.captured:
            return self.captured
        paid = self.capture is Capture.PAID
        return Money(minor=self.amount.minor if paid else 0, currency=self.amount.currency)

    @property
    def charge_id(self) -> str:
        """The gateway's id of the charge that brought the money; "" before it came."""
        paid = (one.charge_id for one in self.attempts if one.outcome is Capture.PAID)
        return next(paid, "") or self.provider_payment_id

    @property
    def sold_minor(self) -> int:
        """What was accepted; of a row from before there were facts all that came in."""
        return self.accepted_minor if self.revision else self.charged.minor

    @property
    def refunded_minor(self) -> int:
        return self._refunds_minor(RefundState.SETTLED)

    @property
    def reserved_minor(self) -> int:
        """What is on its way back."""
        return self._refunds_minor(RefundState.PENDING)

    @property
    def lost_minor(self) -> int:
        lost = (one for one in self.disputes if one.state is DisputeState.LOST)
        return sum(dispute.amount_minor for dispute in lost)

    @property
    def held_minor(self) -> int:
        """What the gateway has of money that was not accepted."""
        if self.held_for is None or self.accepted_minor:
            return 0
        return max(0, self.charged.minor - self.refunded_minor - self.lost_minor)

    @property
    def refundable(self) -> Money:
        """What we may still give back: nothing while the bank decides, nothing of what it took."""
        gone = self.refunded_minor + self.reserved_minor + self.lost_minor
        left = 0 if self.dispute.state is DisputeState.OPEN else max(0, self.charged.minor - gone)
        return Money(minor=left, currency=self.charged.currency)

    @property
    def dispute(self) -> Dispute:
        """The one that decides: an open one, else a lost one, else the newest."""
        for state in (DisputeState.OPEN, DisputeState.LOST):
            for dispute in self.disputes:
                if dispute.state is state:
                    return dispute
        return self.disputes[-1] if self.disputes else NO_DISPUTE

    @property
    def access(self) -> PaidAccess:
        """What this payment wants of its grant."""
        state, ended_by = self._access()
        return PaidAccess(self.account_id, self.course_id, self.id, state, ended_by)

    def _access(self) -> tuple[AccessState, EndReason | None]:
        if not self.sold_minor:
            return AccessState.NONE, None
        if any(one.state is DisputeState.LOST for one in self.disputes):
            return AccessState.ENDED, EndReason.DISPUTE_LOST
        if any(one.cause is RefundCause.SECOND_PAYMENT for one in self.refunds):
            return AccessState.ENDED, EndReason.SECOND_PAYMENT
        made = [refund for refund in self.refunds if refund.state is RefundState.SETTLED]
        kept = any(refund.access is AccessChoice.KEEP for refund in made)
        whole = bool(made) and self.refunded_minor >= self.charged.minor
        if any(one.access is AccessChoice.END for one in made) or (whole and not kept):
            return AccessState.ENDED, EndReason.REFUND
        disputed = self.dispute.state is DisputeState.OPEN
        return (AccessState.SUSPENDED if disputed else AccessState.OPEN), None

    @property
    def held(self) -> Attempt | None:
        """The attempt whose amount the bank holds until it is captured, the first if several."""
        waits = self.capture is Capture.AUTHORIZED and self.review.state is not ReviewState.OPEN
        authorized = (one for one in self.attempts if one.outcome is Capture.AUTHORIZED)
        return next(authorized, None) if waits else None

    @property
    def lapses_at(self) -> datetime | None:
        """When the gateway refunds automatically what is held; None where nothing is, or by Stripe.

        Stripe's checkout captures automatically.
        """
        return self.held.at + LAPSES_AFTER if self.held and self.provider == "razorpay" else None

    @property
    def breakdown(self) -> Breakdown:
        sold, settled = self.sold_minor, self.refunded_minor
        of_held = self.charged.minor - sold  # went back, or waits, without being a sale
        net = sold - max(0, settled - of_held) - self.lost_minor if sold else 0
        charged, refunded, pending, lost, held = (
            Money(minor=minor, currency=self.charged.currency)
            for minor in (
                *(self.charged.minor, settled, self.reserved_minor),
                *(self.lost_minor, self.held_minor),
            )
        )
        return Breakdown(charged, refunded, pending, lost, held, net)

    def _refunds_minor(self, state: RefundState) -> int:
        return sum(refund.amount_minor for refund in self.refunds if refund.state is state)

    @property
    def idempotency_key(self) -> str:
        return f"{self.id}-{self.attempt}"


def method_text(method: str) -> str:
    """How a payment method is shown: `Visa 4242` is `Visa •••• 4242`."""
    brand, _, digits = method.rpartition(" ")
    return f"{brand} •••• {digits}" if brand and len(digits) == 4 and digits.isdecimal() else method


def state_of(payment: Payment) -> PaymentState:
    """The one state on screen, from the facets: what needs attention hides everything else."""
    if payment.review.state is ReviewState.OPEN:
        return PaymentState.NEEDS_REVIEW
    if payment.dispute.state is DisputeState.OPEN:
        return PaymentState.DISPUTED
    if payment.dispute.state is DisputeState.LOST:
        return PaymentState.LOST
    if payment.capture is not Capture.PAID:
        return PaymentState(payment.capture.value)
    if payment.refunded_minor >= payment.charged.minor > 0:
        return PaymentState.REFUNDED
    if payment.refunded_minor > 0:
        return PaymentState.PARTIALLY_REFUNDED
    return PaymentState.PAID


SortField = Literal["date", "amount"]


@dataclass(frozen=True)
class PaymentFilter:
    """All that are given must match; an empty one matches all.

    With a `figure` (models/money/payment_metrics) the rows are those it counts, and `period` means
    the day they count on.
    """

    state: str = ""
    provider: str = ""
    email_prefix: str = ""
    account_id: str = ""
    course_id: str = ""
    owner_id: str = ""
    figure: str = ""
    currency: str = ""
    period: Period | None = None

    def of_owner(self, owner_id: str) -> "PaymentFilter":
        return replace(self, owner_id=owner_id)


@dataclass(frozen=True)
class Sort:
    field: SortField = "date"
    falling: bool = True
