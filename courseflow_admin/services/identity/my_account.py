"""One's own account: name, password, and where one is signed in."""

from dataclasses import dataclass
from datetime import datetime

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.identity import own_account
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.errors import Conflict, Invalid, NotFound, NotSignedIn
from courseflow_admin.field_sentences import counted
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.accounts import LONGEST_NAME, Account, as_name
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.identity.devices import device_of
from courseflow_admin.models.identity.one_time_links import LinkUse
from courseflow_admin.models.identity.sessions import Session
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import (
    one_time_links,
    password_rules,
    passwords,
    sessions,
    view_as,
)
from courseflow_admin.services.identity.reauthentication import prove
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__("Your account was changed a moment ago. Please try again.")


@dataclass(frozen=True)
class OwnSession:
    """One browser or program that is signed in."""

    id: str
    device: str
    is_program: bool
    ip: str
    signed_in_at: datetime
    last_used_at: datetime
    is_this: bool

    @classmethod
    def of(cls, session: Session, actor: Actor) -> "OwnSession":
        return cls(
            id=session.id,
            device=device_of(session.user_agent),
            is_program=session.kind == "api",
            ip=session.ip,
            signed_in_at=session.created_at,
            last_used_at=session.last_used_at,
            is_this=session.id == actor.session_id,
        )


async def rename(actor: Actor, name: str) -> Account:
    """Change one's own name, also where lists keep a copy of it."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    try:
        name = as_name(name)
    except ValueError as error:
        raise Invalid(str(error), "name") from error
    if len(name) > LONGEST_NAME:
        raise Invalid(f"Use at most {LONGEST_NAME} characters.", "name")

    async def body() -> Account:
        former = await accounts_db.find(actor.id)
        account = await own_account.set_name(actor.id, name)
        if former is None or account is None:
            raise NotSignedIn
        await own_account.copy_person(account.id, account.name, account.email)
        await own_account.copy_author(account.id, account.name)
        await sessions.account_changed(account)
        await audit.record(
            actor,
            Act.ACCOUNT_RENAMED,
            actor.id,
            before={"name": former.name},
            after={"name": account.name},
        )
        return account

    return await transaction(body)


async def choose_zone(actor: Actor, zone: str) -> Account:
    """Change the time zone one sees times in, by its IANA name; "" follows the browser's."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    wanted = calendar.zone_named(zone) if zone else ""

    async def body() -> Account:
        former = await accounts_db.find(actor.id)
        account = await own_account.set_zone(actor.id, wanted)
        if former is None or account is None:
            raise NotSignedIn
        await sessions.account_changed(account)
        await audit.record(
            actor,
            Act.ACCOUNT_ZONE_CHANGED,
            actor.id,
            before={"zone": former.zone},
            after={"zone": account.zone},
        )
        return account

    return await transaction(body)


async def change_password(actor: Actor, current: str, new: str) -> int:
    """Set a new password; all other sessions end. How many that were."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    account = await prove(actor, current)
    await password_rules.require_good(new, name=account.name, email=account.email)
    if passwords.normal(new) == passwords.normal(current):
        raise Invalid("This is already your password. Choose a different one.", "password")
    new_hash, at = await passwords.hash_of(new), clock.wall()

    async def body() -> int:
        changed = await own_account.set_password(
            account.id, account.password_hash, new_hash, account.verified_at
        )
        if changed is None:
            raise ChangedMeanwhile
        ended = await sessions.end_all(actor.id, at, "password_changed", but_id=actor.session_id)
        await one_time_links.forget(account.id, (LinkUse.RESET, LinkUse.CHANGE_EMAIL))
        await outbox.queue(
            EmailKind.PASSWORD_CHANGED,
            to=Recipient.of(account),
            dedupe_key=f"password-changed-{account.id}-{at.timestamp():.3f}",
            facts={},
        )
        await audit.record(actor, Act.ACCOUNT_PASSWORD_CHANGED, actor.id, sessions_ended=ended)
        return ended

    return await transaction(body)


async def my_sessions(actor: Actor) -> list[OwnSession]:
    """Where one is signed in: this session first, then the one last used."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    found = await sessions_db.open_of(actor.id, clock.wall())
    mine = [OwnSession.of(session, actor) for session in found]
    return sorted(mine, key=lambda session: not session.is_this)


async def end_session(actor: Actor, session_id: str) -> None:
    """Sign one of one's own sessions out; NotFound when it is over or someone else's."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    at = clock.wall()

    async def body() -> None:
        session = await sessions_db.find_open(session_id, at)
        if session is None or session.account_id != actor.id:
            raise NotFound("session")
        await view_as.end_of(session, "signed_out")
        await sessions_db.end(session.id, at, "signed_out")
        noted = await audit.record(actor, Act.SESSION_ENDED, session.id, reason="signed_out")
        if session.id != actor.session_id:
            await _tell_signed_out(actor, device_of(session.user_agent), noted)

    await transaction(body)


async def end_other_sessions(actor: Actor) -> int:
    """Sign out everywhere but here. How many sessions that were."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    at = clock.wall()

    async def body() -> int:
        ended = await sessions.end_all(actor.id, at, "signed_out", but_id=actor.session_id)
        noted = await audit.record(
            actor, Act.ACCOUNT_OTHERS_SIGNED_OUT, actor.id, sessions_ended=ended
        )
        if ended:
            where = "another device" if ended == 1 else counted(ended, "other device")
            await _tell_signed_out(actor, where, noted)
        return ended

    return await transaction(body)


async def _tell_signed_out(actor: Actor, where: str, noted: str) -> None:
    """No password is asked for it, so the owner is told who did it and from where."""
    this = await sessions_db.find_open(actor.session_id, clock.wall())
    await outbox.queue(
        EmailKind.SESSIONS_ENDED,
        to=Recipient.of(actor),
        dedupe_key=f"sessions-ended-{noted}",
        facts={
            "where": where,
            "device": device_of(this.user_agent) if this else "unknown",
            "place": client_ip.get() or "unknown",
        },
    )
