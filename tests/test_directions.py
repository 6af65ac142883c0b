"""What people write has the direction of its own letters: fields, headings, prose, mails."""

import ast
import re
from pathlib import Path

import reflex as rx

import courseflow_admin
from courseflow_admin.components.cards import markdown_html
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.forms import field
from courseflow_admin.components.layout import page

PACKAGE = Path(courseflow_admin.__file__).parent
NOT_WRITTEN_IN = {"checkbox", "radio", "hidden", "file"}
OURS = re.compile(r'\bdir: ?"auto"')


def bare_fields() -> list[str]:
    """Inputs and textareas that pages and components make themselves, without a direction."""
    found, seen = [], 0
    for path in [*(PACKAGE / "pages").rglob("*.py"), *(PACKAGE / "components").rglob("*.py")]:
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            if ast.unparse(call.func) not in ("rx.el.input", "rx.el.textarea"):
                continue
            seen += 1
            said = {one.arg: getattr(one.value, "value", None) for one in call.keywords}
            if said.get("dir") != "auto" and said.get("type") not in NOT_WRITTEN_IN:
                found.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")
    assert seen > 8
    return found


def test_every_field_takes_the_direction_of_what_is_written_in_it():
    assert bare_fields() == []
    assert OURS.search(str(field("Name", "name")))
    assert OURS.search(str(field("Note", "note", multiline=True)))


def test_headings_and_prose_have_the_direction_of_their_text():
    text = rx.Var("title").to(str)

    heading = re.search(r'"h1",\s*\{[^}]*\}', str(page(text)))
    assert heading is not None
    assert OURS.search(heading[0])
    assert OURS.search(str(empty("learners", text, "why")))
    assert OURS.search(str(markdown_html(text)))


def test_every_block_of_a_mail_has_the_direction_of_its_text_and_names_turn_nothing():
    blocks, turning = [], []
    for path in (PACKAGE / "emails").glob("*.html"):
        text = path.read_text()
        blocks += [
            (path.name, 'dir="auto"' in tag) for tag in re.findall(r"<(?:p|h1|td)\b[^>]*>", text)
        ]
        turning += re.findall(r"<(?:p|h1)[^>]*>\{\{ (?:name|inviter|course|school)", text)

    assert len(blocks) > 100
    assert [name for name, directed in blocks if not directed] == []
    assert turning == []
