"""The studio's list of courses."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import course_badge
from courseflow_admin.components.cards import cover
from courseflow_admin.components.dialogs import dialog
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.forms import button, field, form, select, submit
from courseflow_admin.components.icons import icon
from courseflow_admin.components.list_page import list_page
from courseflow_admin.components.table import Column, row_link, tr
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.studio import LONGEST_TITLE
from courseflow_admin.state.teaching.studio import StudioRow, StudioState

FORM = "new-course"
COLUMNS = [
    Column("Course", lead=True),
    Column("Status", "176px"),
    Column("Lessons", "88px", right=True),
    Column("Learners", "96px", right=True),
    Column("Price", "128px", right=True),
    Column("Changed", "208px"),
]


@rx.page(route=routes.STUDIO, title="Studio · CourseFlow", on_load=StudioState.load)
def studio() -> rx.Component:
    return list_page(
        "Studio",
        StudioState,
        COLUMNS,
        row,
        caption="Courses",
        none=empty(
            "studio",
            "No courses yet",
            "A course has a title, lessons and a price. Only you can see it until you publish it.",
            new_button(),
        ),
        below=[new_course()],
        here="Studio",
        path=[("Teaching", "")],
        permission=Permission.COURSES_EDIT,
        actions=[rx.cond(StudioState.view == "rows", new_button())],
    )


def new_button() -> rx.Component:
    return button(
        icon("add", 14), "New course", look="primary", on_click=StudioState.show_dialog(True)
    )


def row(course: StudioRow) -> rx.Component:
    return tr(
        COLUMNS,
        rx.el.div(
            rx.el.div(cover(course.cover), class_name="cf-tinythumb cf-hide-s"),
            rx.el.div(
                row_link(course.title, course.href),
                class_name="cf-col cf-grow cf-trunc",
            ),
            class_name="cf-row",
        ),
        course_badge(course.state),
        course.lessons,
        course.learners,
        rx.el.span(course.price, class_name="amt"),
        rx.el.span(course.changed, class_name="cf-mut cf-num"),
    )


def new_course() -> rx.Component:
    return dialog(
        "New course",
        "It starts as a draft that only you can see.",
        form(
            field(
                "Title",
                "title",
                required=True,
                max_length=LONGEST_TITLE,
                placeholder="Data Structures in Practice",
                auto_focus=True,
                auto_complete="off",
            ),
            select(
                "Currency",
                "currency",
                StudioState.currencies,
                help_text="The currency learners pay in. You can set the price later.",
            ),
            on_submit=StudioState.create,
            id=FORM,
        ),
        open_=StudioState.dialog_open,
        on_open_change=StudioState.show_dialog,
        act=submit("Create course", busy=StudioState.creating, form=FORM),
    )
