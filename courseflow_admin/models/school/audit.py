"""What the audit log keeps: who did what to which object, and when.

Grammar of an act: `subject.past_participle`, as ACT_GRAMMAR says it. The subject is the kind of
thing it was done to, whose id the object is (`account.*` has an `acc_…`); the rest says what is so
now. An act that changes a fact keeps `before` and `after` of that fact and of nothing else.
Acts are never renamed, because old entries keep their words.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from courseflow_admin.models.core.base import Document
from courseflow_admin.models.core.periods import Period

ACT_GRAMMAR = r"[a-z]+\.[a-z]+(_[a-z]+)*"


class Act(StrEnum):
    ACCOUNT_SIGNED_UP = "account.signed_up"
    ACCOUNT_SIGN_UP_REPEATED = "account.sign_up_repeated"  # with the address of an account
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_ROLE_CHANGED = "account.role_changed"
    ACCOUNT_SUSPENDED = "account.suspended"
    ACCOUNT_RESTORED = "account.restored"
    ACCOUNT_VIEW_BEGUN = "account.view_begun"  # by an admin, with this person's eyes
    ACCOUNT_VIEW_ENDED = "account.view_ended"
    ACCOUNT_SIGNED_OUT = "account.signed_out"  # everywhere, by an admin
    ACCOUNT_VERIFICATION_SENT = "account.verification_sent"
    ACCOUNT_VERIFIED = "account.verified"
    ACCOUNT_RESET_ASKED = "account.reset_asked"
    ACCOUNT_PASSWORD_RESET = "account.password_reset"  # noqa: S105 - an act, not a secret
    ACCOUNT_PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - an act, not a secret
    ACCOUNT_RENAMED = "account.renamed"
    ACCOUNT_ZONE_CHANGED = "account.zone_changed"
    ACCOUNT_EMAIL_CHANGE_ASKED = "account.email_change_asked"
    ACCOUNT_EMAIL_CHANGE_SENT_AGAIN = "account.email_change_sent_again"
    ACCOUNT_EMAIL_CHANGE_CANCELLED = "account.email_change_cancelled"
    ACCOUNT_EMAIL_CHANGED = "account.email_changed"
    ACCOUNT_OTHERS_SIGNED_OUT = "account.others_signed_out"
    ACCOUNT_EXPORTED = "account.exported"
    ACCOUNT_ERASED = "account.erased"
    INVITATION_SENT = "invitation.sent"
    INVITATION_SENT_AGAIN = "invitation.sent_again"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_ACCEPTED = "invitation.accepted"
    ACCOUNT_SECOND_FACTOR_BEGUN = "account.second_factor_begun"
    ACCOUNT_SECOND_FACTOR_ON = "account.second_factor_switched_on"
    ACCOUNT_SECOND_FACTOR_OFF = "account.second_factor_switched_off"
    ACCOUNT_SECOND_FACTOR_REMOVED = "account.second_factor_removed"  # by an admin
    ACCOUNT_RECOVERY_CODES_RENEWED = "account.recovery_codes_renewed"
    ACCOUNT_RECOVERY_CODE_USED = "account.recovery_code_used"
    SESSION_OPENED = "session.opened"
    SESSION_ENDED = "session.ended"
    SESSION_REFUSED = "session.refused"
    SESSION_CODE_ASKED = "session.code_asked"  # the password was right, the code is to come
    TOKEN_REUSED = "token.reused"  # noqa: S105 - an act, not a secret
    COURSE_CREATED = "course.created"
    COURSE_CHANGED = "course.changed"
    COURSE_CO_INSTRUCTORS_CHANGED = "course.co_instructors_changed"
    COURSE_OWNER_CHANGED = "course.owner_changed"
    COURSE_PUBLISHED = "course.published"
    COURSE_UNPUBLISHED = "course.unpublished"
    COURSE_ARCHIVED = "course.archived"
    ENROLLMENT_GRANTED = "enrollment.granted"
    CHECKOUT_OPENED = "checkout.opened"
    CHECKOUT_BILLING_CHANGED = "checkout.billing_changed"
    CHECKOUT_EXPIRED = "checkout.expired"
    PAYMENT_MOVED = "payment.moved"
    PAYMENT_PAID = "payment.paid"
    PAYMENT_REVIEW_OPENED = "payment.review_opened"
    PAYMENT_REVIEW_RESOLVED = "payment.review_resolved"
    PAYMENT_RECHECKED = "payment.rechecked"
    PAYMENT_CAPTURE_ASKED = "payment.capture_asked"
    PAYMENT_CAPTURE_REFUSED = "payment.capture_refused"
    PAYMENT_REFUND_STARTED = "payment.refund_started"
    PAYMENT_REFUNDED = "payment.refunded"
    PAYMENT_REFUND_FAILED = "payment.refund_failed"
    PAYMENT_DISPUTE_CHANGED = "payment.dispute_changed"
    RECEIPT_NUMBERED = "receipt.numbered"
    WEBHOOK_RECEIVED = "webhook.received"
    WEBHOOK_REPLAYED = "webhook.replayed"  # given up, and to be handled once more
    EMAIL_QUEUED = "email.queued"
    EMAIL_STATE_CHANGED = "email.state_changed"
    SCHOOL_SEEDED = "school.seeded"
    SCHOOL_CLOCK_MOVED = "school.clock_moved"  # of a rehearsal
    SCHOOL_CHANGED = "school.changed"
    SCHOOL_OLD_DATA_DELETED = "school.old_data_deleted"  # as its settings say; with how many


class AuditEntry(Document):
    at: datetime
    actor_id: str
    actor_name: str = ""  # blanked when the account is deleted
    viewer_id: str = ""  # the admin who saw with this actor's eyes
    viewer_name: str = ""
    act: Act
    object_id: str
    facts: dict[str, Any] = Field(default_factory=dict)
    request_id: str = ""
    ip: str = ""


@dataclass(frozen=True)
class AuditFilter:
    """All that are given must match; an empty one matches all.

    `q`: an id, a name or the beginning of an e-mail address; `about` are the ids it stands for.
    What was done to or by any of these matches.
    """

    act: str = ""
    actor_id: str = ""
    object_id: str = ""
    period: Period | None = None
    q: str = ""
    about: tuple[str, ...] = ()
