"""Changes of an outline: each takes a course and gives the changed one, touching nothing."""

from datetime import datetime
from typing import Literal

from courseflow_admin.errors import Conflict, NotFound
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.teaching.courses import (
    MOST_LESSONS,
    MOST_SECTIONS,
    REMOVED_KEPT,
    Course,
    Lesson,
    Removed,
    Section,
)

Way = Literal["up", "down"]


def with_section(course: Course, section: Section) -> Course:
    if len(course.outline) >= MOST_SECTIONS:
        raise Conflict(f"A course can have at most {MOST_SECTIONS} sections.")
    return _outlined(course, [*course.outline, section])


def renamed_section(course: Course, section_id: str, title: str) -> Course:
    section = section_of(course, section_id)
    return _outlined(course, _swapped(course, section.model_copy(update={"title": title})))


def moved_section(course: Course, section_id: str, way: Way) -> Course:
    """One place up or down; at the end of the way nothing happens."""
    sections = list(course.outline)
    at = sections.index(section_of(course, section_id))
    to = at - 1 if way == "up" else at + 1
    if not 0 <= to < len(sections):
        return course
    sections[at], sections[to] = sections[to], sections[at]
    return _outlined(course, sections)


def without_section(course: Course, section_id: str, by: str, at: datetime) -> Course:
    section = section_of(course, section_id)
    removed = Removed(
        id=new_id("rem"),
        section_id=section.id,
        position=course.outline.index(section),
        section=section,
        at=at,
        by=by,
    )
    rest = [other for other in course.outline if other.id != section_id]
    return _remembering(_outlined(course, rest), removed)


def with_lesson(course: Course, section_id: str, lesson: Lesson) -> Course:
    if len(course.lesson_ids) >= MOST_LESSONS:
        raise Conflict(f"A course can have at most {MOST_LESSONS} lessons.")
    section = section_of(course, section_id)
    grown = section.model_copy(update={"lessons": [*section.lessons, lesson]})
    return _outlined(course, _swapped(course, grown))


def with_changed_lesson(course: Course, lesson: Lesson) -> Course:
    """The lesson of this id replaced; the outline's own revision stays."""
    section = _home_of(course, lesson.id)
    lessons = [lesson if other.id == lesson.id else other for other in section.lessons]
    changed = section.model_copy(update={"lessons": lessons})
    return course.model_copy(update={"outline": _swapped(course, changed)})


def moved_lesson(course: Course, lesson_id: str, way: Way) -> Course:
    """One place up or down; past the end of its section into the neighbouring one."""
    home = _home_of(course, lesson_id)
    lesson = lesson_of(course, lesson_id)
    at = home.lessons.index(lesson)
    to = at - 1 if way == "up" else at + 1
    rest = [other for other in home.lessons if other.id != lesson_id]
    if 0 <= to < len(home.lessons):
        lessons = [*rest[:to], lesson, *rest[to:]]
        return _outlined(course, _swapped(course, home.model_copy(update={"lessons": lessons})))
    place = course.outline.index(home) + (-1 if way == "up" else 1)
    if not 0 <= place < len(course.outline):
        return course
    sections = list(course.outline)
    next_door = sections[place]
    grown = [*next_door.lessons, lesson] if way == "up" else [lesson, *next_door.lessons]
    sections[place] = next_door.model_copy(update={"lessons": grown})
    sections[course.outline.index(home)] = home.model_copy(update={"lessons": rest})
    return _outlined(course, sections)


def without_lesson(course: Course, lesson_id: str, by: str, at: datetime) -> Course:
    home, lesson = _home_of(course, lesson_id), lesson_of(course, lesson_id)
    removed = Removed(
        id=new_id("rem"),
        section_id=home.id,
        position=home.lessons.index(lesson),
        lesson=lesson,
        at=at,
        by=by,
    )
    rest = [other for other in home.lessons if other.id != lesson_id]
    shrunk = _outlined(course, _swapped(course, home.model_copy(update={"lessons": rest})))
    return _remembering(shrunk, removed)


def put_back(course: Course, removed_id: str) -> Course:
    """A removed piece where it stood; a lesson whose section is gone goes into the last one."""
    removed = next((piece for piece in course.removed if piece.id == removed_id), None)
    if removed is None:
        raise NotFound("removed piece")
    rest = [piece for piece in course.removed if piece.id != removed_id]
    sections = list(course.outline)
    if removed.section:
        sections.insert(removed.position, removed.section)
    elif removed.lesson:
        if not sections:
            sections = [Section(id=new_id("sec"), title="First section")]
        home = course.section(removed.section_id) or sections[-1]
        lessons = list(home.lessons)
        lessons.insert(removed.position, removed.lesson)
        grown = home.model_copy(update={"lessons": lessons})
        sections = [grown if section.id == home.id else section for section in sections]
    return _outlined(course, sections).model_copy(update={"removed": rest})


def section_of(course: Course, section_id: str) -> Section:
    section = course.section(section_id)
    if section is None:
        raise NotFound("section")
    return section


def lesson_of(course: Course, lesson_id: str) -> Lesson:
    lesson = course.lesson(lesson_id)
    if lesson is None:
        raise NotFound("lesson")
    return lesson


def _home_of(course: Course, lesson_id: str) -> Section:
    for section in course.outline:
        if any(lesson.id == lesson_id for lesson in section.lessons):
            return section
    raise NotFound("lesson")


def _swapped(course: Course, changed: Section) -> list[Section]:
    return [changed if section.id == changed.id else section for section in course.outline]


def _outlined(course: Course, sections: list[Section]) -> Course:
    return course.model_copy(
        update={"outline": sections, "outline_revision": course.outline_revision + 1}
    )


def _remembering(course: Course, removed: Removed) -> Course:
    return course.model_copy(update={"removed": [*course.removed, removed][-REMOVED_KEPT:]})
