"""What a course is: fields, an outline of sections and lessons, and its published versions."""

import copy
import hashlib
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import Document, Piece, new_id
from courseflow_admin.models.core.search_words import words_of

PATTERNS = ("dots", "rings", "waves", "tri", "grid", "bars")
HUES = ("iris", "jade", "amber", "cyan", "ruby", "plum")
LEVELS = ("beginner", "intermediate", "advanced")
CATEGORIES = (
    "Business",
    "Data",
    "Design",
    "Languages",
    "Life",
    "Mathematics",
    "Music",
    "Programming",
    "Science",
    "Writing",
)
LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "ja": "Japanese",
    "pt": "Portuguese",
    "ta": "Tamil",
}
MOST_LESSONS = 600  # the outline stays one document of some 50 kB
MOST_SECTIONS = 100
REMOVED_KEPT = 20  # removed pieces that can be put back, newest last
LONGEST_BODY = 200_000  # characters of one lesson
LONGEST_SLUG = 80
MOST_ACCESS_DAYS = 3650
MOST_MINUTES = 600  # of one lesson

# Whatever is not named here is published with the next version.
AUTHORS_ONLY = {"ready", "revision"}  # of a lesson
SET_BY_VERSION = frozenset({"id", "published_at"})
AT_ONCE = frozenset({"price", "free", "outline"})  # hold when saved; the outline is compared apart
LABELS = {"thumbnail": "Cover"}  # where the field's name is not the word on screen


class CourseState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    ARCHIVED = "archived"


class Thumbnail(Piece):
    """Art drawn by the stylesheet: a pattern in a colour, no picture to load."""

    pattern: Literal["dots", "rings", "waves", "tri", "grid", "bars"] = "waves"
    hue: Literal["iris", "jade", "amber", "cyan", "ruby", "plum"] = "iris"


class Lesson(Piece):
    id: str
    title: str
    kind: Literal["text"] = "text"
    body_hash: str = ""  # of a `lesson_bodies` row; empty: no text yet
    minutes: int = Field(default=5, ge=0, le=MOST_MINUTES)
    preview: bool = False  # open to everyone
    ready: bool = False
    revision: int = 0


class Section(Piece):
    id: str
    title: str
    lessons: list[Lesson] = Field(default_factory=list)


class Removed(Piece):
    """A deleted section or lesson, and where it stood, so that it can be put back."""

    id: str
    section_id: str  # where a lesson stood; of a section its own
    position: int
    section: Section | None = None
    lesson: Lesson | None = None
    at: datetime
    by: str

    @property
    def title(self) -> str:
        piece = self.section or self.lesson
        return piece.title if piece else ""


class Listing(Piece):
    """What the catalog shows and searches: taken from the newest version when it is published."""

    title: str
    subtitle: str = ""
    category: str = ""
    level: str = ""
    language: str = "en"
    thumbnail: Thumbnail | None = None
    lessons: int = 0
    minutes: int = 0
    search_words: list[str] = Field(default_factory=list)


class Outlined(Document):
    """A document with an outline."""

    outline: list[Section] = Field(default_factory=list)

    def lessons(self) -> Iterator[Lesson]:
        """Every lesson in reading order."""
        for section in self.outline:
            yield from section.lessons

    def lesson(self, lesson_id: str) -> Lesson | None:
        return next((lesson for lesson in self.lessons() if lesson.id == lesson_id), None)

    def section(self, section_id: str) -> Section | None:
        return next((section for section in self.outline if section.id == section_id), None)

    @property
    def lesson_ids(self) -> list[str]:
        return [lesson.id for lesson in self.lessons()]

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons())


class CourseVersion(Outlined):
    """What was published, never changed again; learners always see the newest one."""

    course_id: str
    number: int
    title: str
    subtitle: str = ""
    description: str = ""
    category: str = ""
    level: str = ""
    language: str = "en"
    thumbnail: Thumbnail | None = None
    price: Money
    free: bool = False
    published_at: datetime
    by: str
    by_name: str = ""


class Course(Outlined):
    """The draft that its authors edit. Price, `free` and access time hold as soon as saved."""

    slug: str
    old_slugs: list[str] = Field(default_factory=list)  # each leads on to `slug`
    owner_id: str
    owner_name: str = ""
    co_instructor_ids: list[str] = Field(default_factory=list)
    title: str
    subtitle: str = ""
    description: str = ""  # Markdown
    category: str = ""
    level: str = "beginner"
    language: str = "en"
    thumbnail: Thumbnail | None = None
    price: Money
    free: bool = False
    access_days: int | None = Field(default=None, ge=1, le=MOST_ACCESS_DAYS)
    state: CourseState = CourseState.DRAFT
    removed: list[Removed] = Field(default_factory=list)
    outline_revision: int = 0
    fields_revision: int = 0
    version: int = 0  # newest published; 0: none yet
    listed: Listing | None = None
    published_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def sold(self) -> bool:
        return self.state is CourseState.PUBLISHED

    def published(self, by: str, at: datetime, by_name: str = "") -> tuple["Course", CourseVersion]:
        """The course with its next version out, and that version."""
        number = self.version + 1
        version = CourseVersion(
            _id=new_id("ver"),
            course_id=self.id,
            number=number,
            published_at=at,
            by=by,
            by_name=by_name,
            **_copied(self, CourseVersion, but=SET_BY_VERSION),
        )
        listed = Listing(
            lessons=len(self.lesson_ids),
            minutes=self.minutes,
            search_words=words_of(self.title, self.subtitle, self.category, self.owner_name),
            **_copied(self, Listing),
        )
        changes = {
            "state": CourseState.PUBLISHED,
            "version": number,
            "listed": listed,
            "published_at": at,
            "updated_at": at,
        }
        return self.model_copy(update=changes), version

    def changes_since(self, version: CourseVersion | None) -> list[str]:
        """What publishing would change, each in a few words; empty when nothing would."""
        if version is None:
            return ["Not published yet"]
        changes = [
            LABELS.get(name, name.replace("_", " ").capitalize())
            for name, value in _copied(self, CourseVersion, but=SET_BY_VERSION | AT_ONCE).items()
            if value != getattr(version, name)
        ]
        before = {lesson.id: lesson for lesson in version.lessons()}
        for lesson in self.lessons():
            old = before.get(lesson.id)
            if old is None:
                changes.append(f"{lesson.title}, new")
            elif _published(old) != _published(lesson):
                changes.append(lesson.title)
        kept = set(self.lesson_ids)
        changes += [
            f"{lesson.title}, removed" for lesson in before.values() if lesson.id not in kept
        ]
        if _shape(self) != _shape(version) and kept == set(before):
            changes.append("Order and names of the outline")
        return changes


def _published(lesson: Lesson) -> dict[str, Any]:
    """What learners get of a lesson: all of it but what is named here."""
    return lesson.model_dump(exclude=AUTHORS_ONLY)


def _copied(
    course: Course, into: type[Piece], *, but: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The course's fields that `into` has too; a new one of both is copied without a word here."""
    names = [name for name in into.model_fields if name in Course.model_fields and name not in but]
    return {name: copy.deepcopy(getattr(course, name)) for name in names}


def _shape(outlined: Outlined) -> list[tuple[str, list[str]]]:
    return [
        (section.title, [lesson.id for lesson in section.lessons]) for section in outlined.outline
    ]


def body_hash(text: str) -> str:
    """The key of a lesson's text in `lesson_bodies`; nothing but blanks has none."""
    return hashlib.sha256(text.encode()).hexdigest() if text.strip() else ""
