"""The catalog over HTTP: open to everyone, signed in or not."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    Paging,
    bearer_token,
    current_actor,
    session_token,
)
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.teaching.classroom import CatalogEntry, CoursePage
from courseflow_admin.services.teaching import catalog

router = APIRouter(prefix=routes.API, tags=["catalog"])


class CatalogEntryView(BaseModel):
    id: str
    slug: str
    title: str
    subtitle: str
    instructor: str
    category: str
    level: str
    language: str
    lessons: int
    minutes: int
    price: Money
    free: bool
    published_at: datetime

    @classmethod
    def of(cls, entry: CatalogEntry) -> "CatalogEntryView":
        return cls(
            id=entry.id,
            slug=entry.slug,
            title=entry.title,
            subtitle=entry.subtitle,
            instructor=entry.owner_name,
            category=entry.category,
            level=entry.level,
            language=entry.language,
            lessons=entry.lessons,
            minutes=entry.minutes,
            price=entry.price,
            free=entry.free,
            published_at=entry.published_at,
        )


class LessonLine(BaseModel):
    """A lesson by name; texts are read in the classroom, by those who may."""

    id: str
    title: str
    minutes: int
    preview: bool


class SectionLines(BaseModel):
    title: str
    lessons: list[LessonLine]


class CourseView(BaseModel):
    id: str
    slug: str
    title: str
    subtitle: str
    description_html: str
    instructor: str
    category: str
    level: str
    language: str
    price: Money
    free: bool
    access_days: int | None
    on_sale: bool
    lessons: int
    minutes: int
    outline: list[SectionLines]
    has_access: bool

    @classmethod
    def of(cls, page: CoursePage) -> "CourseView":
        return cls(
            id=page.id,
            slug=page.slug,
            title=page.title,
            subtitle=page.subtitle,
            description_html=page.description_html,
            instructor=page.owner_name,
            category=page.category,
            level=page.level,
            language=page.language,
            price=page.price,
            free=page.free,
            access_days=page.access_days,
            on_sale=page.sold,
            lessons=page.lessons,
            minutes=page.minutes,
            outline=[
                SectionLines(
                    title=section.title,
                    lessons=[
                        LessonLine(
                            id=lesson.id,
                            title=lesson.title,
                            minutes=lesson.minutes,
                            preview=lesson.preview,
                        )
                        for lesson in section.lessons
                    ],
                )
                for section in page.outline
            ],
            has_access=page.has_access,
        )


async def maybe_actor(request: Request) -> Actor | None:
    """The actor, if there is a sign-in; None for a passer-by. A bad token is still refused."""
    if bearer_token(request) is None and not session_token(request):
        return None
    return await current_actor(request)


@router.get("/catalog")
async def search(
    page: Paging,
    q: Annotated[str, Query(max_length=100)] = "",
    category: Annotated[str, Query(max_length=40)] = "",
    level: Annotated[str, Query(max_length=20)] = "",
) -> PageView[CatalogEntryView]:
    """Courses on sale, the newest first; every word of `q` is the beginning of one of theirs."""
    found = await catalog.search(q, category, level, page)
    return PageView[CatalogEntryView].of(found, CatalogEntryView.of)


@router.get("/courses/{slug}")
async def course(request: Request, slug: str) -> CourseView:
    """By its address, an address it had before, or its id."""
    return CourseView.of(await catalog.course_page(slug, await maybe_actor(request)))
