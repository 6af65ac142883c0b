"""The studio's list: the courses one may edit, and a new one."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.services.teaching import prices, studio
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import Form, event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.core.words import price_text
from courseflow_admin.state.teaching.course_card import CourseCard, cover_of


@dataclass
class StudioRow(CourseCard):
    state: str
    lessons: str
    learners: str
    price: str
    changed: str


class NewCourseForm(Form):
    title: str
    currency: str = ""


class StudioState(ListState, rx.State):
    rows: list[StudioRow] = []
    dialog_open: bool = False
    creating: bool = False
    currencies: list[list[str]] = []  # as a list of choices wants them

    @event(Permission.COURSES_EDIT, supersedes=True)
    async def load(self):
        self.dialog_open = False
        address = ListAddress(routes.STUDIO, self.router.url, ())
        auth = await self.get_state(AuthState)
        async with self._refusals(address):
            page = await studio.newest(auth.actor(), address.request())
            learners = await studio.learners(auth.actor(), page.rows)
            self.currencies = [[code, code] for code in await prices.for_sale()]
            self.rows = [_row(course, learners.get(course.id, 0)) for course in page.rows]
            self._show_page(page, address)

    @event(Permission.COURSES_EDIT)
    async def show_dialog(self, is_open: bool):
        self.dialog_open = is_open

    @event(Permission.COURSES_EDIT)
    async def create(self, form: NewCourseForm):
        """Submit of "New course"; sent twice, the second finds its dialog closed."""
        if not self.dialog_open:
            return
        self.creating = True
        yield
        try:
            auth = await self.get_state(AuthState)
            course = await studio.create(auth.actor(), form.title, form.currency)
            self.dialog_open = False
            yield rx.redirect(routes.studio(course.id))
        finally:
            self.creating = False


def _row(course: Course, learners: int) -> StudioRow:
    return StudioRow(
        title=course.title,
        href=routes.studio(course.id),
        cover=cover_of(course.title, course.thumbnail),
        state=course.state.value,
        lessons=str(len(course.lesson_ids)),
        learners=f"{learners:,}",
        price=price_text(course.price, free=course.free)
        if course.price.minor or course.free
        else "Not set",
        changed=times.short(course.updated_at),
    )
