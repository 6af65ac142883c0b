"""My courses: where one stopped, and all the others."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.cards import card, cover, meter
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.layout import page
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.teaching.my_courses import MyCourseRow, MyCoursesState


@rx.page(route=routes.MY_COURSES, title="My courses · CourseFlow", on_load=MyCoursesState.load)
def my_courses() -> rx.Component:
    return page(
        "My courses",
        rx.match(
            MyCoursesState.view,
            ("rows", rx.fragment(rx.foreach(MyCoursesState.first, first), others())),
            ("empty", nothing_yet()),
            feedback.skeleton_cards(2),
        ),
        here="My courses",
        path=[("Learning", "")],
        permission=Permission.COURSES_STUDY,
    )


def first(course: MyCourseRow) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            cover(course.cover),
            rx.el.div(
                rx.el.span(course.stopped, class_name="cf-sm cf-mut"),
                rx.el.h2(
                    link(course.title, href=course.href),
                    class_name="cf-h1 cf-herotitle",
                    dir="auto",
                ),
                rx.el.p(course.next, class_name="cf-mut cf-heronext"),
                rx.el.div(progress(course), class_name="cf-heroprogress"),
                rx.el.div(
                    link_button(
                        icon("continue", 14), course.act, href=course.act_href, look="primary"
                    )
                ),
                class_name="cf-col",
            ),
            class_name="cf-hero",
        ),
        class_name="cf-card",
        aria_label="Continue",
    )


def others() -> rx.Component:
    return rx.cond(
        MyCoursesState.others,
        card(
            rx.cond(MyCoursesState.first, "Other courses", "Courses"),
            rx.el.ul(rx.foreach(MyCoursesState.others, row), class_name="cf-list"),
        ),
    )


def row(course: MyCourseRow) -> rx.Component:
    return rx.el.li(
        cover(course.cover),
        rx.el.div(
            link(course.title, href=course.href, class_name="cf-med cf-trunc"),
            rx.el.span(
                rx.cond(course.allowed, rx.fragment(), icon("locked", 12)),
                course.next,
                class_name="cf-13 cf-mut cf-trunc",
            ),
            class_name="cf-col",
        ),
        rx.el.div(progress(course), class_name="prog"),
        rx.el.div(
            link_button(
                course.act,
                rx.el.span(": ", course.title, class_name="cf-sr"),
                href=course.act_href,
                wide=True,
            ),
            class_name="act",
        ),
        class_name="cf-lrow",
    )


def progress(course: MyCourseRow) -> rx.Component:
    return rx.el.div(
        meter(course.percent, "Progress in " + course.title, done=course.finished),
        rx.el.div(
            rx.el.span(course.lessons),
            rx.el.span(course.percent, "%", class_name="cf-end"),
            class_name="cf-row cf-sm cf-mut cf-num",
        ),
        class_name="cf-col cf-gap6",
    )


def nothing_yet() -> rx.Component:
    return feedback.empty(
        "my_courses",
        "No courses yet",
        "Courses you buy or enroll in appear here.",
        link_button("Search courses", href=routes.HOME, look="primary"),
    )
