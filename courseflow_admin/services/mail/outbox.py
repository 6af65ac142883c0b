"""E-mails: queued with the fact they report, sent by the worker, moved by the provider's events."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import css_inline
import jinja2
from loguru import logger

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.mail import emails as emails_db
from courseflow_admin.errors import KeyRefused, NotFound, ProviderRefused
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.mail.emails import (
    SUBJECTS,
    Email,
    EmailEvent,
    EmailKind,
    EmailState,
    Recipient,
)
from courseflow_admin.models.money.webhooks import without_addresses
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.models.school.settings import Logo, SchoolSettings
from courseflow_admin.providers.resend import Message, sender
from courseflow_admin.services.school import jobs
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school.jobs import Handler, RetryLater

TEMPLATES = Path(__file__).parents[2] / "emails"
LOGO_WIDTH, LOGO_HEIGHT = 160, 40
GIVE_UP_AFTER = timedelta(hours=23)  # Resend keeps an idempotency key for 24 hours
KIND = "email"

# https://resend.com/docs/dashboard/webhooks/event-types
EVENT_STATES = {
    "email.sent": EmailState.SENT,
    "email.delivery_delayed": EmailState.DELAYED,
    "email.delivered": EmailState.DELIVERED,
    "email.bounced": EmailState.BOUNCED,
    "email.failed": EmailState.FAILED,
    "email.suppressed": EmailState.SUPPRESSED,
    "email.complained": EmailState.COMPLAINED,
}


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


async def queue(
    kind: EmailKind,
    *,
    to: Recipient,
    dedupe_key: str,
    facts: Mapping[str, str],
    payment_id: str = "",
    course_id: str = "",
    course_owner_id: str = "",
    erase_at: datetime | None = None,
) -> None:
    """Put one e-mail into the outbox, its content frozen; in the transaction of what it reports.

    `facts` fills the template `emails/{kind}.html` and `.txt` and the subject. The same
    `dedupe_key` (at most 256 characters) a second time queues nothing, nor does what reports on
    an account that is deleted by now.
    """
    if not to.reachable:
        return
    email = compose(kind, to, dedupe_key, facts, await school_settings.get())
    links = {
        "payment_id": payment_id,
        "course_id": course_id,
        "course_owner_id": course_owner_id,
    }
    if await emails_db.add(email.model_copy(update={**links, "erase_at": erase_at})):
        await ask_to_send(email)


async def ask_to_send(email: Email) -> None:
    """Queue its job; one of an e-mail that is not kept costs the same and sends nothing."""
    expires_at = email.queued_at + GIVE_UP_AFTER
    await jobs.queue(KIND, email.id, "resend", expires_at=expires_at)


def compose(
    kind: EmailKind,
    to: Recipient,
    dedupe_key: str,
    facts: Mapping[str, str],
    school: SchoolSettings,
) -> Email:
    """The e-mail as it would go out now."""
    keys = settings()
    known = {
        "school": school.name,
        "support": school.support_email,
        "logo": _logo(school.logo),
        "seller": school,  # for receipts: its lines and its tax number
        "origin": keys.origin,
        "name": to.name,
        "sandbox": "yes" if keys.any_sandbox else "",
        **facts,
    }
    instant = clock.business()
    html = _templates().get_template(f"{kind}.html").render(known)
    return Email(
        _id=new_id("eml"),
        kind=kind,
        dedupe_key=dedupe_key,
        account_id=to.account_id,
        to=to.email,
        to_name=to.name,
        from_name=school.name,
        subject=SUBJECTS[kind].format_map(known),
        html=_inliner().inline(html),
        text=_templates().get_template(f"{kind}.txt").render(known),
        queued_at=instant,
        state_at=instant,
    )


def _logo(logo: Logo | None) -> dict[str, str | int] | None:
    """The picture by its absolute address; mail programs want its size in pixels."""
    if logo is None:
        return None
    width, height = logo.fitted(LOGO_WIDTH, LOGO_HEIGHT)
    address = settings().origin + routes.school_logo(logo.content_hash)
    return {"src": address, "width": width, "height": height}


async def send(job: Job) -> None:
    """Hand one e-mail over to the provider.

    If we die after Resend took it and before we wrote that down, the job is due again after its
    lease; the same idempotency key then gives the same id and sends nothing twice.
    """
    email = await emails_db.find(job.key)
    if email is None or email.provider_id or email.state is EmailState.FAILED:
        return
    message = Message(
        email.to, email.subject, email.html, email.text, email.dedupe_key, email.from_name
    )
    try:
        provider_id = await sender().send(message)
    except NotFound as error:  # what is missing may be set in a minute
        reason = "E-mails are not sent: RESEND_API_KEY is not set."
        raise RetryLater(reason, counted=False) from error
    except KeyRefused:  # not because of this e-mail
        raise
    except ProviderRefused as error:
        reason = without_addresses(error.message)  # it outlives the person's account
        await emails_db.give_up(email.id, reason, job.attempts, clock.business())
        logger.error("email.failed", email=email.id, kind=email.kind, reason=reason)
    else:
        await emails_db.mark_sent(email.id, provider_id, job.attempts, clock.business())
        logger.info("email.sent", email=email.id, kind=email.kind)


async def _retrying(job: Job, reason: str) -> None:
    await emails_db.note_try(job.key, reason, job.attempts)


async def _given_up(job: Job, reason: str) -> None:
    instant = clock.business()
    if job.expires_at and instant > job.expires_at:
        reason = f"Given up after 23 hours: {reason}"
    await emails_db.give_up(job.key, reason, job.attempts, instant)


SEND = Handler(KIND, send, _retrying, _given_up)


async def record_event(kind: str, provider_id: str, at: datetime, detail: str) -> Email | None:
    """What Resend's webhook said about one e-mail; None when we do not know that e-mail."""
    email = await emails_db.find_by_provider_id(provider_id)
    state = EVENT_STATES.get(kind)
    if email is None or state is None:
        return None
    # Whole seconds may be told, and nothing happens to an e-mail before it is sent.
    at = max(at, email.sent_at or email.queued_at)
    await emails_db.add_event(email.id, EmailEvent(at=at, state=state, detail=detail))
    logger.info("email.state", email=email.id, state=state)
    return email
