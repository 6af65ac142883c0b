"""Publishing: versions that never change, and what stands in the way of one."""

import asyncio

import pytest

from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import lesson_bodies
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.teaching.courses import CourseState
from courseflow_admin.models.teaching.studio import (
    CheckCode,
    FieldsForm,
    LessonForm,
    NotPublishable,
    checks_of,
)
from courseflow_admin.services.teaching import prices, studio
from tests.builders import audited, stored
from tests.course_builders import (
    a_course,
    a_draft,
    an_instructor,
    everything,
)


def inr(minor: int) -> Money:
    return Money(minor=minor, currency="INR")


async def test_a_published_version_never_changes(database):
    author = await an_instructor()
    course = await a_course(author)
    version = await courses_db.newest_version(course.id)
    lesson = next(course.lessons())
    changed = LessonForm(title="One", text="Changed", ready=True)
    await studio.save_lesson(author, course.id, lesson.id, changed, lesson.revision)
    await studio.delete_lesson(author, course.id, course.lesson_ids[2])
    await studio.save_fields(author, course.id, FieldsForm(title="Other"), course.fields_revision)

    [same] = await studio.versions(author, course.id)
    second = await studio.publish(author, course.id)

    assert same == version
    assert (version.number, second.number) == (1, 2)
    assert await lesson_bodies.get(same.lesson(lesson.id).body_hash) == "Text of One."
    assert await lesson_bodies.get(second.lesson(lesson.id).body_hash) == "Changed"
    assert (same.title, second.title) == ("Data Structures in Practice", "Other")


async def test_publishing_copies_no_text(database):
    author = await an_instructor()
    course = await a_draft(author)
    before = await stored("lesson_bodies")

    await studio.publish(author, course.id)

    assert await stored("lesson_bodies") == before
    assert len(before) == 3
    [version] = await stored("course_versions")
    assert "Text of One" not in str(version)


async def test_publishing_without_a_change_gives_the_same_version(database):
    author = await an_instructor()
    course = await a_course(author)

    results = await asyncio.gather(*(studio.publish(author, course.id) for _ in range(3)))

    assert {version.number for version in results} == {1}
    assert len(await stored("course_versions")) == 1


async def test_two_publishes_at_once_give_one_version(database):
    author = await an_instructor()
    course = await a_draft(author)

    results = await asyncio.gather(*(studio.publish(author, course.id) for _ in range(4)))

    assert {version.number for version in results} == {1}
    assert len(await stored("course_versions")) == 1
    assert (await audited()).count(("course.published", course.id)) == 1


async def test_the_studio_says_what_publishing_would_change(database):
    author = await an_instructor()
    course = await a_course(author)
    assert (await studio.sheet(author, course.id)).changes == []
    one, two, three = course.lessons()
    changed = LessonForm(title="One", text="Other", minutes=7, preview=True, ready=True)
    await studio.save_lesson(author, course.id, one.id, changed, one.revision)
    await studio.delete_lesson(author, course.id, two.id)
    await studio.add_lesson(author, course.id, course.outline[0].id, "Four")
    await studio.save_fields(author, course.id, FieldsForm(subtitle="New"), course.fields_revision)

    sheet = await studio.sheet(author, course.id)

    assert sheet.changes == ["Subtitle", "One", "Four, new", "Two, removed"]
    assert [check.code for check in sheet.checks] == [CheckCode.EMPTY_LESSON]
    assert three.title not in sheet.changes


async def test_a_move_alone_is_a_change_too(database):
    author = await an_instructor()
    course = await a_course(author)

    await studio.move_lesson(author, course.id, course.lesson_ids[0], "down")

    sheet = await studio.sheet(author, course.id)
    assert sheet.changes == ["Order and names of the outline"]


async def test_every_check_names_its_offender(database):
    author = await an_instructor()
    course = await studio.create(author, "Trees")
    bare = await prices.checks(course)
    empty = await studio.add_lesson(author, course.id, course.outline[0].id, "Roots")
    raw = await studio.add_lesson(
        author, course.id, course.outline[0].id, "Leaves", form=LessonForm(title="Leaves", text="x")
    )

    found = await prices.checks(await studio.get(author, course.id))

    assert [(check.code, check.lesson_id, check.field) for check in bare] == [
        ("no_description", "", "description"),
        ("no_thumbnail", "", "thumbnail"),
        ("zero_not_free", "", "price"),
        ("no_lesson", "", "outline"),
    ]
    assert [(check.code, check.lesson_id) for check in found[3:]] == [
        ("empty_lesson", empty.id),
        ("lesson_not_ready", raw.id),
    ]
    assert found[3].sentence == "“Roots” has no text."


async def test_blanks_are_no_text(database):
    author = await an_instructor()
    course = await a_draft(author)
    lesson = next(course.lessons())

    blank = LessonForm(title="One", text=" \n\t ", ready=True)
    await studio.save_lesson(author, course.id, lesson.id, blank, lesson.revision)

    found = await prices.checks(await studio.get(author, course.id))
    assert [check.code for check in found] == ["empty_lesson"]


@pytest.mark.parametrize(
    ("minor", "currency", "gateways", "sentence"),
    [
        (99, "INR", ("stripe", "razorpay"), "₹0.99 is too low"),
        (100, "INR", ("stripe", "razorpay"), ""),
        (100, "INR", ("stripe",), "Stripe ₹50.00"),
        (5000, "INR", ("stripe",), ""),
        (49, "USD", ("stripe",), "Stripe $0.50"),
        (50, "USD", ("stripe",), ""),
        (49, "JPY", ("stripe",), "Stripe ¥50"),
        (490, "KWD", ("stripe",), "0.490 is too low"),
        (18_605, "KWD", ("stripe", "razorpay"), "in steps of 0.010. Enter 18.600 or 18.610."),
        (18_610, "KWD", ("stripe",), ""),
        (50, "USD", (), "supports USD"),
        (0, "USD", ("stripe",), "The price is 0"),
    ],
)
async def test_a_price_must_reach_some_gateway(database, minor, currency, gateways, sentence):
    course = await a_draft(await an_instructor())
    price = Money(minor=minor, currency=currency)

    found = checks_of(course.model_copy(update={"price": price}), gateways)

    assert [sentence in check.sentence for check in found] == ([True] if sentence else [])


async def test_a_course_with_an_open_check_is_not_published(database):
    author = await an_instructor()
    course = await studio.create(author, "Trees")
    before = await everything()

    with pytest.raises(NotPublishable, match="4 things to fix before"):
        await studio.publish(author, course.id)

    assert await everything() == before


async def test_a_free_course_costs_nothing(database):
    author = await an_instructor()
    course = await a_course(author, free=True)

    assert (course.free, course.price) == (True, inr(0))


async def test_a_course_on_sale_keeps_a_price_that_can_be_paid(database):
    author = await an_instructor()
    course = await a_course(author)
    before = await everything()

    with pytest.raises(Invalid) as refused:
        await studio.save_fields(
            author, course.id, FieldsForm(price=inr(50)), course.fields_revision
        )

    assert refused.value.field == "price"
    assert await everything() == before


async def test_unpublished_and_archived_courses_are_not_sold(database):
    author = await an_instructor()
    course = await a_course(author)

    off = await studio.unpublish(author, course.id)
    with pytest.raises(Conflict):
        await studio.unpublish(author, course.id)
    again = await studio.publish(author, course.id)
    archived = await studio.archive(author, course.id)
    with pytest.raises(Conflict, match="archived"):
        await studio.add_section(author, course.id, "Late")
    back = await studio.unarchive(author, course.id)

    assert (off.state, off.sold) == (CourseState.UNPUBLISHED, False)
    assert again.number == 1
    assert (archived.state, back.state) == ("archived", "unpublished")
    assert [act for act, _ in await audited()][-4:] == [
        "course.unpublished",
        "course.published",
        "course.archived",
        "course.changed",
    ]
