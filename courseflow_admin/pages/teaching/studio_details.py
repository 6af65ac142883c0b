"""The middle of the studio while no lesson is open: the course's own fields."""

import reflex as rx

from courseflow_admin.components.cards import thumb
from courseflow_admin.components.forms import field, select
from courseflow_admin.models.teaching.courses import (
    CATEGORIES,
    HUES,
    LANGUAGES,
    LEVELS,
    LONGEST_SLUG,
    MOST_ACCESS_DAYS,
    PATTERNS,
)
from courseflow_admin.models.teaching.studio import (
    LONGEST_DESCRIPTION,
    LONGEST_SUBTITLE,
    LONGEST_TITLE,
)
from courseflow_admin.state.teaching.studio_course import StudioCourseState

State = StudioCourseState
PATTERN_NAMES = {
    "dots": "Dots",
    "rings": "Rings",
    "waves": "Waves",
    "tri": "Triangles",
    "grid": "Grid",
    "bars": "Bars",
}


def details() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2("Course details", class_name="cf-h2"),
            rx.el.span(
                State.saved,
                class_name="cf-savedtext cf-sm cf-mut cf-num cf-end",
                role="status",
                custom_attrs={"data-bad": rx.cond(State.saved == "Not saved", "true", "false")},
            ),
            class_name="cf-editbar",
        ),
        rx.el.div(
            text_field("Title", "title", State.title, max_length=LONGEST_TITLE, required=True),
            text_field(
                "Subtitle",
                "subtitle",
                State.subtitle,
                help_text="One line under the title.",
                max_length=LONGEST_SUBTITLE,
            ),
            text_field(
                "Description",
                "description",
                State.description,
                help_text="What learners will learn, for whom, and prerequisites. Markdown works.",
                multiline=True,
                rows="10",
                max_length=LONGEST_DESCRIPTION,
            ),
            rx.el.div(
                picker("Category", "category", State.category, [("", "None"), *_same(CATEGORIES)]),
                picker(
                    "Level", "level", State.level, [(name, name.capitalize()) for name in LEVELS]
                ),
                picker("Language", "language", State.language, list(LANGUAGES.items())),
                class_name="cf-threefields",
            ),
            cover(),
            rx.el.div(
                text_field(
                    "Address",
                    "slug",
                    State.address,
                    help_text="The end of the course's URL. Old links keep working.",
                    max_length=LONGEST_SLUG,
                    disabled=State.locked,
                ),
                text_field(
                    "Access period (days)",
                    "access_days",
                    State.access_days,
                    help_text="Leave empty for lifetime access.",
                    input_mode="numeric",
                    max_length=len(str(MOST_ACCESS_DAYS)),
                    disabled=State.locked,
                ),
                class_name="cf-twofields",
            ),
            class_name="cf-paper cf-stack cf-details",
        ),
        class_name="cf-edit",
    )


def text_field(label: str, name: str, value: str | rx.Var, **props: object) -> rx.Component:
    """Saves itself when one leaves it."""
    return field(
        label,
        name,
        default_value=value,
        key=f"{name}-" + rx.Var.create(State.opened).to(str),
        error=rx.cond(State.error_field == name, State.error_text, ""),
        on_blur=lambda text: State.change_field(name, text),
        **props,  # pyright: ignore[reportArgumentType]
    )


def picker(
    label: str, name: str, value: str | rx.Var, options: list[tuple[str, str]]
) -> rx.Component:
    return select(
        label,
        name,
        options,
        value=value,
        on_change=lambda picked: State.change_field(name, picked),
        error=rx.cond(State.error_field == name, State.error_text, ""),
    )


def cover() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Cover", class_name="cf-label"),
        rx.el.div(
            *[
                rx.el.button(
                    thumb(pattern, rx.cond(State.hue != "", State.hue, "iris"), State.short),
                    rx.el.span(PATTERN_NAMES[pattern], class_name="cf-sr"),
                    type="button",
                    id="thumbnail" if number == 0 else f"cover-{pattern}",
                    class_name="cf-coverpick",
                    on_click=State.change_cover(pattern, State.hue),
                    custom_attrs={
                        "aria-pressed": rx.cond(State.pattern == pattern, "true", "false")
                    },
                )
                for number, pattern in enumerate(PATTERNS)
            ],
            class_name="cf-covers",
        ),
        rx.el.div(
            *[
                rx.el.button(
                    rx.el.span(hue.capitalize(), class_name="cf-sr"),
                    type="button",
                    title=hue.capitalize(),
                    class_name="cf-huepick",
                    on_click=State.change_cover(State.pattern, hue),
                    custom_attrs={
                        "data-hue": hue,
                        "aria-pressed": rx.cond(State.hue == hue, "true", "false"),
                    },
                )
                for hue in HUES
            ],
            class_name="cf-row cf-hues",
            role="group",
            aria_label="Colour of the cover",
        ),
        class_name="cf-fieldset",
    )


def _same(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]
