"""The studio: authors write a course piece by piece and publish it as immutable versions."""

from contextlib import suppress

from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.teaching import catalog as catalog_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.db.teaching import lesson_bodies
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.differences import Difference
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.core.texts import as_line, says_something
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching import outline
from courseflow_admin.models.teaching.courses import (
    Course,
    CourseState,
    CourseVersion,
    Lesson,
    Removed,
    Section,
)
from courseflow_admin.models.teaching.outline import Way
from courseflow_admin.models.teaching.studio import (
    LONGEST_TITLE,
    FieldsForm,
    LessonForm,
    NotPublishable,
    SavedLesson,
    Sheet,
    StaleRevision,
)
from courseflow_admin.services.school import audit
from courseflow_admin.services.teaching import course_rights, prices, slugs

TRIES = 10
OWNER_ONLY = {"price", "free", "access_days", "slug"}  # a co-instructor writes, but does not sell


async def create(actor: Actor, title: str, currency: str = "") -> Course:
    """A new draft with one empty section, owned by the actor; in the school's first currency."""
    actor.require(Permission.COURSES_EDIT)
    clean = _title(title)
    currency = currency or (await prices.for_sale())[0]
    await prices.require_sold(currency, "currency")
    course = Course(
        _id=new_id("crs"),
        slug="",
        owner_id=actor.id,
        owner_name=actor.name,
        title=clean,
        price=Money.of(0, currency),
        outline=[Section(id=new_id("sec"), title="First section")],
        created_at=clock.business(),
        updated_at=clock.business(),
    )

    async def body() -> Course:
        made = course.model_copy(update={"slug": await slugs.free_slug(clean, course.id)})
        await courses_db.insert(made)
        await audit.record(actor, Act.COURSE_CREATED, made.id, title=made.title, slug=made.slug)
        return made

    for _ in range(TRIES):
        with suppress(Duplicate):  # someone took this address at the same moment
            return await transaction(body)
    raise Conflict("Too many courses with this name are being created. Please try again.")


async def newest(actor: Actor, request: PageRequest) -> Page[Course]:
    """The courses the actor may edit, the last changed first."""
    actor.require(Permission.COURSES_EDIT)
    author = None if actor.can(Permission.COURSES_EDIT_ALL) else actor.id
    return await catalog_db.of_author(author, request)


async def learners(actor: Actor, courses: list[Course]) -> dict[str, int]:
    """How many are enrolled in each of these courses of the actor."""
    actor.require(Permission.COURSES_EDIT)
    mine = [course.id for course in courses if course_rights.may_edit(actor, course)]
    return await enrollments_db.count_by_course(mine)


async def get(actor: Actor, course_id: str) -> Course:
    """The draft, for those who may edit it; NotFound or NotPermitted as `course_rights.get`."""
    return await course_rights.get(actor, course_id)


async def sheet(actor: Actor, course_id: str) -> Sheet:
    """The draft with its checks and with what differs from the newest version."""
    course = await course_rights.get(actor, course_id)
    newest_version = await courses_db.newest_version(course.id)
    counted = await enrollments_db.count_by_course([course.id])
    return Sheet(
        course=course,
        newest=newest_version,
        checks=await prices.checks(course),
        changes=course.changes_since(newest_version),
        learners=counted.get(course.id, 0),
        currencies=await prices.choices(course),
        owned=course_rights.owns(actor, course),
    )


async def lesson_text(actor: Actor, course_id: str, lesson_id: str) -> str:
    course = await course_rights.get(actor, course_id)
    return await lesson_bodies.get(outline.lesson_of(course, lesson_id).body_hash)


async def versions(actor: Actor, course_id: str) -> list[CourseVersion]:
    course = await course_rights.get(actor, course_id)
    return await courses_db.versions(course.id)


async def save_fields(actor: Actor, course_id: str, form: FieldsForm, revision: int) -> Course:
    """Change some fields; StaleRevision when they were changed after `revision` was read."""
    given = form.model_dump(exclude_none=True, exclude={"price", "thumbnail"})
    given |= {"price": form.price} if form.price else {}
    given |= {"thumbnail": form.thumbnail} if form.thumbnail else {}
    if "access_days" in given:
        given["access_days"] = given["access_days"] or None
    sells = bool(OWNER_ONLY & set(given))

    async def edit(course: Course) -> Course:
        changes = {name: value for name, value in given.items() if getattr(course, name) != value}
        if not changes:
            return course  # the same save sent once more
        changed = course.model_copy(update=changes | {"fields_revision": revision + 1})
        changed = await prices.priced(course, changed)
        if course.fields_revision != revision:
            both = [Difference(name, mine, getattr(course, name)) for name, mine in changes.items()]
            raise StaleRevision("this course", both, course.fields_revision)
        return await slugs.renamed(course, changed) if "slug" in changes else changed

    noted = sorted({*given, "price"})
    written = [*noted, "fields_revision", "old_slugs"]
    return await course_rights.write(
        actor, course_id, edit, written, {}, owner_only=sells, noted=noted
    )


async def add_section(
    actor: Actor, course_id: str, title: str, revision: int | None = None
) -> Section:
    section = Section(id=new_id("sec"), title=_title(title))

    async def edit(course: Course) -> Course:
        return outline.with_section(_fresh(course, revision), section)

    await _write_outline(actor, course_id, edit, what="section added", piece=section.id)
    return section


async def rename_section(
    actor: Actor, course_id: str, section_id: str, title: str, revision: int | None = None
) -> Course:
    clean = _title(title)

    async def edit(course: Course) -> Course:
        if outline.section_of(course, section_id).title == clean:
            return course
        return outline.renamed_section(_fresh(course, revision, clean), section_id, clean)

    return await _write_outline(actor, course_id, edit, what="section renamed", piece=section_id)


async def move_section(
    actor: Actor, course_id: str, section_id: str, way: Way, revision: int | None = None
) -> Course:
    async def edit(course: Course) -> Course:
        return outline.moved_section(_fresh(course, revision), section_id, way)

    return await _write_outline(actor, course_id, edit, what=f"section {way}", piece=section_id)


async def delete_section(
    actor: Actor, course_id: str, section_id: str, revision: int | None = None
) -> Removed:
    """Take a section out with its lessons; `restore` puts it back."""

    async def edit(course: Course) -> Course:
        return outline.without_section(
            _fresh(course, revision), section_id, actor.id, clock.business()
        )

    course = await _write_outline(actor, course_id, edit, what="section deleted", piece=section_id)
    return course.removed[-1]


async def add_lesson(
    actor: Actor,
    course_id: str,
    section_id: str,
    title: str,
    revision: int | None = None,
    form: LessonForm | None = None,
) -> Lesson:
    """A new lesson at the end of a section; with `form` not empty but with all that it says."""
    given = form.model_dump(exclude={"text", "title"}) if form else {}
    lesson = Lesson(id=new_id("les"), title=_title(title), **given)

    async def edit(course: Course) -> Course:
        key = await lesson_bodies.put(form.text, clock.business()) if form else ""
        whole = lesson.model_copy(update={"body_hash": key})
        return outline.with_lesson(_fresh(course, revision), section_id, whole)

    course = await _write_outline(actor, course_id, edit, what="lesson added", piece=lesson.id)
    return outline.lesson_of(course, lesson.id)


async def move_lesson(
    actor: Actor, course_id: str, lesson_id: str, way: Way, revision: int | None = None
) -> Course:
    async def edit(course: Course) -> Course:
        return outline.moved_lesson(_fresh(course, revision), lesson_id, way)

    return await _write_outline(actor, course_id, edit, what=f"lesson {way}", piece=lesson_id)


async def delete_lesson(
    actor: Actor, course_id: str, lesson_id: str, revision: int | None = None
) -> Removed:
    """Take a lesson out of the draft; `restore` puts it back."""

    async def edit(course: Course) -> Course:
        return outline.without_lesson(
            _fresh(course, revision), lesson_id, actor.id, clock.business()
        )

    course = await _write_outline(actor, course_id, edit, what="lesson deleted", piece=lesson_id)
    return course.removed[-1]


async def restore(actor: Actor, course_id: str, removed_id: str) -> Course:
    """Undo a deletion."""

    async def edit(course: Course) -> Course:
        return outline.put_back(course, removed_id)

    return await _write_outline(actor, course_id, edit, what="put back", piece=removed_id)


async def save_lesson(
    actor: Actor, course_id: str, lesson_id: str, form: LessonForm, revision: int
) -> SavedLesson:
    """Save one lesson as a whole; what it says is on disk when this returns.

    StaleRevision says what differs when someone saved the same lesson after `revision`.
    """

    async def edit(course: Course) -> Course:
        lesson = outline.lesson_of(course, lesson_id)
        changes = form.model_dump(exclude={"text"})
        changes["body_hash"] = await lesson_bodies.put(form.text, clock.business())
        if all(getattr(lesson, name) == value for name, value in changes.items()):
            return course  # the same save sent once more
        if lesson.revision != revision:
            raise StaleRevision(f"“{lesson.title}”", await _both(lesson, form), lesson.revision)
        changes["revision"] = revision + 1
        return outline.with_changed_lesson(course, lesson.model_copy(update=changes))

    course = await _write_outline(actor, course_id, edit, what="lesson saved", piece=lesson_id)
    return SavedLesson(outline.lesson_of(course, lesson_id).revision, course.updated_at)


async def publish(actor: Actor, course_id: str) -> CourseVersion:
    """Put the draft out as the next version; without changes the newest one is sold again.

    Only its owner puts a course on sale; co-instructors publish changes of one that is.
    """

    async def body() -> CourseVersion:
        course = await course_rights.editable(actor, course_id)
        if not course.sold:
            await course_rights.editable(actor, course_id, owner_only=True)
        standing = await prices.checks(course)
        if standing:
            raise NotPublishable(standing)
        before = await courses_db.newest_version(course.id)
        if before is not None and not course.changes_since(before):
            if not course.sold:
                await _set_state(actor, course, CourseState.PUBLISHED, Act.COURSE_PUBLISHED)
            return before
        out, version = course.published(actor.id, clock.business(), actor.name)
        await courses_db.insert_version(version)
        await courses_db.save(out, "state", "version", "listed", "published_at")
        await audit.record(actor, Act.COURSE_PUBLISHED, course.id, version=version.number)
        return version

    return await transaction(body)


async def unpublish(actor: Actor, course_id: str) -> Course:
    """No new sales; who is enrolled keeps access."""

    async def body() -> Course:
        course = await course_rights.editable(actor, course_id, owner_only=True)
        if not course.sold:
            raise Conflict("This course is not on sale.")
        return await _set_state(actor, course, CourseState.UNPUBLISHED, Act.COURSE_UNPUBLISHED)

    return await transaction(body)


async def archive(actor: Actor, course_id: str) -> Course:
    """Out of sale and out of the way: it can be read, but not edited, until it is taken back."""

    async def body() -> Course:
        course = await course_rights.editable(actor, course_id, owner_only=True)
        return await _set_state(actor, course, CourseState.ARCHIVED, Act.COURSE_ARCHIVED)

    return await transaction(body)


async def unarchive(actor: Actor, course_id: str) -> Course:
    async def body() -> Course:
        course = await course_rights.editable(actor, course_id, owner_only=True, archived=True)
        back = CourseState.UNPUBLISHED if course.version else CourseState.DRAFT
        return await _set_state(actor, course, back, Act.COURSE_CHANGED)

    return await transaction(body)


async def _write_outline(
    actor: Actor, course_id: str, edit: course_rights.Edit, **facts: object
) -> Course:
    fields = ["outline", "outline_revision", "removed"]
    return await course_rights.write(actor, course_id, edit, fields, facts)


async def _set_state(actor: Actor, course: Course, state: CourseState, act: Act) -> Course:
    changed = course.model_copy(update={"state": state, "updated_at": clock.business()})
    await courses_db.save(changed, "state")
    await audit.record(actor, act, course.id, before=course.state, after=state)
    return changed


async def _both(lesson: Lesson, mine: LessonForm) -> list[Difference]:
    """The fields of a lesson in which two authors differ, in the order of the form."""
    theirs = {**dict(lesson), "text": await lesson_bodies.get(lesson.body_hash)}
    return [Difference(name, to, theirs[name]) for name, to in mine if to != theirs[name]]


def _fresh(course: Course, revision: int | None, mine: str = "") -> Course:
    if revision is not None and revision != course.outline_revision:
        theirs = "\n".join(section.title for section in course.outline)
        both = [Difference("outline", mine, theirs)]
        raise StaleRevision("the outline", both, course.outline_revision)
    return course


def _title(text: str) -> str:
    try:
        clean = as_line(text)
    except ValueError as error:
        raise Invalid(str(error), "title") from error
    if not says_something(clean):
        raise Invalid("Enter a title.", "title")
    if len(clean) > LONGEST_TITLE:
        raise Invalid(f"Use at most {LONGEST_TITLE} characters, not {len(clean)}.", "title")
    return clean
