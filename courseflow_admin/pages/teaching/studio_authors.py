"""The authors of a course, at the end of the studio's right pane."""

import reflex as rx

from courseflow_admin.components.dialogs import dialog, effect, effects
from courseflow_admin.components.forms import button, field, form, problem
from courseflow_admin.components.sidebar import may
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.teaching.studio_authors import CoAuthor, StudioAuthorsState
from courseflow_admin.state.teaching.studio_course import StudioCourseState

State = StudioAuthorsState
ADD, OWNER = "add-author", "change-owner"
MAY_CHANGE = StudioCourseState.owned & ~StudioCourseState.archived


def authors() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Authors", class_name="cf-label"),
        rx.match(
            State.view,
            ("list", people()),
            (
                "error",
                rx.fragment(
                    problem(State.problem),
                    button("Try again", size="small", on_click=State.load),
                ),
            ),
            rx.el.p("Loading …", class_name="cf-13 cf-mut", aria_busy="true"),
        ),
        adding(),
        removing(),
        changing_owner(),
        class_name="cf-panesec cf-stack",
    )


def people() -> rx.Component:
    return rx.fragment(
        rx.el.ul(
            rx.el.li(
                rx.el.span(State.owner, class_name="cf-grow"),
                rx.el.span("Owner", class_name="cf-sm cf-mut"),
                class_name="cf-row",
            ),
            rx.foreach(State.others, person),
            class_name="cf-list cf-13 cf-stack",
            aria_label="Authors",
        ),
        rx.cond(
            State.others,
            rx.fragment(),
            rx.el.p("No co-instructors.", class_name="cf-help"),
        ),
        rx.el.div(
            rx.cond(
                MAY_CHANGE,
                button("Add a co-instructor", size="small", on_click=State.show_add(True)),
            ),
            rx.cond(
                may(Permission.COURSES_EDIT_ALL),
                button("Change owner", size="small", on_click=State.show_owner(True)),
            ),
            class_name="cf-row cf-rowacts",
        ),
    )


def person(one: CoAuthor) -> rx.Component:
    return rx.el.li(
        rx.el.span(one.name, class_name="cf-grow"),
        rx.cond(
            MAY_CHANGE,
            button(
                "Remove",
                size="small",
                on_click=State.ask_remove(one.id),
                custom_attrs={"aria-label": "Remove " + one.name},
            ),
            rx.el.span("Co-instructor", class_name="cf-sm cf-mut"),
        ),
        class_name="cf-row",
        key=one.id,
    )


def adding() -> rx.Component:
    return dialog(
        "Add a co-instructor",
        State.course,
        form(_email("E-mail of an instructor"), on_submit=State.add, id=ADD),
        effects(
            effect("edit", "They can edit the content and see its learners."),
            effect("locked", "Only the owner can change price, link, sale status and authors."),
            effect("mail", "We'll e-mail them."),
        ),
        open_=State.dialog == "add",
        on_open_change=State.show_add,
        act=_send("Add co-instructor", ADD, "primary"),
    )


def removing() -> rx.Component:
    return dialog(
        "Remove " + State.asked_name,
        State.asked_name + " is a co-instructor of " + State.course + ".",
        rx.cond(State.wrong != "", problem(State.wrong)),
        effects(
            effect("locked", "They can no longer edit it or see its learners."),
            effect("text", "Their content is kept."),
            effect("mail", "We'll e-mail them."),
        ),
        open_=State.dialog == "remove",
        on_open_change=State.close_remove,
        act=button(
            "Remove " + State.asked_name,
            look="danger",
            busy=State.busy,
            on_click=State.remove(State.asked_id),
        ),
    )


def changing_owner() -> rx.Component:
    return dialog(
        "Change owner",
        State.course + ", owned by " + State.owner,
        effects(
            effect(
                "onward",
                "The new owner sees the course's figures, payments and learners.",
            ),
            effect("locked", State.owner, " loses access to edit and view it."),
            effect("mail", "We'll e-mail both."),
        ),
        form(_email("E-mail of the new owner"), on_submit=State.change_owner, id=OWNER),
        open_=State.dialog == "owner",
        on_open_change=State.show_owner,
        act=_send("Change owner", OWNER, "danger"),
    )


def _email(label: str) -> rx.Component:
    return field(
        label,
        "email",
        type="email",
        required=True,
        max_length=LONGEST_EMAIL,
        auto_complete="off",
        error=State.wrong,
    )


def _send(text: str, form_id: str, look: str) -> rx.Component:
    return button(text, look=look, type="submit", busy=State.busy, custom_attrs={"form": form_id})
