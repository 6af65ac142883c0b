"""The answer to "may this person study this course?": reasons as codes and facts.

Their words are here once, because a refusal says them too: page, API and e-mail cannot differ.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.amounts import Money


class ReasonCode(StrEnum):
    GRANTED = "granted"
    NEVER_BOUGHT = "never_bought"
    CHECKOUT_OPEN = "checkout_open"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_IN_REVIEW = "payment_in_review"
    PAID_WITHOUT_GRANT = "paid_without_grant"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    ENDED = "ended"
    EXPIRED = "expired"
    NOT_STARTED = "not_started"
    SUSPENDED = "suspended"
    DELETED = "deleted"


@dataclass(frozen=True)
class Reason:
    code: ReasonCode
    payment_id: str = ""
    amount: Money | None = None  # of that payment
    kind: str = ""  # of the grant
    at: datetime | None = None  # when the grant starts, started, ended or ran out
    until: datetime | None = None  # when the grant runs out
    disputed: bool = False  # its payment is, and the school lets study on meanwhile
    inside: str = ""  # what only admins read of it

    @property
    def sentence(self) -> str:
        if self.code is ReasonCode.GRANTED:
            return _granted(self)
        return SENTENCES[self.code].format(
            amount=self.amount, day=calendar.school().day(self.at) if self.at else ""
        )

    @property
    def repair(self) -> str:
        """The act that repairs it, as a sentence."""
        return REPAIRS.get(self.code, "")

    @property
    def for_admins(self) -> str:
        return f"{self.sentence} {self.inside}".rstrip()


SENTENCES = {
    ReasonCode.SUSPENDED: "This account is suspended.",
    ReasonCode.DELETED: "This account is deleted.",
    ReasonCode.NEVER_BOUGHT: "The course has not been bought yet.",
    ReasonCode.CHECKOUT_OPEN: "A checkout was started, but nothing has been paid yet.",
    ReasonCode.PAYMENT_PENDING: "A payment of {amount} is not confirmed yet.",
    ReasonCode.PAYMENT_FAILED: "The payment of {amount} failed.",
    ReasonCode.PAYMENT_IN_REVIEW: "The school is reviewing a payment of {amount}.",
    ReasonCode.PAID_WITHOUT_GRANT: "{amount} was paid, but access was not granted.",
    ReasonCode.REFUNDED: "Access ended on {day} because the payment was refunded.",
    ReasonCode.ENDED: "Access ended on {day}.",
    ReasonCode.EXPIRED: "Access expired on {day}.",
    ReasonCode.NOT_STARTED: "Access starts on {day}.",
    ReasonCode.DISPUTED: (
        "The payment is disputed. Access is suspended until the dispute is decided."
    ),
}
BUY_AGAIN = "Buy the course again to get access."
REPAIRS = {
    ReasonCode.SUSPENDED: "An admin can lift the suspension.",
    ReasonCode.NEVER_BOUGHT: "Buy it to start right away.",
    ReasonCode.CHECKOUT_OPEN: "Complete the checkout to get access.",
    ReasonCode.PAYMENT_PENDING: "Access starts automatically once it is confirmed.",
    ReasonCode.PAYMENT_FAILED: "Pay again to get access.",
    ReasonCode.PAYMENT_IN_REVIEW: ("An admin of the school will decide. Please don't pay again."),
    ReasonCode.PAID_WITHOUT_GRANT: "An admin can re-check the payment.",
    ReasonCode.REFUNDED: BUY_AGAIN,
    ReasonCode.ENDED: BUY_AGAIN,
    ReasonCode.EXPIRED: BUY_AGAIN,
    ReasonCode.DISPUTED: "Access is restored if the dispute is won or withdrawn.",
}
KINDS = {
    "payment": "Bought",
    "manual": "Granted manually",
    "free": "Enrolled for free",
    "batch": "Granted to a group",
}


def _granted(reason: Reason) -> str:
    sentence = f"{KINDS[reason.kind]} on {calendar.school().day(reason.at)}." if reason.at else ""
    if reason.until:
        sentence += f" Access expires on {calendar.school().day(reason.until)}."
    if reason.disputed:
        sentence += " The payment is disputed. Access stays open until the dispute is decided."
    return sentence


# Money is on its way, being looked at or disputed: no one should pay a second time meanwhile.
UNDER_WAY = frozenset(
    {
        ReasonCode.PAYMENT_PENDING,
        ReasonCode.PAYMENT_IN_REVIEW,
        ReasonCode.PAID_WITHOUT_GRANT,
        ReasonCode.DISPUTED,
    }
)


# Only the school can mend these.
FOR_THE_SCHOOL = frozenset(
    {ReasonCode.SUSPENDED, ReasonCode.PAYMENT_IN_REVIEW, ReasonCode.PAID_WITHOUT_GRANT}
)


@dataclass(frozen=True)
class Verdict:
    """`reasons` starts with the first broken link, or with what gives access."""

    allowed: bool
    reasons: tuple[Reason, ...]

    @property
    def sentence(self) -> str:
        return self.reasons[0].sentence

    @property
    def needs_support(self) -> bool:
        return any(reason.code in FOR_THE_SCHOOL for reason in self.reasons)

    @property
    def under_way(self) -> Reason | None:
        """The payment to wait for instead of paying again."""
        return next((reason for reason in self.reasons if reason.code in UNDER_WAY), None)
