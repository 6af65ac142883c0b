"""Who owns a tab: the session of its cookie, looked up before every event and after every wait."""

import asyncio
import hashlib

from starlette.requests import cookie_parser

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.errors import Unavailable
from courseflow_admin.models.core.permissions import Actor, raises
from courseflow_admin.services.identity import sessions
from courseflow_admin.state import edge
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.edge import Tab

LOOKUP_SECONDS = 5


async def bind(tab: Tab, auth: AuthState) -> tuple[Actor | None, str]:
    """The actor of the tab's cookie; a state that belonged to another session is emptied.

    And, in words, as whom else the same session sees since the last event, if it does.
    """
    token = session_token(tab.router.headers.cookie)
    mine = hashlib.sha256(token.encode()).hexdigest() if token else ""
    if auth._bound_to != mine:
        edge.empty(tab)
        auth._bound_to = mine
    actor = await _find(token) if token else None
    if actor is None and auth._actor is not None:  # signed out, suspended or expired
        edge.empty(tab)
        auth._bound_to = mine
    former = auth._actor
    news = _news(former, actor) if former and actor else ""
    if news:
        edge.empty(tab)
        auth._bound_to = mine
    auth._sign_in(actor)
    return actor, news


def session_token(cookie: str) -> str:
    """The session's token in a Cookie header, or nothing; read as the API reads it."""
    return cookie_parser(cookie).get(routes.session_cookie(secure=settings().secure), "")


async def _find(token: str) -> Actor | None:
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            return await sessions.find(token)
    except TimeoutError:
        raise Unavailable from None


def _news(former: Actor, actor: Actor) -> str:
    """What must not stay on screen was shown to `former`: why, or nothing."""
    if eyes(actor) != eyes(former):
        return _whose_eyes(actor)
    if actor.role != former.role and not raises(former.role, actor.role):
        return f"Your role was changed: {ROLE_LABELS.get(actor.role, 'none')}."
    return ""


def eyes(actor: Actor) -> tuple[str, bool]:
    """The account that is viewed, and whether it is someone else's view."""
    return actor.id, actor.viewer is not None


def _whose_eyes(actor: Actor) -> str:
    if actor.viewer:
        return f"You are now viewing as {actor.name}."
    return "View-as ended."
