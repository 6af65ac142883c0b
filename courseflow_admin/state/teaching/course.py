"""A course's own page: what is in it, what it costs, and the way in."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.classroom import CoursePage, SectionTitles
from courseflow_admin.models.teaching.courses import LANGUAGES
from courseflow_admin.services.teaching import catalog, enrollments
from courseflow_admin.state.core import times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC
from courseflow_admin.state.core.words import address_part, price_text, short, size


@dataclass
class LessonLine:
    title: str
    minutes: str
    href: str  # empty unless it may be read
    preview: bool
    current: bool
    done: bool
    new: bool


@dataclass
class SectionLines:
    title: str
    size: str
    lessons: list[LessonLine]


class CoursePageState(DetailState, rx.State):
    """`act` says what the button does: buy, enroll, go, off (not on sale)."""

    title: str = ""
    subtitle: str = ""
    html: str = ""
    who: str = ""
    about: str = ""
    category: str = ""
    category_href: str = ""
    pattern: str = "waves"
    hue: str = "iris"
    short: str = ""
    price: str = ""
    access_text: str = ""
    updated: str = ""
    outline: list[SectionLines] = []
    outline_size: str = ""
    act: str = ""
    go_href: str = ""
    buy_href: str = ""
    sign_in_href: str = ""
    studio_href: str = ""
    payment_href: str = ""
    percent: int = 0
    why: list[str] = []
    enrolling: bool = False
    _id: str = ""

    @event(PUBLIC, supersedes=True)
    async def load(self):
        asked = address_part(self, 1)
        if self._turn_to(asked):
            yield
        auth = await self.get_state(AuthState)
        async with self._refusals():
            page = await catalog.course_page(asked, auth._actor)
            if page.slug == asked:
                self._show(page)
            else:
                yield rx.redirect(routes.course(page.slug), replace=True)

    def _forget(self) -> None:
        self.title = ""

    @event(Permission.COURSES_BUY)
    async def enroll(self):
        """Enroll for free."""
        self.enrolling = True
        yield
        try:
            auth = await self.get_state(AuthState)
            await enrollments.enroll_free(auth.actor(), self._id)
            yield rx.redirect(self.go_href)
        finally:
            self.enrolling = False

    def _show(self, page: CoursePage) -> None:
        self._id = page.id
        self.title, self.subtitle, self.html = page.title, page.subtitle, page.description_html
        self.who, self.category = page.owner_name, page.category
        self.category_href = routes.with_query(routes.HOME, category=page.category)
        language = LANGUAGES.get(page.language, page.language)
        self.about = ", ".join(text for text in (page.level.capitalize(), language) if text)
        self.pattern, self.hue = page.thumbnail.pattern, page.thumbnail.hue
        self.short = short(page.title)
        self.price = price_text(page.price, free=page.free)
        self.access_text = (
            f"Access for {counted(page.access_days, 'day')}"
            if page.access_days
            else "Lifetime access"
        )
        self.updated = times.day(page.published_at) if page.published_at else ""
        closed = not (page.has_access or page.authored)
        self.outline = [section_lines(one, page.slug, closed=closed) for one in page.outline]
        sections = counted(len(page.outline), "section")
        self.outline_size = f"{sections}, {size(page.lessons, page.minutes)}"
        self.go_href, self.buy_href = routes.learn(page.slug), routes.checkout(page.slug)
        self.sign_in_href = routes.sign_in(routes.course(page.slug))
        self.studio_href = routes.studio(page.id) if page.authored else ""
        self.percent = page.percent
        self.why = [] if page.has_access else [reason.sentence for reason in page.reasons]
        self.act = _act(page)
        payment_id = page.under_way.payment_id if page.under_way else ""
        self.payment_href = routes.my_payment(payment_id) if payment_id else routes.MY_PAYMENTS
        self.view = "there"


def _act(page: CoursePage) -> str:
    if page.has_access:
        return "go"
    if page.under_way:
        return "wait"
    if not page.sold:
        return "off"
    return "enroll" if page.free else "buy"


def section_lines(
    section: SectionTitles, slug: str, current: str = "", *, closed: bool
) -> SectionLines:
    """`closed`: only what is a free preview opens. `current`: the lesson that is being read."""
    minutes = sum(lesson.minutes for lesson in section.lessons)
    return SectionLines(
        title=section.title,
        size=size(len(section.lessons), minutes),
        lessons=[
            LessonLine(
                title=lesson.title,
                minutes=f"{lesson.minutes} min",
                href=routes.learn(slug, lesson.id) if lesson.preview or not closed else "",
                preview=lesson.preview and closed,
                current=lesson.id == current,
                done=lesson.done,
                new=lesson.new,
            )
            for lesson in section.lessons
        ],
    )
