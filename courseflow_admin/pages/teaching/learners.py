"""Learners: who is enrolled in which course, and how far they are."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import grant_badge
from courseflow_admin.components.cards import meter
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.filters import filters, fixed_chip, open_chip_menu, tools
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.layout import page
from courseflow_admin.components.lists import list_table
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
    return page(
        "Learners",
        rx.el.div(
            tools(
                search_box(
                    "Search by the start of an e-mail address",
                    "E-mail starts with",
                    "email",
                ),
                filters(
                    open_chip_menu(
                        "Course", LearnersState.course_text, LearnersState.courses, "course"
                    ),
                    fixed_chip("Enrolled", LearnersState.period_text, "from", "to"),
                ),
            ),
            list_table(
                "Learners",
                COLUMNS,
                LearnersState,
                learner_row,
                empty=nothing(),
            ),
            class_name="cf-stack",
        ),
        here="Learners",
        path=[("Teaching", ""), ("Learners", "")],
        permission=Permission.ENROLLMENTS_READ,
    )


def nothing() -> rx.Component:
    return empty(
        "users",
        rx.cond(LearnersState.filtered, "No learners found", "No learners yet"),
        rx.cond(
            LearnersState.filtered,
            "Remove a filter or try another search.",
            "Learners who buy or enroll in a course appear here.",
        ),
        rx.cond(LearnersState.filtered, link_button("Show all learners", href=routes.LEARNERS)),
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
