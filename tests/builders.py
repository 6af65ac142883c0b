"""What tests are about: `await an_account(role="admin")`, and what is stored afterwards."""

from typing import Any

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.services.identity import accounts

PASSWORD = "correct horse battery"


async def an_account(
    email: str = "ada@demo.test", role: str = "student", name: str = "Ada Lovelace"
) -> Account:
    return await accounts.create(SYSTEM, email=email, name=name, role=role, password=PASSWORD)


def acting(account: Account) -> Actor:
    """The actor this account would be after signing in."""
    verified = account.verified_at is not None
    return Actor(account.id, account.role, account.name, account.email, verified=verified)


async def stored(name: str, **where: Any) -> list[dict[str, Any]]:
    """The documents of a collection, by id."""
    return await collection(name).find(where, sort=[("_id", 1)])


async def audited() -> list[tuple[str, str]]:
    """Every audited act with its object, in order."""
    return [(row["act"], row["object_id"]) for row in await stored("audit")]
