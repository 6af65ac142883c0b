"""An e-mail in the outbox and in the log: content frozen when queued, state only forward."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from courseflow_admin.models.core.base import Document, Piece


class EmailKind(StrEnum):
    WELCOME = "welcome"
    ACCOUNT_EXISTS = "account_exists"
    INVITATION = "invitation"
    VERIFY_EMAIL = "verify_email"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of e-mail, not a secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of e-mail, not a secret
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    ROLE_CHANGED = "role_changed"
    VIEWED_AS = "viewed_as"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_RESTORED = "account_restored"
    ACCOUNT_ERASED = "account_erased"
    COURSE_AUTHORS = "course_authors"
    ACCESS_GRANTED = "access_granted"
    ACCESS_ENDED = "access_ended"
    RECEIPT = "receipt"
    REFUND = "refund"
    SECOND_PAYMENT_REFUNDED = "second_payment_refunded"
    TOKEN_REUSE = "token_reuse"  # noqa: S105 - a kind of e-mail, not a secret
    NEW_DEVICE = "new_device"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    SESSIONS_ENDED = "sessions_ended"
    DATA_EXPORTED = "data_exported"


class EmailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    COMPLAINED = "complained"


# Resend's webhooks come in any order: a state is only replaced by one of a higher rank.
STATE_RANK = {
    EmailState.QUEUED: 0,
    EmailState.SENT: 1,
    EmailState.DELAYED: 2,
    EmailState.DELIVERED: 3,
    EmailState.BOUNCED: 3,
    EmailState.FAILED: 3,
    EmailState.SUPPRESSED: 3,
    EmailState.COMPLAINED: 4,
}
UNDELIVERED = (
    EmailState.BOUNCED,
    EmailState.FAILED,
    EmailState.SUPPRESSED,
    EmailState.COMPLAINED,
)
SUBJECTS = {
    EmailKind.WELCOME: "Welcome to {school}",
    EmailKind.ACCOUNT_EXISTS: "You already have an account at {school}",
    EmailKind.INVITATION: "{inviter} invited you to {school}",
    EmailKind.VERIFY_EMAIL: "Confirm your e-mail address",
    EmailKind.PASSWORD_RESET: "Reset your password for {school}",
    EmailKind.PASSWORD_CHANGED: "Your password was changed",
    EmailKind.EMAIL_CHANGE: "Confirm your new e-mail address",
    EmailKind.EMAIL_CHANGE_ASKED: "Request to change your e-mail address",
    EmailKind.COURSE_AUTHORS: "{news} “{course}”",
    EmailKind.ROLE_CHANGED: "You are now {as_role} at {school}",
    EmailKind.VIEWED_AS: "{viewer} viewed {school} as you",
    EmailKind.ACCOUNT_SUSPENDED: "Your account at {school} has been suspended",
    EmailKind.ACCOUNT_RESTORED: "Your account at {school} has been restored",
    EmailKind.EMAIL_CHANGED: "Your e-mail address was changed",
    EmailKind.ACCOUNT_ERASED: "Your account at {school} has been deleted",
    EmailKind.ACCESS_GRANTED: "Your access to {course}",
    EmailKind.ACCESS_ENDED: "Your access to {course} has ended",
    EmailKind.RECEIPT: "Receipt {number} for {course}",
    EmailKind.REFUND: "Your refund for {course}",
    EmailKind.SECOND_PAYMENT_REFUNDED: "We refunded your second payment for {course}",
    EmailKind.TOKEN_REUSE: "We signed out one of your devices",
    EmailKind.NEW_DEVICE: "Sign-in from a new device",
    EmailKind.SECOND_FACTOR_ON: "Your second factor is on",
    EmailKind.SECOND_FACTOR_OFF: "Your second factor is off",
    EmailKind.SECOND_FACTOR_REMOVED: "Your second factor was removed",
    EmailKind.RECOVERY_CODE_USED: "A recovery code was used",
    EmailKind.RECOVERY_CODES_RENEWED: "You have new recovery codes",
    EmailKind.SIGNED_OUT_EVERYWHERE: "You have been signed out everywhere",
    EmailKind.SESSIONS_ENDED: "You have been signed out on {where}",
    EmailKind.DATA_EXPORTED: "Your data was downloaded",
}


class Person(Protocol):
    """An account, or whoever is signed in."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Recipient:
    account_id: str
    email: str
    name: str

    @classmethod
    def of(cls, person: Person) -> "Recipient":
        """At the address the person has now."""
        return cls(person.id, person.email, person.name)

    @property
    def reachable(self) -> bool:
        """False for a deleted account, which has no address any more."""
        return "@" in self.email


class EmailEvent(Piece):
    """One step in the life of an e-mail, as the provider told it."""

    at: datetime
    state: EmailState
    detail: str = ""


class Email(Document):
    kind: EmailKind
    dedupe_key: str  # also the idempotency key at the provider
    account_id: str
    to: str
    to_name: str = ""
    from_name: str = ""  # the school's, as it was called when this was queued
    subject: str
    html: str
    text: str
    state: EmailState = EmailState.QUEUED
    queued_at: datetime
    sent_at: datetime | None = None
    state_at: datetime
    attempts: int = 0  # how often the worker has tried
    error: str = ""
    provider_id: str = ""
    events: list[EmailEvent] = Field(default_factory=list)
    payment_id: str = ""
    course_id: str = ""
    course_owner_id: str = ""
    erase_at: datetime | None = None  # when the whole row goes, by a TTL index
    body_kept_days: int | None = None  # after so many days its content was deleted


@dataclass(frozen=True)
class EmailFilter:
    """All that are given must match; an empty one matches all. `states`: any of them."""

    kind: str = ""
    states: tuple[str, ...] = ()
    to_prefix: str = ""
    account_id: str = ""
    course_owner_id: str = ""
    since: datetime | None = None

    def of_owner(self, owner_id: str) -> "EmailFilter":
        return replace(self, course_owner_id=owner_id)
