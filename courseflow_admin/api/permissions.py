"""Who may call which route: data in one place, compared with what really happens by a test.

The services ask; this table says what they must answer. `docs/permissions.md` is made from it.
"""

from dataclasses import dataclass, replace
from typing import Literal

from courseflow_admin.models.core.permissions import Permission

# Whose payment, e-mail or account it is; whose course, and who writes it too.
Party = Literal["learner", "owner", "co-instructor"]


@dataclass(frozen=True)
class Rule:
    """`needs` None: everyone. A signed-in account without it is answered 403.

    A route about one object is for its `parties`, and for those who hold `everyones`; all others
    are answered with `strangers`. With `seen_by`, who lacks the permission is answered 403 only if
    they may see the object, and otherwise 404.
    """

    needs: Permission | None = None
    parties: tuple[Party, ...] = ()
    everyones: Permission | None = None
    strangers: int = 404
    seen_by: tuple[Party, ...] = ()


EVERYONE = Rule()
OWN = Rule(Permission.ACCOUNT_OWN)
PRIVATE = Rule(Permission.ACCOUNT_PRIVATE)
# Of a course on sale everyone knows, so that only the act is refused; a draft is not there (404).
COURSE = Rule(
    Permission.COURSES_EDIT,
    parties=("owner", "co-instructor"),
    everyones=Permission.COURSES_EDIT_ALL,
    strangers=403,
)
OWN_COURSE = replace(COURSE, parties=("owner",))
PEOPLE = Rule(Permission.ACCOUNTS_READ)
CHANGE_PEOPLE = Rule(Permission.ACCOUNTS_CHANGE)
LOG = Rule(Permission.AUDIT_READ)
SETTINGS = Rule(Permission.SETTINGS_CHANGE)

RULES: dict[str, Rule] = {
    "GET /api/health/live": EVERYONE,
    "GET /api/health/ready": EVERYONE,
    "GET /api/v1/access/{account_id}/{course_id}": Rule(Permission.ACCESS_READ_ALL),
    "GET /api/v1/accounts": PEOPLE,
    "GET /api/v1/accounts/{account_id}": Rule(
        Permission.ACCOUNT_OWN, parties=("learner",), everyones=Permission.ACCOUNTS_READ
    ),
    "GET /api/v1/accounts/{account_id}/detail": PEOPLE,
    "GET /api/v1/accounts/{account_id}/sessions": PEOPLE,
    "POST /api/v1/accounts/{account_id}/restore": CHANGE_PEOPLE,
    "POST /api/v1/accounts/{account_id}/sign-out": CHANGE_PEOPLE,
    "DELETE /api/v1/accounts/{account_id}/second-factor": CHANGE_PEOPLE,
    "POST /api/v1/accounts/{account_id}/suspend": CHANGE_PEOPLE,
    "POST /api/v1/accounts/{account_id}/verification": CHANGE_PEOPLE,
    "POST /api/v1/accounts/{account_id}/view-as": Rule(Permission.ACCOUNTS_VIEW_AS),
    "PUT /api/v1/accounts/{account_id}/role": CHANGE_PEOPLE,
    "GET /api/v1/audit": LOG,
    "GET /api/v1/audit/export": LOG,
    "POST /api/v1/auth/forgot": EVERYONE,
    "POST /api/v1/auth/refresh": EVERYONE,
    "POST /api/v1/auth/reset": EVERYONE,
    "POST /api/v1/auth/sign-in": EVERYONE,
    "POST /api/v1/auth/sign-in/code": EVERYONE,
    "POST /api/v1/auth/sign-out": EVERYONE,
    "POST /api/v1/auth/sign-up": EVERYONE,
    "POST /api/v1/auth/verify": EVERYONE,
    "POST /api/v1/auth/verify/resend": PRIVATE,
    "GET /api/v1/catalog": EVERYONE,
    "GET /api/v1/checkout/return/{provider}": EVERYONE,
    "POST /api/v1/checkout/return/{provider}": EVERYONE,
    "GET /api/v1/courses/{slug}": EVERYONE,
    "POST /api/v1/courses": Rule(Permission.COURSES_EDIT),
    "GET /api/v1/courses/{course_id}/co-instructors": COURSE,
    "PUT /api/v1/courses/{course_id}/co-instructors": OWN_COURSE,
    "DELETE /api/v1/courses/{course_id}/co-instructors/{account_id}": OWN_COURSE,
    "GET /api/v1/courses/{course_id}/draft": COURSE,
    "PUT /api/v1/courses/{course_id}/owner": Rule(Permission.COURSES_EDIT_ALL),
    "GET /api/v1/courses/{course_id}/versions": COURSE,
    "PATCH /api/v1/courses/{course_id}": COURSE,
    "POST /api/v1/courses/{course_id}/lessons": COURSE,
    "POST /api/v1/courses/{course_id}/publish": COURSE,
    "POST /api/v1/courses/{course_id}/sections": COURSE,
    "GET /api/v1/emails": OWN,
    "GET /api/v1/emails/{email_id}": Rule(
        Permission.ACCOUNT_OWN,
        parties=("learner", "owner"),
        everyones=Permission.EMAILS_READ_ALL,
    ),
    "GET /api/v1/enrollments": Rule(Permission.COURSES_STUDY),
    "GET /api/v1/invitations": PEOPLE,
    "POST /api/v1/invitations": CHANGE_PEOPLE,
    "POST /api/v1/invitations/accept": OWN,
    "POST /api/v1/invitations/sign-up": EVERYONE,  # the link decides
    "DELETE /api/v1/invitations/{invitation_id}": CHANGE_PEOPLE,
    "POST /api/v1/invitations/{invitation_id}/resend": CHANGE_PEOPLE,
    "GET /api/v1/me": OWN,
    "PATCH /api/v1/me": PRIVATE,
    "POST /api/v1/me/deletion": PRIVATE,
    "GET /api/v1/me/email": PRIVATE,
    "POST /api/v1/me/email": PRIVATE,
    "POST /api/v1/me/email/resend": PRIVATE,
    "DELETE /api/v1/me/email/waiting": PRIVATE,
    "GET /api/v1/me/export": PRIVATE,
    "POST /api/v1/me/password": PRIVATE,
    "GET /api/v1/me/second-factor": PRIVATE,
    "POST /api/v1/me/second-factor": PRIVATE,
    "POST /api/v1/me/second-factor/confirm": PRIVATE,
    "DELETE /api/v1/me/second-factor": PRIVATE,
    "POST /api/v1/me/second-factor/recovery-codes": PRIVATE,
    "GET /api/v1/me/sessions": PRIVATE,
    "DELETE /api/v1/me/sessions": PRIVATE,
    "DELETE /api/v1/me/sessions/{session_id}": Rule(
        Permission.ACCOUNT_PRIVATE, parties=("learner",)
    ),
    "GET /api/v1/metrics/{name}": Rule(Permission.FIGURES_READ),
    "GET /api/v1/payments": OWN,
    "GET /api/v1/payments/{payment_id}": Rule(
        Permission.ACCOUNT_OWN,
        parties=("learner", "owner"),
        everyones=Permission.PAYMENTS_READ_ALL,
    ),
    "POST /api/v1/payments/checkout": Rule(Permission.COURSES_BUY),
    "POST /api/v1/payments/{payment_id}/capture": Rule(Permission.PAYMENTS_CAPTURE),
    "POST /api/v1/payments/{payment_id}/refunds": Rule(
        Permission.PAYMENTS_REFUND, seen_by=("learner", "owner")
    ),
    "POST /api/v1/payments/{payment_id}/review": Rule(Permission.PAYMENTS_REVIEW),
    "POST /api/v1/payments/{payment_id}/sync": Rule(Permission.PAYMENTS_SYNC),
    "GET /api/v1/school": EVERYONE,
    "GET /api/v1/school/logo": EVERYONE,
    "GET /api/v1/school/policies/{policy}": EVERYONE,
    "GET /api/v1/settings": SETTINGS,
    "PATCH /api/v1/settings": SETTINGS,
    "PUT /api/v1/settings/logo": SETTINGS,
    "DELETE /api/v1/settings/logo": SETTINGS,
    "POST /api/v1/view-as/end": EVERYONE,
    "POST /api/v1/webhook-events/{event_id}/replay": Rule(Permission.WEBHOOKS_REPLAY),
    "POST /api/v1/webhooks/{provider}": EVERYONE,  # the signature decides
}
