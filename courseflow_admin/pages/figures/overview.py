"""The overview: the school for admins, own courses for instructors, one's learning for learners."""

from typing import Any

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.badges import payment_badge
from courseflow_admin.components.cards import card, line, list_card, task
from courseflow_admin.components.charts import Series, bar_chart
from courseflow_admin.components.feedback import bar, empty, error, skeleton_cards
from courseflow_admin.components.filters import chip_link, filters
from courseflow_admin.components.forms import button, link_button
from courseflow_admin.components.icons import ATTENTION, icon_of, text_link, toned_icon
from courseflow_admin.components.layout import page
from courseflow_admin.components.tiles import tile, tiles
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.pages.teaching.my_courses import first, nothing_yet, others
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.figures.overview import (
    Choice,
    LearnerLine,
    OverviewState,
    PaymentLine,
    Task,
    Tile,
)
from courseflow_admin.state.identity.account import AccountState
from courseflow_admin.state.teaching.my_courses import MyCoursesState


@rx.page(route=routes.OVERVIEW, title="Overview · CourseFlow", on_load=OverviewState.load)
def overview() -> rx.Component:
    return page(
        "Overview",
        rx.el.div(
            rx.cond(AuthState.unconfirmed, confirm_address()),
            rx.match(
                OverviewState.view,
                ("school", school()),
                ("teaching", teaching()),
                ("learning", learning()),
                ("error", error(OverviewState.error, OverviewState.load)),
                loading(),
            ),
            class_name="cf-stack",
        ),
        here="Overview",
        actions=[
            rx.cond(
                OverviewState.view == "teaching",
                link_button("Go to your courses", href=routes.STUDIO),
            )
        ],
        permission=Permission.ACCOUNT_OWN,
    )


def confirm_address() -> rx.Component:
    return rx.el.section(
        toned_icon("mail", "blue"),
        rx.el.div(
            rx.el.span("Confirm your e-mail address", class_name="cf-med"),
            rx.el.span(
                "Use the link we sent to ",
                AuthState.email,
                ".",
                class_name="cf-13 cf-mut",
            ),
            class_name="cf-col cf-grow",
        ),
        button("Send new link", size="small", on_click=AccountState.resend),
        class_name="cf-card cf-row cf-pad",
        aria_label="Your e-mail address",
    )


def school() -> rx.Component:
    return rx.el.div(
        needs_a_person(),
        figures(),
        rx.el.div(
            rx.cond(OverviewState.has_chart, revenue(), no_revenue()),
            newest_payments(),
            class_name="cf-two",
        ),
        class_name="cf-stack",
        key="school",
    )


def teaching() -> rx.Component:
    return rx.el.div(
        figures(),
        rx.el.div(
            rx.cond(OverviewState.has_chart, enrolled(), no_enrollments()),
            newest_learners(),
            class_name="cf-two",
        ),
        class_name="cf-stack",
        key="teaching",
    )


def learning() -> rx.Component:
    return rx.el.div(
        rx.match(
            MyCoursesState.view,
            ("rows", rx.fragment(rx.foreach(MyCoursesState.first, first), others())),
            ("empty", nothing_yet()),
            skeleton_cards(2),
        ),
        class_name="cf-stack",
        key="learning",
    )


# What wants a person


def needs_a_person() -> rx.Component:
    return card(
        "Needs attention",
        rx.cond(
            OverviewState.tasks,
            rx.el.ul(rx.foreach(OverviewState.tasks, one_task), class_name="cf-list"),
            rx.el.div(
                toned_icon("done", "green"),
                rx.el.span("All clear: no disputes, reviews, failed webhooks or bounced e-mails."),
                class_name="cf-row cf-pad cf-13",
            ),
        ),
        aside=rx.el.span(OverviewState.tasks_text, class_name="cf-sm cf-mut cf-num"),
    )


def one_task(item: Task) -> rx.Component:
    return task(
        toned_icon(icon_of(item.name, ATTENTION, unknown="problem"), item.tone),
        item.what,
        item.why,
        age=item.age,
        act=link_button(
            item.act, rx.el.span(": ", item.what, class_name="cf-sr"), href=item.href, size="small"
        ),
    )


# Figures


def figures() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            filters(
                rx.foreach(OverviewState.spans, choice),
                rx.foreach(OverviewState.currencies, choice),
            ),
            rx.el.span(
                OverviewState.period, class_name="cf-sm cf-mut cf-num", title=OverviewState.as_of
            ),
            class_name="cf-tools",
        ),
        tiles(rx.foreach(OverviewState.tiles, one_tile)),
    )


def choice(item: Choice) -> rx.Component:
    return chip_link(item.text, href=item.href, on=item.on)


def one_tile(item: Tile) -> rx.Component:
    return tile(
        item.label,
        item.value,
        href=item.href,
        change=item.change,
        tone=item.tone,
        note=item.note,
        as_of=OverviewState.as_of,
    )


def revenue() -> rx.Component:
    return bar_chart(
        OverviewState.chart_title,
        OverviewState.chart,
        [Series("net", "Net"), Series("refunds", "Refunds", "var(--slate-9)")],
        says=OverviewState.chart_says,
    )


def no_revenue() -> rx.Component:
    return card(
        OverviewState.chart_title,
        empty(
            "chart",
            "No payments in this period",
            "Days with payments appear here as bars.",
            link_button("All payments", href=routes.PAYMENTS),
        ),
    )


def enrolled() -> rx.Component:
    return bar_chart(
        OverviewState.chart_title,
        OverviewState.chart,
        [Series("enrolled", "Enrollments")],
        says=OverviewState.chart_says,
    )


def no_enrollments() -> rx.Component:
    return card(
        OverviewState.chart_title,
        empty(
            "learning",
            "No enrollments in this period",
            "Learners who enroll in your courses are counted here.",
            link_button("Go to your courses", href=routes.STUDIO, look="primary"),
        ),
    )


# The newest


def newest_payments() -> rx.Component:
    return newest(
        "Recent payments",
        OverviewState.newest_payments,
        one_payment,
        text_link("All payments", href=routes.PAYMENTS),
        empty("payments", "No payments yet", "Payments appear here as soon as someone pays."),
    )


def one_payment(item: PaymentLine) -> rx.Component:
    return line(
        rx.el.span(item.learner, class_name="cf-13 cf-med cf-trunc"),
        rx.el.span(item.course, class_name="cf-sm cf-mut cf-trunc"),
        href=item.href,
        aside=rx.el.span(
            rx.el.span(item.amount, class_name="cf-13 cf-med cf-num"),
            payment_badge(item.state),
            class_name="cf-col cf-right",
        ),
    )


def newest_learners() -> rx.Component:
    return newest(
        "Recent learners",
        OverviewState.newest_learners,
        one_learner,
        text_link("All learners", href=routes.LEARNERS),
        empty(
            "learners",
            "No learners yet",
            "Publish a course, and new learners appear here.",
            link_button("Go to your courses", href=routes.STUDIO),
        ),
    )


def one_learner(item: LearnerLine) -> rx.Component:
    return line(
        rx.el.span(item.learner, class_name="cf-13 cf-med cf-trunc"),
        rx.el.span(item.course, class_name="cf-sm cf-mut cf-trunc"),
        href=item.href,
        aside=rx.el.span(
            rx.el.span(item.percent, class_name="cf-13 cf-med cf-num"),
            rx.el.span(item.when, class_name="cf-sm cf-mut cf-num", title=item.exact),
            class_name="cf-col cf-right",
        ),
    )


def newest(title: str, items: Any, draw: Any, more: Any, nothing: Any) -> rx.Component:
    return list_card(title, items, draw, none=nothing, aside=rx.el.span(more, class_name="cf-sm"))


# Before the figures are there


def loading() -> rx.Component:
    """As tall as what follows, and wholly replaced by it, so that nothing moves."""
    waiting = [rx.el.li(bar("28px", "28px"), bar("60%"), class_name="cf-task") for _ in range(2)]
    one = rx.el.div(bar("96px"), bar("120px", "20px"), bar("80%"), class_name="cf-tile")
    return rx.el.div(
        card(bar_title(), rx.el.ul(*waiting, class_name="cf-list")),
        tiles(*[one] * 4),
        rx.el.div(
            card(bar_title(), rx.el.div(class_name="cf-chart")),
            card(bar_title(), rx.el.div(class_name="cf-chart")),
            class_name="cf-two",
        ),
        rx.el.span("Loading", class_name="cf-sr"),
        class_name="cf-stack",
        aria_busy="true",
        key="loading",
    )


def bar_title() -> Any:
    return bar("120px")
