"""For tests of view as: an admin's browser, and who asks with it."""

from courseflow_admin.db.core.client import close_for_writing
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.services.identity import sessions, view_as
from tests.builders import an_account

MAYA = {"email": "maya@demo.test", "name": "Maya Rao"}


async def rosa() -> tuple[str, Actor]:
    """An admin's browser: the token of its cookie, and who asks with it."""
    account = await an_account("rosa@demo.test", "admin", "Rosa Admin")
    token = await sessions.open_browser(account)
    return token, await asking(token)


async def asking(token: str) -> Actor:
    actor = await sessions.find(token)
    assert actor is not None
    close_for_writing(False)  # the test itself is nobody's request
    return actor


async def viewing(**of) -> tuple[str, Actor, Actor]:
    """Token, the admin, and who asks now: the admin as Maya."""
    maya = await an_account(**{**MAYA, **of})
    token, admin = await rosa()
    await view_as.begin(admin, maya.id)
    return token, admin, await asking(token)
