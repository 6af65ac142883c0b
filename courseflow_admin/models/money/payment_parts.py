"""What a payment is made of: its states, attempts, refunds, disputes and review."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from courseflow_admin.field_sentences import listed
from courseflow_admin.models.core.base import Piece
from courseflow_admin.models.school.settings import POLICY_WORDS

GatewayName = Literal["stripe", "razorpay"]
GATEWAYS: tuple[GatewayName, ...] = ("stripe", "razorpay")


class Capture(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    LAPSED = "lapsed"  # authorized, and refunded automatically because no one captured it


class PaymentState(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    DISPUTED = "disputed"
    LOST = "lost"
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
    PaymentState.LAPSED: "Lapsed",
    PaymentState.DISPUTED: "Disputed",
    PaymentState.LOST: "Dispute lost",
    PaymentState.NEEDS_REVIEW: "Needs review",
}


class RefundState(StrEnum):
    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"


class RefundCause(StrEnum):
    ADMIN = "admin"
    PROVIDER = "provider"  # made at the gateway, without us
    SECOND_PAYMENT = "second_payment"
    ACCOUNT_DELETED = "account_deleted"
    REVIEW = "review"  # a person found that the money buys nothing


# No one waits for their answer, so that a person is asked for when one fails.
UNATTENDED = frozenset(
    {RefundCause.SECOND_PAYMENT, RefundCause.ACCOUNT_DELETED, RefundCause.REVIEW}
)


class AccessChoice(StrEnum):
    """What a refund does to the access, as chosen by whoever asks for it."""

    DEFAULT = ""  # it ends with the last of the money
    KEEP = "keep"
    END = "end"


class Refund(Piece):
    """Part of a payment given back."""

    id: str  # ours; of one made at the gateway its own
    amount_minor: int
    state: RefundState = RefundState.PENDING
    cause: RefundCause
    reason: str = ""
    by: str = ""
    provider_refund_id: str = ""
    at: datetime
    settled_at: datetime | None = None
    access: AccessChoice = AccessChoice.DEFAULT
    refused: str = ""  # why the gateway refused it when it was asked for
    # How it is asked for, which no fact is about.
    attempt: int = 0  # how often the gateway answered with a fault of its own
    asking_until: datetime | None = None  # lease of whoever is asking the gateway for it

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
    INQUIRY = "inquiry"  # the bank asks; nothing has moved
    CLOSED = "closed"  # an inquiry that came to nothing
    OPEN = "open"
    LOST = "lost"
    WON = "won"


AT_THE_BANK = frozenset({DisputeState.OPEN, DisputeState.LOST})  # the money is not ours to give


class Dispute(Piece):
    state: DisputeState = DisputeState.NONE
    provider_id: str = ""
    amount_minor: int = 0
    reason: str = ""
    at: datetime | None = None  # when it was opened
    deadline: datetime | None = None
    was_lost: bool = False  # before it was won


NO_DISPUTE = Dispute()


class HeldFor(StrEnum):
    """Why money that came in buys nothing, or not yet."""

    MISMATCH = "mismatch"
    ACCOUNT_SUSPENDED = "account_suspended"
    SECOND_PAYMENT = "second_payment"
    ACCOUNT_DELETED = "account_deleted"


ASKS_A_PERSON = frozenset({HeldFor.MISMATCH, HeldFor.ACCOUNT_SUSPENDED})


class ReviewState(StrEnum):
    NONE = "none"
    OPEN = "open"
    RESOLVED = "resolved"


class SettledBy(StrEnum):
    """What a person did about a review."""

    REFUNDED = "refunded"
    ACCEPTED = "accepted"
    NOTHING_CAPTURED = "nothing_captured"
    NOTED = "noted"


class Review(Piece):
    state: ReviewState = ReviewState.NONE
    reason: str = ""
    at: datetime | None = None
    about: str = ""  # the charge, refund or event that it is about
    settled_by: SettledBy | None = None


class Attempt(Piece):
    """One try of the learner at the gateway, as the gateway tells it."""

    provider_payment_id: str
    charge_id: str = ""
    at: datetime
    outcome: Capture
    amount_minor: int = 0
    currency: str = ""
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
