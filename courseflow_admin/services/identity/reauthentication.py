"""Asking the password again before what a stolen session must not do."""

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.errors import Invalid, NotSignedIn
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import passwords
from courseflow_admin.services.school import audit, limits

TRIES = 5  # in five minutes


class WrongPassword(Invalid):
    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__(
            "This is not your current password. Try again, or sign out and reset it.",
            "current_password",
        )


async def prove(actor: Actor, password: str) -> Account:
    """The actor's account, if this is its password; WrongPassword otherwise.

    A right password does not help past the limit, or many guesses sent at once would be answered.
    """
    await limits.check("password-again", actor.id, TRIES)
    account = await accounts_db.find(actor.id)
    if account is None or account.erased_at:
        raise NotSignedIn
    if await passwords.matches(password, account.password_hash):
        await limits.check("password-again", actor.id, TRIES)
        return account

    await limits.count("password-again", actor.id, TRIES, seconds=300)

    async def body() -> None:
        await audit.record(actor, Act.SESSION_REFUSED, actor.id)

    await transaction(body)
    raise WrongPassword
