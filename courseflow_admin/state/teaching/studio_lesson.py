"""The lesson that is open in the studio: saved as it is typed, and never over someone else's."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from pydantic import ValidationError

from courseflow_admin.errors import CourseFlowError, Invalid, NotFound
from courseflow_admin.field_sentences import sentence
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.courses import MOST_MINUTES
from courseflow_admin.models.teaching.outline import lesson_of
from courseflow_admin.models.teaching.studio import LessonForm, StaleRevision
from courseflow_admin.services.teaching import markdown, studio
from courseflow_admin.state.core import times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.differences import Both, in_words
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.words import address_part
from courseflow_admin.state.teaching.studio_course import StudioCourseState, lesson_here

WORDS = {
    "title": "Title",
    "text": "Text",
    "minutes": "Minutes",
    "preview": "Free preview",
    "ready": "Ready",
}
NO_ERRORS = dict.fromkeys(WORDS, "")
MOST_OPEN = 20  # lessons of this tab whose last text is remembered until it is saved


@dataclass
class _Draft:
    """What this tab last had of a lesson, also when its save was refused."""

    course_id: str
    title: str
    text: str
    minutes: int
    preview: bool
    ready: bool
    revision: int
    unsaved: bool = False

    def form(self) -> LessonForm:
        return LessonForm(
            title=self.title,
            text=self.text,
            minutes=self.minutes,
            preview=self.preview,
            ready=self.ready,
        )


class StudioLessonState(rx.State):
    """Fields are uncontrolled, so that the cursor stays; `opened` gives them a new start."""

    view: str = "none"  # none, lesson, missing
    lesson_id: str = ""
    revision: int = 0
    title: str = ""
    text: str = ""
    minutes: str = ""
    preview: bool = False
    ready: bool = False
    mode: str = "write"
    html: str = ""
    saved: str = ""
    saves: int = 0
    opened: int = 0
    errors: dict[str, str] = NO_ERRORS  # by field; empty: nothing is wrong with it
    conflict: bool = False
    conflicts: list[Both] = []
    _theirs: dict[str, Any] = {}  # the lesson as it was saved meanwhile
    _drafts: dict[str, _Draft] = {}

    @event(Permission.COURSES_EDIT, supersedes=True)
    async def load(self):
        """Open the lesson named in the address."""
        lesson_id = lesson_here(self)
        self.conflict, self.mode, self.saved = False, "write", ""
        if not lesson_id:
            self.view, self.lesson_id = "none", ""
            return
        try:
            await self._open(address_part(self, 1), lesson_id)
        except CourseFlowError as problem:
            if not isinstance(problem, NotFound):
                raise
            self.view, self.lesson_id = "missing", ""

    @event(Permission.COURSES_EDIT)
    async def change_text(self, lesson_id: str, revision: int, text: str):
        """`revision` is the one the browser knows; it counts when this server was restarted."""
        yield await self._change(lesson_id, revision, text=text)

    @event(Permission.COURSES_EDIT)
    async def change_title(self, lesson_id: str, revision: int, title: str):
        yield await self._change(lesson_id, revision, title=" ".join(title.split()))

    @event(Permission.COURSES_EDIT)
    async def change_minutes(self, lesson_id: str, revision: int, text: str):
        short = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_MINUTES))
        if not (short and int(text) <= MOST_MINUTES):
            self._refuse(lesson_id, {"minutes": f"Enter minutes from 0 to {MOST_MINUTES}."})
            return
        if lesson_id == self.lesson_id:
            self.errors = self.errors | {"minutes": ""}
        yield await self._change(lesson_id, revision, minutes=int(text))

    @event(Permission.COURSES_EDIT)
    async def change_preview(self, lesson_id: str, revision: int, preview: bool):
        yield await self._change(lesson_id, revision, preview=preview)

    @event(Permission.COURSES_EDIT)
    async def change_ready(self, lesson_id: str, revision: int, ready: bool):
        yield await self._change(lesson_id, revision, ready=ready)

    @event(Permission.COURSES_EDIT)
    async def show_write(self):
        self.mode = "write"

    @event(Permission.COURSES_EDIT)
    async def show_preview(self):
        draft = self._drafts.get(self.lesson_id)
        self.html = markdown.to_html(draft.text if draft else self.text)
        self.mode = "preview"

    @event(Permission.COURSES_EDIT)
    async def keep_mine(self):
        """Save this tab's lesson over the one that was saved meanwhile."""
        self.conflict = False
        yield await self._change(self.lesson_id, self.revision)

    @event(Permission.COURSES_EDIT)
    async def take_theirs(self):
        """Drop this tab's text and go on with the one that was saved meanwhile."""
        draft = self._drafts.get(self.lesson_id)
        if draft is not None:
            await self._open(draft.course_id, self.lesson_id)

    async def _open(self, course_id: str, lesson_id: str) -> None:
        draft = await self._read(course_id, lesson_id)
        self._remember(lesson_id, draft)
        self._show(lesson_id, draft)

    async def _read(self, course_id: str, lesson_id: str) -> _Draft:
        auth = await self.get_state(AuthState)
        course = await studio.get(auth.actor(), course_id)
        lesson = lesson_of(course, lesson_id)
        return _Draft(
            course_id=course_id,
            title=lesson.title,
            text=await studio.lesson_text(auth.actor(), course_id, lesson_id),
            minutes=lesson.minutes,
            preview=lesson.preview,
            ready=lesson.ready,
            revision=lesson.revision,
        )

    def _remember(self, lesson_id: str, draft: _Draft) -> None:
        others = {key: self._drafts[key] for key in self._drafts if key != lesson_id}
        self._drafts = dict(list(others.items())[-MOST_OPEN + 1 :]) | {lesson_id: draft}

    def _show(self, lesson_id: str, draft: _Draft) -> None:
        self.lesson_id, self.title, self.text = lesson_id, draft.title, draft.text
        self.minutes, self.preview, self.ready = str(draft.minutes), draft.preview, draft.ready
        self.revision = draft.revision
        self.conflict, self.view, self.errors = False, "lesson", NO_ERRORS
        self.opened += 1

    async def _change(self, lesson_id: str, revision: int, **changes: object) -> object:
        """Save a lesson with `changes`; the event that brings the outline up to date follows."""
        draft = self._drafts.get(lesson_id)
        forgotten = draft is None
        if draft is None:  # the server was restarted: go on from what the browser had opened
            draft = await self._read(address_part(self, 1), lesson_id)
            draft.revision = revision
        different = {name: new for name, new in changes.items() if getattr(draft, name) != new}
        if changes and not different and not draft.unsaved:
            return None  # left a field without a change
        for name, value in different.items():
            setattr(draft, name, value)
        draft.unsaved = True
        self._remember(lesson_id, draft)
        if forgotten:
            self._show(lesson_id, draft)
        here = lesson_id == self.lesson_id
        if here and self.conflict:  # its revision is the newer one already: wait for the answer
            self._compare(draft)
            return None
        auth = await self.get_state(AuthState)
        self.saves += 1
        try:
            form = draft.form()
            saved = await studio.save_lesson(
                auth.actor(), draft.course_id, lesson_id, form, draft.revision
            )
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            self._refuse(lesson_id, {str(one["loc"][0]): sentence(one) for one in problems})
            return None
        except StaleRevision as stale:
            draft.revision = stale.revision
            self._remember(lesson_id, draft)
            theirs = {one.field: one.theirs for one in stale.differences}
            self.conflict, self._theirs = True, draft.form().model_dump() | theirs
            self._compare(draft)
            self.saved, self.revision = "Not saved", stale.revision
            return None
        except CourseFlowError:
            self.saved = "Not saved"
            raise
        draft.revision, draft.unsaved = saved.revision, False
        self._remember(lesson_id, draft)
        if here:
            # Minutes that were refused are on screen, but not in the draft.
            self.errors = NO_ERRORS | {"minutes": self.errors["minutes"]}
            self.revision, self.preview, self.ready = saved.revision, draft.preview, draft.ready
            self.saved = f"Saved {times.hour(saved.at)}"
        return StudioCourseState.refresh

    def _refuse(self, lesson_id: str, problems: dict[str, str]) -> None:
        self.saved = "Not saved"
        if lesson_id == self.lesson_id:
            self.errors = NO_ERRORS | {"minutes": self.errors["minutes"]} | problems
            return
        name, problem = next(iter(problems.items()))  # its field is no longer on screen
        raise Invalid(f"The previous lesson was not saved. {WORDS[name]}: {problem}", name)

    def _compare(self, draft: _Draft) -> None:
        """What this tab has beside what was saved meanwhile, field by field."""
        self.conflicts = [
            Both(WORDS[name], in_words(mine), in_words(self._theirs[name]))
            for name in WORDS
            if (mine := getattr(draft, name)) != self._theirs[name]
        ]
