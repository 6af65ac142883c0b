"""The middle of the studio while a lesson is open: title, text, and what its save says."""

from typing import Any

import reflex as rx

from courseflow_admin.components.cards import markdown_html
from courseflow_admin.components.conflicts import conflict
from courseflow_admin.components.forms import button, checkbox, described, error_line
from courseflow_admin.components.icons import client_act, icon
from courseflow_admin.components.js.counter import counter
from courseflow_admin.models.teaching.courses import LONGEST_BODY
from courseflow_admin.models.teaching.studio import LONGEST_TITLE
from courseflow_admin.state import edge
from courseflow_admin.state.teaching.studio_course import NEW_LESSON
from courseflow_admin.state.teaching.studio_lesson import StudioLessonState

State = StudioLessonState
TYPING_MS = 700
NOT_SAVED_YET = "() => document.getElementById('saved')?.setAttribute('data-dirty', 'true')"
INSERT = (
    "() => {{const box = document.getElementById('lesson-text'); if (!box) return; "
    "const from = box.selectionStart, to = box.selectionEnd; "
    "const text = box.value.slice(from, to) || {2}; box.focus(); "
    "box.setRangeText({0} + text + {1}, from, to, 'end'); "
    "box.setSelectionRange(from + {0}.length, from + {0}.length + text.length); "
    "box.dispatchEvent(new Event('input', {{bubbles: true}}))}}"
)
TOOLS = (
    ("heading", "Heading", "\n## ", "\n", "Heading"),
    ("bold", "Bold", "**", "**", "bold"),
    ("italic", "Italic", "*", "*", "italic"),
    ("link", "Link", "[", "](https://)", "text"),
    ("list", "List", "\n- ", "\n", "item"),
    ("code", "Code", "\n```\n", "\n```\n", "code"),
)


def lesson_pane() -> rx.Component:
    return rx.el.div(
        bar(),
        rx.cond(
            State.conflict,
            conflict(
                "This lesson",
                State.conflicts,
                keep_mine=State.keep_mine,
                take_theirs=State.take_theirs,
            ),
        ),
        rx.el.div(
            title(),
            counter("lesson-title", LONGEST_TITLE, key=opened("title")),
            error_line("lesson-title", State.errors["title"]),
            settings(),
            error_line("lesson-minutes", State.errors["minutes"]),
            counter("lesson-text", LONGEST_BODY, key=opened("text")),
            error_line("lesson-text", State.errors["text"]),
            rx.el.div(text(), class_name="cf-write", hidden=State.mode != "write"),
            rx.cond(
                State.mode == "preview",
                rx.cond(
                    State.html != "",
                    markdown_html(State.html),
                    rx.el.p("No text yet.", class_name="cf-mut"),
                ),
            ),
            class_name="cf-paper",
        ),
        class_name="cf-edit",
    )


def bar() -> rx.Component:
    writing = State.mode == "write"
    return rx.el.div(
        rx.el.div(
            *[tool(*each) for each in TOOLS],
            class_name="cf-row cf-toolset",
            custom_attrs={"data-off": rx.cond(writing, "false", "true")},
        ),
        saved(),
        rx.el.div(
            button(
                "Write",
                size="small",
                on_click=State.show_write,
                custom_attrs={"aria-pressed": rx.cond(writing, "true", "false")},
            ),
            button(
                "Preview",
                size="small",
                on_click=State.show_preview,
                custom_attrs={"aria-pressed": rx.cond(writing, "false", "true")},
            ),
            class_name="cf-switch",
            role="group",
            aria_label="View",
        ),
        class_name="cf-editbar",
        role="toolbar",
        aria_label="Lesson",
    )


def tool(name: str, label: str, before: str, after: str, otherwise: str) -> rx.Component:
    return rx.el.button(
        icon(name, 16),
        type="button",
        aria_label=label,
        title=label,
        class_name="cf-ib b",
        custom_attrs={"onClick": client_act(INSERT, before, after, otherwise)},
    )


def saved() -> rx.Component:
    """What the database said last; a key typed since turns it into “Saving…”."""
    return rx.el.span(
        rx.cond(
            edge.has_connection_errors,
            rx.el.span(icon("not_saved", 14), "Not saved: no connection", class_name="cf-row"),
            rx.cond(
                State.saved != "",
                rx.el.span(
                    rx.cond(State.saved.startswith("Not"), icon("problem", 14), icon("picked", 14)),
                    State.saved,
                    class_name="cf-row",
                ),
            ),
        ),
        id="saved",
        key=rx.Var.create(State.saves).to(str),
        class_name="cf-savedtext cf-sm cf-mut cf-num cf-end",
        role="status",
        custom_attrs={"data-bad": rx.cond(State.saved.startswith("Not"), "true", "false")},
    )


def tied(own_id: str, name: str) -> dict[str, Any]:
    """A field that is saved as it is typed, and its error."""
    tie = described(own_id, State.errors[name], is_counted=True)
    return {"onInput": client_act(NOT_SAVED_YET)} | tie


def opened(name: str) -> Any:
    """A key that draws the field again when another lesson, or a newer one, is opened."""
    return name + rx.Var.create(State.opened).to(str)


def title() -> rx.Component:
    return rx.el.input(
        dir="auto",
        default_value=State.title,
        key=opened("title"),
        id="lesson-title",
        aria_label="Lesson title",
        auto_focus=State.title == NEW_LESSON,  # else one would type into nothing
        on_change=lambda value: State.change_title(State.lesson_id, State.revision, value).debounce(
            TYPING_MS
        ),
        on_blur=lambda value: State.change_title(State.lesson_id, State.revision, value),
        class_name="cf-title",
        custom_attrs=tied("lesson-title", "title"),
    )


def settings() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                dir="auto",
                default_value=State.minutes,
                key=opened("minutes"),
                input_mode="numeric",
                on_blur=lambda value: State.change_minutes(State.lesson_id, State.revision, value),
                id="lesson-minutes",
                class_name="cf-input cf-minutes cf-num",
                custom_attrs=described("lesson-minutes", State.errors["minutes"]),
            ),
            "minutes",
            class_name="cf-check",
        ),
        checkbox(
            "Ready",
            "ready",
            default_checked=State.ready,
            key=opened("ready"),
            on_change=lambda on: State.change_ready(State.lesson_id, State.revision, on),
        ),
        checkbox(
            "Free preview",
            "preview",
            default_checked=State.preview,
            key=opened("preview"),
            on_change=lambda on: State.change_preview(State.lesson_id, State.revision, on),
        ),
        class_name="cf-row cf-lessonset",
    )


def text() -> rx.Component:
    return rx.el.textarea(
        dir="auto",
        default_value=State.text,
        key=opened("text"),
        id="lesson-text",
        aria_label="Lesson text in Markdown",
        placeholder="Write the lesson in Markdown.",
        spell_check=True,
        on_change=lambda value: State.change_text(State.lesson_id, State.revision, value).debounce(
            TYPING_MS
        ),
        on_blur=lambda value: State.change_text(State.lesson_id, State.revision, value),
        class_name="cf-text",
        custom_attrs=tied("lesson-text", "text"),
    )
