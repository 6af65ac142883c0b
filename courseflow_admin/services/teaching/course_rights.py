"""Whose course it is: the question asked first by everything an author does to a course."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.errors import Conflict, NotFound, NotPermitted
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching.courses import Course, CourseState, Thumbnail
from courseflow_admin.services.school import audit

LONGEST_NOTED = 200  # characters of a text in the audit log
Edit = Callable[[Course], Awaitable[Course]]


async def get(actor: Actor, course_id: str) -> Course:
    """The draft, for those who may edit it.

    NotPermitted for others when the course is on sale, so known to everyone; else NotFound.
    """
    actor.require(Permission.COURSES_EDIT)
    course = await courses_db.find(course_id)
    if course is None or not (may_edit(actor, course) or course.sold):
        raise NotFound("course")
    if not may_edit(actor, course):
        raise NotPermitted("Only authors can edit this course.")
    return course


async def editable(
    actor: Actor, course_id: str, *, owner_only: bool = False, archived: bool = False
) -> Course:
    course = await get(actor, course_id)
    if owner_only and not owns(actor, course):
        raise NotPermitted("Only the owner can change price, link, sale status and authors.")
    if archived != (course.state is CourseState.ARCHIVED):
        raise Conflict(
            "This course is not archived."
            if archived
            else "This course is archived. Unarchive it first."
        )
    return course


def owns(actor: Actor, course: Course) -> bool:
    return course.owner_id == actor.id or actor.can(Permission.COURSES_EDIT_ALL)


def may_edit(actor: Actor, course: Course) -> bool:
    return owns(actor, course) or actor.id in course.co_instructor_ids


async def write(
    actor: Actor,
    course_id: str,
    edit: Edit,
    fields: Iterable[str],
    facts: dict[str, object],
    *,
    owner_only: bool = False,
    noted: Iterable[str] = (),
) -> Course:
    """Read, change and write a course in one transaction; the newest state is what is changed.

    Of the fields `noted` the audit log keeps what changed, before and after.
    """

    async def body() -> Course:
        course = await editable(actor, course_id, owner_only=owner_only)
        edited = await edit(course)
        if edited is course:
            return course
        changed = edited.model_copy(update={"updated_at": clock.business()})
        await courses_db.save(changed, *fields)
        await audit.record(
            actor, Act.COURSE_CHANGED, course.id, **facts, **difference(course, changed, noted)
        )
        return changed

    return await transaction(body)


def difference(before: Course, after: Course, names: Iterable[str]) -> dict[str, object]:
    """`before` and `after` of those of these fields that changed; nothing when none did."""
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    if not changed:
        return {}
    return {
        when: {name: _brief(getattr(course, name)) for name in changed}
        for when, course in (("before", before), ("after", after))
    }


def _brief(value: object) -> object:
    """As it is noted; of a long text only how long it is and its hash."""
    if isinstance(value, Thumbnail):
        return value.model_dump()
    if isinstance(value, str) and len(value) > LONGEST_NOTED:
        return f"{len(value)} characters, {hashlib.sha256(value.encode()).hexdigest()[:12]}"
    return value
