"""A page is a list or one thing, each drawn and loaded by the same pieces."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "courseflow_admin"
LOOKS = {"error", "skeleton_cards", "table", "footer"}  # a page's own: not by list or detail page
OF_THEIR_OWN = {
    "figures/overview.py": "three boards at one address",
    "teaching/learn_lesson.py": "fills the window beside the outline",
    "teaching/my_courses.py": "the course to go on with, above the others; never paged",
    "teaching/studio_course.py": "three panes that fill the window",
}
REFUSED = {"NotSignedIn", "NotFound", "NotPermitted", "CourseFlowError"}
LADDERS_OF_THEIR_OWN = {
    "identity/invitation.py": "a refusal says what the link did before",
    "teaching/classroom.py": "no access is a look of its own, with reasons",
    "teaching/studio_authors.py": "a pane beside the course, with a problem of its own",
    "teaching/studio_course.py": "who is no author is told whom to ask",
    "teaching/studio_lesson.py": "a pane of the course",
}


def looks_of(source: str) -> set[str]:
    """What a page draws of its looks itself."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = {ast.unparse(call.func) for call in calls}
    return {name for name in named if name.removeprefix("feedback.") in LOOKS}


def ladder_of(source: str) -> bool:
    """Whether a loader catches itself what the bases catch for all."""
    return any(
        isinstance(inner, ast.ExceptHandler)
        and inner.type is not None
        and {node.id for node in ast.walk(inner.type) if isinstance(node, ast.Name)} & REFUSED
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AsyncFunctionDef) and node.name in {"load", "_load"}
        for inner in ast.walk(node)
    )


def sources(layer: str) -> dict[str, str]:
    folder = PACKAGE / layer
    return {one.relative_to(folder).as_posix(): one.read_text() for one in folder.rglob("*.py")}


def test_pages_draw_their_looks_by_list_page_and_detail_page():
    pages = sources("pages")
    assert len(pages) > 40

    assert {name for name, source in pages.items() if looks_of(source)} == set(OF_THEIR_OWN)


def test_loaders_leave_refusals_to_their_base():
    states = sources("state")
    assert len(states) > 50

    found = {name for name, source in states.items() if ladder_of(source)}

    assert found == set(LADDERS_OF_THEIR_OWN)


@pytest.mark.parametrize("planted", ["feedback.error(x, y)", "table('A', C, rows, row)"])
def test_a_look_of_its_own_is_found(planted):
    assert looks_of(planted)


def test_a_ladder_of_its_own_is_found():
    source = "async def load(self):\n  try: pass\n  except (NotFound, NotSignedIn): pass"

    assert ladder_of(source)
    assert not ladder_of(source.replace("load", "confirm"))
