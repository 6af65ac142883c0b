"""Charts: bars with exact figures in the tooltip and the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from courseflow_admin.components.cards import card
from courseflow_admin.components.types import Shown

RECHARTS = rx.recharts
TOOLTIP = {
    "background": "var(--color-panel-solid)",
    "border": "1px solid var(--slate-a6)",
    "borderRadius": "var(--radius-3)",
    "fontSize": "12px",
    "padding": "8px 12px",
}


@dataclass(frozen=True)
class Series:
    """`key` of the number in a row; the exact text to show is in the row as `{key}_text`."""

    key: str
    name: str
    color: str = "var(--iris-9)"  # follows the theme automatically


def bar_chart(
    title: str,
    rows: Shown,
    series: Sequence[Series],
    *,
    x: str = "day",
    says: str,
    x_title: str = "Day",
    stacked: bool = True,
    aside: Any = None,
) -> rx.Component:
    """A card with bars over `x`, a legend and "Show as table".

    `rows` is a `list[dict[str, str | int]]` var of plain numbers and, for each series, the
    text of the number (`{"day": "3 Nov", "net": 499900, "net_text": "₹4,999.00"}`).
    `says`: the sentence for those who do not see it. Never without rows: show `empty` instead.
    """
    keys = [
        rx.el.span(
            rx.el.i(custom_attrs={"style": {"background": one.color}}),
            one.name,
            class_name="cf-key",
        )
        for one in series
    ]
    toggle = rx.el.label(
        rx.el.input(type="checkbox", class_name="cf-tabletoggle"),
        "Show as table",
        class_name="cf-check cf-sm",
    )
    return card(
        title,
        rx.el.div(
            _bars(rows, series, x, stacked=stacked),
            class_name="cf-chart",
            role="img",
            aria_label=says,
        ),
        _as_table(title, rows, series, x, x_title),
        aside=rx.fragment(*keys, aside if aside is not None else rx.fragment(), toggle),
        class_name="cf-chartcard",
    )


def _bars(rows: Shown, series: Sequence[Series], x: str, *, stacked: bool) -> rx.Component:
    axis: dict[str, Any] = {"axis_line": False, "tick_line": False, "stroke": "var(--slate-11)"}
    stacking: dict[str, Any] = {"stack_id": "one"} if stacked else {}
    exact = rx.Var("((value, name, item) => item.payload[item.dataKey + '_text'] ?? value)")
    return RECHARTS.bar_chart(
        RECHARTS.cartesian_grid(vertical=False, stroke="var(--slate-a4)"),
        RECHARTS.x_axis(data_key=x, interval="preserveStartEnd", min_tick_gap=24, **axis),
        RECHARTS.y_axis(
            width=56,
            tick_count=5,
            allow_decimals=False,
            tick_formatter=(
                "(v) => new Intl.NumberFormat('en', "
                "{notation: 'compact', maximumFractionDigits: 1}).format(v)"
            ),
            **axis,
        ),
        RECHARTS.graphing_tooltip(
            is_animation_active=False,
            cursor={"fill": "var(--slate-a3)"},
            content_style=TOOLTIP,
            label_style={"color": "var(--slate-11)"},
            item_style={"color": "var(--slate-12)", "padding": "0"},
            separator="  ",
            custom_attrs={"formatter": exact},
        ),
        *[
            RECHARTS.bar(
                data_key=one.key,
                name=one.name,
                fill=one.color,
                is_animation_active=False,
                max_bar_size=40,
                **stacking,
            )
            for one in series
        ],
        data=rows,
        bar_category_gap="24%",
        width="100%",
        height="100%",
        margin={"top": 4, "right": 4, "bottom": 0, "left": 0},
    )


def _as_table(
    title: str, rows: Shown, series: Sequence[Series], x: str, x_title: str
) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(title, class_name="cf-sr"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(x_title, scope="col"),
                    *[rx.el.th(one.name, scope="col", class_name="r") for one in series],
                )
            ),
            rx.el.tbody(
                rx.foreach(
                    rows,
                    lambda row: rx.el.tr(
                        rx.el.td(row[x]),
                        *[rx.el.td(row[f"{one.key}_text"], class_name="r") for one in series],
                    ),
                )
            ),
            class_name="cf-table",
        ),
        class_name="cf-scroll",
        tab_index=0,
        role="region",
        aria_label=f"{title}, table",
    )
