"""`/metrics` for Prometheus: for this machine or with the token; to others it is not there."""

import hmac

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from courseflow_admin import measures
from courseflow_admin.api.core.dependencies import bearer_token
from courseflow_admin.config import LOOPBACK, settings
from courseflow_admin.errors import NotFound
from courseflow_admin.services.figures import monitoring

# Any of these: a proxy stands between, and whoever asked is not on this machine.
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


async def metrics(request: Request) -> Response:
    if not _may_read(request):
        raise NotFound
    return Response(
        await monitoring.exposition(),
        headers={"cache-control": "no-store"},
        media_type=measures.CONTENT_TYPE,
    )


def _may_read(connection: HTTPConnection) -> bool:
    token = settings().metrics_token
    given = bearer_token(connection)
    if given is not None:
        return token is not None and hmac.compare_digest(
            given.encode(), token.get_secret_value().encode()
        )
    peer = connection.client.host if connection.client else ""
    return peer in LOOPBACK and not any(name in connection.headers for name in FORWARDED)
