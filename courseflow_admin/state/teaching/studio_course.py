"""One course in the studio: its outline, its fields, and what blocks publishing."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import reflex as rx
from pydantic import ValidationError

from courseflow_admin import routes
from courseflow_admin.errors import Invalid, NotFound, NotPermitted
from courseflow_admin.field_sentences import counted, sentence
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.teaching.courses import Course, Section
from courseflow_admin.models.teaching.studio import Check, FieldsForm, Sheet, StaleRevision
from courseflow_admin.services.teaching import studio
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.address import query_of
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.school import SchoolState
from courseflow_admin.state.core.words import address_part, short

Result = TypeVar("Result")
Way = Literal["up", "down"]
Field = Literal[
    "title", "subtitle", "description", "category", "level", "language", "slug", "access_days"
]
NEW_LESSON = "New lesson"  # until its author names it


@dataclass
class StudioLesson:
    id: str
    title: str
    href: str
    meta: str
    warn: bool
    current: bool
    first: bool
    last: bool


@dataclass
class StudioSection:
    id: str
    title: str
    number: int
    first: bool
    last: bool
    lessons: list[StudioLesson]


@dataclass
class CheckLine:
    sentence: str
    href: str
    field: str  # the id of the control to go to


class StudioCourseState(rx.State):
    """Every change is written at once, and what is shown is what the database then holds."""

    view: str = "loading"  # loading, page, missing, forbidden, error
    error: str = ""
    details: bool = True  # the course's fields are open, not a lesson
    details_href: str = ""
    preview_href: str = ""
    title: str = ""
    subtitle: str = ""
    description: str = ""
    category: str = ""
    level: str = ""
    language: str = ""
    pattern: str = ""
    hue: str = ""
    short: str = ""
    address: str = ""
    access_days: str = ""
    price: str = ""
    currency: str = "INR"
    currencies: list[str] = ["INR"]  # those the school sells, and the course's own
    free: bool = False
    owned: bool = False
    locked: bool = True  # what only the owner may change
    price_locked: bool = True
    unpublishable: bool = True
    owner_sells: bool = False  # it is off sale, and not theirs to put on
    archived: bool = False
    on_sale: bool = False
    badge: str = "draft"
    outline: list[StudioSection] = []
    outline_size: str = ""
    checks: list[CheckLine] = []
    changes: list[str] = []
    changes_text: str = ""
    learners_text: str = ""
    keeping_text: str = ""  # who keeps access when it is no longer sold; "" for no one
    published_text: str = ""
    publish_word: str = "Publish"
    said: str = ""  # read out after a move
    undo_text: str = ""
    error_field: str = ""
    error_text: str = ""
    saved: str = ""
    opened: int = 0  # counts loads, so that fields show what was loaded
    added: int = 0  # counts what was added, so that a click sent twice adds once
    dialog: str = ""
    busy: bool = False
    _id: str = ""
    _undo_id: str = ""
    _outline_revision: int = 0
    _fields_revision: int = 0

    @event(Permission.COURSES_EDIT, supersedes=True)
    async def load(self):
        asked, self.dialog = address_part(self, 1), ""
        if asked != self._id:
            self.view, self._id, self.undo_text, self.saved = "loading", asked, "", ""
            self.title = ""
            yield
        try:
            query_of(self.router.url, "lesson")
            await self._refresh()
        except Invalid as twice:
            self.view, self.error = "error", twice.message
        except NotFound:
            self.view, self.title = "missing", ""
        except NotPermitted:
            self.title = ""
            if (await self.get_state(AuthState)).actor().can(Permission.COURSES_EDIT):
                self.view = "not_author"
                return
            await (await self.get_state(SchoolState))._name_support()
            self.view = "forbidden"
        else:
            self.opened += 1
            self.view = "page"

    @event(Permission.COURSES_EDIT)
    async def refresh(self):
        """After a lesson was saved: titles, checks and unpublished changes follow."""
        await self._refresh()

    @event(Permission.COURSES_EDIT)
    async def add_section(self, seen: int):
        if seen != self.added:
            return
        self.added += 1
        await self._do(lambda actor: studio.add_section(actor, self._id, "New section"))
        self.said = "Section added at the end."

    @event(Permission.COURSES_EDIT)
    async def rename_section(self, section_id: str, title: str):
        known = next((section for section in self.outline if section.id == section_id), None)
        if known is None or title.strip() in ("", known.title):
            return
        await self._do(
            lambda actor: studio.rename_section(
                actor, self._id, section_id, title, self._outline_revision
            )
        )

    @event(Permission.COURSES_EDIT)
    async def move_section(self, section_id: str, way: Way):
        await self._do(
            lambda actor: studio.move_section(
                actor, self._id, section_id, way, self._outline_revision
            )
        )
        self.said = f"The section moved {way}."

    @event(Permission.COURSES_EDIT)
    async def delete_section(self, section_id: str):
        removed = await self._do(
            lambda actor: studio.delete_section(actor, self._id, section_id, self._outline_revision)
        )
        self._undo_id, self.undo_text = removed.id, f"“{removed.title}” was deleted."
        yield rx.redirect(self.details_href)

    @event(Permission.COURSES_EDIT)
    async def add_lesson(self, section_id: str, seen: int):
        if seen != self.added:
            return
        self.added += 1
        lesson = await self._do(
            lambda actor: studio.add_lesson(actor, self._id, section_id, NEW_LESSON)
        )
        yield rx.redirect(_lesson_href(self._id, lesson.id))

    @event(Permission.COURSES_EDIT)
    async def move_lesson(self, lesson_id: str, way: Way):
        await self._do(
            lambda actor: studio.move_lesson(
                actor, self._id, lesson_id, way, self._outline_revision
            )
        )
        self.said = f"The lesson moved {way}."

    @event(Permission.COURSES_EDIT)
    async def delete_lesson(self, lesson_id: str):
        removed = await self._do(
            lambda actor: studio.delete_lesson(actor, self._id, lesson_id, self._outline_revision)
        )
        self._undo_id, self.undo_text = removed.id, f"“{removed.title}” was deleted."
        if lesson_here(self) == lesson_id:
            yield rx.redirect(self.details_href)

    @event(Permission.COURSES_EDIT)
    async def undo(self):
        """Put back what was deleted last."""
        undo_id, self._undo_id, self.undo_text = self._undo_id, "", ""
        await self._do(lambda actor: studio.restore(actor, self._id, undo_id))
        self.said = "Restored to its previous place."

    @event(Permission.COURSES_EDIT)
    async def change_field(self, field: Field, value: str):
        if field == "access_days":
            await self._save_fields(access_days=value.strip() or "0")
        else:
            await self._save_fields(**{field: value})

    @event(Permission.COURSES_EDIT)
    async def change_cover(self, pattern: str, hue: str):
        cover = {"pattern": pattern or "waves", "hue": hue or "iris"}
        await self._save_fields(thumbnail=cover)

    @event(Permission.COURSES_EDIT)
    async def change_price(self, text: str, currency: str):
        try:
            price = Money.parse(text or "0", currency, "price")
        except Invalid as problem:
            self._fail("price", problem.message)
            return
        await self._save_fields(price=price)

    @event(Permission.COURSES_EDIT)
    async def change_free(self, free: bool):
        await self._save_fields(free=free)
        if self.free is not free:
            self.opened += 1  # the box shows what holds

    @event(Permission.COURSES_EDIT)
    async def show_dialog(self, which: Literal["", "unpublish", "archive"]):
        self.dialog = which

    @event(Permission.COURSES_EDIT)
    async def close_dialog(self, is_open: bool):
        if not is_open:
            self.dialog = ""

    @event(Permission.COURSES_EDIT)
    async def publish(self):
        self.busy = True
        yield
        try:
            version = await self._do(lambda actor: studio.publish(actor, self._id))
            yield notices.success(f"Version {version.number} is live.")
        finally:
            self.busy = False

    @event(Permission.COURSES_EDIT)
    async def unpublish(self):
        self.dialog = ""
        await self._do(lambda actor: studio.unpublish(actor, self._id))
        yield notices.success("The course is no longer on sale. Enrolled learners keep access.")

    @event(Permission.COURSES_EDIT)
    async def archive(self):
        self.dialog = ""
        await self._do(lambda actor: studio.archive(actor, self._id))
        yield notices.success("Course archived.")

    @event(Permission.COURSES_EDIT)
    async def unarchive(self):
        await self._do(lambda actor: studio.unarchive(actor, self._id))

    async def _do(self, act: Callable[[Actor], Awaitable[Result]]) -> Result:
        """One act on the course; afterwards the screen shows what the database holds."""
        auth = await self.get_state(AuthState)
        try:
            result = await act(auth.actor())
        except StaleRevision:
            await self._refresh()
            raise
        await self._refresh()
        return result

    async def _save_fields(self, **values: object) -> None:
        name = next(iter(values))
        try:
            form = FieldsForm.model_validate(values)
            course = await self._do(
                lambda actor: studio.save_fields(actor, self._id, form, self._fields_revision)
            )
        except ValidationError as problem:
            self._fail(name, sentence(problem.errors(include_input=False)[0]))
        except Invalid as problem:
            self._fail(problem.field or name, problem.message)
        else:
            self.error_field, self.error_text = "", ""
            self.saved = f"Saved {times.hour(course.updated_at)}"

    def _fail(self, name: str, text: str) -> None:
        self.error_field, self.error_text, self.saved = name, text, "Not saved"

    async def _refresh(self) -> None:
        auth = await self.get_state(AuthState)
        self._show(await studio.sheet(auth.actor(), self._id))

    def _show(self, sheet: Sheet) -> None:
        course = sheet.course
        self._outline_revision = course.outline_revision
        self._fields_revision = course.fields_revision
        self._show_fields(course)
        self.currencies = sheet.currencies
        here = lesson_here(self)
        self.details = course.lesson(here) is None
        self.details_href = routes.studio(course.id)
        first = next(iter(course.lesson_ids), "")
        self.preview_href = routes.learn(course.slug, here or first) if first else ""
        self.outline = [
            _section(course, section, number, here) for number, section in enumerate(course.outline)
        ]
        sections = counted(len(course.outline), "section")
        self.outline_size = f"{sections}, {counted(len(course.lesson_ids), 'lesson')}"
        self.checks = [_check(course.id, check) for check in sheet.checks]
        self.changes = sheet.changes if sheet.newest else []
        self.changes_text = (
            counted(len(sheet.changes), "unpublished change") if self.changes else ""
        )
        self.owned, self.on_sale = sheet.owned, course.sold
        self.locked, self.price_locked = not sheet.owned, course.free or not sheet.owned
        nothing_to_do = course.sold and not sheet.changes
        self.owner_sells = not sheet.owned and not course.sold
        self.unpublishable = bool(sheet.checks) or nothing_to_do or self.owner_sells
        self.archived = course.state == "archived"
        self.badge = "changed" if course.sold and self.changes else course.state.value
        self.learners_text = counted(sheet.learners, "learner")
        self.keeping_text = keeping(sheet.learners)
        self.published_text = (
            f"Version {sheet.newest.number}, {times.long(sheet.newest.published_at)}"
            + (f" by {sheet.newest.by_name}" if sheet.newest.by_name else "")
            if sheet.newest
            else ""
        )
        self.publish_word = _publish_word(sheet)

    def _show_fields(self, course: Course) -> None:
        self.title, self.subtitle = course.title, course.subtitle
        self.description, self.category = course.description, course.category
        self.level, self.language, self.address = course.level, course.language, course.slug
        self.pattern = course.thumbnail.pattern if course.thumbnail else ""
        self.hue = course.thumbnail.hue if course.thumbnail else ""
        self.short = short(course.title)
        self.access_days = str(course.access_days or "")
        self.price = course.price.plain() if course.price.minor else ""
        self.currency, self.free = course.price.currency, course.free


def lesson_here(state: Any) -> str:
    """The lesson in the address; none when it says two, which the course's `load` refuses."""
    with suppress(Invalid):
        return query_of(state.router.url, "lesson")["lesson"]
    return ""


def _publish_word(sheet: Sheet) -> str:
    if sheet.newest is None:
        return "Publish"
    if sheet.changes:
        return "Publish changes"
    return "No unpublished changes" if sheet.course.sold else "Put back on sale"


def keeping(learners: int) -> str:
    if not learners:
        return ""
    keep = "keeps" if learners == 1 else "keep"
    return f"{counted(learners, 'learner')} {keep} access and progress."


def _section(course: Course, section: Section, number: int, here: str) -> StudioSection:
    ids = course.lesson_ids
    return StudioSection(
        id=section.id,
        title=section.title,
        number=number + 1,
        first=number == 0,
        last=number == len(course.outline) - 1,
        lessons=[
            StudioLesson(
                id=lesson.id,
                title=lesson.title,
                href=_lesson_href(course.id, lesson.id),
                meta=_meta(lesson.body_hash, lesson.ready, lesson.minutes),
                warn=not lesson.body_hash,
                current=lesson.id == here,
                first=lesson.id == ids[0] and number == 0,
                last=lesson.id == ids[-1] and number == len(course.outline) - 1,
            )
            for lesson in section.lessons
        ],
    )


def _meta(body_hash: str, ready: bool, minutes: int) -> str:
    if not body_hash:
        return "Empty"
    return f"{minutes} min" if ready else "Draft"


def _check(course_id: str, check: Check) -> CheckLine:
    if check.lesson_id:
        return CheckLine(check.sentence, _lesson_href(course_id, check.lesson_id), "lesson-text")
    return CheckLine(check.sentence, routes.studio(course_id), check.field)


def _lesson_href(course_id: str, lesson_id: str) -> str:
    return routes.with_query(routes.studio(course_id), lesson=lesson_id)
