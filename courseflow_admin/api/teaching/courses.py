"""Courses over HTTP, for those who write them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, read_json, takes
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.teaching.courses import Course, CourseVersion, Lesson
from courseflow_admin.models.teaching.studio import FieldsForm, LessonForm, Title
from courseflow_admin.services.teaching import co_instructors, studio

LARGEST_LESSON = 1024 * 1024  # 200,000 characters, escaped
router = APIRouter(prefix=routes.API, tags=["courses"])


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewCourse(Sent):
    title: Title
    currency: str = ""  # the school's first


class ChangedFields(Sent):
    """`revision` is the `fields_revision` that was read; a newer one is answered with 409."""

    revision: int
    fields: FieldsForm


class NewSection(Sent):
    title: Title


class NewLesson(LessonForm):
    section_id: str


class Author(Sent):
    """An instructor, by address."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=LONGEST_EMAIL)]


class CoInstructor(BaseModel):
    id: str
    name: str
    email: str


class Owner(BaseModel):
    owner_id: str
    owner_name: str


class LessonDraft(BaseModel):
    id: str
    title: str
    minutes: int
    preview: bool
    ready: bool
    has_text: bool
    revision: int

    @classmethod
    def of(cls, lesson: Lesson) -> "LessonDraft":
        shown = lesson.model_dump(include=set(cls.model_fields))
        return cls(**shown, has_text=bool(lesson.body_hash))


class SectionDraft(BaseModel):
    id: str
    title: str
    lessons: list[LessonDraft]


class Draft(BaseModel):
    """A course as its authors have it."""

    id: str
    slug: str
    state: str
    title: str
    subtitle: str
    description: str
    category: str
    level: str
    language: str
    price: Money
    free: bool
    access_days: int | None
    version: int
    fields_revision: int
    outline_revision: int
    outline: list[SectionDraft]
    updated_at: datetime

    @classmethod
    def of(cls, course: Course) -> "Draft":
        return cls(
            **course.model_dump(include=set(cls.model_fields) - {"outline"}),
            outline=[
                SectionDraft(
                    id=section.id,
                    title=section.title,
                    lessons=[LessonDraft.of(lesson) for lesson in section.lessons],
                )
                for section in course.outline
            ],
        )


class Version(BaseModel):
    id: str
    number: int
    title: str
    price: Money
    free: bool
    lessons: int
    published_at: datetime

    @classmethod
    def of(cls, version: CourseVersion) -> "Version":
        return cls(
            id=version.id,
            number=version.number,
            title=version.title,
            price=version.price,
            free=version.free,
            lessons=len(version.lesson_ids),
            published_at=version.published_at,
        )


class Added(BaseModel):
    id: str


@router.post("/courses", status_code=201, openapi_extra=takes(NewCourse))
async def create(actor: CurrentActor, request: Request) -> Draft:
    """A new draft: `{"title", "currency"}`."""
    form = await read_json(request, NewCourse)
    return Draft.of(await studio.create(actor, form.title, form.currency))


@router.get("/courses/{course_id}/draft")
async def draft(actor: CurrentActor, course_id: str) -> Draft:
    return Draft.of(await studio.get(actor, course_id))


@router.patch("/courses/{course_id}", openapi_extra=takes(ChangedFields))
async def change(actor: CurrentActor, request: Request, course_id: str) -> Draft:
    """Change fields: `{"revision", "fields": {…}}`; what is left out stays."""
    form = await read_json(request, ChangedFields)
    return Draft.of(await studio.save_fields(actor, course_id, form.fields, form.revision))


@router.post("/courses/{course_id}/sections", status_code=201, openapi_extra=takes(NewSection))
async def add_section(actor: CurrentActor, request: Request, course_id: str) -> Added:
    form = await read_json(request, NewSection)
    return Added(id=(await studio.add_section(actor, course_id, form.title)).id)


@router.post("/courses/{course_id}/lessons", status_code=201, openapi_extra=takes(NewLesson))
async def add_lesson(actor: CurrentActor, request: Request, course_id: str) -> LessonDraft:
    """A lesson with its text: `{"section_id", "title", "text", "minutes", "preview", "ready"}`."""
    form = await read_json(request, NewLesson, LARGEST_LESSON)
    whole = LessonForm(**form.model_dump(exclude={"section_id"}))
    lesson = await studio.add_lesson(actor, course_id, form.section_id, form.title, form=whole)
    return LessonDraft.of(lesson)


@router.post("/courses/{course_id}/publish")
async def publish(actor: CurrentActor, course_id: str) -> Version:
    """Put the draft out; 409 with the first thing that blocks it."""
    return Version.of(await studio.publish(actor, course_id))


@router.get("/courses/{course_id}/versions")
async def versions(actor: CurrentActor, course_id: str) -> list[Version]:
    return [Version.of(version) for version in await studio.versions(actor, course_id)]


@router.get("/courses/{course_id}/co-instructors")
async def authors_of(actor: CurrentActor, course_id: str) -> list[CoInstructor]:
    """Those who write this course with its owner."""
    found = await co_instructors.get(actor, course_id)
    return [CoInstructor(id=one.id, name=one.name, email=one.email) for one in found]


@router.put("/courses/{course_id}/co-instructors", openapi_extra=takes(Author))
async def add_co_instructor(
    actor: CurrentActor, request: Request, course_id: str
) -> list[CoInstructor]:
    """Add an instructor: `{"email"}`; the same one again changes nothing."""
    form = await read_json(request, Author)
    await co_instructors.add(actor, course_id, form.email)
    return await authors_of(actor, course_id)


@router.delete("/courses/{course_id}/co-instructors/{account_id}")
async def remove_co_instructor(
    actor: CurrentActor, course_id: str, account_id: str
) -> list[CoInstructor]:
    await co_instructors.remove(actor, course_id, account_id)
    return await authors_of(actor, course_id)


@router.put("/courses/{course_id}/owner", openapi_extra=takes(Author))
async def change_owner(actor: CurrentActor, request: Request, course_id: str) -> Owner:
    """Give the course to another instructor: `{"email"}`; learners and figures move with it."""
    form = await read_json(request, Author)
    course = await co_instructors.change_owner(actor, course_id, form.email)
    return Owner(owner_id=course.owner_id, owner_name=course.owner_name)
