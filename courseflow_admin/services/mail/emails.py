"""The e-mail log: who was told what, and its delivery."""

import re
from dataclasses import replace

from courseflow_admin.db.mail import emails as emails_db
from courseflow_admin.db.mail import emails_search
from courseflow_admin.errors import NotFound
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.mail.emails import Email, EmailFilter

# Links that work once (routes.verify, routes.reset, routes.invitation), up to their secret.
ONE_TIME_LINK = re.compile(r"(/(?:verify|reset)\?token=|/invitations/)[^\s\"'<>&]+")
MASKED = r"\1hidden"
EVERY_EMAIL = EmailFilter()


async def search(actor: Actor, wanted: EmailFilter, request: PageRequest) -> Page[Email]:
    """One page of the e-mails the actor may see: all, or those of own courses; without bodies."""
    actor.require(Permission.EMAILS_READ)
    if not actor.can(Permission.EMAILS_READ_ALL):
        wanted = wanted.of_owner(actor.id)
    return await emails_search.search(wanted, request)


async def mine(
    actor: Actor, request: PageRequest, wanted: EmailFilter = EVERY_EMAIL
) -> Page[Email]:
    """What was sent to the actor, newest first; without bodies."""
    actor.require(Permission.ACCOUNT_OWN)
    return await emails_search.search(replace(wanted, account_id=actor.id), request)


async def get(actor: Actor, email_id: str) -> Email:
    """One e-mail as it was sent; NotFound when it is not the actor's to see."""
    email = await emails_db.get(email_id)
    if not _may_see(actor, email):
        raise NotFound("e-mail")
    return _without_secrets(email)


def _may_see(actor: Actor, email: Email) -> bool:
    if actor.can(Permission.EMAILS_READ_ALL):
        return True
    if email.account_id == actor.id and actor.can(Permission.ACCOUNT_OWN):
        return True
    return email.course_owner_id == actor.id and actor.can(Permission.EMAILS_READ)


def _without_secrets(email: Email) -> Email:
    """The e-mail with its one-time links hidden.

    They prove who reads the mailbox, and who has an account with this address need not: someone
    may have signed up with another's address, or sit at a browser that was left open.
    """
    return email.model_copy(
        update={
            "html": ONE_TIME_LINK.sub(MASKED, email.html),
            "text": ONE_TIME_LINK.sub(MASKED, email.text),
        }
    )
