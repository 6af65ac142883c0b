"""One's own data: everything we hold about a person, for that person."""

from typing import Any

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.identity import own_data
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.mail.emails import MASKED, ONE_TIME_LINK
from courseflow_admin.services.school import audit, limits
from courseflow_admin.services.school import settings as school_settings

EXPORTS = 5  # in one hour


async def export(actor: Actor) -> dict[str, Any]:
    """By kind of thing; without hashes of secrets and one-time links, because files get about."""
    actor.require(Permission.ACCOUNT_PRIVATE)
    await limits.count("export", actor.id, EXPORTS, seconds=3600)
    at = clock.wall()

    async def body() -> None:
        noted = await audit.record(actor, Act.ACCOUNT_EXPORTED, actor.id)
        await outbox.queue(
            EmailKind.DATA_EXPORTED,
            to=Recipient.of(actor),
            dedupe_key=f"exported-{noted}",
            facts={},
        )

    await transaction(body)
    found = await own_data.of_person(actor.id)
    for email in found["emails"]:
        for part in ("html", "text"):
            email[part] = ONE_TIME_LINK.sub(MASKED, email.get(part, ""))
    return {"school": (await school_settings.get()).name, "made_at": at, **found}
