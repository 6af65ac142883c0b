"""Sessions: who is asking. Browsers hold an opaque cookie, API clients a pair of tokens."""

import dataclasses
from datetime import datetime

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import close_for_writing, own_writes, transaction
from courseflow_admin.db.identity import second_factors as second_factors_db
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.errors import Conflict, NotPermitted, NotSignedIn
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.identity.second_factor import SecondFactorNeeded
from courseflow_admin.models.identity.sessions import (
    ABSOLUTE,
    ACCESS_TOKEN,
    ERASED,
    GRACE,
    IDLE,
    TOUCH_EVERY,
    Session,
    SessionKind,
    TokenPair,
)
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import known_devices, second_factor_rule, tokens, view_as
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits


class Suspended(NotPermitted):
    code = "suspended"

    def __init__(self) -> None:
        super().__init__("This account is suspended.")


class JustRefreshed(Conflict):
    code = "just_refreshed"

    def __init__(self) -> None:
        super().__init__("This refresh token was exchanged a moment ago. Use the newer pair.")


async def find(token: str) -> Actor | None:
    """Whose browser session this is, by one indexed read; None when it is over or was never one."""
    if not _plausible(token):
        return None
    at = clock.wall()
    session = await sessions_db.find_open_by_token(tokens.hash_of(token), "browser", at)
    return await _in_use(session, at) if session else None


async def ended_with_account(token: str) -> bool:
    """Whether this browser session is over because its account was deleted."""
    if not _plausible(token):
        return False
    return await sessions_db.end_reason_of(tokens.hash_of(token)) == ERASED


async def actor_of(access_token: str) -> Actor:
    """Who asks with this access token; NotSignedIn unless token and session are both good."""
    claims = tokens.read_access(access_token)
    at = clock.wall()
    session = await sessions_db.find_open(claims.session_id, at)
    if session is None or session.kind != "api" or session.account_id != claims.account_id:
        raise NotSignedIn
    return await _in_use(session, at)


async def open_browser(
    account: Account,
    *,
    user_agent: str = "",
    ip: str = "",
    device_token: str = "",
    replaced_token: str = "",
    second_factor: bool = False,
) -> str:
    """A new session's token, for the cookie; the session the browser had before ends.

    SecondFactorNeeded when the account has one and the caller does not say that it was proved.
    """
    token = tokens.new_token()
    at = clock.wall()

    async def body() -> None:
        old = tokens.hash_of(replaced_token) if _plausible(replaced_token) else ""
        former = await sessions_db.find_open_by_token(old, "browser", at) if old else None
        if former:
            await view_as.end_of(former, "signed_out")
            await _end(former.actor, at, "replaced")
        made = _made(account, "browser", token, at, user_agent, ip, second_factor)
        await _open(account, made, device_token)

    await transaction(body)
    return token


async def open_api(
    account: Account, *, user_agent: str = "", ip: str = "", second_factor: bool = False
) -> TokenPair:
    """A new session for an API client. Its refresh tokens are `family.turn`; each turn is new.

    SecondFactorNeeded as for `open_browser`.
    """
    family, turn = tokens.new_token(), tokens.new_token()
    at = clock.wall()

    async def body() -> Session:
        made = _made(account, "api", family, at, user_agent, ip, second_factor)
        return await _open(account, made.model_copy(update={"refresh_hash": tokens.hash_of(turn)}))

    session = await transaction(body)
    return _pair(session, family, turn, at)


async def refresh(refresh_token: str, *, ip: str = "") -> TokenPair:
    """Exchange a refresh token for a new pair.

    One that was exchanged before ends its whole family: either the thief or the owner holds the
    newer one, and no one can tell who. Within seconds it is only a client that sent twice.
    """
    await limits.count("refresh", ip, limit=60, seconds=60)
    family, _, turn = refresh_token.partition(".")
    if not (_plausible(family) and _plausible(turn)):
        raise NotSignedIn
    at = clock.wall()
    session = await sessions_db.find_open_by_token(tokens.hash_of(family), "api", at)
    if session is None:
        raise NotSignedIn

    new_turn, turn_hash = tokens.new_token(), tokens.hash_of(turn)
    rotated = await sessions_db.rotate(session, turn_hash, tokens.hash_of(new_turn), at)
    if rotated:
        return _pair(rotated, family, new_turn, at)

    session = await sessions_db.find_open(session.id, clock.wall())
    if session is None:
        raise NotSignedIn
    just_now = session.rotated_at is not None and clock.wall() - session.rotated_at <= GRACE
    if turn_hash == session.previous_hash and just_now:
        raise JustRefreshed
    await _end_family(session)
    raise NotSignedIn


async def end(actor: Actor) -> None:
    """Sign out: end the session the actor is asking from. Ending it twice is no fault."""
    at = clock.wall()
    await view_as.end(actor)

    async def body() -> None:
        await _end(actor.viewer or actor, at, "signed_out")

    with own_writes():
        await transaction(body)


async def end_all(account_id: str, at: datetime, reason: str, *, but_id: str = "") -> int:
    """End an account's sessions, all or but one, in the caller's transaction. How many."""
    await view_as.end_with_sessions(account_id, but_id=but_id)
    if but_id:
        return await sessions_db.end_others(account_id, but_id, at, reason)
    return await sessions_db.end_all(account_id, at, reason)


async def account_changed(account: Account) -> None:
    """Make the next read of each session see it; runs in the transaction of the change."""
    await view_as.follow(account)
    if account.suspended_at or account.erased_at:
        await sessions_db.end_all(account.id, clock.wall(), "suspended")
        await second_factors_db.forget_pending(account.id)
    else:
        await sessions_db.copy_account(account)


def _made(
    account: Account,
    kind: SessionKind,
    token: str,
    at: datetime,
    user_agent: str,
    ip: str,
    second_factor: bool,
) -> Session:
    return Session(
        _id=new_id("ses"),
        kind=kind,
        token_hash=tokens.hash_of(token),
        account_id=account.id,
        second_factor=second_factor,
        created_at=at,
        last_used_at=at,
        expires_at=min(at + IDLE, at + ABSOLUTE),
        user_agent=user_agent[:300],
        ip=ip,
    )


async def _open(account: Account, made: Session, device_token: str = "") -> Session:
    # From the account as it is at this instant: suspended or with another password since it was
    # checked, it must not get a session that nothing would end. The write also makes a sign-in
    # and the switching on of a second factor wait for one another.
    current = await accounts_db.note_sign_in(account, made.created_at)
    if current is None:
        raise NotSignedIn("This account was changed a moment ago. Please sign in again.")
    if not made.second_factor and await second_factors_db.is_on(account.id):
        raise SecondFactorNeeded
    copies = {
        "role": current.role,
        "name": current.name,
        "email": current.email,
        "verified": current.verified_at is not None,
        "zone": current.zone,
    }
    session = made.model_copy(update=copies)
    await sessions_db.add(session)
    is_new = await known_devices.note(session, device_token, first=account.signed_in_at is None)
    facts = {"second_factor": session.second_factor, "new_device": is_new}
    noted = {name: fact for name, fact in facts.items() if fact}
    await audit.record(session.actor, Act.SESSION_OPENED, session.id, kind=session.kind, **noted)
    return session


async def _in_use(session: Session, at: datetime) -> Actor:
    close_for_writing(False)
    if at - session.last_used_at >= TOUCH_EVERY:
        await sessions_db.touch(session, at)
    lacks_it = session.second_factor_asked and not session.second_factor
    if lacks_it and second_factor_rule.concerns(session.role):
        return dataclasses.replace(session.actor, second_factor_due=True)
    if session.viewing and session.viewing.until <= at:
        await view_as.expire(session)
    actor = session.asking(at)
    close_for_writing(actor.viewer is not None)
    return actor


async def _end(actor: Actor, at: datetime, reason: str) -> None:
    if await sessions_db.end(actor.session_id, at, reason):
        await audit.record(actor, Act.SESSION_ENDED, actor.session_id, reason=reason)


async def _end_family(session: Session) -> None:
    async def body() -> None:
        if not await sessions_db.end(session.id, clock.wall(), "reused"):
            return
        await audit.record(session.actor, Act.TOKEN_REUSED, session.id)
        await outbox.queue(
            EmailKind.TOKEN_REUSE,
            to=Recipient(session.account_id, session.email, session.name),
            dedupe_key=f"token-reuse-{session.id}",
            facts={},
        )

    await transaction(body)


def _pair(session: Session, family: str, turn: str, at: datetime) -> TokenPair:
    return TokenPair(
        access_token=tokens.sign_access(session, at),
        refresh_token=f"{family}.{turn}",
        expires_in=int(ACCESS_TOKEN.total_seconds()),
    )


def _plausible(token: str) -> bool:
    return 40 <= len(token) <= 64 and token.isascii()
