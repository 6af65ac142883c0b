"""View as: an admin sees the product as someone else does, for half an hour, and only looks.

The admin's own session row says whose eyes they use, so that it is decided by the row, survives a
reload and ends with the session. What makes it read-only is one fence: whoever turns a request
into an actor (`services/identity/sessions`) closes the database for writing (`db/core/client`).
"""

from datetime import timedelta

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import own_writes, require_transaction, transaction
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.db.identity import viewing as viewing_db
from courseflow_admin.errors import Conflict, NotFound, NotPermitted
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.permissions import Actor, Permission, raises
from courseflow_admin.models.identity.sessions import Session, Viewing
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits
from courseflow_admin.services.school import settings as school_settings

LASTS = timedelta(minutes=30)
STARTS_AN_HOUR = 30  # in one hour, by one admin


class NotViewable(Conflict):
    code = "not_viewable"


class BrowserOnly(Conflict):
    code = "browser_only"

    def __init__(self) -> None:
        super().__init__(
            "View-as works only in the browser. Sign in there and open the person's page."
        )


def viewable(actor: Actor, account: Account) -> bool:
    """Whether `actor` may view this account: of someone else, in use, and who may do less.

    Another admin's is not: what they see, the actor sees already, and with two admins' names on
    one screen no one could tell afterwards whose eyes it was.
    """
    in_use = account.suspended_at is None and account.erased_at is None
    less = raises(account.role, actor.role)
    may = actor.can(Permission.ACCOUNTS_VIEW_AS) and account.id != actor.id
    return may and in_use and less


async def begin(actor: Actor, account_id: str) -> None:
    """Let the session `actor` asks from see everything as this person does, read-only."""
    actor.require(Permission.ACCOUNTS_VIEW_AS)
    await limits.count("view-as", actor.id, STARTS_AN_HOUR, seconds=3600)
    telling = (await school_settings.get()).tell_about_view_as
    until = clock.wall() + LASTS

    async def body() -> None:
        if not await accounts_db.hold(actor.id, actor.role):
            raise NotPermitted
        account = await accounts_db.find(account_id)
        if account is None:
            raise NotFound("person")
        if not viewable(actor, account):
            raise NotViewable(_why_not(actor, account))
        # Held, so that a suspension or a new role at this moment waits and then ends it.
        if not await accounts_db.hold(account.id, account.role):
            raise NotViewable("This account was changed a moment ago. Please try again.")
        await _end_if_over(actor)
        viewing = Viewing.of(account, until)
        if not await viewing_db.begin(actor.session_id, actor.id, viewing, clock.wall()):
            raise BrowserOnly
        noted = await audit.record(actor, Act.ACCOUNT_VIEW_BEGUN, account_id, until=until)
        if telling:
            await outbox.queue(
                EmailKind.VIEWED_AS,
                to=Recipient.of(account),
                dedupe_key=f"viewed-as-{noted}",
                facts={"viewer": actor.name},
            )

    await transaction(body)


async def end(actor: Actor) -> str:
    """Be oneself again; the id of the account that was viewed. Ending it twice is no fault."""
    viewer = actor.viewer
    if viewer is None:
        return ""

    async def body() -> None:
        if await viewing_db.end(actor.session_id, actor.id):
            await audit.record(viewer, Act.ACCOUNT_VIEW_ENDED, actor.id, reason="ended")

    with own_writes():
        await transaction(body)
    return actor.id


async def expire(session: Session) -> None:
    """Note that the time of a session's view is over; of several at once one notes it."""
    with own_writes():
        await transaction(lambda: end_of(session, "expired"))


async def follow(account: Account) -> None:
    """Let views of a changed account see the change or end; runs in its transaction.

    They end when it is suspended, deleted or has another role. Its own end with its office.
    """
    require_transaction()
    gone = account.suspended_at is not None or account.erased_at is not None
    for session in await viewing_db.of_viewed(account.id):
        if gone or session.viewing is None or session.viewing.role != account.role:
            await end_of(session, "account_changed")
        else:
            fresh = Viewing.of(account, session.viewing.until)
            await viewing_db.replace(session.id, session.viewing, fresh)
    as_now = Actor(id=account.id, role=account.role)
    if gone or not as_now.can(Permission.ACCOUNTS_VIEW_AS):
        for session in await viewing_db.of_viewer(account.id):
            await end_of(session, "office_lost")


async def end_with_sessions(account_id: str, *, but_id: str = "") -> None:
    """Before an account's sessions end, all or but one: whom they viewed, they view no more."""
    for session in await viewing_db.of_viewer(account_id):
        if session.id != but_id:
            await end_of(session, "signed_out")


async def end_of(session: Session, reason: str) -> None:
    """End the view of a session, if it views someone, in the caller's transaction."""
    viewing = session.viewing
    if viewing and await viewing_db.end(session.id, viewing.account_id):
        viewed = viewing.account_id
        await audit.record(session.actor, Act.ACCOUNT_VIEW_ENDED, viewed, reason=reason)


async def _end_if_over(actor: Actor) -> None:
    """The former view of this session, if nothing was asked from it since its time was over."""
    session = await sessions_db.find_open(actor.session_id, clock.wall())
    if session and session.viewing and session.viewing.until <= clock.wall():
        await end_of(session, "expired")


def _why_not(actor: Actor, account: Account) -> str:
    if account.id == actor.id:
        return "This is your own account. Choose another one."
    if account.erased_at:
        return "This account is deleted and can't be viewed."
    if account.suspended_at:
        return f"{account.name} is suspended. Restore the account first."
    return "You can't view as another admin. Their activity is in the audit log."
