"""Courses for tests: `await a_course(author)` is one on sale, with three short lessons."""

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.teaching.courses import Course, Thumbnail
from courseflow_admin.models.teaching.studio import FieldsForm, LessonForm
from courseflow_admin.services.teaching import studio
from tests.builders import acting, an_account

LESSONS = ("One", "Two", "Three")


async def an_instructor(email: str = "ines@demo.test", name: str = "Ines Weber") -> Actor:
    return acting(await an_account(email, "instructor", name))


async def a_student(email: str = "ada@demo.test", name: str = "Ada Lovelace") -> Actor:
    return acting(await an_account(email, "student", name))


async def an_admin() -> Actor:
    return acting(await an_account("root@demo.test", "admin", "Rosa Admin"))


async def a_draft(author: Actor, title: str = "Data Structures in Practice") -> Course:
    """Complete, but not published; the first of its lessons is open to everybody."""
    course = await studio.create(author, title)
    for name in LESSONS:
        lesson = LessonForm(
            title=name, text=f"Text of {name}.", minutes=7, preview=name == "One", ready=True
        )
        section = course.outline[0].id
        await studio.add_lesson(author, course.id, section, name, form=lesson)
    fields = FieldsForm(
        subtitle="Arrays, trees and graphs",
        description="What **every** programmer meets.",
        category="Programming",
        thumbnail=Thumbnail(pattern="waves", hue="iris"),
        price=Money(minor=499_900, currency="INR"),
    )
    return await studio.save_fields(author, course.id, fields, course.fields_revision)


async def a_course(author: Actor, title: str = "Data Structures in Practice", **fields) -> Course:
    """On sale."""
    course = await a_draft(author, title)
    if fields:
        form = FieldsForm(**fields)
        course = await studio.save_fields(author, course.id, form, course.fields_revision)
    await studio.publish(author, course.id)
    return await studio.get(author, course.id)


async def everything() -> dict[str, list]:
    """Every stored document besides the audit log's and accounts': to show nothing changed."""
    names = ("courses", "course_versions", "lesson_bodies", "enrollments", "audit")
    return {name: await collection(name).find({}, sort=[("_id", 1)]) for name in names}
