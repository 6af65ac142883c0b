"""The app: pages, socket, API and database put together into one ASGI application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import reflex as rx
from loguru import logger
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from courseflow_admin import frontend, pages, routes
from courseflow_admin.api.app import create_api
from courseflow_admin.api.core.dependencies import client_address
from courseflow_admin.api.core.middleware import protect
from courseflow_admin.components import layout
from courseflow_admin.components import school as school_piece
from courseflow_admin.config import settings
from courseflow_admin.db.core import client
from courseflow_admin.errors import SettingsInvalid, Unavailable
from courseflow_admin.logs import redact
from courseflow_admin.models.school.settings import SchoolSettings
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import startup
from courseflow_admin.state import edge
from courseflow_admin.state.core.events import log_unexpected
from courseflow_admin.state.core.guard import Gate, Guard

__all__ = ["app", "asgi_app", "pages"]

PATIENCE_SECONDS = 1  # a page does not wait longer for a name
_last_seen: SchoolSettings | None = None


def _backend_fault(exception: Exception) -> None:
    """One line and no toast: what a handler raises is told by `@event`, this is the rest."""
    log_unexpected(exception)


def _frontend_fault(exception: Exception) -> None:
    logger.warning("browser.fault", text=" ".join(str(exception).split())[:500])


class _Briefly(logging.Filter):
    """What strangers can make these libraries say is one short line, without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage(), 200), ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


app = rx.App(
    stylesheets=["/courseflow.css"],
    head_components=[
        rx.el.link(rel="stylesheet", href=routes.SCHOOL_CSS),
        rx.el.script(src="/side.js"),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="application-name", content=school_piece.SERVED_NAME),
        rx.el.meta(name=layout.BUILD, content=frontend.exported_as()),
    ],
    html_lang="en",
    # Reflex's own toasts and banners need eval; ours are in components/layout.
    toaster=None,
    backend_exception_handler=_backend_fault,
    frontend_exception_handler=_frontend_fault,
)
school_piece.name_all_pages()
edge.without_overlay(app)
_guard = Guard()
app.add_middleware(_guard)
if (_sockets := edge.sockets_of(app)) is not None:
    _sockets.let_in_only(Gate(_sockets).wants)
    _sockets.note_address_by(client_address)
    _sockets.never_reload()


for _name in edge.LOGGERS:
    logging.getLogger(_name).addFilter(_Briefly())
    logging.getLogger(_name).handlers.clear()  # they bring their own, which would say it twice


@asynccontextmanager
async def _database() -> AsyncIterator[None]:
    """Open the connection for the running loop; a database that is away now may come back."""
    uri = settings().mongodb_uri
    if uri is None:
        raise SettingsInvalid(["MONGODB_URI: needed by the web process; `courseflow run` sets it"])
    try:
        await client.connect(uri.get_secret_value(), settings().mongodb_database)
        await startup.follow_clock(settings())
    except Unavailable:
        logger.warning("database.away_at_start")
    async with startup.following_clock(settings()):
        yield
    await client.close()


app.register_lifespan_task(_database)


def asgi_app(build: str = "") -> ASGIApp:
    """Everything on one port, for uvicorn (`--factory`); nothing is compiled here.

    `build`: the id of the screens, by which an open tab sees that it is of another one.
    """
    if edge.trusted_origins() != [settings().origin]:
        # Reflex reads rxconfig.py from the current folder only, and without it trusts everyone.
        raise SettingsInvalid(["Start the web process from the folder that holds rxconfig.py."])
    folder = frontend.require_built()
    _guard.build = build or frontend.build_id()
    edge.serve_what_is_built(frontend.BUILD / "web")

    def share(socket: ASGIApp) -> ASGIApp:
        return _share(socket, folder)

    app.api_transformer = share
    policy = frontend.content_security_policy(settings(), frontend.script_hashes(folder))
    return protect(app(), settings(), policy)


def _share(socket: ASGIApp, folder: Path) -> ASGIApp:
    """Who answers what: the API, the socket, and the built screens for all the rest.

    Reflex's own public addresses (/_upload, /ping, /_health) are among the rest, so 404.
    """
    api = create_api()
    files = frontend.serve_files(folder, edge.files_of(folder, app.router), _school_name)

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] == "websocket":
            try:
                await socket(scope, receive, send)
            except Exception as error:  # noqa: BLE001 - uvicorn would print a traceback for each
                log_unexpected(error, path=path[:200])
        elif path.rstrip("/") == "/_event":
            await socket(scope, receive, send)
        elif path.startswith("/api/") or path == "/metrics":
            await api(scope, receive, send)
        elif answer := await _from_settings(path):
            await answer(scope, receive, send)
        else:
            page = app.router(path)
            if page and page != "404":
                scope["state"]["page"] = f"(page)/{page.strip('/')}"
            await files(scope, receive, send)

    return run


async def _school_name() -> str:
    return (await _school()).name


async def _school() -> SchoolSettings:
    """As it is now; as it was last seen while the database is away, because pages go on."""
    global _last_seen
    with suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            _last_seen = await school_settings.get()
    return _last_seen or school_settings.first()


async def _from_settings(path: str) -> Response | None:
    """What the built pages link to without knowing where it is."""
    if path == routes.SCHOOL_CSS:
        css = frontend.school_css(settings(), await _school())
        return PlainTextResponse(css, headers={"cache-control": "no-cache"}, media_type="text/css")
    stripe, resend = settings().stripe, settings().resend
    if path == "/sandbox/dashboard" and stripe and stripe.mode == "sandbox" and stripe.base_url:
        return RedirectResponse(f"{_root(stripe.base_url)}/", 303)
    if path == "/sandbox/mailbox" and resend and resend.mode == "sandbox":
        return RedirectResponse(f"{_root(resend.base_url)}/mailbox", 303)
    return None


def _root(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
