"""What a version of a course takes along, and what publishing would change."""

from datetime import UTC, datetime

import pytest

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.teaching.courses import (
    AT_ONCE,
    AUTHORS_ONLY,
    Course,
    CourseVersion,
    Lesson,
    Section,
    Thumbnail,
)

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


class LessonWithVideo(Lesson):
    """A lesson as somebody extends it, without a word anywhere else."""

    video: str = ""


def course(lesson: Lesson) -> Course:
    return Course(
        _id="crs_1",
        slug="tea",
        owner_id="acc_1",
        title="Tea",
        subtitle="Green and black",
        description="All about tea.",
        category="Life",
        level="advanced",
        language="de",
        thumbnail=Thumbnail(pattern="rings", hue="jade"),
        price=Money.of(500, "INR"),
        free=True,
        outline=[Section(id="sec_1", title="One", lessons=[lesson])],
        created_at=NOON,
        updated_at=NOON,
    )


def another(value: object) -> object:
    """Some other value of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value} else"


def test_a_new_field_of_a_lesson_is_published_without_being_listed():
    draft = course(LessonWithVideo(id="les_1", title="Water", video="old"))
    _, version = draft.published("acc_1", NOON)

    changed = course(LessonWithVideo(id="les_1", title="Water", video="new"))

    assert changed.changes_since(version) == ["Water"]
    assert next(version.lessons()).model_dump()["video"] == "old"


@pytest.mark.parametrize("name", sorted(set(Lesson.model_fields) - {"id"} - AUTHORS_ONLY))
def test_a_changed_field_of_a_lesson_is_a_change_to_publish(name):
    lesson = Lesson(id="les_1", title="Water")
    _, version = course(lesson).published("acc_1", NOON)

    other = lesson.model_copy(update={name: another(getattr(lesson, name))})

    assert course(other).changes_since(version) == [other.title]


@pytest.mark.parametrize("name", sorted(AUTHORS_ONLY))
def test_what_only_authors_see_of_a_lesson_is_no_change_to_publish(name):
    lesson = Lesson(id="les_1", title="Water")
    _, version = course(lesson).published("acc_1", NOON)

    other = lesson.model_copy(update={name: another(getattr(lesson, name))})

    assert course(other).changes_since(version) == []


SHARED = sorted(set(CourseVersion.model_fields) & set(Course.model_fields) - {"id", "published_at"})


@pytest.mark.parametrize("name", SHARED)
def test_a_version_takes_along_every_field_it_shares_with_the_draft(name):
    draft = course(Lesson(id="les_1", title="Water"))

    listed, version = draft.published("acc_1", NOON)

    assert getattr(version, name) == getattr(draft, name)
    if listed.listed and hasattr(listed.listed, name):
        assert getattr(listed.listed, name) == getattr(draft, name)


@pytest.mark.parametrize("name", sorted(set(SHARED) - AT_ONCE))
def test_a_changed_field_of_the_course_is_a_change_to_publish(name):
    draft = course(Lesson(id="les_1", title="Water"))
    _, version = draft.published("acc_1", NOON)

    changed = draft.model_copy(update={name: "something else"})

    assert changed.changes_since(version) == [
        "Cover" if name == "thumbnail" else name.capitalize(),
    ]


@pytest.mark.parametrize("name", ["price", "free"])
def test_what_holds_when_saved_is_no_change_to_publish(name):
    draft = course(Lesson(id="les_1", title="Water"))
    _, version = draft.published("acc_1", NOON)

    changed = draft.model_copy(update={name: "something else"})

    assert changed.changes_since(version) == []


def test_a_version_keeps_its_outline_when_the_draft_moves_on():
    draft = course(Lesson(id="les_1", title="Water"))
    _, version = draft.published("acc_1", NOON)

    draft.outline[0].lessons[0].title = "Milk"

    assert [lesson.title for lesson in version.lessons()] == ["Water"]
