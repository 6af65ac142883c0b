"""A forgotten password: a link by e-mail, the same answer for everyone who asks."""

import hashlib
from contextlib import suppress

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.identity import one_time_links as links_db
from courseflow_admin.db.identity import own_account
from courseflow_admin.errors import TooMany
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.addresses import normalized
from courseflow_admin.models.identity.one_time_links import LinkUse
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import one_time_links, password_rules, passwords, sessions
from courseflow_admin.services.identity.accounts import ANONYMOUS
from courseflow_admin.services.identity.one_time_links import SETS_PASSWORD, Link, LinkNotGood
from courseflow_admin.services.identity.verification import acting_as
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits
from courseflow_admin.services.school import settings as school_settings

ASKED_PER_ADDRESS = 20  # in one minute, from one IP address
ASKED_PER_EMAIL = 5  # in one minute
RESETS_THAT_HELP = 3  # in one day, of one account: to those locked out by wrong codes


async def ask(email: str) -> None:
    """Send a link for a new password, if there is such an account.

    No one can tell whether there is: an unknown address and that of a suspended account cost the
    same reads and writes, only that the link belongs to no one and the e-mail goes nowhere.
    """
    email = normalized(email)
    await limits.count("reset-address", client_ip.get(), ASKED_PER_ADDRESS, seconds=60)
    await limits.count("reset-email", email, ASKED_PER_EMAIL, seconds=60)
    account = await accounts_db.find_by_email(email)
    if account is None or account.suspended_at or account.erased_at:
        nobody = f"nobody-{hashlib.sha256(email.encode()).hexdigest()[:26]}"
        asked_of = account.id if account else "acc_unknown"
        await _to_decoy(one_time_links.new(LinkUse.RESET, nobody, ""), asked_of)
    else:
        await _to(account, one_time_links.new(LinkUse.RESET, account.id, account.email))


async def set_new(secret: str, password: str) -> None:
    """Set the password by the link; every session ends, and the account is open to try again."""
    await limits.count("reset-use", client_ip.get(), ASKED_PER_ADDRESS, seconds=60)
    token = await one_time_links.look_at(secret, SETS_PASSWORD)
    account = await accounts_db.find(token.account_id)
    if account is None or account.email != token.email:
        raise LinkNotGood
    await password_rules.require_good(password, name=account.name, email=account.email)
    password_hash = await passwords.hash_of(password)
    at = clock.wall()

    async def body() -> None:
        await one_time_links.take(secret, SETS_PASSWORD)
        # Who reads the mail of this address has proved it.
        verified_at = account.verified_at or at
        changed = await own_account.set_password(
            account.id, account.password_hash, password_hash, verified_at
        )
        if changed is None:
            raise LinkNotGood
        await one_time_links.forget(account.id)
        await sessions.end_all(account.id, at, "password_reset")
        await outbox.queue(
            EmailKind.PASSWORD_CHANGED,
            to=Recipient.of(account),
            dedupe_key=f"password-reset-{token.id}",
            facts={},
        )
        await audit.record(acting_as(account), Act.ACCOUNT_PASSWORD_RESET, account.id)

    await transaction(body)
    for name in ("sign-in-account", "sign-in-everywhere"):
        await limits.forget(name, account.email)
    # Whoever tried codes all day long knew the former password; a few resets a day are enough.
    with suppress(TooMany):
        await limits.count("code-day-again", account.id, RESETS_THAT_HELP, seconds=86_400)
        await limits.forget("code-day", account.id)


async def _to(account: Account, link: Link) -> None:
    async def body() -> None:
        await one_time_links.keep(link)
        await outbox.queue(
            EmailKind.PASSWORD_RESET,
            to=Recipient.of(account),
            dedupe_key=f"reset-{link.row.id}",
            facts={"link": link.address},
        )
        await audit.record(ANONYMOUS, Act.ACCOUNT_RESET_ASKED, account.id)

    await transaction(body)


async def _to_decoy(link: Link, asked_of: str) -> None:
    async def body() -> None:
        await one_time_links.keep(link)
        email = outbox.compose(
            EmailKind.PASSWORD_RESET,
            Recipient("", "", "Nobody"),
            f"reset-{link.row.id}",
            {"link": link.address},
            await school_settings.get(),
        )
        await links_db.add_decoy(email, link.expires_at)
        await outbox.ask_to_send(email)
        await audit.record(ANONYMOUS, Act.ACCOUNT_RESET_ASKED, asked_of)

    await transaction(body)
