"""The second half of signing in, where an account has a second factor.

Between the halves a browser holds a token that says its password was right. It opens nothing, is
good once and for five minutes, and ends with the password it was made for.
"""

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.identity import second_factors as second_factors_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.identity.second_factor import (
    SIGN_IN_WITHIN,
    CodeRefused,
    PendingSignIn,
    SignInOver,
    WrongCode,
)
from courseflow_admin.models.identity.sessions import TokenPair
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import second_factor, sessions, tokens
from courseflow_admin.services.identity.verification import acting_as
from courseflow_admin.services.school import audit


async def ask_for_code(account: Account) -> str:
    """The token for the browser whose password was right."""
    token, at = tokens.new_token(), clock.wall()
    pending = PendingSignIn(
        _id=new_id("psi"),
        token_hash=tokens.hash_of(token),
        account_id=account.id,
        password_mark=tokens.hash_of(account.password_hash),
        created_at=at,
        expires_at=at + SIGN_IN_WITHIN,
    )

    async def body() -> None:
        await second_factors_db.add_pending(pending)
        await audit.record(acting_as(account), Act.SESSION_CODE_ASKED, account.id)

    await transaction(body)
    return token


async def open_browser(
    token: str,
    code: str,
    *,
    user_agent: str = "",
    ip: str = "",
    device_token: str = "",
    replaced_token: str = "",
) -> str:
    """A new session's token for the token of `ask_for_code` and a code; CodeRefused if wrong."""
    pending = await second_factors_db.find_pending(tokens.hash_of(token), clock.wall())
    account = await accounts_db.find(pending.account_id) if pending else None
    if pending is None or account is None or not _still_good(pending, account):
        raise SignInOver

    async def body() -> str:
        if not await second_factors_db.take_pending(pending):
            raise SignInOver
        await second_factor.use(acting_as(account), account, code, at_sign_in=True)
        return await sessions.open_browser(
            account,
            user_agent=user_agent,
            ip=ip,
            device_token=device_token,
            replaced_token=replaced_token,
            second_factor=True,
        )

    try:
        return await second_factor.within_limits(acting_as(account), body)
    except WrongCode as error:
        raise CodeRefused from error


async def open_api(account: Account, code: str, *, user_agent: str = "", ip: str = "") -> TokenPair:
    """A session for an API client whose password was right; `code` where a second factor is on."""
    if not code or not await second_factors_db.is_on(account.id):
        return await sessions.open_api(account, user_agent=user_agent, ip=ip)

    async def body() -> TokenPair:
        await second_factor.use(acting_as(account), account, code, at_sign_in=True)
        return await sessions.open_api(account, user_agent=user_agent, ip=ip, second_factor=True)

    try:
        return await second_factor.within_limits(acting_as(account), body)
    except WrongCode as error:
        raise CodeRefused from error


def _still_good(pending: PendingSignIn, account: Account) -> bool:
    same_password = pending.password_mark == tokens.hash_of(account.password_hash)
    return same_password and not account.suspended_at and not account.erased_at
