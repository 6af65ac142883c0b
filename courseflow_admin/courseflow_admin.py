"""The app: pages, socket, API and database put together into one ASGI application."""

import reflex as rx
from loguru import logger

from courseflow_admin import pages as all_pages
from courseflow_admin import routes
from courseflow_admin.state.events import log_unexpected

__all__ = ["all_pages", "app"]


def _backend_fault(exception: Exception) -> None:
    """One line and no toast: what a handler raises is told by `@event`, this is the rest."""
    log_unexpected(exception)


def _frontend_fault(exception: Exception) -> None:
    logger.warning("browser.fault", text=" ".join(str(exception).split())[:500])


app = rx.App(
    stylesheets=["/courseflow.css"],
    head_components=[
        rx.el.link(rel="stylesheet", href=routes.SCHOOL_CSS),
        rx.el.meta(name="color-scheme", content="light dark"),
    ],
    html_lang="en",
    # Reflex's own toasts and banners need eval; ours are in components/layout.
    toaster=None,
    backend_exception_handler=_backend_fault,
    frontend_exception_handler=_frontend_fault,
)
app.app_wraps.pop((5, "Overlay"), None)
