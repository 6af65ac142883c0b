"""The way into a course: on to the lesson where one stopped."""

import reflex as rx

from courseflow_admin.components.school import titled
from courseflow_admin.pages.teaching.learn_lesson import classroom
from courseflow_admin.state.teaching.classroom import ClassroomState


@rx.page(
    route="/learn/[slug]",
    title=titled(ClassroomState.view == "lesson", ClassroomState.title, "Course"),
    on_load=ClassroomState.load,
)
def learn() -> rx.Component:
    return classroom()
