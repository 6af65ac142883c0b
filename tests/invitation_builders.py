"""For tests of invitations: who sends them, and the secret in their e-mail."""

import re

from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.services.identity import invitations
from tests.builders import acting, an_account, stored

LINK = re.compile(r"/invitations/([\w-]+)")


async def an_inviter() -> Actor:
    return acting(await an_account("admin@demo.test", "admin", "Rosa Admin"))


async def secret_of_newest() -> str:
    """Of the invitation sent last; HTML and text carry the same."""
    email = (await stored("emails", kind="invitation"))[-1]
    [in_text], [in_html] = LINK.findall(email["text"]), LINK.findall(email["html"])
    assert in_text == in_html
    return in_text


async def invited(email: str = "ines@demo.test", role: str = "instructor") -> str:
    """The secret of a link that an admin has sent."""
    await invitations.create(await an_inviter(), email, role)
    return await secret_of_newest()
