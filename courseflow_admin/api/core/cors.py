"""Which other web sites may read the API's answers: those of CORS_ORIGINS, and never by cookie."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courseflow_admin import routes
from courseflow_admin.config import Settings

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
TEN_MINUTES = "600"


def answer_listed(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Let scripts of listed origins read what `app` answers under /api/v1.

    Nothing here says that credentials are allowed, so a browser hands no answer on that was asked
    for with a cookie; and writes by cookie are refused as from any foreign page.
    """
    listed = frozenset(settings.cors_origins)

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{routes.API}/"):
            await app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        origin = asked.get("origin", "")
        if origin not in listed:
            await app(scope, receive, send)
            return

        async def with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["access-control-allow-origin"] = origin
                answer["access-control-expose-headers"] = "Retry-After, X-Request-Id"
                answer.add_vary_header("Origin")
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            await _preflight()(scope, receive, with_origin)
        else:
            await app(scope, receive, with_origin)

    return run


def _preflight() -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": METHODS,
            "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key",
            "access-control-max-age": TEN_MINUTES,
        },
    )
