"""One lesson, with the way through the course beside it."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.badges import badge
from courseflow_admin.components.cards import markdown_html, meter
from courseflow_admin.components.forms import button, link_button
from courseflow_admin.components.icons import icon, link, toned_icon
from courseflow_admin.components.layout import page
from courseflow_admin.components.school import titled
from courseflow_admin.state.teaching.classroom import ClassroomState, ReasonLine
from courseflow_admin.state.teaching.course import LessonLine, SectionLines

State = ClassroomState


@rx.page(
    route="/learn/[slug]/[lesson]",
    title=titled(ClassroomState.view == "lesson", ClassroomState.title, "Lesson"),
    on_load=ClassroomState.load,
)
def learn_lesson() -> rx.Component:
    return classroom()


def classroom() -> rx.Component:
    return page(
        rx.cond(State.course != "", State.course, "Course"),
        rx.match(
            State.view,
            ("lesson", rx.el.div(way(), reading(), class_name="cf-learn", key="lesson")),
            ("closed", rx.el.div(closed(), class_name="cf-body")),
            ("missing", rx.el.div(not_there(), class_name="cf-body")),
            rx.el.div(feedback.skeleton_cards(2), class_name="cf-body", key="loading"),
        ),
        here="My courses",
        path=[("Learning", ""), ("My courses", routes.MY_COURSES)],
        rail=True,
        bare=True,
    )


def way() -> rx.Component:
    """The outline; on a phone it folds away under the lesson's number."""
    return rx.el.nav(
        rx.el.details(
            rx.el.summary(
                icon("outline", 14),
                "Lessons",
                rx.el.span(State.place, class_name="cf-mut cf-end"),
            ),
            rx.el.div(lessons(), class_name="cf-pane l"),
            class_name="cf-waysmall",
        ),
        rx.el.div(lessons(), class_name="cf-pane l cf-waywide"),
        aria_label="Lessons",
    )


def lessons() -> rx.Component:
    return rx.fragment(
        rx.cond(
            State.as_who == "learner",
            rx.el.div(
                meter(State.percent, "Progress in this course", done=State.percent == 100),
                rx.el.div(
                    rx.el.span(State.progress),
                    rx.el.span(State.percent, "%", class_name="cf-end"),
                    class_name="cf-row cf-sm cf-mut cf-num",
                ),
                class_name="cf-col cf-gap6 cf-wayhead",
            ),
        ),
        rx.el.ol(rx.foreach(State.outline, section), class_name="cf-list cf-waylist"),
        rx.cond(
            State.new_text != "",
            rx.el.div(
                rx.el.p(State.new_text, class_name="cf-help"),
                button("Include", size="small", on_click=State.include_new),
                class_name="cf-panesec",
            ),
        ),
    )


def section(part: SectionLines) -> rx.Component:
    return rx.el.li(
        rx.el.div(part.title, class_name="cf-waysec"),
        rx.el.ol(rx.foreach(part.lessons, lesson_line), class_name="cf-list"),
    )


def lesson_line(lesson: LessonLine) -> rx.Component:
    return rx.el.li(
        rx.cond(
            lesson.done,
            icon("done", 16, class_name="cf-donemark"),
            rx.cond(lesson.href != "", icon("not_done", 16), icon("locked", 14)),
        ),
        rx.cond(
            lesson.href != "",
            link(
                lesson.title,
                rx.cond(lesson.done, rx.el.span(", done", class_name="cf-sr")),
                href=lesson.href,
                class_name="t cf-stretchlink",
                custom_attrs={"aria-current": rx.cond(lesson.current, "page", "false")},
            ),
            rx.el.span(lesson.title, class_name="t"),
        ),
        rx.cond(lesson.new, badge("blue", "New")),
        rx.cond(lesson.preview, badge("blue", "Free")),
        rx.el.span(lesson.minutes, class_name="cf-sm cf-num"),
        class_name="cf-les",
        custom_attrs={"data-on": rx.cond(lesson.current, "true", "false")},
    )


def reading() -> rx.Component:
    return rx.el.article(
        rx.match(
            State.as_who,
            ("author", author_bar()),
            ("guest", guest_bar()),
            rx.fragment(),
        ),
        rx.el.div(
            rx.el.p(State.place, ", ", State.minutes, class_name="cf-sm cf-mut cf-num"),
            rx.el.h2(State.title, class_name="cf-lessontitle", dir="auto"),
            rx.cond(
                State.html != "",
                markdown_html(State.html),
                rx.el.p("This lesson has no text yet.", class_name="cf-mut"),
            ),
            onward(),
            class_name="cf-reading",
            key=State.title,
        ),
        aria_label=State.title,
    )


def onward() -> rx.Component:
    return rx.el.div(
        rx.cond(
            State.previous_href != "",
            link_button(icon("back", 14), "Previous", href=State.previous_href),
        ),
        rx.el.div(
            rx.match(
                State.as_who,
                (
                    "guest",
                    link_button("View course", href=State.course_href, look="primary"),
                ),
                (
                    "author",
                    rx.cond(
                        State.next_href != "",
                        link_button("Next", icon("onward", 14), href=State.next_href),
                    ),
                ),
                learner_acts(),
            ),
            class_name="cf-row cf-end",
        ),
        class_name="cf-row cf-onward",
    )


def learner_acts() -> rx.Component:
    return rx.cond(
        State.done,
        rx.fragment(
            badge("green", "Done"),
            rx.cond(
                State.next_href != "",
                link_button("Next", icon("onward", 14), href=State.next_href, look="primary"),
                link_button("My courses", href=routes.MY_COURSES, look="primary"),
            ),
        ),
        button(
            icon("picked", 14),
            rx.cond(State.next_href != "", "Complete and continue", "Mark as complete"),
            look="primary",
            busy=State.busy,
            on_click=State.finish,
        ),
    )


def author_bar() -> rx.Component:
    return rx.el.div(
        icon("view", 14),
        rx.el.span("Previewing the draft as a learner. Nothing is recorded."),
        link_button("Exit preview", href=State.studio_href, size="small"),
        class_name="cf-asbar",
        role="status",
    )


def guest_bar() -> rx.Component:
    return rx.el.div(
        icon("read", 14),
        rx.el.span("This lesson is a free preview."),
        link_button("View course", href=State.course_href, size="small"),
        class_name="cf-asbar",
        custom_attrs={"data-tone": "blue"},
    )


def closed() -> rx.Component:
    """403 that says why, first the link that is broken."""
    return rx.el.section(
        rx.el.div(
            toned_icon("locked", "amber"),
            rx.el.h2("You don't have access to this course", class_name="cf-h2"),
            class_name="cf-row",
        ),
        rx.el.ul(rx.foreach(State.reasons, reason), class_name="cf-list cf-reasons"),
        rx.el.p(feedback.support(), class_name="cf-13 cf-mut"),
        rx.el.div(
            link_button("Go to course page", href=State.course_href, look="primary"),
            link_button("My payments", href=routes.MY_PAYMENTS),
            class_name="cf-row",
        ),
        class_name="cf-card cf-closed",
        aria_label="Why you don't have access",
    )


def reason(line: ReasonLine) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.sentence, class_name="cf-med"),
        rx.cond(line.repair != "", rx.el.span(line.repair, class_name="cf-13 cf-mut")),
        class_name="cf-col",
    )


def not_there() -> rx.Component:
    return feedback.empty(
        "not_found",
        "Lesson not found",
        "It may have been removed from the course, or the link may be incomplete.",
        link_button("My courses", href=routes.MY_COURSES, look="primary"),
    )
