"""The audit log in words: what each action, fact and code is called on screen."""

from courseflow_admin.models.school.audit import Act

_ACTS = {
    Act.ACCOUNT_SIGNED_UP: "Signed up",
    Act.ACCOUNT_SIGN_UP_REPEATED: "Sign-up tried with an existing address",
    Act.ACCOUNT_CREATED: "Account created",
    Act.ACCOUNT_ROLE_CHANGED: "Role changed",
    Act.ACCOUNT_SUSPENDED: "Account suspended",
    Act.ACCOUNT_RESTORED: "Account restored",
    Act.ACCOUNT_VIEW_BEGUN: "View-as started",
    Act.ACCOUNT_VIEW_ENDED: "View-as ended",
    Act.ACCOUNT_SIGNED_OUT: "Signed out everywhere",
    Act.ACCOUNT_VERIFICATION_SENT: "Verification e-mail sent",
    Act.ACCOUNT_VERIFIED: "E-mail address verified",
    Act.ACCOUNT_RESET_ASKED: "Password reset requested",
    Act.ACCOUNT_PASSWORD_RESET: "Password reset",
    Act.ACCOUNT_PASSWORD_CHANGED: "Password changed",
    Act.ACCOUNT_RENAMED: "Name changed",
    Act.ACCOUNT_ZONE_CHANGED: "Time zone changed",
    Act.ACCOUNT_EMAIL_CHANGE_ASKED: "E-mail change requested",
    Act.ACCOUNT_EMAIL_CHANGE_SENT_AGAIN: "E-mail change link resent",
    Act.ACCOUNT_EMAIL_CHANGE_CANCELLED: "E-mail change cancelled",
    Act.ACCOUNT_EMAIL_CHANGED: "E-mail address changed",
    Act.ACCOUNT_OTHERS_SIGNED_OUT: "Other sessions signed out",
    Act.ACCOUNT_EXPORTED: "Personal data exported",
    Act.ACCOUNT_ERASED: "Account deleted",
    Act.INVITATION_SENT: "Invitation sent",
    Act.INVITATION_SENT_AGAIN: "Invitation resent",
    Act.INVITATION_REVOKED: "Invitation revoked",
    Act.INVITATION_ACCEPTED: "Invitation accepted",
    Act.ACCOUNT_SECOND_FACTOR_BEGUN: "Second factor setup started",
    Act.ACCOUNT_SECOND_FACTOR_ON: "Second factor turned on",
    Act.ACCOUNT_SECOND_FACTOR_OFF: "Second factor turned off",
    Act.ACCOUNT_SECOND_FACTOR_REMOVED: "Second factor removed by an admin",
    Act.ACCOUNT_RECOVERY_CODES_RENEWED: "Recovery codes renewed",
    Act.ACCOUNT_RECOVERY_CODE_USED: "Recovery code used",
    Act.SESSION_OPENED: "Signed in",
    Act.SESSION_ENDED: "Session ended",
    Act.SESSION_REFUSED: "Sign-in refused",
    Act.SESSION_CODE_ASKED: "Second factor requested",
    Act.TOKEN_REUSED: "Refresh token reused",
    Act.COURSE_CREATED: "Course created",
    Act.COURSE_CHANGED: "Course changed",
    Act.COURSE_CO_INSTRUCTORS_CHANGED: "Co-instructors changed",
    Act.COURSE_OWNER_CHANGED: "Course owner changed",
    Act.COURSE_PUBLISHED: "Course published",
    Act.COURSE_UNPUBLISHED: "Course taken off sale",
    Act.COURSE_ARCHIVED: "Course archived",
    Act.ENROLLMENT_GRANTED: "Learner enrolled",
    Act.CHECKOUT_OPENED: "Checkout started",
    Act.CHECKOUT_BILLING_CHANGED: "Billing details changed",
    Act.CHECKOUT_EXPIRED: "Checkout expired",
    Act.PAYMENT_MOVED: "Payment status changed",
    Act.PAYMENT_PAID: "Payment confirmed",
    Act.PAYMENT_REVIEW_OPENED: "Payment needs review",
    Act.PAYMENT_REVIEW_RESOLVED: "Payment review resolved",
    Act.PAYMENT_RECHECKED: "Payment re-check requested",
    Act.PAYMENT_CAPTURE_ASKED: "Capture requested",
    Act.PAYMENT_CAPTURE_REFUSED: "Capture refused",
    Act.PAYMENT_REFUND_STARTED: "Refund started",
    Act.PAYMENT_REFUNDED: "Payment refunded",
    Act.PAYMENT_REFUND_FAILED: "Refund failed",
    Act.PAYMENT_DISPUTE_CHANGED: "Dispute status changed",
    Act.RECEIPT_NUMBERED: "Receipt issued",
    Act.WEBHOOK_RECEIVED: "Webhook received",
    Act.WEBHOOK_REPLAYED: "Webhook retried",
    Act.EMAIL_QUEUED: "E-mail queued",
    Act.EMAIL_STATE_CHANGED: "E-mail status changed",
    Act.SCHOOL_SEEDED: "Demo school loaded",
    Act.SCHOOL_CLOCK_MOVED: "Time moved forward",
    Act.SCHOOL_CHANGED: "School settings changed",
    Act.SCHOOL_OLD_DATA_DELETED: "Old data deleted",
}
ACTS: dict[str, str] = {act.value: text for act, text in _ACTS.items()}
# What would read badly with its underscores taken out.
FACTS = {
    "why": "Reason",
    "because": "Reason",
    "left": "Codes left",
    "sessions": "Sessions ended",
    "to": "New status",
    "provider_payment": "Payment at the gateway",
    "second_of": "Second payment for",
    "what": "Data",
    "number": "Receipt number",
    "slug": "Link",
    "zone": "Time zone",
    "owner_id": "Owner",
    "co_instructor_ids": "Co-instructors",
}
# Codes that are noted as they are, and what they mean.
CODES = {
    "admin": "by an admin",
    "bought": "paid in another checkout",
    "replaced": "replaced by another checkout",
    "time": "its time was over",
    "second_factor": "second factor code",
    "second_payment": "second payment",
    "provider": "by the gateway",
    "signed_out": "signed out",
    "partially_refunded": "partly refunded",
    "needs_review": "needs review",
}
CODED = ("because", "by", "cause", "reason", "status")  # the facts that hold one
ANONYMOUS = {"nobody": "Anonymous"}  # whoever was not signed in


def actor_text(actor_id: str, name: str) -> str:
    """The name as it was noted, else the id, which is all that is left of a deleted account."""
    return name or ANONYMOUS.get(actor_id, actor_id)


def fact_text(name: str) -> str:
    """`sessions_ended` -> `Sessions ended`: what a fact is called."""
    return FACTS.get(name, name.replace("_", " ").capitalize())
