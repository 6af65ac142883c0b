"""The readable part of a course's address: unique for ever, also after it was changed."""

import unicodedata

from slugify import slugify

from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.errors import Invalid
from courseflow_admin.models.teaching.courses import LONGEST_SLUG, Course


async def renamed(before: Course, course: Course) -> Course:
    """The changed slug, unless another course has or had it; the old one leads on."""
    slug = slugify(course.slug, max_length=LONGEST_SLUG)
    if not slug:
        raise Invalid("A link needs letters or digits. Enter some.", "slug")
    if await courses_db.slug_is_taken(slug, besides=course.id):
        raise Invalid(f"Another course already uses the link “{slug}”.", "slug")
    old = [*before.old_slugs, before.slug] if before.version else before.old_slugs
    kept = [other for other in dict.fromkeys(old) if other != slug]
    return course.model_copy(update={"slug": slug, "old_slugs": kept})


async def free_slug(title: str, course_id: str) -> str:
    """Of a title without letters (🔥🔥) by what its signs are called, else by the course's id."""
    stem = slugify(title, max_length=70) or slugify(_called(title), max_length=70)
    stem = stem or f"course-{course_id[-6:]}"
    for number in range(1, 100):
        slug = stem if number == 1 else f"{stem}-{number}"
        if not await courses_db.slug_is_taken(slug):
            return slug
    return f"{stem}-{course_id[-6:]}"


def _called(title: str) -> str:
    names = (unicodedata.name(sign, "") for sign in title if unicodedata.category(sign)[0] == "S")
    return " ".join(name.removeprefix("REGIONAL INDICATOR SYMBOL LETTER ") for name in names)
