"""Learners: who is enrolled in which course, and how far they are."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import grant_badge
from courseflow_admin.components.cards import meter
from courseflow_admin.components.filters import fixed_chip, open_chip_menu
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.list_page import list_page, nothing
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.teaching.learners import LearnerRow, LearnersState

COLUMNS = (
    Column("Learner", lead=True, skeleton="50%"),
    Column("Course"),
    Column("Progress", "168px", skeleton="120px"),
    Column("Access type", "128px"),
    Column("Access", "112px", skeleton="64px"),
    Column("Enrolled", "152px"),
)


@rx.page(route=routes.LEARNERS, title="Learners · CourseFlow", on_load=LearnersState.load)
def learners() -> rx.Component:
    return list_page(
        "Learners",
        LearnersState,
        COLUMNS,
        learner_row,
        search=search_box(
            "Search by the start of an e-mail address", "E-mail starts with", "email"
        ),
        chips=(
            open_chip_menu("Course", LearnersState.course_text, LearnersState.courses, "course"),
            fixed_chip("Enrolled", LearnersState.period_text, "from", "to"),
        ),
        none=nothing(
            LearnersState,
            "learners",
            rx.cond(LearnersState.filtered, "No learners found", "No learners yet"),
            rx.cond(
                LearnersState.filtered,
                "Remove a filter or try another search.",
                "Learners who buy or enroll in a course appear here.",
            ),
            "Show all learners",
            routes.LEARNERS,
        ),
        here="Learners",
        path=[("Teaching", ""), ("Learners", "")],
        permission=Permission.ENROLLMENTS_READ,
    )


def learner_row(row: LearnerRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.fragment(
            rx.cond(
                rx.Var.create(AuthState.permissions).contains(Permission.ACCESS_READ_ALL.value),
                row_link(row.name, row.why_href),
                rx.el.span(row.name, class_name="cf-med"),
            ),
            rx.el.span(row.email, class_name="cf-mail cf-mut"),
        ),
        row.course,
        rx.el.span(
            meter(row.percent, "Progress of " + row.name, done=row.done),
            rx.el.span(row.progress, class_name="cf-num cf-mut"),
            class_name="cf-progress",
        ),
        row.how,
        grant_badge(row.access),
        rx.el.span(row.enrolled, class_name="cf-num cf-mut"),
    )
