"""A meaning has one drawing, in the table of components/icons.py; no drawing is named elsewhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from courseflow_admin.components.icons import ATTENTION, ICONS, STEPS, icon
from courseflow_admin.models.figures.metrics import Kind
from courseflow_admin.state import edge
from courseflow_admin.state.mail.email import SAID

PACKAGE = Path(__file__).parents[1] / "courseflow_admin"
# The functions that draw an icon, and where among their arguments its meaning stands.
DRAW = {
    **dict.fromkeys(("icon", "icon_button", "toned_icon", "empty", "effect", "point", "mover"), 0),
    **dict.fromkeys(("nothing", "icon_of"), 1),
}


def faults_of(source: str) -> list[str]:
    return [*_faults(ast.parse(source))]


def _faults(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in {"rx.icon", "rx.lucide.icon"}:
                yield f"line {node.lineno}: draws past the table"
            for literal in _literals(node, name.rpartition(".")[2]):
                if literal not in ICONS:
                    yield f"line {node.lineno}: {literal!r} is no meaning"
        elif isinstance(node, ast.Constant) and _is_drawing(node.value):
            yield f"line {node.lineno}: {node.value!r} is a drawing"


def _is_drawing(value: object) -> bool:
    """Names in two words are those of drawings, and of nothing else."""
    named = isinstance(value, str) and "_" in value and value not in ICONS
    return named and edge.has_icon(str(value))


def _literals(call: ast.Call, name: str) -> Iterator[str]:
    if name == "effects_of":
        given = call.args[1:]
    else:
        place = DRAW.get(name, len(call.args))
        given = call.args[place : place + 1]
    for one in given:
        for node in ast.walk(one):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_icons_are_named_by_their_meaning_everywhere():
    files = [
        file
        for layer in ("pages", "components", "state")
        for file in sorted((PACKAGE / layer).rglob("*.py"))
        if file != PACKAGE / "components" / "icons.py"
    ]
    assert len(files) > 120

    faults = {
        file.relative_to(PACKAGE).as_posix(): found
        for file in files
        if (found := faults_of(file.read_text()))
    }

    assert faults == {}


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("icon('undo_2', 14)", "'undo_2' is no meaning"),
        ("icon_button('x', 'Close')", "'x' is no meaning"),
        ("feedback.empty('users', title, why)", "'users' is no meaning"),
        ("effects_of(texts, 'refund', 'trash_2')", "'trash_2' is no meaning"),
        ("nothing(State, 'credit_card', title, why, all_, href)", "'credit_card' is no meaning"),
        ("ROWS = (('shield_check', 'Safe'),)", "'shield_check' is a drawing"),
        ("rx.icon(name)", "draws past the table"),
    ],
)
def test_a_drawing_named_elsewhere_is_found(planted, fault):
    assert f"line 1: {fault}" in faults_of(planted)


def test_every_meaning_has_a_drawing_that_exists():
    assert [name for name in ICONS.values() if not edge.has_icon(name)] == []


def test_a_drawing_is_no_meaning_for_the_build_either():
    with pytest.raises(ValueError, match="no icon for 'undo_2'"):
        icon("undo_2")


def test_what_a_state_may_mean_is_in_the_table():
    assert {*STEPS, *ATTENTION} <= set(ICONS)
    assert set(ATTENTION) == set(Kind)
    assert {meaning for meaning, *_ in SAID.values()} <= set(STEPS)
