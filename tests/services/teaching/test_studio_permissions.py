"""Who may touch whose course."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import NotFound, NotPermitted
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.teaching.studio import FieldsForm, LessonForm
from courseflow_admin.services.teaching import studio
from tests.builders import stored
from tests.course_builders import (
    a_course,
    a_draft,
    a_student,
    an_admin,
    an_instructor,
    everything,
)


def inr(minor: int) -> Money:
    return Money(minor=minor, currency="INR")


WRITES = {
    "save_fields": lambda actor, course: studio.save_fields(
        actor, course.id, FieldsForm(title="Stolen"), course.fields_revision
    ),
    "add_section": lambda actor, course: studio.add_section(actor, course.id, "Stolen"),
    "rename_section": lambda actor, course: studio.rename_section(
        actor, course.id, course.outline[0].id, "Stolen"
    ),
    "move_section": lambda actor, course: studio.move_section(
        actor, course.id, course.outline[0].id, "down"
    ),
    "delete_section": lambda actor, course: studio.delete_section(
        actor, course.id, course.outline[0].id
    ),
    "add_lesson": lambda actor, course: studio.add_lesson(
        actor, course.id, course.outline[0].id, "Stolen"
    ),
    "move_lesson": lambda actor, course: studio.move_lesson(
        actor, course.id, course.lesson_ids[0], "down"
    ),
    "delete_lesson": lambda actor, course: studio.delete_lesson(
        actor, course.id, course.lesson_ids[0]
    ),
    "restore": lambda actor, course: studio.restore(actor, course.id, new_id("rem")),
    "save_lesson": lambda actor, course: studio.save_lesson(
        actor, course.id, course.lesson_ids[0], LessonForm(title="Stolen", text="Stolen"), 0
    ),
    "publish": lambda actor, course: studio.publish(actor, course.id),
    "unpublish": lambda actor, course: studio.unpublish(actor, course.id),
    "archive": lambda actor, course: studio.archive(actor, course.id),
    "unarchive": lambda actor, course: studio.unarchive(actor, course.id),
    "get": lambda actor, course: studio.get(actor, course.id),
    "sheet": lambda actor, course: studio.sheet(actor, course.id),
    "versions": lambda actor, course: studio.versions(actor, course.id),
    "lesson_text": lambda actor, course: studio.lesson_text(actor, course.id, course.lesson_ids[0]),
}


@pytest.mark.parametrize("name", WRITES)
async def test_nobody_but_its_authors_touches_a_course(database, name):
    """Fault 10 of the ancestor: anyone could edit anyone's course."""

    author = await an_instructor()
    student = await a_student()
    rival = await an_instructor("rival@demo.test", "Rival")
    draft = await a_draft(author, "Draft")
    sold = await a_course(author, "Sold")
    roleless = Actor(id=author.id, role="")
    before = await everything()

    with pytest.raises(NotFound):  # of a draft one may not even know
        await WRITES[name](rival, draft)
    with pytest.raises(NotPermitted):
        await WRITES[name](rival, sold)
    for course in (draft, sold):
        for actor in (student, roleless):
            with pytest.raises(NotPermitted):
                await WRITES[name](actor, course)

    assert await everything() == before


async def test_a_student_creates_no_course(database):
    student = await a_student()

    with pytest.raises(NotPermitted):
        await studio.create(student, "Mine")
    with pytest.raises(NotPermitted):
        await studio.newest(student, PageRequest())
    with pytest.raises(NotPermitted):
        await studio.learners(student, [])

    assert await stored("courses") == []


async def test_a_co_instructor_writes_but_does_not_sell(database):
    author = await an_instructor()
    helper = await an_instructor("helper@demo.test", "Helper")
    course = await a_course(author)
    await collection("courses").update_one(
        {"_id": course.id}, {"$set": {"co_instructor_ids": [helper.id]}}
    )
    await studio.add_section(helper, course.id, "By the helper")
    await studio.save_fields(
        helper, course.id, FieldsForm(subtitle="By the helper"), course.fields_revision
    )
    before = await everything()
    revision = course.fields_revision + 1

    for form in (
        FieldsForm(price=inr(5000)),
        FieldsForm(free=True),
        FieldsForm(access_days=1),
        FieldsForm(slug="mine", title="Mine"),
    ):
        with pytest.raises(NotPermitted):
            await studio.save_fields(helper, course.id, form, revision)
    with pytest.raises(NotPermitted):
        await studio.unpublish(helper, course.id)
    with pytest.raises(NotPermitted):
        await studio.archive(helper, course.id)

    assert await everything() == before
    assert (await studio.sheet(helper, course.id)).owned is False


@pytest.mark.parametrize("was_on_sale", [True, False])
async def test_a_co_instructor_publishes_changes_but_puts_nothing_on_sale(database, was_on_sale):
    author = await an_instructor()
    helper = await an_instructor("helper@demo.test", "Helper")
    course = await (a_course if was_on_sale else a_draft)(author)
    await collection("courses").update_one(
        {"_id": course.id}, {"$set": {"co_instructor_ids": [helper.id]}}
    )
    if was_on_sale:
        await studio.unpublish(author, course.id)
    before = await everything()

    with pytest.raises(NotPermitted):
        await studio.publish(helper, course.id)
    assert await everything() == before

    on_sale = await studio.publish(author, course.id)
    await studio.add_section(helper, course.id, "By the helper")
    changed = await studio.publish(helper, course.id)
    assert (on_sale.number, changed.number, changed.by) == (1, 2, helper.id)


async def test_an_admin_may_edit_every_course(database):
    author = await an_instructor()
    admin = await an_admin()
    course = await a_draft(author)

    await studio.save_fields(admin, course.id, FieldsForm(title="Better"), course.fields_revision)

    changed = await studio.get(admin, course.id)
    assert (changed.title, changed.owner_id) == ("Better", author.id)


async def test_everybody_lists_what_they_may_edit(database):
    author = await an_instructor()
    rival = await an_instructor("rival@demo.test", "Rival")
    admin = await an_admin()
    mine = await studio.create(author, "Mine")
    shared = await studio.create(rival, "Shared")
    await studio.create(rival, "Theirs")
    await collection("courses").update_one(
        {"_id": shared.id},
        {"$set": {"co_instructor_ids": [author.id], "updated_at": clock.business()}},
    )

    async def seen(actor):
        return [course.title for course in (await studio.newest(actor, PageRequest())).rows]

    assert await seen(author) == ["Shared", "Mine"]
    assert await seen(rival) == ["Shared", "Theirs"]
    assert await seen(admin) == ["Shared", "Theirs", "Mine"]
    assert mine.owner_id == author.id


async def test_learners_are_counted_for_own_courses_only(database):
    author = await an_instructor()
    rival = await an_instructor("rival@demo.test", "Rival")
    course = await a_course(author)
    await collection("enrollments").insert_one(
        {"_id": new_id("enr"), "account_id": "acc_1", "course_id": course.id, "grants": []}
    )

    assert await studio.learners(author, [course]) == {course.id: 1}
    assert await studio.learners(rival, [course]) == {}
