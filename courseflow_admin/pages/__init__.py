"""The screens, one module each; importing this package registers all of them."""

from courseflow_admin.pages.core import not_found
from courseflow_admin.pages.figures import overview
from courseflow_admin.pages.identity import (
    account,
    forgot,
    invitation,
    invitations,
    people,
    person,
    reset,
    sign_in,
    sign_in_code,
    sign_up,
    verify,
)
from courseflow_admin.pages.mail import email, emails, my_emails
from courseflow_admin.pages.money import (
    access,
    checkout,
    my_payment,
    my_payments,
    payment_detail,
    payments,
    webhooks,
)
from courseflow_admin.pages.school import audit, policies, settings
from courseflow_admin.pages.teaching import (
    catalog,
    course,
    learn,
    learn_lesson,
    learners,
    my_courses,
    studio,
    studio_course,
)

__all__ = [
    "access",
    "account",
    "audit",
    "catalog",
    "checkout",
    "course",
    "email",
    "emails",
    "forgot",
    "invitation",
    "invitations",
    "learn",
    "learn_lesson",
    "learners",
    "my_courses",
    "my_emails",
    "my_payment",
    "my_payments",
    "not_found",
    "overview",
    "payment_detail",
    "payments",
    "people",
    "person",
    "policies",
    "reset",
    "settings",
    "sign_in",
    "sign_in_code",
    "sign_up",
    "studio",
    "studio_course",
    "verify",
    "webhooks",
]
