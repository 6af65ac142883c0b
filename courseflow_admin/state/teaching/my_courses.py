"""My courses: the one studied last on top, each with Continue."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.classroom import MyCourse
from courseflow_admin.services.teaching import classroom
from courseflow_admin.state.core import times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.teaching.course_card import CourseCard, cover_of


@dataclass
class MyCourseRow(CourseCard):
    next: str
    stopped: str
    percent: int
    lessons: str
    finished: bool
    allowed: bool
    act: str  # the button's word
    act_href: str


class MyCoursesState(rx.State):
    """`first` holds at most one: where one stopped last."""

    view: str = "loading"  # loading, rows, empty
    first: list[MyCourseRow] = []
    others: list[MyCourseRow] = []

    @event(Permission.COURSES_STUDY, supersedes=True)
    async def load(self):
        auth = await self.get_state(AuthState)
        mine = await classroom.my_courses(auth.actor())
        going_on = next(
            (course for course in mine if course.allowed and course.completed_at is None), None
        )
        self.first = [_row(going_on)] if going_on else []
        self.others = [_row(course) for course in mine if course is not going_on]
        self.view = "rows" if mine else "empty"


def _row(course: MyCourse) -> MyCourseRow:
    finished = course.completed_at is not None
    going_on = routes.learn(course.slug, course.next_lesson_id)
    return MyCourseRow(
        title=course.title,
        href=routes.course(course.slug),
        cover=cover_of(course.title, course.thumbnail),
        next=_next(course),
        stopped=f"Pick up where you left off {times.days_ago(course.last_seen_at)}"
        if course.last_seen_at
        else "Start here",
        percent=course.percent,
        lessons=f"{course.done} of {counted(course.total, 'lesson')}",
        finished=finished,
        allowed=course.allowed,
        act=_act(course),
        act_href=going_on if course.allowed else routes.course(course.slug),
    )


def _next(course: MyCourse) -> str:
    if course.why:
        return course.why.sentence
    if course.completed_at:
        extra = f", {counted(course.new, 'new lesson')} since" if course.new else ""
        return f"Finished on {times.day(course.completed_at)}{extra}"
    return f"Next: {course.next_title}, {course.next_minutes} min"


def _act(course: MyCourse) -> str:
    if not course.allowed:
        return "See why"
    if course.completed_at:
        return "Review"
    return "Continue" if course.last_seen_at else "Start"
