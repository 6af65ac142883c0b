"""The list of learners, one row per enrollment: all, or those of own courses."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.base import now
from courseflow_admin.models.enrollments import Enrollment, EnrollmentFilter
from courseflow_admin.models.metrics import Period
from courseflow_admin.models.permissions import Permission
from courseflow_admin.services import enrollments
from courseflow_admin.state import times
from courseflow_admin.state.address import ListAddress
from courseflow_admin.state.auth import AuthState
from courseflow_admin.state.events import event
from courseflow_admin.state.lists import ListState

NAMES = ("course", "email", "from", "to")
HOW = {"payment": "Paid", "manual": "By hand", "free": "Free", "batch": "In a batch"}


@dataclass
class LearnerRow:
    name: str
    email: str
    course: str
    percent: int
    progress: str
    done: bool
    how: str
    access: str  # a key of badges.GRANT
    enrolled: str
    why_href: str


@dataclass
class CourseChoice:
    id: str
    title: str


class LearnersState(ListState, rx.State):
    rows: list[LearnerRow] = []
    courses: list[CourseChoice] = []
    course_id: str = ""
    period_text: str = ""
    no_period_href: str = ""

    @event(Permission.ENROLLMENTS_READ, supersedes=True)
    async def load(self):
        address = self._address()
        auth = await self.get_state(AuthState)
        self._show_controls(address)
        async with self._refusals():
            period = Period.parse(address["from"], address["to"])
            self.period_text = period.text() if period else ""
            found = await enrollments.courses(auth.actor())
            self.courses = [CourseChoice(course, title) for course, title in found]
            page = await enrollments.search(
                auth.actor(),
                EnrollmentFilter(
                    course_id=address["course"], email_prefix=address["email"], period=period
                ),
                address.request(),
            )
            self.rows = [_row(enrollment) for enrollment in page.rows]
            self._show_page(page, address)

    @event(Permission.ENROLLMENTS_READ)
    async def pick_course(self, course_id: str):
        return rx.redirect(self._address().to(course=course_id))

    def _address(self) -> ListAddress:
        return ListAddress(routes.LEARNERS, self.router.url, NAMES)

    def _show_controls(self, address: ListAddress) -> None:
        self.course_id = address["course"]
        self.no_period_href = address.to(**{"from": "", "to": ""})
        self.filtered = any(address[name] for name in NAMES)


def _row(enrollment: Enrollment) -> LearnerRow:
    done = enrollment.completed_at is not None
    return LearnerRow(
        name=enrollment.learner_name or "Deleted account",
        email=enrollment.learner_email,
        course=enrollment.course_title,
        percent=enrollment.percent,
        progress=f"{enrollment.percent} %",
        done=done,
        how=", ".join(dict.fromkeys(HOW[grant.kind] for grant in enrollment.grants)),
        access=_access(enrollment),
        enrolled=times.short(enrollment.enrolled_at),
        why_href=routes.access(enrollment.account_id, enrollment.course_id),
    )


def _access(enrollment: Enrollment) -> str:
    """By the grants alone; the page Why? knows of suspensions and disputes too."""
    instant = now()
    if any(grant.active(instant) for grant in enrollment.grants):
        return "active"
    last = enrollment.grants[-1:]
    return "expired" if last and not last[0].ended else "ended"
