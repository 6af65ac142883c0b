"""The answer to "may this person study this course?", with the reasons in words."""

from dataclasses import dataclass
from enum import StrEnum


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
    sentence: str
    repair: str = ""  # the act that repairs it, as a sentence
    payment_id: str = ""
    inside: str = ""  # what only admins read of it

    @property
    def for_admins(self) -> str:
        return f"{self.sentence} {self.inside}".rstrip()


# Money is on its way, being looked at or disputed: nobody should pay a second time meanwhile.
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
