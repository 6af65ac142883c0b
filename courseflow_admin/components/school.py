"""The school's name and logo: put into the page when it is served, because a build knows neither.

The served page says the name in its `application-name`; what the browser draws reads it there, so
that the first paint, what follows and the tab's title all say the same. The logo is drawn by
/school.css, which stands before the first paint too.
"""

import json

import reflex as rx

from courseflow_admin.components.icons import mark
from courseflow_admin.components.types import Flag, Text
from courseflow_admin.frontend import BUILT_SCHOOL
from courseflow_admin.state import edge
from courseflow_admin.state.core.school import SchoolState

WRITTEN = "CourseFlow"  # what a page's `title=` says where the school's name shall stand
SERVED_NAME = edge.expression(
    "(globalThis.document?.querySelector('meta[name=\"application-name\"]')?.content"
    f" ?? {json.dumps(BUILT_SCHOOL)})"
)
# What was saved in this tab is newer than the page.
NAME = rx.cond(SchoolState.name != "", SchoolState.name, SERVED_NAME).to(str)


def brand() -> rx.Component:
    """Logo, or else the product's mark, and name."""
    return rx.fragment(
        rx.el.span(class_name="cf-logo", aria_hidden="true"),
        mark(),
        rx.el.span(NAME, class_name="cf-brandname cf-trunc"),
    )


def titled(there: Flag, name: Text, otherwise: str) -> Text:
    """A tab's title that names what is on the page, once it is there; the school's name follows."""
    return rx.cond(there, name, otherwise).to(str) + " · "


def name_all_pages() -> None:
    """`Payments · CourseFlow` becomes `Payments · ` and the name of the school."""
    for options in edge.page_options():
        title = options.get("title")
        if isinstance(title, str):
            options["title"] = rx.Var.create(title.removesuffix(WRITTEN)).to(str) + NAME
        elif isinstance(title, rx.Var):  # of `titled`
            options["title"] = title.to(str) + NAME
