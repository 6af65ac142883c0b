"""Tabs of people who are signed in, as the guard leaves them."""

from typing import Any

from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.state.core.auth import AuthState
from tests.state.conftest import a_tab

ADMIN = Actor("acc_root", "admin", "Rosa Admin", "root@demo.test")
INES = Actor("acc_ines", "instructor", "Ines Weber", "ines@demo.test")
OTTO = Actor("acc_otto", "instructor", "Otto Other", "otto@demo.test")
ADA = Actor("acc_ada", "student", "Ada Lovelace", "ada@demo.test")
BOB = Actor("acc_bob", "student", "Bob Stranger", "bob@demo.test")


async def a_tab_of(actor: Actor | None, path: str) -> Any:
    root = a_tab(path=path)
    (await root.get_state(AuthState))._sign_in(actor)
    return root
