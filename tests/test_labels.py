"""What a screen calls a code is written down, once for each of its values, and never made of it."""

import ast
from pathlib import Path

import pytest

from courseflow_admin.components import badges
from courseflow_admin.models.mail.emails import EmailKind, EmailState
from courseflow_admin.models.money.payment_parts import PaymentState, RefundState
from courseflow_admin.models.money.webhooks import WebhookState
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching.courses import CourseState
from courseflow_admin.models.teaching.enrollments import EndReason
from courseflow_admin.state.identity import person
from courseflow_admin.state.mail import email, emails
from courseflow_admin.state.money import payments, webhooks
from courseflow_admin.state.school.audit_words import ACTS

PACKAGE = Path(__file__).parents[1] / "courseflow_admin"
# What is no code of ours, or has its words in a table first.
MADE = {
    "models/core/calendar.py": "a place in the name of a time zone",
    "models/school/settings.py": "the fields of a form, in a refusal",
    "models/teaching/courses.py": "names of fields, where LABELS has none",
    "providers/razorpay.py": "Razorpay's reasons of a dispute, which it adds to",
    "providers/stripe.py": "Stripe's reasons and payment methods, which it adds to",
    "state/core/events.py": "the fields of a form, in a refusal",
    "state/school/audit_words.py": "names of facts, where FACTS has none",
}


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (ACTS, Act),
        (badges.PAYMENT, PaymentState),
        (badges.REFUND, RefundState),
        (badges.EMAIL, EmailState),
        (badges.WEBHOOK, WebhookState),
        (email.SAID, EmailState),
        (emails.KINDS, EmailKind),
        ({name: text for name, text in emails.STATES.items() if name != emails.GROUP}, EmailState),
        (payments.STATES, PaymentState),
        (person.ENDED, EndReason),
        ({name: text for name, text in webhooks.STATES.items() if name != "stuck"}, WebhookState),
    ],
)
def test_every_code_that_is_shown_has_words(table, codes):
    assert set(table) == set(codes)


def test_every_state_of_a_course_has_a_badge():
    assert set(CourseState) <= set(badges.COURSE)


def test_a_payment_is_called_the_same_everywhere():
    words = {state.value: state.label for state in PaymentState}

    assert {state: text for state, (_, text) in badges.PAYMENT.items()} == words
    assert words == payments.STATES


def labels_made(source: str) -> list[int]:
    """Lines where underscores are taken out of something."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "replace"
        and [getattr(one, "value", None) for one in node.args] == ["_", " "]
    ]


def test_no_label_is_made_of_a_code():
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "development" not in path.parts and labels_made(path.read_text())
    }

    assert found == set(MADE)


def test_a_made_label_is_found():
    assert labels_made('text = state.value.replace("_", " ").capitalize()') == [1]
    assert labels_made('text = name.replace("-", " ")') == []
