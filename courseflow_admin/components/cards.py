"""Cards, tiles and the small pieces that are in them."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from courseflow_admin.components.icons import icon, link
from courseflow_admin.components.types import Flag, Piece, Shown, Text


def card(title: Text, *children: Any, aside: Any = None, **props: Any) -> rx.Component:
    """A titled box; `aside` stands at the right of its head."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title, class_name="cf-h2", dir="auto"),
            rx.el.div(aside, class_name="cf-row cf-end") if aside is not None else rx.fragment(),
            class_name="cf-head",
        ),
        *children,
        class_name=f"cf-card {props.pop('class_name', '')}".strip(),
        **props,
    )


def list_card(
    title: Text,
    rows: Shown,
    row: Callable[[Any], rx.Component],
    *,
    none: Piece | None = None,
    ordered: bool = False,
    aside: Any = None,
) -> rx.Component:
    """A card with a line for each row; `none`: a sentence or a piece in their place."""
    element = rx.el.ol if ordered else rx.el.ul
    lines = element(rx.foreach(rows, row), class_name="cf-list")
    if none is None:
        return card(title, lines, aside=aside)
    if isinstance(none, str):
        none = rx.el.p(none, class_name="cf-mut cf-13 cf-pad")
    return card(title, rx.cond(rows, lines, none), aside=aside)


def fact(word: str, value: Any) -> rx.Component:
    return rx.fragment(rx.el.dt(word), rx.el.dd(value))


def fact_if(there: Flag, word: str, value: Any) -> rx.Component:
    """A pair that only some have."""
    return rx.cond(there, fact(word, value))


def facts(*pairs: tuple[str, Any]) -> rx.Component:
    """Pairs of a word and what it is."""
    return rx.el.dl(
        *[part for word, value in pairs for part in (rx.el.dt(word), rx.el.dd(value))],
        class_name="cf-dl",
    )


def sums(*lines: tuple[Text, Any, bool]) -> rx.Component:
    """A breakdown of money: (word, amount, whether it is a total)."""
    return rx.el.dl(
        *[
            rx.el.div(
                rx.el.dt(word), rx.el.dd(amount), class_name="cf-sum total" if total else "cf-sum"
            )
            for word, amount, total in lines
        ],
        class_name="cf-sums",
    )


def avatar(initials: Text) -> rx.Component:
    return rx.el.span(initials, class_name="cf-av", aria_hidden="true")


def thumb(pattern: Text, hue: Text, short: Text, image: Text = "") -> rx.Component:
    """A course's picture, or its pattern and colour.

    Patterns: dots, rings, waves, tri, grid, bars. Hues: iris, jade, amber, cyan, ruby, plum.
    """
    attributes = {"data-pat": pattern, "data-hue": hue}
    drawn = rx.el.div(
        rx.el.b(short), class_name="cf-thumb", aria_hidden="true", custom_attrs=attributes
    )
    if isinstance(image, str) and not image:
        return drawn
    return rx.cond(
        image,
        rx.el.div(
            rx.el.img(src=image, alt="", loading="lazy", class_name="cf-thumbimage"),
            class_name="cf-thumb",
        ),
        drawn,
    )


def cover(of: Shown) -> rx.Component:
    """The thumb of a `Cover` of the state."""
    return thumb(of.pattern, of.hue, of.short)


def meter(percent: Text, label: Text, *, done: Flag = False) -> rx.Component:
    """Progress from 0 to 100; `label` says of what, for those who do not see it."""
    shown = rx.Var.create(percent)
    return rx.el.div(
        rx.el.i(custom_attrs={"style": rx.Var.create({"width": shown.to(str) + "%"})}),
        class_name="cf-meter",
        role="progressbar",
        aria_label=label,
        custom_attrs={
            "data-done": rx.cond(done, "true", "false"),
            "aria-valuenow": shown,
            "aria-valuemin": "0",
            "aria-valuemax": "100",
        },
    )


def markdown_html(html: Text) -> rx.Component:
    """Written text that a service has already made into clean HTML (services/teaching/markdown)."""
    return rx.el.div(
        class_name="cf-prose",
        dir="auto",
        custom_attrs={"dangerouslySetInnerHTML": rx.Var.create({"__html": html})},
    )


def line(*children: Any, href: Text, aside: Any = None) -> rx.Component:
    """One row of a short list (newest payments); the whole row is the link."""
    return rx.el.li(
        link(
            rx.el.div(*children, class_name="cf-col"),
            aside if aside is not None else icon("next", 14),
            href=href,
            class_name="cf-line",
        )
    )


def task(
    icon_component: rx.Component,
    what: Text,
    why: Text,
    *,
    age: Text = "",
    act: rx.Component | None = None,
) -> rx.Component:
    """One thing that needs attention."""
    return rx.el.li(
        icon_component,
        rx.el.div(
            rx.el.span(what, class_name="cf-med"),
            rx.el.span(why, class_name="cf-13 cf-mut"),
            class_name="cf-col",
        ),
        rx.el.span(age, class_name="cf-sm cf-mut cf-num age"),
        act if act is not None else rx.fragment(),
        class_name="cf-task",
    )
