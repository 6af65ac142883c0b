"""The HTTP API: all routers under one application, which Reflex is mounted into."""

from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match

from courseflow_admin import routes
from courseflow_admin.api import openapi
from courseflow_admin.api.core import errors
from courseflow_admin.api.core.dependencies import note_client, only_look, single_parameters
from courseflow_admin.api.figures import metrics, prometheus
from courseflow_admin.api.identity import (
    accounts,
    auth,
    invitations,
    links,
    me,
    people,
    second_factor,
    view_as,
)
from courseflow_admin.api.mail import emails
from courseflow_admin.api.money import access, checkout, payments, webhooks
from courseflow_admin.api.school import audit, health, school
from courseflow_admin.api.teaching import catalog, courses, enrollments

ROUTERS = (
    access.router,
    accounts.router,
    audit.router,
    auth.router,
    catalog.router,
    checkout.router,
    courses.router,
    emails.router,
    enrollments.router,
    health.router,
    invitations.router,
    links.router,
    me.router,
    metrics.router,
    payments.router,
    people.router,
    school.router,
    second_factor.router,
    view_as.router,
    webhooks.events,
    webhooks.router,
)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_api() -> FastAPI:
    """A new application. It has no lifespan: mounted, that would never run."""
    app = FastAPI(
        title="CourseFlow",
        version="1",
        openapi_url=f"{routes.API}/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere, which our CSP refuses
        redoc_url=None,
        dependencies=[Depends(note_client), Depends(single_parameters), Depends(only_look)],
    )
    errors.install(app)
    openapi.describe(app)
    for router in ROUTERS:
        app.include_router(router)

    app.add_api_route(routes.METRICS, prometheus.metrics, include_in_schema=False)

    # Last of all, or an unknown address of the API would be answered with a page.
    @app.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    async def unknown(request: Request) -> None:
        matches = [route.matches(request.scope)[0] for route in app.router.routes[:-1]]
        if Match.PARTIAL in matches:
            raise HTTPException(405, "This method is not allowed here.")
        raise HTTPException(404, "This API has no such endpoint.")

    return app
