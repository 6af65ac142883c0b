"""Accounts: signing up, proving who one is, and what admins do with people."""

from collections.abc import Awaitable, Callable

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, require_transaction, transaction
from courseflow_admin.db.identity import known_devices as known_devices_db
from courseflow_admin.errors import Busy, Conflict, Invalid, NotFound, NotPermitted, NotSignedIn
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.accounts import (
    AS_ROLE,
    LONGEST_REASON,
    MAY,
    PRESENT,
    ROLES,
    STANDINGS,
    Account,
    SignUpForm,
    as_name,
)
from courseflow_admin.models.core.addresses import as_email, normalized
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission
from courseflow_admin.models.identity.known_devices import mark_of_cookie
from courseflow_admin.models.identity.one_time_links import LinkUse
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import one_time_links, password_rules, passwords, sessions
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits

FAILED_PER_ACCOUNT = 5  # in five minutes, of a known browser, and of all others together
FAILED_EVERYWHERE = 20  # of one account in five minutes
FAILED_PER_ADDRESS = 10  # in one minute, from one IP address
SIGN_UPS_PER_ADDRESS = 20  # in one minute
LONGEST_SEARCH = 254  # an e-mail address
ANONYMOUS = Actor(id="nobody", role="")


class EmailTaken(Conflict):
    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("An account with this e-mail address already exists. Sign in instead.")


class WrongCredentials(NotSignedIn):
    """The same for an unknown address and a wrong password."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("Incorrect e-mail address or password. Try again, or reset your password.")


async def sign_up(form: SignUpForm) -> Account | None:
    """Make a learner's account and queue its welcome; None: the address has an account.

    Then nothing changes, as many rows are written in as much time, and an e-mail tells its owner.
    """
    await limits.count("sign-up", client_ip.get(), SIGN_UPS_PER_ADDRESS, seconds=60)
    account = await new(form.email, form.name, "student", form.password.get_secret_value())
    try:
        owner = await accounts_db.find_by_email(form.email)
        if owner is None:
            await _add_learner(account)
            return account
    except Duplicate as error:
        owner = await accounts_db.find_by_email(form.email)
        if "email" not in error.key or owner is None:
            raise  # else: signed up at this very moment
    await _tell_owner(owner)
    return None


async def _add_learner(account: Account) -> None:
    actor = Actor(id=account.id, role=account.role, name=account.name, email=account.email)
    link = one_time_links.new(LinkUse.VERIFY, account.id, account.email)

    async def body() -> None:
        await accounts_db.add(account)
        await one_time_links.keep(link)
        await outbox.queue(
            EmailKind.WELCOME,
            to=Recipient.of(account),
            dedupe_key=f"welcome-{account.id}",
            facts={"link": link.address},
        )
        await audit.record(actor, Act.ACCOUNT_SIGNED_UP, account.id)

    await transaction(body)


async def _tell_owner(owner: Account) -> None:
    """At most once a day; each write stands for one of `_add_learner`."""
    at = clock.business()
    nobody = one_time_links.new(LinkUse.VERIFY, f"nobody-{owner.id}", "")

    async def body() -> None:
        await accounts_db.add_decoy(new_id("acc"), nobody.expires_at)
        await one_time_links.keep(nobody)
        await outbox.queue(
            EmailKind.ACCOUNT_EXISTS,
            to=Recipient.of(owner),
            dedupe_key=f"account-exists-{owner.id}-{calendar.school().date_of(at)}",
            facts={},
        )
        await audit.record(ANONYMOUS, Act.ACCOUNT_SIGN_UP_REPEATED, owner.id)

    await transaction(body)


async def authenticate(email: str, password: str, device_token: str = "") -> Account:
    """The account whose address and password these are; WrongCredentials otherwise.

    An unknown address costs the same time, writes the same rows and reads the same as a wrong
    password. Only failures are counted, but a right password does not help past the limit, or
    many guesses sent at once would all be answered.

    `device_token`: the browser's own. One that has signed in to this account before counts its
    failures separately: whoever only knows the address cannot close its owner's browser.
    """
    email, ip = normalized(email), client_ip.get()
    account = await accounts_db.find_by_email(email)
    tries = await _tries(account, email, device_token)
    await _check_limits(tries, email, ip)
    dearest = await accounts_db.dearest_hash()
    fits = await passwords.matches(password, account.password_hash if account else "", dearest)
    if account is None or not fits:
        await _note_failure(account, tries, email, ip)
        raise WrongCredentials

    await _check_limits(tries, email, ip)
    if account.suspended_at or account.erased_at:
        raise sessions.Suspended
    await limits.forget(*tries)
    if passwords.outdated(account.password_hash):
        return await _rehash(account, password)
    return account


async def create(
    actor: Actor, *, email: str, name: str, role: str, password: str, verified: bool = True
) -> Account:
    """Make an account of any role, without a mail: its address is vouched for by `actor`."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    if role not in ROLES:
        raise Invalid(f"Choose one of these roles: {', '.join(ROLES)}.", "role")
    for field, read, text in (("email", as_email, email), ("name", as_name, name)):
        try:
            read(text)
        except ValueError as error:
            raise Invalid(str(error), field) from error
    email, name = as_email(email), as_name(name)
    account = await new(email, name, role, password, verified=verified)

    async def body() -> None:
        await accounts_db.add(account)
        await audit.record(actor, Act.ACCOUNT_CREATED, account.id, role=role)

    await _unless_taken(body)
    return account


async def get(actor: Actor, account_id: str) -> Account:
    """One's own account; another's is there only for those who may see people."""
    if account_id != actor.id and not actor.can(Permission.ACCOUNTS_READ):
        raise NotFound("person")
    actor.require(Permission.ACCOUNT_OWN)
    account = await accounts_db.find(account_id)
    if account is None:
        raise NotFound("person")
    return account


async def search(
    actor: Actor,
    request: PageRequest,
    *,
    q: str = "",
    email_prefix: str = "",
    role: str = "",
    period: Period | None = None,
    standing: str = "",
) -> Page[Account]:
    """Newest first, those made in `period`; with an e-mail prefix in the order of addresses.

    `q`: each of its words begins one of the name, or it is the beginning of an address (with an
    @ nothing else).
    """
    actor.require(Permission.ACCOUNTS_READ)
    if role and role not in ROLES:
        raise Invalid(f"Choose one of these roles: {', '.join(ROLES)}.", "role")
    known = (*STANDINGS, PRESENT)
    if standing and standing not in known:
        raise Invalid(f"Choose one of these statuses: {', '.join(known)}.", "state")
    prefix, sought = email_prefix.strip(), q.strip()
    if max(len(prefix), len(sought)) > LONGEST_SEARCH:
        raise Invalid(f"Use at most {LONGEST_SEARCH} characters to search.", "q" if q else "email")
    if "@" in sought and not prefix:
        prefix, sought = sought, ""
    return await accounts_db.search(prefix, role, request, period, standing, sought)


async def change_role(actor: Actor, account_id: str, role: str) -> Account:
    """Effective with the next thing the account does."""
    actor.require(Permission.ACCOUNTS_CHANGE)
    if role not in ROLES:
        raise Invalid(f"Choose one of these roles: {', '.join(ROLES)}.", "role")

    async def body() -> Account:
        await _hold_office(actor, account_id)
        former = await accounts_db.find(account_id)
        if former is None:
            raise NotFound("person")
        return await give_role(actor, former, role)

    return await transaction(body)


async def give_role(actor: Actor, former: Account, role: str) -> Account:
    """Change the role of an account, in the transaction of whoever decided that it may."""
    require_transaction()
    account = await accounts_db.set_role(former.id, role)
    if account is None:
        raise NotFound("person")
    await sessions.account_changed(account)
    noted = await audit.record(
        actor,
        Act.ACCOUNT_ROLE_CHANGED,
        account.id,
        before={"role": former.role},
        after={"role": role},
    )
    if former.role != role:
        facts = {"as_role": AS_ROLE[role], "may": MAY[role]}
        await _tell(account, EmailKind.ROLE_CHANGED, noted, facts)
    return account


async def suspend(actor: Actor, account_id: str, reason: str = "") -> Account:
    """Ends every session of the account with the next read, and every way to a new one.

    The reason is in the audit log alone: the person is told that, not why.
    """
    return await _set_suspended(actor, account_id, suspended=True, reason=" ".join(reason.split()))


async def restore(actor: Actor, account_id: str) -> Account:
    """Undo a suspension; the person signs in again."""
    return await _set_suspended(actor, account_id, suspended=False)


async def _set_suspended(
    actor: Actor, account_id: str, *, suspended: bool, reason: str = ""
) -> Account:
    actor.require(Permission.ACCOUNTS_CHANGE)
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use at most {LONGEST_REASON} characters for the reason.", "reason")

    async def body() -> Account:
        await _hold_office(actor, account_id)
        former = await accounts_db.find(account_id)
        account = await accounts_db.set_suspended(
            account_id, clock.business() if suspended else None
        )
        if former is None or account is None:
            raise NotFound("person")
        await sessions.account_changed(account)
        act = Act.ACCOUNT_SUSPENDED if suspended else Act.ACCOUNT_RESTORED
        noted = await audit.record(
            actor,
            act,
            account_id,
            before={"suspended": former.suspended_at is not None},
            after={"suspended": suspended},
            **({"reason": reason} if reason else {}),
        )
        if suspended != (former.suspended_at is not None):
            kind = EmailKind.ACCOUNT_SUSPENDED if suspended else EmailKind.ACCOUNT_RESTORED
            await _tell(account, kind, noted, {})
        return account

    return await transaction(body)


async def _tell(account: Account, kind: EmailKind, noted: str, facts: dict[str, str]) -> None:
    """Say to the person what was done to their account; once for each entry in the log."""
    to = Recipient.of(account)
    await outbox.queue(kind, to=to, dedupe_key=f"{kind}-{noted}", facts=facts)


async def _hold_office(actor: Actor, account_id: str) -> None:
    """No one changes themselves, and two who demote each other at once wait for one another.

    So at least one who may change accounts is always left.
    """
    if actor == SYSTEM:
        return
    if account_id == actor.id:
        raise NotPermitted("You can't change your own role or access. Ask another admin.")
    if not await accounts_db.hold(actor.id, actor.role):
        raise NotPermitted


async def new(
    email: str, name: str, role: str, password: str, *, verified: bool = False
) -> Account:
    """An account that is not stored yet; Invalid when its password is weak."""
    await password_rules.require_good(password, name=name, email=email)
    at = clock.business()
    return Account(
        _id=new_id("acc"),
        email=email,
        name=name,
        role=role,
        password_hash=await passwords.hash_of(password),
        verified_at=at if verified else None,
        created_at=at,
    )


async def _unless_taken(body: Callable[[], Awaitable[None]]) -> None:
    try:
        await transaction(body)
    except Duplicate as error:
        if "email" in error.key:
            raise EmailTaken from error
        raise


async def _tries(account: Account | None, email: str, device_token: str) -> tuple[str, str]:
    """Which counter this try belongs to: of a browser that is known, or of all others together.

    Known by its cookie alone: a look and a network others may have too, and by whose counter is
    full they could tell which addresses have accounts. With a new password it begins at nothing.
    """
    account_id, password_hash = (account.id, account.password_hash) if account else ("", "")
    mark = mark_of_cookie(account_id, device_token)
    if await known_devices_db.any_known(account_id, [mark]):
        return "sign-in-device", f"{mark} {password_hash}"
    return "sign-in-account", email


async def _check_limits(tries: tuple[str, str], email: str, ip: str) -> None:
    await limits.check(*tries, FAILED_PER_ACCOUNT)
    await limits.check("sign-in-everywhere", email, FAILED_EVERYWHERE)
    await limits.check("sign-in-address", ip, FAILED_PER_ADDRESS)


async def _note_failure(
    account: Account | None, tries: tuple[str, str], email: str, ip: str
) -> None:
    await limits.count(*tries, FAILED_PER_ACCOUNT, seconds=300)
    await limits.count("sign-in-everywhere", email, FAILED_EVERYWHERE, seconds=300)
    await limits.count("sign-in-address", ip, FAILED_PER_ADDRESS, seconds=60)

    async def body() -> None:
        await audit.record(ANONYMOUS, Act.SESSION_REFUSED, account.id if account else "acc_unknown")

    await transaction(body)


async def _rehash(account: Account, password: str) -> Account:
    """The cost was changed since: now that the password is known, hash it again, or next time."""
    try:
        new = await passwords.hash_of(password)
    except Busy:
        return account
    if not await accounts_db.replace_hash(account.id, account.password_hash, new):
        raise WrongCredentials  # changed at this very moment
    return account.model_copy(update={"password_hash": new})
