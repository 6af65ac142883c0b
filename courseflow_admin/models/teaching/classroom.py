"""What a learner sees: the catalog, a course's page, a lesson, and the own courses."""

from dataclasses import dataclass
from datetime import datetime

from courseflow_admin.errors import NotPermitted
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.teaching.access import Reason, Verdict
from courseflow_admin.models.teaching.courses import Thumbnail


class NoAccess(NotPermitted):
    """The course is there, but this person may not study it; `verdict` says why."""

    code = "no_access"

    def __init__(self, verdict: Verdict, course_title: str, course_slug: str) -> None:
        super().__init__(verdict.sentence)
        self.verdict, self.course_title, self.course_slug = verdict, course_title, course_slug
        self.needs_support = verdict.needs_support


@dataclass(frozen=True)
class CatalogEntry:
    id: str
    slug: str
    title: str
    subtitle: str
    owner_name: str
    category: str
    level: str
    language: str
    thumbnail: Thumbnail
    lessons: int
    minutes: int
    price: Money
    free: bool
    published_at: datetime
    enrolled: bool  # the actor is, with a grant that has not ended


@dataclass(frozen=True)
class LessonTitle:
    """A line of an outline: no text, no address of any content."""

    id: str
    title: str
    minutes: int
    preview: bool
    done: bool = False
    new: bool = False


@dataclass(frozen=True)
class SectionTitles:
    title: str
    lessons: tuple[LessonTitle, ...]


@dataclass(frozen=True)
class CoursePage:
    """Everything anyone may know about a course before buying it."""

    id: str
    slug: str
    title: str
    subtitle: str
    description_html: str
    owner_name: str
    category: str
    level: str
    language: str
    thumbnail: Thumbnail
    price: Money
    free: bool
    access_days: int | None
    sold: bool
    outline: tuple[SectionTitles, ...]
    lessons: int
    minutes: int
    published_at: datetime | None
    has_access: bool
    authored: bool
    percent: int
    under_way: Reason | None  # a payment to wait for instead of paying again
    reasons: tuple[Reason, ...]  # why there is or is no access; empty for who never had to do


@dataclass(frozen=True)
class LessonView:
    """One lesson with its text, for someone who may read it."""

    course_id: str
    course_slug: str
    course_title: str
    lesson_id: str
    title: str
    html: str
    minutes: int
    number: int
    of: int
    previous_id: str
    next_id: str
    done: bool
    outline: tuple[SectionTitles, ...]
    percent: int
    done_count: int
    counted: int
    new_count: int
    as_author: bool  # Preview as learner: the draft, and nothing is recorded
    as_guest: bool  # a preview lesson, read without access


@dataclass(frozen=True)
class MyCourse:
    course_id: str
    slug: str
    title: str
    owner_name: str
    thumbnail: Thumbnail
    percent: int
    done: int
    total: int
    new: int
    next_lesson_id: str
    next_title: str
    next_minutes: int
    completed_at: datetime | None
    last_seen_at: datetime | None
    allowed: bool
    why: Reason | None  # there is no access


@dataclass(frozen=True)
class Done:
    """After "Mark as done": where to go on, and how far one is."""

    next_id: str
    percent: int
    completed: bool  # by this very lesson
