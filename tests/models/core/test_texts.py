"""What people write hides nothing, turns nothing around, and is seen."""

import pytest
from pydantic import ValidationError

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.accounts import SignUpForm, as_name
from courseflow_admin.models.core.addresses import as_email
from courseflow_admin.models.core.texts import as_line, as_text, as_title
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.models.teaching.studio import FieldsForm, LessonForm
from courseflow_admin.services.money.checkout import BuyForm
from courseflow_admin.services.teaching import studio
from tests.builders import PASSWORD, stored
from tests.course_builders import an_instructor

HIDING = ["a\x00b", "a\x1b[2Jb", "a\u202eb", "a\u2066b", "a\x9bb", "a\u200bb", "a\ud800b"]
UNSEEN = ["", " \n ", "\u200d", "\u200c \u200d", "\u3164", "\u2800", "\u0301"]
hiding = pytest.mark.parametrize("hiding", HIDING)
unseen = pytest.mark.parametrize("unseen", UNSEEN)


@hiding
def test_a_line_hides_nothing(hiding):
    with pytest.raises(ValueError, match=r"^Please write letters, digits and signs only\.$"):
        as_line(hiding)


@unseen
def test_a_line_in_which_nothing_is_seen_is_empty(unseen):
    assert as_line(unseen) == ""
    with pytest.raises(ValueError, match="Please write letters or digits here"):
        as_title(unseen)


@pytest.mark.parametrize(
    "line", ["Ada Lovelace", "ക്‍ഷമ ന്‍", "李小龙", "עברית", "👩\u200d🔬 Labs", "C++ & C#", "±"]
)
def test_a_line_of_any_script_stays_as_it_is(line):
    assert as_title(line) == line


def test_a_text_keeps_lines_and_tabs_and_loses_what_hides():
    assert as_text("a\r\n\tb\x00\x1b[2J\u202ec\rd\u200d") == "a\n\tb[2Jc\nd\u200d"
    assert [as_text(unseen) for unseen in UNSEEN] == [""] * len(UNSEEN)


@hiding
@pytest.mark.parametrize(
    ("form", "field"),
    [
        (SignUpForm, "name"),
        (FieldsForm, "title"),
        (FieldsForm, "subtitle"),
        (FieldsForm, "category"),
        (FieldsForm, "language"),
        (LessonForm, "title"),
        (SchoolChange, "name"),
        (SchoolChange, "tax_id_label"),
        (SchoolChange, "tax_id"),
        (SchoolChange, "tax_note"),
        (BuyForm, "billing_name"),
    ],
)
def test_every_line_that_people_write_is_read_by_this_rule(form, field, hiding):
    with pytest.raises(ValidationError) as refused:
        form.model_validate({field: hiding})

    assert (field,) in [error["loc"] for error in refused.value.errors()]


def test_every_text_that_people_write_is_read_by_this_rule():
    dirty, clean = "# A\r\nb\x00\u202e", "# A\nb"

    assert FieldsForm(description=dirty).description == clean
    assert LessonForm(title="A", text=dirty).text == clean
    assert SchoolChange(terms=dirty, privacy=dirty, refunds=dirty).given == {
        "terms": clean, "privacy": clean, "refunds": clean
    }  # fmt: skip


@hiding
async def test_a_course_is_not_made_under_a_title_that_hides_something(database, hiding):
    ines = await an_instructor()

    with pytest.raises(Invalid, match="letters, digits and signs only"):
        await studio.create(ines, hiding)

    assert await stored("courses") == []


@unseen
def test_nobody_has_a_name_that_is_not_seen(unseen):
    with pytest.raises(ValueError, match="Please tell us your name"):
        as_name(unseen)


@pytest.mark.parametrize(
    "email",
    [
        "admin@d\u0435mo.test",
        "a@xn--dmo-qdd.test",
        "a@school.d\u03bfmo.test",
        "a@\u0430\u0062c.test",
    ],
)
def test_an_address_whose_domain_mixes_scripts_is_refused(email):
    with pytest.raises(ValueError, match="mixes letters that only look alike"):
        as_email(email)
    with pytest.raises(ValidationError):
        SignUpForm(name="Admin", email=email, password=PASSWORD)


@pytest.mark.parametrize(
    "email",
    [
        "a@bücher.test",
        "a@пример.test",
        "a@日本語テストabc.test",
        "a@한국漢字.test",
        "a@δοκιμή.test",
    ],
)
def test_an_address_in_one_script_is_taken(email):
    assert as_email(email) == email
