"""The studio: every piece saved on its own, and nothing overwritten."""

import asyncio

import pytest
from pydantic import ValidationError

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import lesson_bodies
from courseflow_admin.errors import Invalid, NotFound
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.differences import Difference
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.teaching.courses import Thumbnail
from courseflow_admin.models.teaching.studio import FieldsForm, LessonForm, StaleRevision
from courseflow_admin.services.teaching import studio
from tests.builders import audited, stored
from tests.course_builders import (
    a_course,
    a_draft,
    an_instructor,
    everything,
)


def inr(minor: int) -> Money:
    return Money(minor=minor, currency="INR")


def titles(course) -> list[list[str]]:
    return [[lesson.title for lesson in section.lessons] for section in course.outline]


async def test_a_new_course_is_a_draft_of_its_author_with_one_section(database):
    author = await an_instructor()

    course = await studio.create(author, "  Trees,   drawn ")

    assert (course.title, course.slug, course.state) == ("Trees, drawn", "trees-drawn", "draft")
    assert (course.owner_id, course.owner_name, course.version) == (author.id, "Ines Weber", 0)
    assert [section.title for section in course.outline] == ["First section"]
    assert ("course.created", course.id) in await audited()


async def test_of_two_courses_with_one_title_each_has_an_address_of_its_own(database):
    author = await an_instructor()

    slugs = [(await studio.create(author, "Trees")).slug for _ in range(3)]

    assert slugs == ["trees", "trees-2", "trees-3"]


async def test_ten_creations_at_once_have_ten_addresses(database):
    author = await an_instructor()

    made = await asyncio.gather(*(studio.create(author, "Trees") for _ in range(10)))

    slugs = {course.slug for course in made}
    assert slugs == {"trees", *(f"trees-{number}" for number in range(2, 11))}


@pytest.mark.parametrize("title", ["", "   ", "!!!", "x" * 121])
async def test_a_title_that_says_nothing_makes_no_course(database, title):
    author = await an_instructor()

    with pytest.raises(Invalid):
        await studio.create(author, title)

    assert await stored("courses") == []


async def test_a_lesson_saved_is_on_disk_by_its_hash_with_its_audit_entry(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = next(course.lessons())

    saved = await studio.save_lesson(
        author, course.id, lesson.id, LessonForm(title="One", text="# New"), lesson.revision
    )

    newest = await studio.get(author, course.id)
    assert saved.revision == newest.lesson(lesson.id).revision == lesson.revision + 1
    assert await lesson_bodies.get(newest.lesson(lesson.id).body_hash) == "# New"
    assert (await audited())[-1] == ("course.changed", course.id)
    assert newest.outline_revision == course.outline_revision


async def test_a_save_on_top_of_a_newer_one_is_refused_with_both_texts(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = next(course.lessons())
    theirs = LessonForm(title="One", text="Theirs")
    await studio.save_lesson(author, course.id, lesson.id, theirs, lesson.revision)
    before = await everything()

    mine = LessonForm(title="One", text="Mine")
    with pytest.raises(StaleRevision) as refused:
        await studio.save_lesson(author, course.id, lesson.id, mine, lesson.revision)

    assert refused.value.differences == [Difference("text", "Mine", "Theirs")]
    assert refused.value.revision == lesson.revision + 1
    assert await everything() == before


async def test_a_refused_save_names_every_field_in_which_both_differ_and_no_other(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = next(course.lessons())
    theirs = LessonForm(title="Theirs", text="Same", minutes=5, preview=True, ready=True)
    await studio.save_lesson(author, course.id, lesson.id, theirs, lesson.revision)

    mine = LessonForm(title="Mine", text="Same", minutes=12, preview=False, ready=True)
    with pytest.raises(StaleRevision) as refused:
        await studio.save_lesson(author, course.id, lesson.id, mine, lesson.revision)

    assert refused.value.differences == [
        Difference("title", "Mine", "Theirs"),
        Difference("minutes", 12, 5),
        Difference("preview", False, True),
    ]


async def test_the_same_save_sent_twice_is_one_save(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = next(course.lessons())
    form = LessonForm(title="One", text="Once")
    first = await studio.save_lesson(author, course.id, lesson.id, form, lesson.revision)
    before = await everything()

    again = await studio.save_lesson(author, course.id, lesson.id, form, lesson.revision)

    assert again == first
    assert await everything() == before


async def test_two_authors_in_different_lessons_never_conflict(database):
    author = await an_instructor()
    course = await a_draft(author)
    lessons = list(course.lessons())

    await asyncio.gather(
        *(
            studio.save_lesson(
                author,
                course.id,
                lesson.id,
                LessonForm(title=lesson.title, text=f"New {lesson.title}"),
                lesson.revision,
            )
            for lesson in lessons
        )
    )

    newest = await studio.get(author, course.id)
    texts = await lesson_bodies.many(lesson.body_hash for lesson in newest.lessons())
    assert sorted(texts.values()) == ["New One", "New Three", "New Two"]


async def test_of_two_saves_of_one_lesson_at_once_one_is_refused(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = next(course.lessons())

    results = await asyncio.gather(
        *(
            studio.save_lesson(
                author, course.id, lesson.id, LessonForm(title="One", text=text), lesson.revision
            )
            for text in ("left", "right")
        ),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["SavedLesson", "StaleRevision"]


async def test_fields_have_a_revision_of_their_own(database):
    author = await an_instructor()
    course = await a_draft(author)
    first = FieldsForm(subtitle="First")
    await studio.save_fields(author, course.id, first, course.fields_revision)

    second = FieldsForm(subtitle="Second")
    with pytest.raises(StaleRevision) as refused:
        await studio.save_fields(author, course.id, second, course.fields_revision)

    assert refused.value.differences == [Difference("subtitle", "Second", "First")]
    assert (await studio.get(author, course.id)).subtitle == "First"


async def test_lessons_move_within_and_between_sections(database):
    author = await an_instructor()
    course = await a_draft(author)
    await studio.add_section(author, course.id, "Second section")
    _one, two, three = course.lesson_ids

    up = await studio.move_lesson(author, course.id, two, "up")
    over = await studio.move_lesson(author, course.id, three, "down")
    over_again = await studio.move_lesson(author, course.id, three, "down")
    back = await studio.move_lesson(author, course.id, three, "up")
    swapped = await studio.move_section(author, course.id, course.outline[0].id, "down")

    assert titles(up) == [["Two", "One", "Three"], []]
    assert titles(over) == titles(over_again) == [["Two", "One"], ["Three"]]
    assert titles(back) == [["Two", "One", "Three"], []]
    assert titles(swapped) == [[], ["Two", "One", "Three"]]


async def test_what_is_deleted_can_be_put_back_where_it_stood(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = await studio.delete_lesson(author, course.id, course.lesson_ids[1])
    section = await studio.delete_section(author, course.id, course.outline[0].id)
    empty = await studio.get(author, course.id)

    await studio.restore(author, course.id, section.id)
    whole = await studio.restore(author, course.id, lesson.id)

    assert (empty.outline, lesson.title, section.title) == ([], "Two", "First section")
    assert titles(whole) == [["One", "Two", "Three"]]
    assert whole.removed == []
    with pytest.raises(NotFound):
        await studio.restore(author, course.id, lesson.id)


async def test_a_lesson_put_back_after_its_section_went_has_a_place(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = await studio.delete_lesson(author, course.id, course.lesson_ids[1])
    await studio.delete_section(author, course.id, course.outline[0].id)

    whole = await studio.restore(author, course.id, lesson.id)

    assert titles(whole) == [["Two"]]


async def test_an_outline_that_somebody_else_changed_is_not_overwritten(database):
    author = await an_instructor()
    course = await a_draft(author)
    await studio.rename_section(author, course.id, course.outline[0].id, "Theirs")
    before = await everything()

    with pytest.raises(StaleRevision) as refused:
        await studio.rename_section(
            author, course.id, course.outline[0].id, "Mine", course.outline_revision
        )

    assert refused.value.differences == [Difference("outline", "Mine", "Theirs")]
    assert await everything() == before


async def test_a_currency_we_do_not_sell_in_is_refused(database):
    author = await an_instructor()
    course = await a_draft(author)

    form = FieldsForm(price=Money(minor=5000, currency="XXX"))
    with pytest.raises(Invalid):
        await studio.save_fields(author, course.id, form, course.fields_revision)

    assert (await studio.get(author, course.id)).price == inr(499_900)


async def test_a_changed_address_leaves_the_old_one_leading_on(database):
    author = await an_instructor()
    course = await a_course(author)
    other = await studio.create(author, "Other")

    renamed = await studio.save_fields(
        author, course.id, FieldsForm(slug="Data Structures!"), course.fields_revision
    )
    found = await courses_db.find_by_slug("data-structures-in-practice")

    assert renamed.slug == found.slug == "data-structures"
    taken = FieldsForm(slug="data-structures-in-practice")
    with pytest.raises(Invalid):  # nobody else takes over a link that was given away
        await studio.save_fields(author, other.id, taken, other.fields_revision)


async def test_access_days_can_be_set_and_taken_away(database):
    author = await an_instructor()
    course = await a_draft(author)

    year = await studio.save_fields(
        author, course.id, FieldsForm(access_days=365), course.fields_revision
    )
    ever = await studio.save_fields(
        author, course.id, FieldsForm(access_days=0), year.fields_revision
    )

    assert (year.access_days, ever.access_days) == (365, None)


async def test_the_list_is_paged_by_where_one_stopped(database):
    author = await an_instructor()
    for number in range(5):
        await studio.create(author, f"Course {number}")
    first = await studio.newest(author, PageRequest(size=2))
    await collection("courses").delete_one({"_id": first.rows[-1].id})

    request = PageRequest.parse(after=first.next_cursor, first="3")
    second = await studio.newest(author, request)

    assert [course.title for course in first.rows] == ["Course 4", "Course 3"]
    assert [course.title for course in second.rows] == ["Course 2", "Course 1", "Course 0"]


def test_forms_take_nothing_undeclared():
    with pytest.raises(ValidationError):
        FieldsForm.model_validate({"owner_id": "acc_me"})
    with pytest.raises(ValidationError):
        FieldsForm.model_validate({"category": "Cooking"})
    with pytest.raises(ValidationError):
        FieldsForm(price=Money.model_validate({"minor": 10.5, "currency": "INR"}))
    with pytest.raises(ValidationError):
        LessonForm(title="One", text="x" * 200_001)
    with pytest.raises(ValidationError):
        Thumbnail.model_validate({"pattern": "photo", "hue": "iris"})
