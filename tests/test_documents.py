"""What the documents name exists: tests by their names, files behind their links, rows of ASVS."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECURITY = ROOT / "docs" / "security.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")  # what stands in brackets behind it are parameters
TEST_FILE = re.compile(r"tests/[\w/]+\.py")
MODULE = re.compile(
    r"`((?:models|db|providers|services|state|api|components|pages|development)/[\w/]+\.py)"
)
LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")
# OWASP ASVS 5.0.0: section -> how many of its rows are of level 1 or 2. Each section counts them
# from one, its rows of level 3 follow. Left out: OAuth (10) and WebRTC (17), which we do not have.
ROWS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip


def missing_tests(text: str) -> list[str]:
    """The tests `text` names that do not exist."""
    named = sorted(set(TEST.findall(text)))
    return [f"{path}::{name}" for path, name in named if name not in names_in(path)]


def missing_files(document: Path, text: str) -> list[str]:
    """The relative links in `text`, and the modules and tests it names, that lead nowhere."""
    links = [link for link in LINK.findall(text) if "://" not in link and "mailto:" not in link]
    paths = [document.parent / link for link in links]
    paths += [ROOT / path for path in TEST_FILE.findall(text)]
    paths += [ROOT / "courseflow_admin" / path for path in MODULE.findall(text)]
    return sorted({str(path) for path in paths if not path.exists()})


def names_in(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def unspoken_rows(text: str) -> list[str]:
    """The rows of levels 1 and 2 that `text` does not name."""
    named = set(re.findall(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.]*\d)", text))
    rows = [f"{section}.{row + 1}" for section, count in ROWS.items() for row in range(count)]
    return [row for row in rows if row not in named]


def test_every_test_that_the_page_on_security_names_exists():
    text = SECURITY.read_text(encoding="utf-8")

    assert len(TEST.findall(text)) > 100
    assert missing_tests(text) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document):
    assert missing_files(document, document.read_text(encoding="utf-8")) == []


def test_the_page_on_security_speaks_of_every_row_of_levels_1_and_2():
    assert sum(ROWS.values()) == 217
    assert unspoken_rows(SECURITY.read_text(encoding="utf-8")) == []


WORDS = (
    *("account", "learner", "instructor", "admin", "role", "permission", "actor", "course"),
    *("section", "lesson", "draft", "version", "enrollment", "grant", "access check", "payment"),
    *("fact", "entry", "ledger line", "net", "fee", "after fees", "payout", "refund", "dispute"),
    *("inquiry", "review", "receipt", "credit note", "coupon", "webhook event", "delivery"),
    *("retry", "replay", "sync", "job", "lane", "lease", "outbox", "e-mail", "suppression"),
    *("figure", "rollup", "audit entry", "request id"),
)


def test_the_glossary_explains_every_word_once():
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## Words")[2]
    heads = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)
    explained = [re.sub(r" \(.*\)", "", word) for head in heads for word in head.split(", ")]

    assert sorted(word for word in WORDS if explained.count(word) != 1) == []


def test_what_does_not_exist_is_noticed():
    """So that the tests above could fail."""
    here = "tests/test_documents.py::test_what_does_not_exist_is_noticed"
    gone = "tests/test_documents.py::test_that_was_renamed"

    assert missing_tests(f"`{here}`, `{here}[x-1]`, `{gone}[x-1]`, `tests/gone.py::test_x`") == [
        "tests/gone.py::test_x",
        gone,
    ]
    links = "[a](security.md#b) ![b](gone.png) [c](https://a.test/b) `tests/gone.py`"
    assert missing_files(SECURITY, f"{links} `db/core/client.py` `db/gone.py`") == [
        str(ROOT / "courseflow_admin" / "db" / "gone.py"),
        str(ROOT / "docs" / "gone.png"),
        str(ROOT / "tests" / "gone.py"),
    ]
    assert unspoken_rows("1.1.1, 11.1.1 and 5.0.0")[:2] == ["1.1.2", "1.2.1"]
