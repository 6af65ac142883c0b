"""Services and models hold facts: no icon, no colour, no link, no sentence of a screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[1] / "courseflow_admin" / "services"
MODELS = SERVICES.parent / "models"
LOOKS = {"icon", "icons", "tone", "tones", "href", "hrefs", "color", "colour"}
# What leaves the school and has to be found again from outside needs an absolute address.
WITH_ADDRESSES = {
    "identity/invitations.py": "the link of an invitation's e-mail",
    "identity/one_time_links.py": "the links of e-mails that work once",
    "mail/outbox.py": "the logo in an e-mail",
    "money/checkout.py": "where the gateway leads back to; a refusal that names the policies",
    "money/money_mails.py": "the link of a refund's e-mail",
    "money/receipt_numbers.py": "the link of a receipt's e-mail",
    "teaching/co_instructors.py": "the link of the e-mail to a new co-instructor",
    "teaching/enrollments.py": "the link of the e-mail that opens a course",
}

# Sentences that no screen makes up, by the function they stand in.
REFUSAL, KEPT, E_MAIL = "a refusal", "kept with the thing as its history", "a fact of an e-mail"
NO_SCREENS = {
    "identity/invitations.py: module": REFUSAL,
    "identity/one_time_links.py: module": REFUSAL,
    "identity/password_rules.py: module": REFUSAL,
    "identity/second_factor.py: use": E_MAIL,
    "identity/view_as.py: _why_not": REFUSAL,
    "mail/outbox.py: send": KEPT,
    "money/money_mails.py: refunded": E_MAIL,
    "money/webhooks.py: _email_event": KEPT,
    "money/webhooks.py: _payment_event": KEPT,
    "school/school_logo.py: module": REFUSAL,
    "school/job_runner.py: _judged": KEPT,
    "school/job_runner.py: _run": KEPT,
    "school/support.py: with_address": REFUSAL,
    "teaching/co_instructors.py: body": E_MAIL,
}


# Refusals beside their codes: page, API and e-mail say the same.
REFUSALS_OF_MODELS = {
    "core/amounts.py: _require_clear",
    "core/amounts.py: between_steps",
    "core/calendar.py: module",
    "core/paging.py: module",
    "identity/second_factor.py: module",
    "teaching/access.py: _granted",
    "teaching/access.py: module",
    "teaching/studio.py: module",
    "teaching/studio.py: sentence",
}
# Why something was decided, kept with the fact as its history.
REASONS_OF_MODELS = {
    "money/decisions.py: _more_than_there_was",
    "money/decisions.py: mismatch",
    "money/decisions.py: module",
    "money/from_slots.py: _refund",
    "money/observing.py: doubt",
}
LABELLED = {
    "money/payment_parts.py": "a status, in the refusals and the history of a payment",
    "money/receipts.py": "a receipt's number",
}


def faults_of(source: str, name: str = "money/planted.py") -> list[str]:
    tree = ast.parse(source)
    imported = [*_imports(tree)]
    found = [f"{name}: imports routes" for one in imported if one.endswith(".routes")]
    if name in WITH_ADDRESSES:
        found = []
    found += [f"{name}: names {one!r}" for one in _identifiers(tree) if one in LOOKS]
    return found + [
        f"{name}: {function} says {text!r}"
        for function, text in _sentences(tree)
        if f"{name}: {function}" not in NO_SCREENS
    ]


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names)


def _identifiers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg) or (isinstance(node, ast.keyword) and node.arg):
            yield node.arg


def _sentences(node: ast.AST, function: str = "module") -> Iterator[tuple[str, str]]:
    """Texts with a capital, a space and a full stop, where they are neither refusal nor docstring.

    A refusal says what went wrong: where it is raised, or in the class of the error.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) or _is_docstring(child):
            continue
        if isinstance(child, ast.ClassDef) and _is_error(child):
            continue
        text = _text_of(child)
        if text[:1].isupper() and " " in text and text.endswith((".", "?", "!")):
            yield function, text
        elif not text:
            within = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _sentences(child, child.name if within else function)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_error(node: ast.ClassDef) -> bool:
    """Its `__init__` gives the message to the errors' own."""
    return any("super().__init__(" in ast.unparse(one) for one in node.body) and not any(
        "dataclass" in ast.unparse(one) for one in node.decorator_list
    )


def _text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values
        )
    return ""


def test_services_hold_facts():
    files = sorted(SERVICES.rglob("*.py"))
    assert len(files) > 50

    faults = [
        fault
        for file in files
        for fault in faults_of(file.read_text(), file.relative_to(SERVICES).as_posix())
    ]

    assert faults == []


def labels_in(source: str) -> list[str]:
    """What gives a thing a name for screens: a field or property `label`."""
    return [
        ast.unparse(node).partition("\n")[0]
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.FunctionDef) and node.name == "label")
        or (isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "label")
    ]


def test_models_name_nothing_for_a_screen():
    files = {file.relative_to(MODELS).as_posix(): file.read_text() for file in MODELS.rglob("*.py")}
    assert len(files) > 40

    said = {
        f"{name}: {function}"
        for name, source in files.items()
        for function, _ in _sentences(ast.parse(source))
    }
    looks = {
        f"{name}: {one}"
        for name, source in files.items()
        for one in _identifiers(ast.parse(source))
        if one in LOOKS
    }

    assert said == REFUSALS_OF_MODELS | REASONS_OF_MODELS
    assert looks == set()
    assert {name for name, source in files.items() if labels_in(source)} == set(LABELLED)


@pytest.mark.parametrize(
    "planted", ["class Metric:\n    label: str", "class Metric:\n    def label(self): ..."]
)
def test_a_label_in_a_model_is_found(planted):
    assert len(labels_in(planted)) == 1


def test_whoever_may_know_addresses_still_needs_them():
    needless = [
        name
        for name in WITH_ADDRESSES
        if "courseflow_admin.routes" not in _imports(ast.parse((SERVICES / name).read_text()))
    ]

    assert needless == []


def test_each_exemption_is_still_needed():
    sources = {
        one.relative_to(SERVICES).as_posix(): one.read_text() for one in SERVICES.rglob("*.py")
    }
    said = {
        f"{name}: {function}"
        for name, source in sources.items()
        for function, _ in _sentences(ast.parse(source))
    }

    assert set(NO_SCREENS) - said == set()


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("from courseflow_admin import routes", "imports routes"),
        ("import courseflow_admin.routes", "imports routes"),
        ("def steps(icon: str): ...", "names 'icon'"),
        ("class Figure:\n    tone: str", "names 'tone'"),
        ("def link(row): return row.href", "names 'href'"),
        ("tile(color='red')", "names 'color'"),
        ("WHY = 'Their banks want an answer.'", "module says 'Their banks want an answer.'"),
        ("def why(x): return f'{x} is late.'", "why says 'X is late.'"),
    ],
)
def test_what_belongs_to_a_screen_is_found(planted, fault):
    assert faults_of(planted) == [f"money/planted.py: {fault}"]


@pytest.mark.parametrize(
    "allowed",
    [
        '"""What lives here."""',
        "def f(): raise Conflict(f'{x} is gone.')",
        "class Gone(Conflict):\n    def __init__(self):\n        super().__init__('It is gone.')",
    ],
)
def test_refusals_and_docstrings_are_no_screen(allowed):
    assert faults_of(allowed) == []
