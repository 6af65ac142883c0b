"""The demo school as it lies in this folder: courses, lessons and people, read and typed."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent

DemoState = Literal["published", "draft", "archived"]


@dataclass(frozen=True, slots=True)
class DemoLesson:
    title: str
    minutes: int
    preview: bool
    body: str  # Markdown; empty only in a draft


@dataclass(frozen=True, slots=True)
class DemoSection:
    title: str
    lessons: tuple[DemoLesson, ...]


@dataclass(frozen=True, slots=True)
class DemoCourse:
    slug: str
    title: str
    subtitle: str
    description: str
    category: str
    level: str
    language: str
    price_minor: int
    currency: str
    free: bool
    access_days: int | None
    instructor: str  # the instructor's e-mail address
    state: DemoState
    pattern: str
    hue: str
    sections: tuple[DemoSection, ...]

    @property
    def lessons(self) -> tuple[DemoLesson, ...]:
        return tuple(lesson for section in self.sections for lesson in section.lessons)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    email: str
    bio: str


@dataclass(frozen=True, slots=True)
class DemoNames:
    first: tuple[str, ...]
    last: tuple[str, ...]


def courses() -> list[DemoCourse]:
    """Give every course, in the order of the slugs."""
    return [_course(path) for path in sorted((FOLDER / "courses").glob("*/course.toml"))]


def instructors() -> list[DemoPerson]:
    return [DemoPerson(**person) for person in _people()["instructors"]]


def admin() -> DemoPerson:
    return DemoPerson(**_people()["admin"])


def student() -> DemoPerson:
    return DemoPerson(**_people()["student"])


def school() -> dict[str, Any]:
    """Give the settings of the school, as an admin would send them."""
    texts = {
        path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "policies").iterdir()
    }
    return _toml(FOLDER / "school.toml") | texts


def names() -> DemoNames:
    """Give the first and last names from which the loader makes learners."""
    lists = _people()["names"]
    return DemoNames(first=tuple(lists["first"]), last=tuple(lists["last"]))


def _course(path: Path) -> DemoCourse:
    facts = _toml(path)
    thumbnail = facts.pop("thumbnail")
    sections = tuple(_section(path.parent, section) for section in facts.pop("sections"))
    return DemoCourse(
        **{"free": False, "access_days": None, **facts},
        pattern=thumbnail["pattern"],
        hue=thumbnail["hue"],
        sections=sections,
    )


def _section(folder: Path, section: dict[str, Any]) -> DemoSection:
    return DemoSection(
        title=section["title"],
        lessons=tuple(
            DemoLesson(
                title=lesson["title"],
                minutes=lesson["minutes"],
                preview=lesson.get("preview", False),
                body=(folder / lesson["file"]).read_text(encoding="utf-8"),
            )
            for lesson in section["lessons"]
        ),
    )


def _people() -> dict[str, Any]:
    return _toml(FOLDER / "people.toml")


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
