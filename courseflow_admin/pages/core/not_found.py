"""Every address that has no page."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.components.feedback import empty
from courseflow_admin.components.forms import link_button
from courseflow_admin.components.layout import bare_page


@rx.page(route="404", title="Not found · CourseFlow")
def not_found() -> rx.Component:
    return bare_page(
        empty(
            "not_found",
            "Page not found",
            "It may have moved, or the link may be incomplete.",
            link_button("Catalog", href=routes.HOME),
            link_button("Overview", href=routes.OVERVIEW, look="primary"),
            level=1,
        )
    )
