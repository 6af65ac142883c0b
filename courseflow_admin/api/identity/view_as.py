"""View as over HTTP: begun and ended by the browser's own forms, for the session of its cookie."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, is_form, session_token
from courseflow_admin.api.core.errors import NOT_STORED
from courseflow_admin.api.identity.auth import problem_code
from courseflow_admin.errors import CourseFlowError
from courseflow_admin.services.identity import sessions, view_as

router = APIRouter(prefix=routes.API, tags=["accounts"])


@router.post("/accounts/{account_id}/view-as", status_code=204, responses={303: {}})
async def begin(actor: CurrentActor, account_id: str, request: Request) -> Response:
    """See everything as this person does, read-only, for 30 minutes; it is audited and mailed.

    For the cookie's session only: a program asking with a bearer token is answered 409. The
    browser's form gets 303 to the overview.
    """
    if not is_form(request):
        await view_as.begin(actor, account_id)
        return Response(status_code=204, headers=NOT_STORED)
    try:
        await view_as.begin(actor, account_id)
    except CourseFlowError as error:
        page = routes.with_query(routes.person(account_id), said=problem_code(error))
        return RedirectResponse(page, 303, headers=NOT_STORED)
    return RedirectResponse(routes.OVERVIEW, 303, headers=NOT_STORED)


@router.post("/view-as/end", status_code=204, responses={303: {}})
async def end(request: Request) -> Response:
    """Be oneself again. The browser's form gets 303 to the page of the person viewed."""
    actor = await sessions.find(session_token(request))
    viewed_id = await view_as.end(actor) if actor else ""
    if not is_form(request):
        return Response(status_code=204, headers=NOT_STORED)
    page = routes.person(viewed_id) if viewed_id else routes.OVERVIEW
    return RedirectResponse(page, 303, headers=NOT_STORED)
