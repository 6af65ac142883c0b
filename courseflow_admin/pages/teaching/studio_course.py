"""One course in the studio: outline, what is being written, and publishing."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.badges import course_badge
from courseflow_admin.components.dialogs import dialog, effect, effects
from courseflow_admin.components.forms import button, checkbox, field, link_button
from courseflow_admin.components.icons import client_act, icon, icon_button, link, one_click
from courseflow_admin.components.layout import page
from courseflow_admin.components.school import titled
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.pages.teaching.studio_authors import authors
from courseflow_admin.pages.teaching.studio_details import details
from courseflow_admin.pages.teaching.studio_lesson import lesson_pane
from courseflow_admin.state.teaching.studio_authors import StudioAuthorsState
from courseflow_admin.state.teaching.studio_course import (
    CheckLine,
    StudioCourseState,
    StudioLesson,
    StudioSection,
)
from courseflow_admin.state.teaching.studio_lesson import StudioLessonState

State = StudioCourseState
LEAVE_ON_ENTER = "(event) => {{if (event.key === 'Enter') event.currentTarget.blur()}}"
GO_TO = "() => setTimeout(() => document.getElementById({0})?.focus(), 400)"


@rx.page(
    route="/studio/[course_id]",
    title=titled(StudioCourseState.view == "page", StudioCourseState.title, "Studio"),
    on_load=[StudioCourseState.load, StudioLessonState.load, StudioAuthorsState.load],
)
def studio_course() -> rx.Component:
    return page(
        rx.cond(State.title != "", State.title, "Studio"),
        rx.match(
            State.view,
            ("page", panes()),
            ("missing", rx.el.div(feedback.not_found("course"), class_name="cf-body")),
            ("error", rx.el.div(feedback.error(State.error, State.load), class_name="cf-body")),
            ("not_author", rx.el.div(not_author(), class_name="cf-body")),
            ("forbidden", rx.el.div(feedback.forbidden(), class_name="cf-body")),
            # A key of its own, or React would turn this box into the panes, seen to move.
            rx.el.div(feedback.skeleton_cards(3), class_name="cf-body", key="loading"),
        ),
        here="Studio",
        path=[("Teaching", ""), ("Studio", routes.STUDIO)],
        permission=Permission.COURSES_EDIT,
        rail=True,
        bare=True,
        actions=[rx.cond(State.view == "page", course_badge(State.badge))],
    )


def not_author() -> rx.Component:
    return feedback.empty(
        "locked",
        "You are not an author of this course",
        "Only authors can edit it. The owner can add you as a co-instructor.",
        link_button("Go to studio", href=routes.STUDIO),
    )


def panes() -> rx.Component:
    return rx.el.div(
        rx.el.section(outline(), class_name="cf-pane l", aria_label="Outline"),
        rx.el.section(
            rx.match(
                StudioLessonState.view,
                ("lesson", lesson_pane()),
                (
                    "missing",
                    rx.el.div(feedback.not_found("lesson in this course"), class_name="cf-body"),
                ),
                details(),
            ),
            class_name="cf-pane cf-middle",
            aria_label="Editor",
        ),
        rx.el.section(publishing(), class_name="cf-pane r", aria_label="Publish"),
        leaving_sale(),
        archiving(),
        class_name="cf-studio",
    )


# Outline


def outline() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h2("Outline", class_name="cf-h2"),
            rx.el.span(State.outline_size, class_name="cf-sm cf-mut cf-num cf-end"),
            class_name="cf-panehead",
        ),
        rx.el.div(
            icon("details", 14),
            link(
                "Course details",
                href=State.details_href,
                class_name="t cf-stretchlink",
                custom_attrs={"aria-current": rx.cond(State.details, "true", "false")},
            ),
            class_name="cf-les",
            custom_attrs={"data-on": rx.cond(State.details, "true", "false")},
        ),
        rx.el.ol(rx.foreach(State.outline, section), class_name="cf-list cf-outline"),
        rx.el.div(
            button(
                icon("add", 14),
                "Add a section",
                look="quiet",
                id="outline",
                on_click=State.add_section(State.added),
                custom_attrs=one_click(),
            ),
            class_name="cf-addsection",
        ),
        rx.cond(
            State.undo_text != "",
            rx.el.div(
                rx.el.span(State.undo_text, class_name="cf-grow"),
                button("Undo", size="small", on_click=State.undo),
                class_name="cf-undo",
                role="status",
            ),
        ),
        rx.el.div(State.said, class_name="cf-sr", role="status"),
    )


def section(part: StudioSection) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(part.number, ".", class_name="cf-num"),
            rx.el.input(
                dir="auto",
                default_value=part.title,
                key=part.id + part.title,
                aria_label="Title of section " + rx.Var.create(part.number).to(str),
                on_blur=lambda title: State.rename_section(part.id, title),
                class_name="cf-sectitle",
                custom_attrs={"onKeyDown": client_act(LEAVE_ON_ENTER)},
            ),
            rx.el.span(
                mover("up", "Move " + part.title + " up", part.first, _move(part, "up")),
                mover("down", "Move " + part.title + " down", part.last, _move(part, "down")),
                icon_button(
                    "delete",
                    "Delete " + part.title,
                    size=14,
                    on_click=State.delete_section(part.id),
                ),
                class_name="mv",
            ),
            icon_button(
                "add",
                "Add a lesson to " + part.title,
                size=14,
                on_click=State.add_lesson(part.id, State.added),
                custom_attrs=one_click(),
            ),
            class_name="cf-sec",
        ),
        rx.el.ol(rx.foreach(part.lessons, lesson), class_name="cf-list"),
        key=part.id,
    )


def _move(part: StudioSection, way: str) -> rx.event.EventSpec:
    return State.move_section(part.id, way)


def mover(
    name: str, label: str | rx.Var, at_end: bool | rx.Var, on_click: rx.event.EventSpec
) -> rx.Component:
    return icon_button(name, label, size=14, disabled=at_end, on_click=on_click)


def lesson(item: StudioLesson) -> rx.Component:
    return rx.el.li(
        icon("text", 14),
        link(
            item.title,
            href=item.href,
            class_name="t",
            custom_attrs={"aria-current": rx.cond(item.current, "true", "false")},
        ),
        rx.el.span(
            mover(
                "up",
                "Move " + item.title + " up",
                item.first,
                State.move_lesson(item.id, "up"),
            ),
            mover(
                "down",
                "Move " + item.title + " down",
                item.last,
                State.move_lesson(item.id, "down"),
            ),
            icon_button(
                "delete", "Delete " + item.title, size=14, on_click=State.delete_lesson(item.id)
            ),
            class_name="mv",
        ),
        rx.el.span(
            item.meta,
            class_name="meta",
            custom_attrs={"data-warn": rx.cond(item.warn, "true", "false")},
        ),
        class_name="cf-les",
        custom_attrs={"data-on": rx.cond(item.current, "true", "false")},
        key=item.id,
    )


# Publish


def publishing() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h2("Publish", class_name="cf-h2"),
            rx.cond(
                State.changes_text != "",
                rx.el.span(
                    State.changes_text,
                    class_name="cf-badge cf-end",
                    custom_attrs={"data-tone": "amber"},
                ),
            ),
            class_name="cf-panehead",
        ),
        rx.el.div(
            rx.cond(
                State.archived,
                rx.cond(
                    State.owned,
                    button("Unarchive", wide=True, on_click=State.unarchive),
                ),
                button(
                    State.publish_word,
                    look="primary",
                    wide=True,
                    busy=State.busy,
                    disabled=State.unpublishable,
                    on_click=State.publish,
                ),
            ),
            rx.cond(
                State.owner_sells & ~State.archived,
                rx.el.p("Only the owner can publish this course.", class_name="cf-help"),
            ),
            rx.cond(
                State.preview_href != "",
                link_button(
                    icon("view", 14), "Preview as learner", href=State.preview_href, wide=True
                ),
            ),
            rx.cond(
                State.on_sale,
                rx.el.p(
                    State.learners_text,
                    " enrolled. They see changes immediately and keep their progress.",
                    class_name="cf-help",
                ),
            ),
            class_name="cf-publishacts",
        ),
        rx.el.div(
            rx.el.h3("Before you publish", class_name="cf-label"),
            rx.cond(
                State.checks,
                rx.el.ul(rx.foreach(State.checks, check), class_name="cf-list"),
                rx.el.p(icon("done", 16), "Ready to publish.", class_name="cf-allgood"),
            ),
            class_name="cf-panesec",
        ),
        price(),
        rx.cond(
            State.changes,
            rx.el.div(
                rx.el.h3("Changes since last publish", class_name="cf-label"),
                rx.el.ul(
                    rx.foreach(State.changes, lambda text: rx.el.li(text)),
                    class_name="cf-list cf-13 cf-changes",
                ),
                class_name="cf-panesec",
            ),
        ),
        rx.cond(
            State.published_text != "",
            rx.el.div(
                rx.el.h3("Last published", class_name="cf-label"),
                rx.el.p(State.published_text, class_name="cf-13 cf-mut"),
                class_name="cf-panesec",
            ),
        ),
        rx.cond(
            State.owned & ~State.archived,
            rx.el.div(
                rx.cond(
                    State.on_sale,
                    button("Stop selling", size="small", on_click=State.show_dialog("unpublish")),
                ),
                button("Archive", size="small", on_click=State.show_dialog("archive")),
                class_name="cf-panesec cf-row",
            ),
        ),
        authors(),
    )


def check(line: CheckLine) -> rx.Component:
    return rx.el.li(
        icon("problem", 16),
        link(
            line.sentence,
            href=line.href,
            class_name="cf-checklink",
            custom_attrs={"onClick": client_act(GO_TO, line.field)},
        ),
        class_name="cf-checkline",
    )


def price() -> rx.Component:
    error = rx.cond(State.error_field == "price", State.error_text, "")
    return rx.el.div(
        field(
            "Price",
            "price",
            help_text="Takes effect when saved.",
            error=error,
            control=rx.el.div(
                rx.el.input(
                    dir="auto",
                    id="price",
                    default_value=State.price,
                    key=State.price + State.currency,
                    placeholder="0",
                    input_mode="decimal",
                    disabled=State.price_locked,
                    on_blur=lambda text: State.change_price(text, State.currency),
                    class_name="cf-input cf-num",
                    custom_attrs={"onKeyDown": client_act(LEAVE_ON_ENTER)},
                ),
                rx.el.select(
                    rx.foreach(State.currencies, lambda code: rx.el.option(code, value=code)),
                    value=State.currency,
                    aria_label="Currency",
                    disabled=State.locked,
                    on_change=lambda code: State.change_price(State.price, code),
                    class_name="cf-input cf-currency",
                ),
                class_name="cf-row",
            ),
        ),
        checkbox(
            "This course is free",
            "free",
            default_checked=State.free,
            key="free" + rx.Var.create(State.opened).to(str),
            disabled=State.locked,
            on_change=State.change_free,
        ),
        class_name="cf-panesec cf-stack",
    )


def leaving_sale() -> rx.Component:
    return dialog(
        "Stop selling this course",
        "It is removed from the catalog. You can put it back on sale at any time.",
        effects(
            effect("cart", "No one can buy it anymore."),
            rx.cond(State.keeping_text, effect("unlocked", State.keeping_text)),
        ),
        open_=State.dialog == "unpublish",
        on_open_change=State.close_dialog,
        act=button("Stop selling", look="danger", on_click=State.unpublish),
    )


def archiving() -> rx.Component:
    return dialog(
        "Archive this course",
        "It is removed from the catalog and can't be edited until you unarchive it.",
        effects(
            effect("cart", "No one can buy it anymore."),
            rx.cond(State.keeping_text, effect("unlocked", State.keeping_text)),
        ),
        open_=State.dialog == "archive",
        on_open_change=State.close_dialog,
        act=button("Archive course", look="danger", on_click=State.archive),
    )
