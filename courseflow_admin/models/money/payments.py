"""A payment: independent facets that only move forward, and the one state shown on screen."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field

from courseflow_admin.field_sentences import listed
from courseflow_admin.models.core import countries
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import Document, Piece
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.school.settings import POLICY_WORDS

GatewayName = Literal["stripe", "razorpay"]
GATEWAYS: tuple[GatewayName, ...] = ("stripe", "razorpay")
LAPSES_AFTER = timedelta(days=3)  # Razorpay refunds automatically what no one captures

# Words for the school alone, who of it it was, and what the gateway knows a payment by: no part
# of what learner and instructor are told, in a page or a file.
FOR_THE_SCHOOL = (
    *("refunds.reason", "refunds.by", "refunds.provider_refund_id"),
    *("review.reason", "dispute.reason", "dispute.provider_id"),
    *("syncs.source", "syncs.why", "attempts.provider_payment_id"),
    *("provider_checkout_id", "provider_payment_id", "checkout_url"),
)


LONGEST_BILLING_NAME = 120
LONGEST_REASON, LONGEST_NOTE = 300, 500  # of a refund, of a review


class Capture(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


class PaymentState(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    EXPIRED = "expired"
    DISPUTED = "disputed"
    NEEDS_REVIEW = "needs_review"

    @property
    def label(self) -> str:
        """What it is called on screen and in refusals."""
        return LABELS[self]


LABELS = {
    PaymentState.CREATED: "Created",
    PaymentState.PENDING: "Pending",
    PaymentState.AUTHORIZED: "Authorized",
    PaymentState.PAID: "Paid",
    PaymentState.PARTIALLY_REFUNDED: "Partly refunded",
    PaymentState.REFUNDED: "Refunded",
    PaymentState.FAILED: "Failed",
    PaymentState.EXPIRED: "Expired",
    PaymentState.DISPUTED: "Disputed",
    PaymentState.NEEDS_REVIEW: "Needs review",
}


# From -> what may follow. Paid is final; failed and expired may still become paid, because money
# that arrives late is money.
CAPTURE_MOVES: dict[Capture, frozenset[Capture]] = {
    Capture.CREATED: frozenset(Capture) - {Capture.CREATED},
    Capture.PENDING: frozenset({Capture.AUTHORIZED, Capture.PAID, Capture.FAILED, Capture.EXPIRED}),
    Capture.AUTHORIZED: frozenset({Capture.PAID, Capture.FAILED, Capture.EXPIRED}),
    Capture.FAILED: frozenset({Capture.PENDING, Capture.AUTHORIZED, Capture.PAID}),
    Capture.EXPIRED: frozenset({Capture.PENDING, Capture.AUTHORIZED, Capture.PAID}),
    Capture.PAID: frozenset(),
}


class RefundState(StrEnum):
    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"


class RefundCause(StrEnum):
    ADMIN = "admin"
    PROVIDER = "provider"
    SECOND_PAYMENT = "second_payment"


class Refund(Piece):
    """Part of a payment given back."""

    id: str
    amount_minor: int
    state: RefundState = RefundState.PENDING
    cause: RefundCause
    reason: str = ""
    by: str = ""
    provider_refund_id: str = ""
    at: datetime
    settled_at: datetime | None = None
    attempt: int = 0  # how often the gateway answered with a fault of its own
    asking_until: datetime | None = None  # lease of whoever is asking the gateway for it
    refused: str = ""  # why the gateway refused it when it was asked for

    @property
    def outcome_known(self) -> bool:
        """Whether the gateway has answered: taken it on, made it or refused it."""
        return self.state is not RefundState.PENDING or self.provider_refund_id != ""

    def being_asked(self, at: datetime) -> bool:
        return not self.outcome_known and self.asking_until is not None and at < self.asking_until

    @property
    def idempotency_key(self) -> str:
        return f"{self.id}-{self.attempt}" if self.attempt else self.id


class DisputeState(StrEnum):
    NONE = "none"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


AT_THE_BANK = frozenset({DisputeState.OPEN, DisputeState.LOST})  # the money is not ours to give


class Dispute(Piece):
    state: DisputeState = DisputeState.NONE
    provider_id: str = ""
    reason: str = ""
    deadline: datetime | None = None


class ReviewState(StrEnum):
    NONE = "none"
    OPEN = "open"
    RESOLVED = "resolved"


class Review(Piece):
    state: ReviewState = ReviewState.NONE
    reason: str = ""
    at: datetime | None = None


class Attempt(Piece):
    """One try of the learner at the gateway, as the gateway tells it."""

    provider_payment_id: str
    at: datetime
    outcome: Capture
    method: str = ""
    reason: str = ""


class SyncNote(Piece):
    """One run of `sync`: who asked for it and the result."""

    at: datetime
    source: str
    result: str
    why: str = ""  # the same for admins, where it says more


class Consent(Piece):
    """What the buyer agreed to by paying: which version of each policy, and when."""

    at: datetime
    versions: dict[str, int]

    def __str__(self) -> str:
        words = [
            f"{POLICY_WORDS[name]} (version {number})" for name, number in self.versions.items()
        ]
        return listed(words)


class Breakdown(NamedTuple):
    """What became of the money of one payment: net is what is charged and came back no way."""

    charged: Money
    refunded: Money  # settled
    pending: Money  # refunds on their way
    taken_back: Money  # by the bank, after a lost dispute
    net: Money


class Payment(Document):
    account_id: str
    course_id: str
    owner_id: str
    provider: GatewayName
    mode: str  # sandbox, test or live
    amount: Money
    listed: Money
    capture: Capture = Capture.CREATED
    open: bool = False  # a checkout someone may still pay; unique per learner, course, gateway
    attempt: int = 1
    provider_checkout_id: str = ""  # Stripe session, Razorpay order
    provider_payment_id: str = ""  # Stripe payment intent, Razorpay payment
    checkout_url: str = ""
    method: str = ""
    duplicate_of: str = ""  # the payment of ours that this money came in a second time for
    attempts: list[Attempt] = Field(default_factory=list)
    syncs: list[SyncNote] = Field(default_factory=list)
    refunds: list[Refund] = Field(default_factory=list)
    refunded_minor: int = 0  # pending and settled: what can no longer be refunded
    dispute: Dispute = Field(default_factory=Dispute)
    review: Review = Field(default_factory=Review)
    state: PaymentState = PaymentState.CREATED
    name: str = ""  # copies for the list and its search; blanked when the account is deleted
    email: str = ""
    course_title: str = ""
    course_slug: str = ""
    consent: Consent | None = None  # None: the school had no policies then
    billing_name: str = ""
    billing_country: str = ""
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    updated_at: datetime
    returned_at: datetime | None = None  # when the buyer last came back from the gateway

    @property
    def billed_to(self) -> str:
        """Name and country as they were given: `Ada Lovelace, India`."""
        return ", ".join(filter(None, (self.billing_name, countries.named(self.billing_country))))

    @property
    def refundable(self) -> Money:
        """What we may still give back: nothing of what the bank decides about."""
        left = self.amount.minor - self.refunded_minor
        at_the_bank = self.dispute.state in AT_THE_BANK
        return Money(minor=0 if at_the_bank else left, currency=self.amount.currency)

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
        settled, pending = self.settled_minor, self._refunds_minor(RefundState.PENDING)
        charged = self.amount.minor if self.capture is Capture.PAID else 0
        lost = self.dispute.state is DisputeState.LOST
        taken_back = max(0, self.amount.minor - settled) if lost else 0
        net = max(0, charged - settled - taken_back)
        minors = (charged, settled, pending, taken_back, net)
        return Breakdown(*(Money(minor=one, currency=self.amount.currency) for one in minors))

    @property
    def settled_minor(self) -> int:
        return self._refunds_minor(RefundState.SETTLED)

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
    if payment.dispute.state in AT_THE_BANK:
        return PaymentState.DISPUTED
    if payment.capture is not Capture.PAID:
        return PaymentState(payment.capture.value)
    if payment.settled_minor >= payment.amount.minor > 0:
        return PaymentState.REFUNDED
    if payment.settled_minor > 0:
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
