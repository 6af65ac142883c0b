"""The list of learners, one row per enrollment: all, or those of own courses."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.enrollments import Enrollment, EnrollmentFilter
from courseflow_admin.services.teaching import enrollments
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import Choice, ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState

NAMES = ("course", "email", "from", "to")
HOW = {"payment": "Paid", "manual": "Manual", "free": "Free", "batch": "Group"}


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


class LearnersState(ListState, rx.State):
    rows: list[LearnerRow] = []
    courses: list[Choice] = []
    course_text: str = ""
    period_text: str = ""

    @event(Permission.ENROLLMENTS_READ, supersedes=True)
    async def load(self):
        address = ListAddress(routes.LEARNERS, self.router.url, NAMES)
        auth = await self.get_state(AuthState)
        self._show_controls(address)
        async with self._refusals(address):
            titles = dict(await enrollments.courses(auth.actor()))
            self.courses = [Choice(title, {"course": course}) for course, title in titles.items()]
            chosen = address["course"]
            self.course_text = titles.get(chosen, "Unknown") if chosen else ""
            period = Period.parse(address["from"], address["to"])
            self.period_text = period.text() if period else ""
            page = await enrollments.search(
                auth.actor(),
                EnrollmentFilter(
                    course_id=address["course"], email_prefix=address["email"], period=period
                ),
                address.request(),
            )
            self.rows = [_row(enrollment) for enrollment in page.rows]
            self._show_page(page, address)

    def _show_controls(self, address: ListAddress) -> None:
        self.filtered = any(address[name] for name in NAMES)


def _row(enrollment: Enrollment) -> LearnerRow:
    done = enrollment.completed_at is not None
    return LearnerRow(
        name=enrollment.learner_name or "Deleted account",
        email=enrollment.learner_email,
        course=enrollment.course_title,
        percent=enrollment.percent,
        progress=f"{enrollment.percent}%",
        done=done,
        how=", ".join(dict.fromkeys(HOW[grant.kind] for grant in enrollment.grants)),
        access=_access(enrollment),
        enrolled=times.short(enrollment.enrolled_at),
        why_href=routes.access(enrollment.account_id, enrollment.course_id),
    )


def _access(enrollment: Enrollment) -> str:
    """By the grants alone; the page Why? knows of suspensions and disputes too."""
    instant = clock.business()
    if any(grant.active(instant) for grant in enrollment.grants):
        return "active"
    last = enrollment.grants[-1:]
    return "expired" if last and not last[0].ended else "ended"
