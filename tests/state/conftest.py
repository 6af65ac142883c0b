"""Browser tabs without a browser: a state tree with the cookie its socket would carry."""

from collections.abc import Callable
from typing import Any

import pytest

from courseflow_admin.config import settings
from courseflow_admin.routes import session_cookie
from tests import edge

NOT_PERMITTED = (
    "You don't have permission to do this. Ask an admin of the school. For help, write to "
    "support@demo.test."
)


def a_tab(token: str = "", path: str = "/overview", cookies: str = "") -> Any:
    """The root state of a new tab that shows `path`; `cookies`: of others, before ours."""
    ours = f"{session_cookie(secure=settings().secure)}={token}" if token else ""
    cookie = cookies + ours
    return edge.new_tab(
        headers={"cookie": cookie, "origin": settings().origin, "host": "localhost:3000"},
        pathname=path.partition("?")[0],
        asPath=path,
        ip="127.0.0.1",
        token=edge.TAB,
        session_id="socket",
    )


@pytest.fixture
def tab() -> Callable[..., Any]:
    return a_tab


async def said(root: Any) -> list[tuple[str, str]]:
    """The notices of a tab: tone and text."""
    from courseflow_admin.state.core.notices import NoticesState

    board = await root.get_state(NoticesState)
    return [(notice.tone, notice.text) for notice in board.shown]


async def run(root: Any, state: type, name: str, **arguments: Any) -> list[Any]:
    """Run a handler as Reflex does; what it hands on to the browser."""
    handler = state.event_handlers[name]
    async with edge.held(root, state, handler) as tab:
        return [step async for step in handler.fn(tab, **arguments) if step is not None]
