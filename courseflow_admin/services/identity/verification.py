"""Proving an e-mail address: the one given at sign-up, and a new one."""

from dataclasses import dataclass
from datetime import datetime

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.identity import one_time_links as links_db
from courseflow_admin.db.identity import own_account
from courseflow_admin.errors import Conflict, Invalid, NotFound
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.addresses import as_email
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.identity.one_time_links import LinkUse, OneTimeLink
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import one_time_links, sessions
from courseflow_admin.services.identity.accounts import EmailTaken
from courseflow_admin.services.identity.one_time_links import PROVES_ADDRESS, Link, LinkNotGood
from courseflow_admin.services.identity.reauthentication import prove
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits

LINKS_PER_ACCOUNT = 5  # in one hour
TRIES_PER_ADDRESS = 20  # in one minute, from one IP address


class VerifiedAlready(Conflict):
    code = "verified_already"

    def __init__(self) -> None:
        super().__init__("This e-mail address is already confirmed. No action is needed.")


class NoChangeWaiting(Conflict):
    code = "no_change_waiting"

    def __init__(self) -> None:
        super().__init__("There is no pending change of your e-mail address. Request it again.")


@dataclass(frozen=True)
class ChangeWaiting:
    """The new address, which becomes the account's when the link sent there is used."""

    email: str
    expires_at: datetime


async def resend(actor: Actor) -> None:
    """Another link to confirm the address of one's own account; the one before stops working."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    await limits.count("verify-account", actor.id, LINKS_PER_ACCOUNT, seconds=3600)
    account = await accounts_db.find(actor.id)
    if account is None:
        raise VerifiedAlready
    await _send(actor, account)


async def resend_to(actor: Actor, account_id: str) -> Account:
    """The same for someone else, who asked the school for it; to the address of the account."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    account = await accounts_db.find(account_id)
    if account is None or account.erased_at:
        raise NotFound("person")
    await limits.count("verify-account", account_id, LINKS_PER_ACCOUNT, seconds=3600)
    if account.suspended_at:
        raise Conflict("This account is suspended. Restore it first.")
    await _send(actor, account)
    return account


async def _send(actor: Actor, account: Account) -> None:
    if account.verified_at:
        raise VerifiedAlready
    link = one_time_links.new(LinkUse.VERIFY, account.id, account.email)

    async def body() -> None:
        if not await one_time_links.keep_once(link):
            return
        await outbox.queue(
            EmailKind.VERIFY_EMAIL,
            to=Recipient.of(account),
            dedupe_key=f"verify-{link.row.id}",
            facts={"link": link.address},
        )
        await audit.record(actor, Act.ACCOUNT_VERIFICATION_SENT, account.id)

    await transaction(body)


async def ask_for_new_email(actor: Actor, email: str, password: str) -> None:
    """Send a link to the new address, and tell the old one; nothing changes before it is used.

    Whether another account has that address is not said here, but to whoever holds the link.
    """
    actor.require(Permission.ACCOUNT_PRIVATE)
    try:
        email = as_email(email)
    except ValueError as error:
        raise Invalid(str(error), "email") from error
    await limits.count("change-email", actor.id, LINKS_PER_ACCOUNT, seconds=3600)
    account = await prove(actor, password)
    if email == account.email:
        raise Invalid("This is already your e-mail address.", "email")
    link = one_time_links.new(LinkUse.CHANGE_EMAIL, account.id, email)

    async def body() -> None:
        if not await one_time_links.keep_once(link):
            return
        await _send_change(account, link)
        await outbox.queue(
            EmailKind.EMAIL_CHANGE_ASKED,
            to=Recipient.of(account),
            dedupe_key=f"change-email-asked-{link.row.id}",
            facts={},
        )
        await audit.record(actor, Act.ACCOUNT_EMAIL_CHANGE_ASKED, actor.id)

    await transaction(body)


async def change_waiting(actor: Actor) -> ChangeWaiting | None:
    """The new address that was asked for, while its link works."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    token = await links_db.find_open_of(actor.id, LinkUse.CHANGE_EMAIL, clock.wall())
    return ChangeWaiting(token.email, token.expires_at) if token else None


async def send_change_again(actor: Actor) -> str:
    """Another link to the new address, which is said; the one before stops working.

    The password was asked for the address, and the old one was told; so neither is done again.
    """
    actor.require(Permission.ACCOUNT_PRIVATE)
    await limits.count("change-email", actor.id, LINKS_PER_ACCOUNT, seconds=3600)

    async def body() -> str:
        account, waiting = await accounts_db.find(actor.id), await change_waiting(actor)
        if account is None or waiting is None:
            raise NoChangeWaiting
        link = one_time_links.new(LinkUse.CHANGE_EMAIL, account.id, waiting.email)
        if await one_time_links.keep_once(link):
            await _send_change(account, link)
            await audit.record(actor, Act.ACCOUNT_EMAIL_CHANGE_SENT_AGAIN, actor.id)
        return waiting.email

    return await transaction(body)


async def cancel_change(actor: Actor) -> None:
    """The link to the new address stops working. Cancelling what is over is no fault."""
    actor.require(Permission.ACCOUNT_PRIVATE)

    async def body() -> None:
        if await change_waiting(actor) is None:
            return
        await one_time_links.forget(actor.id, (LinkUse.CHANGE_EMAIL,))
        await audit.record(actor, Act.ACCOUNT_EMAIL_CHANGE_CANCELLED, actor.id)

    await transaction(body)


async def _send_change(account: Account, link: Link) -> None:
    await outbox.queue(
        EmailKind.EMAIL_CHANGE,
        to=Recipient(account.id, link.row.email, account.name),
        dedupe_key=f"change-email-{link.row.id}",
        facts={"link": link.address},
    )


async def confirm(secret: str) -> LinkUse:
    """Use the link of an e-mail: its address is proved. Says which of the two links it was."""
    await limits.count("verify-address", client_ip.get(), TRIES_PER_ADDRESS, seconds=60)

    async def body() -> LinkUse:
        token = await one_time_links.take(secret, PROVES_ADDRESS)
        if token.use is LinkUse.VERIFY:
            await _verify(token)
        else:
            await _change_email(token)
        return token.use

    try:
        return await transaction(body)
    except Duplicate as error:
        raise EmailTaken from error


async def _verify(token: OneTimeLink) -> None:
    account = await own_account.verify(token.account_id, token.email, clock.business())
    if account is None:
        raise LinkNotGood
    await sessions.account_changed(account)
    await audit.record(acting_as(account), Act.ACCOUNT_VERIFIED, account.id)


async def _change_email(token: OneTimeLink) -> None:
    former = await accounts_db.find(token.account_id)
    account = await own_account.set_email(token.account_id, token.email, clock.business())
    if former is None or account is None:
        raise LinkNotGood
    await own_account.copy_person(account.id, account.name, account.email)
    await sessions.account_changed(account)
    await one_time_links.forget(account.id)  # sent to the former address
    await outbox.queue(
        EmailKind.EMAIL_CHANGED,
        to=Recipient(account.id, former.email, account.name),
        dedupe_key=f"email-changed-{token.id}",
        facts={},
    )
    await audit.record(acting_as(account), Act.ACCOUNT_EMAIL_CHANGED, account.id)


def acting_as(account: Account) -> Actor:
    """Whoever holds a link that was sent to them acts as that account, for this one act."""
    return Actor(id=account.id, role=account.role, name=account.name, email=account.email)
