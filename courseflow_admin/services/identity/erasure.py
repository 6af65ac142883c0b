"""Deleting one's own account: who it was is forgotten, what was bought and done stays."""

from datetime import timedelta

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.identity import invitations as invitations_db
from courseflow_admin.db.identity import known_devices as known_devices_db
from courseflow_admin.db.identity import own_account
from courseflow_admin.db.identity import second_factors as second_factors_db
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.errors import Conflict, NotSignedIn
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import DELETED_NAME, Account
from courseflow_admin.models.core.permissions import Actor, Permission, role_can
from courseflow_admin.models.identity.sessions import ERASED
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.identity import one_time_links, view_as
from courseflow_admin.services.identity.reauthentication import prove
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import webhooks
from courseflow_admin.services.school import audit

GOODBYE_KEPT = timedelta(days=7)  # the one e-mail that keeps the address, until it surely arrived


class LastAdmin(Conflict):
    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("You are the only admin. Make someone else an admin first.")


class HasCourses(Conflict):
    code = "has_courses"
    needs_support = True

    def __init__(self) -> None:
        super().__init__("You own courses. Give them to another instructor first.")


async def require_possible(actor: Actor) -> None:
    """LastAdmin or HasCourses, as `erase` would say of what is there now; nothing is changed."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    role = actor.role
    if role_can(role, Permission.ACCOUNTS_CHANGE) and await accounts_db.active_with([role]) <= {
        actor.id
    }:
        raise LastAdmin
    if await own_account.owns_courses(actor.id):
        raise HasCourses


async def erase(actor: Actor, password: str) -> None:
    """Delete the actor's account, confirmed by its password.

    Payments, receipts and the audit log stay and name the account's id; sessions end, and every
    copy of name and address and every stored e-mail body is blanked.
    """
    actor.require(Permission.ACCOUNT_PRIVATE)
    await prove(actor, password)
    at = clock.business()

    async def body() -> None:
        account = await accounts_db.find(actor.id)
        if account is None or account.erased_at:
            raise NotSignedIn
        await _require_replaceable(account)
        erased = await own_account.erase(account.id, at)
        if erased is None:
            raise NotSignedIn
        await view_as.follow(erased)
        await sessions_db.end_all(account.id, clock.wall(), ERASED)
        await one_time_links.erase(account.id)
        await invitations_db.forget(account.email, account.id, clock.wall())
        await second_factors_db.remove(account.id)
        await known_devices_db.forget(account.id)
        await own_account.copy_person(account.id, DELETED_NAME, "")
        await own_account.forget_names(account.id)
        await webhooks.forget(*await own_account.payments_and_emails(account.id, account.email))
        await own_account.blank_emails(account.id, account.email, at)
        await outbox.queue(
            EmailKind.ACCOUNT_ERASED,
            to=Recipient.of(account),
            dedupe_key=f"erased-{account.id}",
            facts={},
            erase_at=clock.wall() + GOODBYE_KEPT,
        )
        await audit.record(actor, Act.ACCOUNT_ERASED, account.id)
        await own_account.forget_traces(account.id)  # last: also the entry just written

    await transaction(body)


async def _require_replaceable(account: Account) -> None:
    """Another admin is held, so that of two who delete themselves at once one stays."""
    # By the role: while a second factor is due its permissions are withheld, but not given up.
    if role_can(account.role, Permission.ACCOUNTS_CHANGE) and not await own_account.hold_another(
        account.id, account.role
    ):
        raise LastAdmin
    if await own_account.owns_courses(account.id):
        raise HasCourses
