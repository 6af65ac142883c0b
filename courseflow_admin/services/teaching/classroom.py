"""The classroom: lesson texts for those with access, and how far each learner is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.money import access as access_db
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.db.teaching import lesson_bodies
from courseflow_admin.errors import Conflict, NotFound, NotSignedIn
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.teaching.access import Verdict
from courseflow_admin.models.teaching.classroom import Done, LessonView, MyCourse, NoAccess
from courseflow_admin.models.teaching.courses import (
    Course,
    CourseVersion,
    Lesson,
    Outlined,
    Thumbnail,
)
from courseflow_admin.models.teaching.enrollments import Enrollment
from courseflow_admin.models.teaching.progress import Progress, progress_of
from courseflow_admin.services.teaching import access, catalog, markdown

SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class _Seat:
    """Where someone sits in a course: what is shown, and in which part they read it."""

    course: Course
    shown: Outlined
    counted: Outlined  # the version by which progress is measured
    enrollment: Enrollment | None  # of a learner with access
    as_author: bool

    @property
    def studies(self) -> bool:
        return self.enrollment is not None


async def lesson(actor: Actor | None, slug: str, lesson_id: str = "") -> LessonView:
    """One lesson with its text; without an id the one to continue with.

    NoAccess says why not; what no one may know of is NotFound. The text is read last, when it is
    decided that this person may have it.
    """
    seat = await _sit_down(actor, slug, lesson_id)
    progress = _progress(seat)
    wanted = _wanted(seat, lesson_id)
    if seat.enrollment and not (actor and actor.viewer):
        await _note_seen(seat.enrollment, wanted.id, clock.business())
    done = set(seat.enrollment.done) if seat.enrollment else set()
    ids = seat.shown.lesson_ids
    at = ids.index(wanted.id)
    return LessonView(
        course_id=seat.course.id,
        course_slug=seat.course.slug,
        course_title=_title(seat),
        lesson_id=wanted.id,
        title=wanted.title,
        html=markdown.to_html(await lesson_bodies.get(wanted.body_hash)),
        minutes=wanted.minutes,
        number=at + 1,
        of=len(ids),
        previous_id=ids[at - 1] if at else "",
        next_id=ids[at + 1] if at + 1 < len(ids) else "",
        done=wanted.id in done,
        outline=catalog.titles(seat.shown.outline, done, set(progress.new)),
        percent=progress.percent,
        done_count=progress.done,
        counted=progress.total,
        new_count=len(progress.new),
        as_author=seat.as_author,
        as_guest=not seat.studies and not seat.as_author,
    )


async def complete(actor: Actor, slug: str, lesson_id: str) -> Done:
    """Mark a lesson as done; the percentage only grows, the day of completion stays.

    An author who previews the course goes on in the same way, and nothing is recorded.
    """
    actor.require(Permission.COURSES_STUDY)
    seat = await _sit_down(actor, slug)
    done_lesson = _wanted(seat, lesson_id)
    if not seat.enrollment:
        return Done(_after(seat.shown, done_lesson.id, set()), 0, completed=False)

    async def body() -> Done:
        enrollment = await enrollments_db.find(actor.id, seat.course.id)
        if enrollment is None:
            raise NotFound("enrollment")
        done = list(dict.fromkeys([*enrollment.done, done_lesson.id]))
        measured_by = enrollment.progress_version or seat.course.version
        counted = await _counted(seat.course.id, measured_by, seat.shown)
        progress = progress_of(counted, seat.shown.lesson_ids, set(done), enrollment.percent)
        completed = progress.complete and enrollment.completed_at is None
        next_id = _after(seat.shown, done_lesson.id, set(done))
        moved = {
            "done": done,
            "percent": progress.percent,
            "progress_version": measured_by,
            "completed_at": clock.business() if completed else enrollment.completed_at,
            "last_lesson_id": next_id or done_lesson.id,
            "last_seen_at": clock.business(),
        }
        await enrollments_db.record_progress(enrollment.model_copy(update=moved))
        return Done(next_id, progress.percent, completed)

    return await transaction(body)


async def include_new(actor: Actor, slug: str) -> None:
    """Count the lessons that came with newer versions too, from now on."""
    actor.require(Permission.COURSES_STUDY)
    seat = await _sit_down(actor, slug)
    if not seat.enrollment:
        raise Conflict("Only learners can update their own progress.")

    async def body() -> None:
        enrollment = await enrollments_db.find(actor.id, seat.course.id)
        if enrollment is None:
            raise NotFound("enrollment")
        newest = enrollment.model_copy(update={"progress_version": seat.course.version})
        await enrollments_db.record_progress(newest)

    await transaction(body)


async def my_courses(actor: Actor) -> list[MyCourse]:
    """The actor's courses, the last studied first, each with where to go on.

    In a handful of round trips, however many there are.
    """
    actor.require(Permission.COURSES_STUDY)
    enrollments = await enrollments_db.of_account(actor.id)
    courses = await courses_db.many(enrollment.course_id for enrollment in enrollments)
    by_id = {course.id: course for course in courses}
    mine = [enrollment for enrollment in enrollments if enrollment.course_id in by_id]
    outlines = await courses_db.outlines(
        {one.course_id: _numbers(by_id[one.course_id], one) for one in mine}
    )
    verdicts = await access.verdicts(actor.id, mine)
    return [
        _my_course(_seat(by_id[one.course_id], one, outlines), one, verdicts[one.course_id])
        for one in mine
    ]


def _my_course(seat: _Seat, enrollment: Enrollment, verdict: Verdict) -> MyCourse:
    progress = _progress(seat)
    going_on = _to_continue(seat) if seat.shown.lesson_ids else None
    shown = seat.shown if isinstance(seat.shown, CourseVersion) else seat.course
    return MyCourse(
        course_id=seat.course.id,
        slug=seat.course.slug,
        title=shown.title,
        owner_name=seat.course.owner_name,
        thumbnail=shown.thumbnail or Thumbnail(),
        percent=progress.percent,
        done=progress.done,
        total=progress.total,
        new=len(progress.new),
        next_lesson_id=going_on.id if going_on else "",
        next_title=going_on.title if going_on else "",
        next_minutes=going_on.minutes if going_on else 0,
        completed_at=enrollment.completed_at,
        last_seen_at=enrollment.last_seen_at,
        allowed=verdict.allowed,
        why=None if verdict.allowed else verdict.reasons[0],
    )


async def _sit_down(actor: Actor | None, slug: str, lesson_id: str = "") -> _Seat:
    """Decide in which part this person is here: learner, author, guest of a preview, or none."""
    course = await courses_db.find_by_slug(slug)
    if course is None:
        raise NotFound("course")
    evidence = await access_db.evidence(actor.id, course.id) if actor else None
    enrollment = evidence.enrollment if evidence else None
    verdict = access.judged(evidence) if evidence else None
    outlines = await courses_db.outlines({course.id: _numbers(course, enrollment)})
    shown = outlines.get((course.id, course.version))
    if shown and enrollment and verdict and verdict.allowed:
        return _seat(course, enrollment, outlines)
    if actor and catalog.author_of(actor, course):
        return _Seat(course, course, course, None, as_author=True)
    if shown is None or not (course.sold or enrollment):
        raise NotFound("course")
    wanted = shown.lesson(lesson_id)
    if course.sold and wanted and wanted.preview:
        return _Seat(course, shown, shown, None, as_author=False)
    if verdict is None:
        raise NotSignedIn("Please sign in to read this lesson.")
    raise NoAccess(verdict, shown.title, course.slug)


def _numbers(course: Course, enrollment: Enrollment | None) -> set[int]:
    """The versions that matter to a learner: what is shown, and what progress is measured by."""
    measured_by = enrollment.progress_version if enrollment else 0
    return {course.version, measured_by or course.version}


def _seat(
    course: Course, enrollment: Enrollment, outlines: Mapping[tuple[str, int], CourseVersion]
) -> _Seat:
    """A learner's."""
    shown = outlines.get((course.id, course.version)) or course
    counted = outlines.get((course.id, enrollment.progress_version)) or shown
    return _Seat(course, shown, counted, enrollment, as_author=False)


async def _note_seen(enrollment: Enrollment, lesson_id: str, at: datetime) -> None:
    """Where the learner is now, so that Continue leads back there; not with every look at it."""
    seen = enrollment.last_seen_at
    if lesson_id != enrollment.last_lesson_id or seen is None or at - seen >= SEEN_EVERY:
        await enrollments_db.note_seen(enrollment.id, lesson_id, at)


def _wanted(seat: _Seat, lesson_id: str) -> Lesson:
    if not lesson_id:
        return _to_continue(seat)
    found = seat.shown.lesson(lesson_id)
    if found is None:
        raise NotFound("lesson")
    return found


def _to_continue(seat: _Seat) -> Lesson:
    """Where the learner stopped, or the first lesson that is not done after it."""
    lessons = list(seat.shown.lessons())
    if not lessons:
        raise NotFound("lesson")
    if seat.enrollment is None:
        return lessons[0]
    done = set(seat.enrollment.done)
    last = seat.shown.lesson(seat.enrollment.last_lesson_id)
    if last and last.id not in done:
        return last
    going_on = _after(seat.shown, last.id, done) if last else ""
    waiting = (lesson for lesson in lessons if lesson.id not in done)
    return seat.shown.lesson(going_on) or next(waiting, lessons[0])


def _after(shown: Outlined, lesson_id: str, done: set[str]) -> str:
    """The next lesson that is not done, from here to the end and then from the beginning."""
    ids = shown.lesson_ids
    at = ids.index(lesson_id) + 1
    return next((other for other in [*ids[at:], *ids[: at - 1]] if other not in done), "")


def _progress(seat: _Seat) -> Progress:
    if seat.enrollment is None:
        return Progress(done=0, total=0, percent=0, new=())
    done = set(seat.enrollment.done)
    counted, shown = seat.counted.lesson_ids, seat.shown.lesson_ids
    return progress_of(counted, shown, done, seat.enrollment.percent)


async def _counted(course_id: str, number: int, shown: Outlined) -> list[str]:
    version = await courses_db.find_version(course_id, number)
    return (version or shown).lesson_ids


def _title(seat: _Seat) -> str:
    title: str = getattr(seat.shown, "title", seat.course.title)
    return title
