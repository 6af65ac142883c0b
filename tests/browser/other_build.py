"""The app as another build of it would say it is; for uvicorn (`--factory`)."""

from typing import Any

from courseflow_admin.courseflow_admin import asgi_app


def app() -> Any:
    return asgi_app(build="another-one")
