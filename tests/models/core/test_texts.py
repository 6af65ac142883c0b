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

WHY = {
    "a\x00b": "control",
    "a\x1b[2Jb": "control",
    "a\x1cb": "control",
    "a\x9bb": "control",
    "a\u202eb": "text direction",
    "a\u200bb": "invisible",
    "a\U000e0041b": "invisible",
    "a\ud800b": "half",
}
HIDING = list(WHY)
UNSEEN = ["", " \n ", "\u200d", "\u200c \u200d", "\u3164", "\u2800", "\u0301", "\u2066\u2069"]
hiding = pytest.mark.parametrize("hiding", HIDING)
unseen = pytest.mark.parametrize("unseen", UNSEEN)


@pytest.mark.parametrize(("hiding", "why"), list(WHY.items()))
def test_a_line_hides_nothing_and_what_is_wrong_is_named_with_its_place(hiding, why):
    point = f"U\\+{ord(hiding[1]):04X}"
    with pytest.raises(ValueError, match=rf"^Remove the {why}.* \({point}\) at position 2\.$"):
        as_line(hiding)


@unseen
def test_a_line_in_which_nothing_is_seen_is_empty(unseen):
    assert as_line(unseen) == ""
    with pytest.raises(ValueError, match="Enter a text that can be seen"):
        as_title(unseen)


@pytest.mark.parametrize(
    "line",
    [
        *("Ada Lovelace", "ക്‍ഷമ ന്‍", "李小龙", "עברית", "👩\u200d🔬 Labs", "C++ & C#", "±"),
        *(
            "\U0001fa77 Love",
            "\U0001fae9",
            "\U0001fbff\U0003fffd",
        ),  # newer than this Python, or not yet
        *(
            "🇮🇳 India",
            "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
            "1\ufe0f\u20e3",
        ),
        *("👨\u200d👩\u200d👧\u200d👦", "☎\ufe0f", "葛\U000e0100城", "می\u200cخواهم", "\uf8ff"),
        *("\u2067עברית\u2069 in English", "a\u200fb"),
    ],
)
def test_a_line_of_any_script_stays_as_it_is(line):
    assert as_title(line) == line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\ufeffAda\u200b", "Ada"),
        (" \u200b Ada \u200d\u200f", "Ada"),
        ("ന്\u200d\u200b", "ന്\u200d"),
        ("Ada\u3000Lovelace\u2028", "Ada Lovelace"),
        ("\u2067עברית", "\u2067עברית\u2069"),  # or it would turn what is written after it
    ],
)
def test_what_is_not_seen_at_the_ends_is_dropped_and_an_isolate_is_ended(typed, kept):
    assert as_line(typed) == kept


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


async def test_courses_named_by_signs_alone_have_links_of_their_own(database):
    ines = await an_instructor()

    made = [await studio.create(ines, title) for title in ("🔥🔥", "🔥🔥", "\U0001fa77", "🇮🇳", "±")]

    slugs = [course.slug for course in made]
    assert slugs == [
        "fire-fire",
        "fire-fire-2",
        f"course-{made[2].id[-6:]}",
        "i-n",
        "plus-minus-sign",
    ]


@hiding
async def test_a_course_is_not_made_under_a_title_that_hides_something(database, hiding):
    ines = await an_instructor()

    with pytest.raises(Invalid, match=r"^Remove the "):
        await studio.create(ines, hiding)

    assert await stored("courses") == []


@unseen
def test_nobody_has_a_name_that_is_not_seen(unseen):
    with pytest.raises(ValueError, match="Enter your name"):
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
    with pytest.raises(ValueError, match="mixes look-alike letters"):
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
