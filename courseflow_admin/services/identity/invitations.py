"""Invitations: admins ask an address to take a role, and whoever reads its mail takes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.identity import invitations as invitations_db
from courseflow_admin.db.mail import emails as emails_db
from courseflow_admin.errors import Conflict, Invalid, NotFound, NotPermitted
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.accounts import AS_ROLE, ROLES, Account, as_name
from courseflow_admin.models.core.addresses import as_email
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission, raises
from courseflow_admin.models.identity.invitations import LIFETIME, Invitation, InvitationState
from courseflow_admin.models.mail.emails import EmailKind, EmailState, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import accounts, tokens
from courseflow_admin.services.identity.accounts import EmailTaken
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits

SENT_PER_ADMIN = 100  # in one hour
SENT_AGAIN = 5  # in one hour, of one invitation
USES_PER_ADDRESS = 20  # in one minute, from one IP address
ASK = "Ask the person who invited you for a new one."
HOW_ENDED = {
    InvitationState.PENDING: f"This invitation expired on {{day}}. {ASK}",
    InvitationState.ACCEPTED: "This invitation was accepted on {day}. Sign in to continue.",
    InvitationState.REVOKED: f"This invitation was withdrawn on {{day}}. {ASK}",
}
# What whoever holds the link has to do, as they are now.
Way = Literal["sign_up", "sign_in", "accept", "confirm", "switch"]


class InvitationNotGood(Invalid):
    """The same for used, revoked, replaced, expired and made up."""

    code = "invitation_not_good"
    needs_support = True

    def __init__(self) -> None:
        super().__init__(
            "This invitation was used, revoked or has expired. Ask the person who invited you "
            "for a new one.",
            "token",
        )


class InvitationEnded(InvitationNotGood):
    """Only whoever holds the link reads how it ended, and when."""

    code = "invitation_ended"

    def __init__(self, state: InvitationState, at: datetime) -> None:
        super().__init__()
        self.args = (HOW_ENDED[state].format(day=calendar.school().day(at)),)
        self.needs_support = state is not InvitationState.ACCEPTED


class InvitedAlready(Conflict):
    code = "invited_already"

    def __init__(self) -> None:
        super().__init__(
            "This address has already been invited. Resend the invitation or revoke it."
        )


class HasRole(Conflict):
    code = "has_role"

    def __init__(self, account: Account) -> None:
        super().__init__(f"{account.name} is already {AS_ROLE.get(account.role, 'here')}.")


class ForAnotherAddress(NotPermitted):
    code = "another_address"
    needs_support = False

    def __init__(self, email: str) -> None:
        super().__init__(f"This invitation is for {email}. Sign out, then sign in with it.")


class ConfirmFirst(NotPermitted):
    code = "confirm_first"
    needs_support = False

    def __init__(self) -> None:
        super().__init__(
            "Confirm your e-mail address first, using the link we sent you. Then come back here."
        )


@dataclass(frozen=True)
class Sent:
    """An invitation as admins see it: who sent it last, and what became of its e-mail."""

    invitation: Invitation
    inviter: str
    email_state: EmailState | None
    email_id: str

    @property
    def expired(self) -> bool:
        return self.invitation.expires_at <= clock.wall()


@dataclass(frozen=True)
class Invited:
    """What the link says to whoever holds it."""

    email: str
    role: str
    inviter: str
    expires_at: datetime
    way: Way


async def create(actor: Actor, email: str, role: str) -> Invitation:
    """Invite an address to take `role`; refused where it would give nothing."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    if role not in ROLES:
        raise Invalid(f"Choose one of these roles: {', '.join(ROLES)}.", "role")
    try:
        email = as_email(email)
    except ValueError as error:
        raise Invalid(str(error), "email") from error
    await limits.count("invite", actor.id, SENT_PER_ADMIN, seconds=3600)
    at, secret = clock.wall(), tokens.new_token()
    invitation = Invitation.model_validate(
        {
            "_id": new_id("inv"),
            "email": email,
            "role": role,
            "token_hash": tokens.hash_of(secret),
            "invited_by": actor.id,
            "invited_at": at,
            "expires_at": at + LIFETIME,
        }
    )

    async def body() -> None:
        account = await accounts_db.find_by_email(email)
        _require_use(account, role)
        await invitations_db.revoke_expired(email, at)
        await invitations_db.add(invitation)
        await _send(actor, invitation, secret, account)
        await audit.record(actor, Act.INVITATION_SENT, invitation.id, role=role)

    try:
        await transaction(body)
    except Duplicate as error:
        raise InvitedAlready from error
    return invitation


async def resend(actor: Actor, invitation_id: str) -> Invitation:
    """A new link for another seven days; the one before stops working."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    await limits.count("invite-again", invitation_id, SENT_AGAIN, seconds=3600)
    at, secret = clock.wall(), tokens.new_token()

    async def body() -> Invitation:
        invitation = await invitations_db.send_again(
            invitation_id, tokens.hash_of(secret), actor.id, at, at + LIFETIME
        )
        if invitation is None:
            raise NotFound("invitation")
        account = await accounts_db.find_by_email(invitation.email)
        _require_use(account, invitation.role)
        await _send(actor, invitation, secret, account)
        await audit.record(actor, Act.INVITATION_SENT_AGAIN, invitation.id)
        return invitation

    return await transaction(body)


async def revoke(actor: Actor, invitation_id: str) -> None:
    """Take it back: its link stops working. NotFound when it is not pending any more."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    at = clock.wall()

    async def body() -> None:
        if await invitations_db.revoke(invitation_id, at) is None:
            raise NotFound("invitation")
        await audit.record(actor, Act.INVITATION_REVOKED, invitation_id)

    await transaction(body)


async def pending(actor: Actor, request: PageRequest) -> Page[Sent]:
    """Those no one has taken or revoked, newest first."""
    actor.require(Permission.ACCOUNTS_READ)
    page = await invitations_db.pending(request)
    return page.with_rows(await _with_emails(page.rows))


async def get(actor: Actor, invitation_id: str) -> Sent:
    """One that is pending."""
    actor.require(Permission.ACCOUNTS_READ)
    invitation = await invitations_db.find_pending(invitation_id)
    if invitation is None:
        raise NotFound("invitation")
    [sent] = await _with_emails([invitation])
    return sent


# Whoever holds the link


async def look_at(actor: Actor | None, secret: str) -> Invited:
    """What the link is for, and what `actor` has to do; InvitationNotGood when it is over."""
    token_hash = tokens.hash_of(secret)
    invitation = await invitations_db.find_open(token_hash, clock.wall())
    if invitation is None:
        raise await _why_not(token_hash)
    inviter = await _inviter(invitation)
    if actor is not None:
        way: Way = "accept" if actor.verified else "confirm"
        if actor.email != invitation.email:
            way = "switch"
    else:
        known = await accounts_db.find_by_email(invitation.email)
        way = "sign_in" if known else "sign_up"
    return Invited(invitation.email, invitation.role, inviter.name, invitation.expires_at, way)


async def sign_up(secret: str, name: str, password: str) -> Account:
    """Make the invited account: whoever holds the link reads the mail of its address."""
    await limits.count("invitation-use", client_ip.get(), USES_PER_ADDRESS, seconds=60)
    try:
        name = as_name(name)
    except ValueError as error:
        raise Invalid(str(error), "name") from error
    token_hash = tokens.hash_of(secret)
    found = await invitations_db.find_open(token_hash, clock.wall())
    if found is None:
        raise await _why_not(token_hash)
    account = await accounts.new(found.email, name, found.role, password, verified=True)
    actor = Actor(id=account.id, role=account.role, name=account.name, email=account.email)

    async def body() -> None:
        invitation = await _take(token_hash, account.id)
        await accounts_db.add(account)
        await outbox.queue(
            EmailKind.WELCOME,
            to=Recipient.of(account),
            dedupe_key=f"welcome-{account.id}",
            facts={},
        )
        await audit.record(actor, Act.ACCOUNT_SIGNED_UP, account.id, role=account.role)
        await audit.record(actor, Act.INVITATION_ACCEPTED, invitation.id)

    try:
        await transaction(body)
    except Duplicate as error:
        raise EmailTaken from error
    return account


async def accept(actor: Actor, secret: str) -> Account:
    """Take the role with the account that has the invited address; a higher role is kept."""
    actor.require(Permission.ACCOUNT_OWN)
    await limits.count("invitation-use", client_ip.get(), USES_PER_ADDRESS, seconds=60)

    async def body() -> Account:
        invitation = await _take(tokens.hash_of(secret), actor.id)
        account = await accounts_db.find(actor.id)
        if account is None or account.email != invitation.email:
            raise ForAnotherAddress(invitation.email)
        if account.verified_at is None:
            raise ConfirmFirst
        if raises(account.role, invitation.role):
            account = await accounts.give_role(actor, account, invitation.role)
        await audit.record(actor, Act.INVITATION_ACCEPTED, invitation.id, role=invitation.role)
        return account

    return await transaction(body)


async def _take(token_hash: str, account_id: str) -> Invitation:
    invitation = await invitations_db.take(token_hash, account_id, clock.wall())
    if invitation is None:
        raise await _why_not(token_hash)
    inviter = await _inviter(invitation)
    if inviter != SYSTEM and not await accounts_db.hold(inviter.id, inviter.role):
        raise InvitationNotGood
    return invitation


async def _why_not(token_hash: str) -> InvitationNotGood:
    ended = await invitations_db.find_by_link(token_hash)
    if ended is None:
        return InvitationNotGood()
    return InvitationEnded(ended.state, ended.ended_at or ended.expires_at)


async def _inviter(invitation: Invitation) -> Actor:
    """An invitation is worth what its inviter may still do; else it would outlive their office."""
    if invitation.invited_by == SYSTEM.id:
        return SYSTEM
    account = await accounts_db.find(invitation.invited_by)
    if account is None or account.suspended_at or account.erased_at:
        raise InvitationNotGood
    inviter = Actor(id=account.id, role=account.role, name=account.name)
    if not inviter.can(Permission.ACCOUNTS_CHANGE):
        raise InvitationNotGood
    return inviter


def _require_use(account: Account | None, role: str) -> None:
    if account is None:
        return
    if account.suspended_at:
        raise Conflict(f"The account of {account.name} is suspended. Restore it first.")
    if not raises(account.role, role):
        raise HasRole(account)


async def _send(actor: Actor, invitation: Invitation, secret: str, account: Account | None) -> None:
    await outbox.queue(
        EmailKind.INVITATION,
        to=Recipient(
            account.id if account else "", invitation.email, account.name if account else ""
        ),
        dedupe_key=invitation.email_key,
        facts={
            "link": f"{settings().origin}{routes.invitation(secret)}",
            "inviter": actor.name,
            "as_role": AS_ROLE[invitation.role],
        },
    )


async def _with_emails(rows: list[Invitation]) -> list[Sent]:
    mails = {one.dedupe_key: one for one in await emails_db.by_keys([r.email_key for r in rows])}
    names = await accounts_db.names_of({row.invited_by for row in rows})
    return [
        Sent(
            invitation=row,
            inviter=names.get(row.invited_by, SYSTEM.name),
            email_state=mails[row.email_key].state if row.email_key in mails else None,
            email_id=mails[row.email_key].id if row.email_key in mails else "",
        )
        for row in rows
    ]
