"""A count and its word are put together by `counted` alone: never "1 learners"."""

import ast
import re
from pathlib import Path

import pytest

from courseflow_admin.state.identity.person import ending
from courseflow_admin.state.teaching.studio_course import keeping

PACKAGE = Path(__file__).parents[1] / "courseflow_admin"
NOUNS = (
    *("accounts", "admins", "attempts", "authors", "bytes", "characters", "checks", "codes"),
    *("courses", "days", "devices", "documents", "e-mails", "enrollments", "entries", "events"),
    *("hours", "instructors", "invitations", "jobs", "learners", "lessons", "minutes", "months"),
    *("payments", "people", "pixels", "receipts", "refunds", "rows", "seconds", "sections"),
    *("sessions", "students", "things", "times", "tries", "versions", "webhooks", "weeks", "years"),
)
WORD = re.compile(rf" (?:[a-z]+ )?(?:{'|'.join(NOUNS)})\b")
# These numbers are never 1.
MANY = {
    "components/forms.py": {"longest"},
    "errors.py": {"wait_seconds", "minutes"},
    "logs.py": {"len(text)", "missing"},
    "models/teaching/studio.py": {"len(checks)"},
    "services/school/job_runner.py": {"self._deadlines[job.kind].total_seconds()"},
    "services/school/school_logo.py": {"picture.height"},
    "services/teaching/course_rights.py": {"len(value)"},
    "state/core/times.py": {"days"},
    "state/figures/overview.py": {"span", "days"},
    "state/money/payment_steps.py": {"len(event.raw.encode())"},
    "state/school/settings.py": {"logo.height"},
}


def loose(source: str) -> list[str]:
    """What stands before a plural in an f-string and is no constant."""
    return [
        ast.unparse(number.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr)
        for number, text in zip(node.values, node.values[1:], strict=False)
        if isinstance(number, ast.FormattedValue)
        and isinstance(text, ast.Constant)
        and WORD.match(str(text.value))
        and not (isinstance(number.value, ast.Name) and number.value.id.isupper())
    ]


def test_every_count_gets_its_word_from_one_function():
    found = {
        str(path.relative_to(PACKAGE)): set(numbers)
        for path in PACKAGE.rglob("*.py")
        if "development" not in path.parts and (numbers := loose(path.read_text()))
    }

    assert found == MANY


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ('f"{learners} learners"', ["learners"]),
        ('f"{len(ended)} other sessions ended"', ["len(ended)"]),
        ('f"at most {MOST_LESSONS} lessons"', []),
        ("""f"{counted(n, 'lesson')} left" """, []),
    ],
)
def test_a_loose_plural_is_found(planted, seen):
    assert loose(planted) == seen


def test_a_count_of_none_is_left_out_or_said_in_words():
    assert (keeping(0), keeping(1), keeping(2)) == (
        "",
        "1 learner keeps access and progress.",
        "2 learners keep access and progress.",
    )
    assert (ending(0), ending(1), ending(2)) == (
        "They are not signed in anywhere.",
        "1 open session ends with its next click.",
        "2 open sessions end with their next click.",
    )
