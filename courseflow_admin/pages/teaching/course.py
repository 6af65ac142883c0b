"""A course's own page: what is in it, what it costs, and the way in."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.badges import badge
from courseflow_admin.components.cards import card, markdown_html, meter, thumb
from courseflow_admin.components.detail_page import detail_page, tab_title
from courseflow_admin.components.forms import button, link_button
from courseflow_admin.components.icons import icon, link, text_link
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.teaching.course import CoursePageState, LessonLine, SectionLines

State = CoursePageState


@rx.page(
    route="/courses/[slug]",
    title=tab_title(CoursePageState, CoursePageState.title, "Course"),
    on_load=CoursePageState.load,
)
def course() -> rx.Component:
    return detail_page(
        State,
        "Course",
        everything(),
        name=State.title,
        missing=not_there(),
        skeletons=3,
        here="Catalog",
        path=[("Learning", ""), ("Catalog", routes.HOME)],
    )


def everything() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(
                State.subtitle != "", rx.el.p(State.subtitle, class_name="cf-lead"), rx.fragment()
            ),
            rx.cond(State.html != "", markdown_html(State.html), no_description()),
            outline(),
            class_name="cf-stack cf-coursemain",
        ),
        rx.el.aside(offer(), class_name="cf-offer", aria_label="This course"),
        class_name="cf-detail",
    )


def no_description() -> rx.Component:
    return rx.el.p("This course has no description yet.", class_name="cf-mut")


def offer() -> rx.Component:
    return rx.el.div(
        thumb(State.pattern, State.hue, State.short),
        rx.el.div(
            rx.match(
                State.act,
                ("go", owned()),
                ("enroll", free()),
                ("buy", to_buy()),
                (
                    "wait",
                    link_button("View payment", href=State.payment_href, size="large", wide=True),
                ),
                rx.el.p("This course is not on sale right now.", class_name="cf-mut"),
            ),
            why_not(),
            rx.cond(
                State.studio_href != "",
                link_button(
                    icon("studio", 14), "Edit in the studio", href=State.studio_href, wide=True
                ),
            ),
            rx.el.ul(
                point("person", State.who),
                point("lessons", State.outline_size),
                point("learning", State.about),
                point("access", State.access_text),
                rx.cond(State.updated != "", point("date", "Updated " + State.updated)),
                rx.cond(
                    State.category != "",
                    rx.el.li(
                        icon("category", 14), text_link(State.category, href=State.category_href)
                    ),
                ),
                class_name="cf-list cf-points",
            ),
            class_name="cf-offerbody",
        ),
        class_name="cf-card",
    )


def point(icon_name: str, text: str | rx.Var) -> rx.Component:
    return rx.el.li(icon(icon_name, 14), rx.el.span(text))


def owned() -> rx.Component:
    return rx.fragment(
        rx.el.div(badge("green", "Enrolled"), class_name="cf-row"),
        rx.cond(
            State.percent > 0,
            rx.el.div(
                meter(State.percent, "Progress in this course", done=State.percent == 100),
                rx.el.span(State.percent, "% complete", class_name="cf-sm cf-mut cf-num"),
                class_name="cf-col cf-gap6",
            ),
        ),
        link_button("Go to course", href=State.go_href, look="primary", size="large", wide=True),
    )


def free() -> rx.Component:
    return rx.fragment(
        rx.el.div(State.price, class_name="cf-amount"),
        rx.cond(
            AuthState.signed_in,
            button(
                "Enroll for free",
                look="primary",
                size="large",
                wide=True,
                busy=State.enrolling,
                on_click=State.enroll,
            ),
            link_button(
                "Sign in to enroll for free",
                href=State.sign_in_href,
                look="primary",
                size="large",
                wide=True,
            ),
        ),
    )


def to_buy() -> rx.Component:
    return rx.fragment(
        rx.el.div(State.price, class_name="cf-amount"),
        link_button("Buy course", href=State.buy_href, look="primary", size="large", wide=True),
    )


def why_not() -> rx.Component:
    """Why someone who once had this course cannot open it now."""
    return rx.cond(
        State.why,
        rx.el.ul(
            rx.foreach(
                State.why,
                lambda sentence: rx.el.li(icon("locked", 14), rx.el.span(sentence)),
            ),
            class_name="cf-list cf-points cf-why",
        ),
    )


def outline() -> rx.Component:
    return card(
        "Outline",
        rx.cond(
            State.outline,
            rx.el.ol(rx.foreach(State.outline, section), class_name="cf-list"),
            rx.el.p("No lessons yet.", class_name="cf-mut cf-pad"),
        ),
        aside=rx.el.span(State.outline_size, class_name="cf-sm cf-mut cf-num"),
    )


def section(part: SectionLines) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h3(part.title, class_name="cf-13 cf-semi cf-grow"),
            rx.el.span(part.size, class_name="cf-sm cf-mut cf-num"),
            class_name="cf-outsec",
        ),
        rx.el.ol(rx.foreach(part.lessons, lesson_line), class_name="cf-list"),
    )


def lesson_line(lesson: LessonLine) -> rx.Component:
    return rx.el.li(
        rx.cond(lesson.href != "", icon("text", 14), icon("locked", 14)),
        rx.cond(
            lesson.href != "",
            link(lesson.title, href=lesson.href, class_name="cf-grow cf-stretchlink"),
            rx.el.span(lesson.title, class_name="cf-grow"),
        ),
        rx.cond(lesson.preview, badge("blue", "Free preview")),
        rx.el.span(lesson.minutes, class_name="cf-sm cf-mut cf-num"),
        class_name="cf-outles",
        custom_attrs={"data-open": rx.cond(lesson.href != "", "true", "false")},
    )


def not_there() -> rx.Component:
    return feedback.empty(
        "not_found",
        "Course not found",
        "It may no longer be on sale, or the link may be incomplete.",
        link_button("View all courses", href=routes.HOME, look="primary"),
    )
