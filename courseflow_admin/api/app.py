"""The HTTP API: all routers under one application, which Reflex is mounted into."""

from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match

from courseflow_admin import routes
from courseflow_admin.api import (
    access,
    accounts,
    audit,
    auth,
    catalog,
    checkout,
    courses,
    emails,
    enrollments,
    errors,
    health,
    invitations,
    links,
    me,
    metrics,
    openapi,
    payments,
    people,
    school,
    second_factor,
    view_as,
    webhooks,
)
from courseflow_admin.api.dependencies import note_client, only_look, single_parameters

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

    # Last of all, or an unknown address of the API would be answered with a page.
    @app.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    async def unknown(request: Request) -> None:
        matches = [route.matches(request.scope)[0] for route in app.router.routes[:-1]]
        if Match.PARTIAL in matches:
            raise HTTPException(405, "This address does not take this method.")
        raise HTTPException(404, "There is no such address in this API.")

    return app
