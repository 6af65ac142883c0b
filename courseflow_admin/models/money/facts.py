"""Facts of money: what a gateway told of one of its objects, and what we decided about it.

A fact is only ever added. It is unique by what it says (provider, mode, kind, object, status,
amount), so that the same thing told ten times, by a webhook, a look and a list, is one fact. It
holds named fields only, never the raw object, because it has to survive the erasure of a person.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import Document, new_id


class FactKind(StrEnum):
    # What a gateway tells.
    CHARGE = "charge"  # one try of a buyer to pay
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"  # what the gateway keeps of a charge, refund or dispute
    EXCHANGE = "exchange"  # one of these settled in another currency
    # What we decide, or do at a gateway.
    CHECKOUT = "checkout"  # it takes no money any more, and why
    ACCEPTED = "accepted"  # the money buys the course
    HELD = "held"  # it does not, or not yet, and why
    REFUND_ASKED = "refund_asked"
    REFUND_REFUSED = "refund_refused"  # the gateway does not make it
    REVIEW_OPENED = "review_opened"
    REVIEW_SETTLED = "review_settled"


class ChargeStatus(StrEnum):
    PENDING = "pending"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    LAPSED = "lapsed"  # no one captured it, so the gateway refunded it
    CAPTURED = "captured"


class RefundStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    MADE_AFTER_ALL = "made_after_all"  # succeeded, as a later look than the one that said failed


class DisputeStatus(StrEnum):
    INQUIRY = "inquiry"  # the bank asks; nothing has moved
    CLOSED = "closed"  # an inquiry that came to nothing
    OPEN = "open"
    LOST = "lost"
    WON = "won"


class CheckoutStatus(StrEnum):
    EXPIRED = "expired"  # its time was over, here or at the gateway
    REPLACED = "replaced"  # by another of the same buyer
    BOUGHT = "bought"  # the course was, by another payment
    COMPLETE = "complete"  # gone through without money: it takes no second try
    REFUSED = "refused"  # by the gateway, when it was to be opened


# Of one object the furthest status counts, in whatever order they were told.
RANK: dict[FactKind, tuple[str, ...]] = {
    FactKind.CHARGE: tuple(ChargeStatus),
    FactKind.REFUND: tuple(RefundStatus),
    FactKind.DISPUTE: tuple(DisputeStatus),
}


class Identity(NamedTuple):
    """What makes two observations the same fact."""

    provider: str
    mode: str
    kind: FactKind
    object_id: str
    status: str
    amount_minor: int


class Fact(Document):
    """One thing that is so. `payment_id` is ours; "" for what is about no payment."""

    payment_id: str
    provider: str
    mode: str
    kind: FactKind
    object_id: str
    status: str = ""
    amount_minor: int = 0  # of a fee without its tax; signed where the gateway's is
    currency: str = ""
    occurred_at: datetime  # the gateway's time, else when we first saw it; never changed
    seen_at: datetime
    source: str  # a webhook's id, `look`, `list`, `migrated`; of a decision whose it is
    about: str = ""  # the charge that a refund, dispute or fee belongs to
    our_id: str = ""  # our id of a refund, from the gateway's metadata
    method: str = ""
    reason: str = ""  # why declined, disputed, held, asked for; in words
    by: str = ""  # the account that decided
    access: str = ""  # what a refund asked for does to it
    request_id: str = ""
    deadline: datetime | None = None  # to answer a dispute
    tax_minor: int = 0  # on a fee
    settled_minor: int = 0  # of an exchange: what it became
    settled_currency: str = ""
    migrated: bool = False  # made from a row of before there were facts

    @property
    def identity(self) -> Identity:
        return Identity(
            self.provider, self.mode, self.kind, self.object_id, self.status, self.amount_minor
        )

    @property
    def amount(self) -> Money:
        return Money(minor=self.amount_minor, currency=self.currency)


def fact_id() -> str:
    return new_id("fct")


def rank(fact: Fact) -> int:
    """How far its object has come; a status without a rank counts as the first."""
    statuses = RANK.get(fact.kind, ())
    return statuses.index(fact.status) if fact.status in statuses else 0


def furthest(facts: list[Fact]) -> Fact:
    """The fact that counts of one object's: by rank, and of equals the largest amount."""
    return max(facts, key=lambda fact: (rank(fact), fact.amount_minor, fact.occurred_at, fact.id))
