"""The classroom on screen: one lesson, the way through the course, and why it may be closed."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import NotFound
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.classroom import LessonView, NoAccess
from courseflow_admin.services.teaching import classroom
from courseflow_admin.state.core import notices
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC
from courseflow_admin.state.core.school import SchoolState
from courseflow_admin.state.core.words import address_part
from courseflow_admin.state.teaching.course import SectionLines, section_lines


@dataclass
class ReasonLine:
    sentence: str
    repair: str


class ClassroomState(rx.State):
    """`as_who`: learner, author (nothing is recorded) or guest (a preview lesson)."""

    view: str = "loading"  # loading, lesson, closed, missing
    course: str = ""
    course_href: str = ""
    studio_href: str = ""
    title: str = ""
    html: str = ""
    place: str = ""
    minutes: str = ""
    as_who: str = "learner"
    outline: list[SectionLines] = []
    percent: int = 0
    progress: str = ""
    new_text: str = ""
    done: bool = False
    previous_href: str = ""
    next_href: str = ""
    reasons: list[ReasonLine] = []
    busy: bool = False
    _slug: str = ""
    _lesson_id: str = ""

    @event(PUBLIC, supersedes=True)
    async def load(self):
        """The lesson in the address; the address of the course alone leads on to where one was."""
        asked, lesson_id = address_part(self, 1), address_part(self, 2)
        if (asked, lesson_id) != (self._slug, self._lesson_id):
            if asked != self._slug:
                self.view, self.course = "loading", ""
            self._slug, self._lesson_id = asked, lesson_id
            yield
        auth = await self.get_state(AuthState)
        try:
            view = await classroom.lesson(auth._actor, asked, lesson_id)
        except NotFound:
            self.view, self.course = "missing", ""
            return
        except NoAccess as refused:
            self._close(refused)
            school = await self.get_state(SchoolState)
            await school._name_support(helps=refused.needs_support)
            return
        if (view.course_slug, view.lesson_id) != (asked, lesson_id):
            yield rx.redirect(routes.learn(view.course_slug, view.lesson_id), replace=True)
            return
        self._show(view)

    @event(Permission.COURSES_STUDY)
    async def finish(self):
        """Mark as done and go on."""
        self.busy = True
        yield
        try:
            auth = await self.get_state(AuthState)
            result = await classroom.complete(auth.actor(), self._slug, self._lesson_id)
            if result.completed:
                yield notices.success(f"You have finished {self.course}.")
            if result.next_id:
                yield rx.redirect(routes.learn(self._slug, result.next_id))
            else:
                yield ClassroomState.load
        finally:
            self.busy = False

    @event(Permission.COURSES_STUDY)
    async def include_new(self):
        auth = await self.get_state(AuthState)
        await classroom.include_new(auth.actor(), self._slug)
        yield [notices.success("New lessons now count toward your progress."), ClassroomState.load]

    def _show(self, view: LessonView) -> None:
        self.course, self.course_href = view.course_title, routes.course(view.course_slug)
        self.studio_href = (
            routes.with_query(routes.studio(view.course_id), lesson=view.lesson_id)
            if view.as_author
            else ""
        )
        self.title, self.html, self.minutes = view.title, view.html, f"{view.minutes} min"
        self.place = f"Lesson {view.number} of {view.of}"
        self.as_who = "author" if view.as_author else "guest" if view.as_guest else "learner"
        self.outline = [
            section_lines(section, view.course_slug, view.lesson_id, closed=view.as_guest)
            for section in view.outline
        ]
        self.percent = view.percent
        self.progress = f"{view.done_count} of {counted(view.counted, 'lesson')}"
        self.new_text = (
            f"{counted(view.new_count, 'new lesson')} added after you started, not counted in "
            "your progress yet."
            if view.new_count
            else ""
        )
        self.done = view.done
        self.previous_href = _lesson_href(view, view.previous_id)
        self.next_href = _lesson_href(view, view.next_id)
        self.view = "lesson"

    def _close(self, refused: NoAccess) -> None:
        self.course, self.course_href = (
            refused.course_title,
            routes.course(refused.course_slug),
        )
        self.reasons = [
            ReasonLine(reason.sentence, reason.repair) for reason in refused.verdict.reasons
        ]
        self.html, self.outline, self.title = "", [], ""  # of the lesson that was open before
        self.view = "closed"


def _lesson_href(view: LessonView, lesson_id: str) -> str:
    if not lesson_id or view.as_guest:
        return ""
    return routes.learn(view.course_slug, lesson_id)
