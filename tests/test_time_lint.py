"""One module formats dates, one tells the time: nobody else may, in code, templates or scripts."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "courseflow_admin"
CALENDAR, CLOCK = "models/core/calendar.py", "models/core/clock.py"
# Path (or folder) -> what it may, and why.
ALLOWED = {
    CALENDAR: ("isoformat format astimezone zoneinfo", "this is the module"),
    CLOCK: ("now", "this is the module"),
    "logs.py": ("isoformat", "a line of the log is for programs, and knows nobody"),
    "config.py": ("zoneinfo", "reads SCHOOL_TIMEZONE, and stands below the models"),
    "db/figures/metrics.py": ("format", "MongoDB's own, for buckets that `read_day` reads"),
    "db/index_state.py": ("astimezone", "compares as the database keeps it, without a zone"),
    "development/sandbox/": (
        "isoformat strftime format time",
        "a stranger: it speaks the companies' wire formats and shares no code with us",
    ),
}
FORMATTING = {"strftime", "isoformat", "astimezone", "ctime", "now", "utcnow", "today", "time"}
IN_TEMPLATES = re.compile(r"strftime|isoformat|astimezone|\|\s*(date|time)\b")
IN_SCRIPTS = re.compile(r"toLocale\w*String|DateTimeFormat|toISOString|\.get(UTC)?(Hours|Date)\(")
SCRIPTS_ALLOWED = {"zone.js"}  # asks the browser for the name of its zone, and formats nothing


def offences(source: str) -> list[tuple[int, str]]:
    """Lines that format an instant, move it to a zone or ask the machine for it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in FORMATTING and _of_time(node):
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "%"
                for part in ast.walk(node.format_spec)
                if isinstance(part, ast.Constant | ast.FormattedValue)
            )
            if re.search(r"%[A-Za-z]", spec):
                found.append((node.lineno, "format"))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            if any(re.match(r"(zoneinfo|pytz|dateutil|babel\.dates)\b", name) for name in names):
                found.append((node.lineno, "zoneinfo"))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"%[dmYbBHyj](?![A-Za-z])", node.value)
        ):
            found.append((node.lineno, "format"))
    return sorted(found)


def _of_time(node: ast.Attribute) -> bool:
    """`now`, `today` and `time` only of the standard modules; the rest is always about time."""
    if node.attr not in {"now", "utcnow", "today", "time"}:
        return True
    of = {"time"} if node.attr == "time" else {"datetime", "date"}
    return isinstance(node.value, ast.Name) and node.value.id in of


def _may(path: str) -> set[str]:
    for place, (what, _reason) in ALLOWED.items():
        if path == place or (place.endswith("/") and path.startswith(place)):
            return set(what.split())
    return set()


def test_nobody_else_formats_a_date():
    files = sorted(PACKAGE.rglob("*.py"))
    wrong = []
    for file in files:
        path = file.relative_to(PACKAGE).as_posix()
        wrong += [
            f"{path}:{line} {what}"
            for line, what in offences(file.read_text())
            if what not in _may(path)
        ]

    assert len(files) > 300
    assert wrong == []


def test_no_template_formats_a_date():
    files = [*(PACKAGE / "emails").glob("*.html"), *(PACKAGE / "emails").glob("*.txt")]

    assert len(files) > 50
    assert [file.name for file in files if IN_TEMPLATES.search(file.read_text())] == []


def test_no_script_formats_a_date():
    files = list(PACKAGE.rglob("*.js"))
    wrong = [file.name for file in files if IN_SCRIPTS.search(file.read_text())]

    assert len(files) >= 3
    assert set(wrong) <= SCRIPTS_ALLOWED


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('at.strftime("x")', "strftime"),
        ('f"{at.day} {at:%b %Y}"', "format"),
        ('f"{at:%H:%M} UTC"', "format"),
        ('FORM = "%d %b %Y"', "format"),
        ('FORM = "%Y-%m-%d"', "format"),
        ("row.at.isoformat()", "isoformat"),
        ("at.astimezone(zone)", "astimezone"),
        ("from zoneinfo import ZoneInfo", "zoneinfo"),
        ("import zoneinfo", "zoneinfo"),
        ("from babel.dates import format_date", "zoneinfo"),
        ("datetime.now(UTC)", "now"),
        ("date.today()", "today"),
        ("time.time()", "time"),
    ],
)
def test_the_lint_sees(line, what):
    assert what in {found for _, found in offences(line)}


@pytest.mark.parametrize(
    "line",
    [
        'f"{share:.0%}"',
        'f"{count:,}"',
        '"100 % of it"',
        'f"{at:>10}"',
        "clock.now()",
        "time.monotonic()",
        "row.time",
        '"50%"',
    ],
)
def test_the_lint_lets_pass(line):
    assert offences(line) == []


def test_every_exception_is_needed():
    for place, (what, _reason) in ALLOWED.items():
        files = (PACKAGE / place).rglob("*.py") if place.endswith("/") else [PACKAGE / place]
        found = {kind for file in files for _, kind in offences(file.read_text())}

        assert set(what.split()) <= found, place


def test_templates_and_scripts_can_be_refused():
    assert IN_TEMPLATES.search("{{ until.strftime('%d') }}")
    assert IN_TEMPLATES.search("{{ until | date }}")
    assert IN_SCRIPTS.search("new Date(at).toLocaleTimeString()")
