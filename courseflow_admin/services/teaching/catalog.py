"""The catalog: finding courses on sale, and a course's page before one has it."""

from courseflow_admin.db.teaching import catalog as catalog_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.errors import Invalid, NotFound
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.core.search_words import words_of
from courseflow_admin.models.teaching.classroom import (
    CatalogEntry,
    CoursePage,
    LessonTitle,
    SectionTitles,
)
from courseflow_admin.models.teaching.courses import (
    CATEGORIES,
    LEVELS,
    Course,
    Listing,
    Section,
    Thumbnail,
)
from courseflow_admin.services.teaching import access, course_rights, markdown

LONGEST_SEARCH = 100
MOST_WORDS = 6
NEW_DAYS = 30


async def search(
    q: str, category: str, level: str, request: PageRequest, actor: Actor | None = None
) -> Page[CatalogEntry]:
    """Published courses that have every word of `q` (or its beginning), the newest first.

    Invalid for a category or level that no one knows.
    """
    if category and category not in CATEGORIES:
        raise Invalid(f"“{category}” is not a known category.", "category")
    if level and level not in LEVELS:
        raise Invalid(f"“{level}” is not a known level.", "level")
    if len(q) > LONGEST_SEARCH:
        raise Invalid(f"Use at most {LONGEST_SEARCH} characters to search.", "q")
    words = words_of(q)[:MOST_WORDS]
    asked_for_nothing = q.strip() != "" and not words
    if asked_for_nothing:
        return Page(rows=[], first=1, total=0, more_than_total=False)
    found = await catalog_db.search(words, category, level, request)
    enrolled = await _enrolled(actor, found.rows)
    return found.map(lambda course: _entry(course, enrolled))


async def categories() -> list[str]:
    """The categories in which something is on sale."""
    return sorted(await catalog_db.categories())


async def course_page(slug: str, actor: Actor | None) -> CoursePage:
    """By slug or id. The page's own `slug` differs when an old one was asked for.

    What is not on sale exists for its authors and for those who are enrolled, for no one else.
    """
    course = await courses_db.find_by_slug(slug) or await courses_db.find(slug)
    if course is None:
        raise NotFound("course")
    authored = actor is not None and author_of(actor, course)
    enrollment = await enrollments_db.find(actor.id, course.id) if actor else None
    if not (course.sold or authored or enrollment):
        raise NotFound("course")
    shown = await courses_db.newest_version(course.id) or course
    verdict = await access.verdict(actor.id, course.id) if actor else None
    return CoursePage(
        id=course.id,
        slug=course.slug,
        title=shown.title,
        subtitle=shown.subtitle,
        description_html=markdown.to_html(shown.description),
        owner_name=course.owner_name,
        category=shown.category,
        level=shown.level,
        language=shown.language,
        thumbnail=shown.thumbnail or Thumbnail(),
        price=course.price,
        free=course.free,
        access_days=course.access_days,
        sold=course.sold,
        outline=titles(shown.outline),
        lessons=len(shown.lesson_ids),
        minutes=shown.minutes,
        published_at=shown.published_at,
        has_access=verdict is not None and verdict.allowed,
        authored=authored,
        percent=enrollment.percent if enrollment else 0,
        reasons=verdict.reasons if verdict and (enrollment or verdict.under_way) else (),
        under_way=verdict.under_way if verdict and not verdict.allowed else None,
    )


def author_of(actor: Actor, course: Course) -> bool:
    return actor.can(Permission.COURSES_EDIT) and course_rights.may_edit(actor, course)


def titles(
    outline: list[Section], done: set[str] | None = None, new: set[str] | None = None
) -> tuple[SectionTitles, ...]:
    """An outline without anything that leads to its texts, and without empty sections."""
    return tuple(
        SectionTitles(
            section.title,
            tuple(
                LessonTitle(
                    lesson.id,
                    lesson.title,
                    lesson.minutes,
                    lesson.preview,
                    lesson.id in (done or ()),
                    lesson.id in (new or ()),
                )
                for lesson in section.lessons
            ),
        )
        for section in outline
        if section.lessons
    )


async def _enrolled(actor: Actor | None, courses: list[Course]) -> set[str]:
    """Which of these the actor has access to."""
    if actor is None or not courses:
        return set()
    instant = clock.business()
    enrollments = await enrollments_db.in_courses(actor.id, [course.id for course in courses])
    return {
        enrollment.course_id
        for enrollment in enrollments
        if any(grant.active(instant) for grant in enrollment.grants)
    }


def _entry(course: Course, enrolled: set[str]) -> CatalogEntry:
    listed = course.listed or Listing(title=course.title)
    return CatalogEntry(
        id=course.id,
        slug=course.slug,
        title=listed.title,
        subtitle=listed.subtitle,
        owner_name=course.owner_name,
        category=listed.category,
        level=listed.level,
        language=listed.language,
        thumbnail=listed.thumbnail or Thumbnail(),
        lessons=listed.lessons,
        minutes=listed.minutes,
        price=course.price,
        free=course.free,
        published_at=course.published_at or course.created_at,
        enrolled=course.id in enrolled,
    )
