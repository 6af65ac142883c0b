"""What authors send and see: forms, stale saves, and the closed list of publish checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from courseflow_admin.errors import Conflict
from courseflow_admin.field_sentences import listed
from courseflow_admin.models.core.amounts import Money, minimum_for
from courseflow_admin.models.core.differences import Difference, as_facts
from courseflow_admin.models.core.texts import as_line, as_text, as_title
from courseflow_admin.models.teaching.courses import (
    CATEGORIES,
    LANGUAGES,
    LONGEST_BODY,
    LONGEST_SLUG,
    MOST_ACCESS_DAYS,
    MOST_MINUTES,
    Course,
    CourseVersion,
    Thumbnail,
)

LONGEST_TITLE, LONGEST_SUBTITLE, LONGEST_DESCRIPTION = 120, 200, 20_000
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_TITLE, strip_whitespace=True),
    AfterValidator(as_title),
]
Subtitle = Annotated[
    str,
    StringConstraints(max_length=LONGEST_SUBTITLE, strip_whitespace=True),
    AfterValidator(as_line),
]
Description = Annotated[
    str, StringConstraints(max_length=LONGEST_DESCRIPTION), AfterValidator(as_text)
]
Body = Annotated[str, StringConstraints(max_length=LONGEST_BODY), AfterValidator(as_text)]


class FieldsForm(BaseModel):
    """A course's fields; what is None stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    subtitle: Subtitle | None = None
    description: Description | None = None
    category: str | None = None
    level: Literal["beginner", "intermediate", "advanced"] | None = None
    language: str | None = None
    thumbnail: Thumbnail | None = None
    slug: Annotated[str, StringConstraints(max_length=LONGEST_SLUG)] | None = None
    price: Money | None = None
    free: bool | None = None
    access_days: int | None = Field(default=None, ge=0, le=MOST_ACCESS_DAYS)  # 0: without end

    @field_validator("category")
    @classmethod
    def _known_category(cls, value: str | None) -> str | None:
        if value and value not in CATEGORIES:
            raise ValueError(f"Choose one of {', '.join(CATEGORIES)}")
        return value

    @field_validator("language")
    @classmethod
    def _known_language(cls, value: str | None) -> str | None:
        if value and value not in LANGUAGES:
            raise ValueError(f"Choose one of {', '.join(LANGUAGES)}")
        return value


class LessonForm(BaseModel):
    """One lesson as a whole."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    text: Body = ""
    minutes: int = Field(default=5, ge=0, le=MOST_MINUTES)
    preview: bool = False
    ready: bool = False


class StaleRevision(Conflict):
    """A save on top of a newer change: nothing was overwritten, both values are here."""

    code = "stale_revision"

    def __init__(self, what: str, differences: list[Difference], revision: int) -> None:
        super().__init__(
            f"{what[:1].upper()}{what[1:]} was changed elsewhere. Nothing was overwritten. "
            "Compare both versions and save again."
        )
        self.differences, self.revision = differences, revision

    @property
    def facts(self) -> Mapping[str, Any]:
        return as_facts(self.differences, self.revision)


class CheckCode(StrEnum):
    NO_LESSON = "no_lesson"
    EMPTY_LESSON = "empty_lesson"
    LESSON_NOT_READY = "lesson_not_ready"
    NO_DESCRIPTION = "no_description"
    NO_THUMBNAIL = "no_thumbnail"
    ZERO_NOT_FREE = "zero_not_free"
    BELOW_MINIMUM = "below_minimum"
    BETWEEN_STEPS = "between_steps"
    CURRENCY_NOT_SOLD = "currency_not_sold"


@dataclass(frozen=True)
class Check:
    """One thing that blocks publishing, and where it is."""

    code: CheckCode
    field: str = ""
    lesson_id: str = ""
    lesson: str = ""  # its title
    price: Money | None = None
    minimums: tuple[tuple[str, Money], ...] = ()  # of each gateway that takes the currency

    @property
    def sentence(self) -> str:
        if self.code is CheckCode.BELOW_MINIMUM and self.minimums:
            bounds = listed(f"{name.capitalize()} {least}" for name, least in self.minimums)
            return f"{self.price} is too low. Minimum: {bounds}."
        if self.code is CheckCode.BETWEEN_STEPS and self.price:
            return self.price.between_steps()
        currency = self.price.currency if self.price else ""
        return CHECKS[self.code].format(lesson=self.lesson, currency=currency)


# A refusal to publish says them too, so they are here and not on the page.
CHECKS = {
    CheckCode.NO_LESSON: "The course has no lessons yet.",
    CheckCode.EMPTY_LESSON: "“{lesson}” has no text.",
    CheckCode.LESSON_NOT_READY: "“{lesson}” is not marked as ready.",
    CheckCode.NO_DESCRIPTION: "The course has no description.",
    CheckCode.NO_THUMBNAIL: "The course has no cover.",
    CheckCode.ZERO_NOT_FREE: "The price is 0. Set one, or mark the course as free.",
    CheckCode.BELOW_MINIMUM: "No enabled payment gateway supports {currency}.",
    CheckCode.CURRENCY_NOT_SOLD: "The school does not sell in {currency}. Choose another currency.",
}


class NotPublishable(Conflict):
    code = "not_publishable"

    def __init__(self, checks: list[Check]) -> None:
        super().__init__(
            checks[0].sentence
            if len(checks) == 1
            else f"{len(checks)} things to fix before publishing: {checks[0].sentence}"
        )
        self.checks = checks


@dataclass(frozen=True)
class SavedLesson:
    """What the database has acknowledged."""

    revision: int
    at: datetime


@dataclass(frozen=True)
class Sheet:
    """A course with everything the studio says about it."""

    course: Course
    newest: CourseVersion | None
    checks: list[Check]
    changes: list[str]
    learners: int
    currencies: list[str]  # it may be sold in: those of the school, and its own
    owned: bool  # the actor may also set the price and archive


def checks_of(course: Course, gateways: Sequence[str]) -> list[Check]:
    """What blocks publishing; `gateways` take the course's currency."""
    found = [*_field_checks(course), *price_checks(course.price, course.free, gateways)]
    if not course.lesson_ids:
        found.append(Check(CheckCode.NO_LESSON, "outline"))
    for lesson in course.lessons():
        if not lesson.body_hash:
            found.append(Check(CheckCode.EMPTY_LESSON, lesson_id=lesson.id, lesson=lesson.title))
        elif not lesson.ready:
            found.append(
                Check(CheckCode.LESSON_NOT_READY, lesson_id=lesson.id, lesson=lesson.title)
            )
    return found


def _field_checks(course: Course) -> list[Check]:
    found = []
    if not course.description.strip():
        found.append(Check(CheckCode.NO_DESCRIPTION, "description"))
    if course.thumbnail is None:
        found.append(Check(CheckCode.NO_THUMBNAIL, "thumbnail"))
    return found


def price_checks(price: Money, free: bool, gateways: Sequence[str]) -> list[Check]:
    """Whether someone could pay this price at all."""
    if free:
        return []
    if price.minor == 0:
        return [Check(CheckCode.ZERO_NOT_FREE, "price", price=price)]
    if price.between_steps():
        return [Check(CheckCode.BETWEEN_STEPS, "price", price=price)]
    minimums = tuple((name, minimum_for(name, price.currency)) for name in gateways)
    if all(price.minor < minimum.minor for _, minimum in minimums):  # also when none takes it
        return [Check(CheckCode.BELOW_MINIMUM, "price", price=price, minimums=minimums)]
    return []
