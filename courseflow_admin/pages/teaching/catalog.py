"""The catalog: everything on sale."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components import feedback
from courseflow_admin.components.badges import badge
from courseflow_admin.components.cards import cover
from courseflow_admin.components.filters import chip_menu
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.icons import link
from courseflow_admin.components.js.search_box import search_box
from courseflow_admin.components.list_page import grid_page, nothing
from courseflow_admin.components.policies import policy_links_below
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.teaching.catalog import (
    KNOWN_CATEGORIES,
    KNOWN_LEVELS,
    CatalogCard,
    CatalogState,
)


@rx.page(route=routes.HOME, title="Catalog · CourseFlow", on_load=CatalogState.load)
def catalog() -> rx.Component:
    return grid_page(
        "Catalog",
        CatalogState,
        card,
        skeleton,
        search=search_box("Search courses", "Search courses"),
        chips=(
            chip_menu("Category", CatalogState.category, "category", KNOWN_CATEGORIES),
            chip_menu("Level", CatalogState.level, "level", KNOWN_LEVELS),
        ),
        count=rx.el.span(
            CatalogState.count_text, class_name="cf-13 cf-mut cf-end cf-num", role="status"
        ),
        none=rx.cond(
            CatalogState.filtered,
            nothing(
                CatalogState,
                "not_found",
                "No courses found",
                "Remove a filter or try another search.",
                "Show all courses",
                routes.HOME,
            ),
            nothing_yet(),
        ),
        below=[policy_links_below(CatalogState.view)],
        here="Catalog",
        path=[("Learning", "")],
    )


def card(course: CatalogCard) -> rx.Component:
    return rx.el.li(
        rx.el.article(
            cover(course.cover),
            rx.el.div(
                rx.el.h2(
                    link(course.title, href=course.href, class_name="cf-stretchlink"),
                    class_name="cf-h2",
                    dir="auto",
                ),
                rx.el.span(course.who, class_name="cf-13 cf-mut"),
                class_name="cf-col",
            ),
            rx.el.div(
                rx.cond(
                    course.owned,
                    badge("green", "Enrolled"),
                    rx.el.span(course.price, class_name="cf-med cf-num"),
                ),
                rx.el.span(
                    rx.cond(course.new & ~course.owned, badge("blue", "New")),
                    rx.el.span(course.size, class_name="cf-sm cf-mut cf-num"),
                    class_name="cf-row cf-end",
                ),
                class_name="cf-row cf-coursefoot",
            ),
            class_name="cf-course",
        )
    )


def skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="cf-thumb cf-blank"),
        feedback.bar("70%", "14px"),
        feedback.bar("40%"),
        feedback.bar("55%"),
        class_name="cf-course",
        aria_hidden="true",
    )


def nothing_yet() -> rx.Component:
    may_teach = rx.Var.create(AuthState.permissions).contains(Permission.COURSES_EDIT.value)
    return feedback.empty(
        "catalog",
        "No courses on sale yet",
        "Published courses appear here.",
        rx.cond(may_teach, link_button("Open studio", href=routes.STUDIO, look="primary")),
    )
