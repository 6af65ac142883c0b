"""The webhook inbox: verified on the raw body, kept, answered at once; handled by the worker.

A webhook is only a hint. It is kept together with its job, so that the worker takes it whatever
happens to us; if the worker dies while it handles one, the job is due again after its lease.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from loguru import logger

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import webhooks as webhooks_db
from courseflow_admin.db.money import webhooks_search
from courseflow_admin.errors import Conflict, CourseFlowError, NotFound
from courseflow_admin.field_sentences import counted
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.money.gateways import WebhookReference
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.webhooks import (
    WebhookEvent,
    WebhookFilter,
    WebhookRejection,
    WebhookState,
    without_people,
)
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.jobs import Job, Lane
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.providers.signatures import SIGNATURE_HEADERS, WebhookRefused, verify
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.school import audit, jobs, limits
from courseflow_admin.services.school.jobs import Handler, RetryLater

KEPT_HEADERS = ("content-type", "user-agent", "x-razorpay-event-id", "svix-id", "svix-timestamp")
EVIDENCE = 4096  # of a refused body
REFUSALS, REFUSALS_SECONDS = 60, 60
KIND = "webhook-event"


class SignatureWrong(CourseFlowError):
    status = 400
    code = "signature_wrong"

    def __init__(self, reason: str) -> None:
        super().__init__(f"This delivery was rejected: {reason}.")


async def receive(provider: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    """Verify and keep one delivery; False when it is already here.

    SignatureWrong when anything is wrong with it (kept as evidence, nothing else changed);
    NotFound when the provider is off; TooMany when one address sends wrong ones without end.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        verified = verify(provider, raw, lower)
    except WebhookRefused as error:
        await limits.count("webhook-refused", client_ip.get() or "?", REFUSALS, REFUSALS_SECONDS)
        await _keep_refused(provider, raw, lower, error)
        raise SignatureWrong(error.reason) from error
    instant = clock.business()
    kept = (*KEPT_HEADERS, SIGNATURE_HEADERS[provider])
    event = WebhookEvent(
        _id=new_id("whe"),
        provider=provider,
        event_id=verified.event_id,
        body_hash=hashlib.sha256(raw).hexdigest(),
        kind=verified.kind,
        raw=raw.decode(),
        headers={name: lower[name][:500] for name in kept if name in lower},
        received_at=instant,
        deliveries=[instant],
    )

    async def keep() -> None:
        await webhooks_db.add(event)
        await _queue(event)

    try:
        await transaction(keep)
    except Duplicate:
        await webhooks_db.note_delivery(event)
        return False
    return True


async def _queue(event: WebhookEvent) -> None:
    """In the lane of the company that is asked about it; Resend is asked nothing."""
    lane: Lane = "stripe" if event.provider == "stripe" else "razorpay"
    await jobs.queue(KIND, event.id, "own" if event.provider == "resend" else lane)


async def _keep_refused(
    provider: str, raw: bytes, headers: Mapping[str, str], error: WebhookRefused
) -> None:
    await webhooks_db.reject(
        WebhookRejection(
            _id=new_id("whr"),
            provider=provider,
            at=clock.business(),
            reason=error.reason,
            received_signature=headers.get(SIGNATURE_HEADERS[provider], "")[:500],
            computed_signature=error.computed,
            skew_seconds=error.skew_seconds,
            body=raw[:EVIDENCE].decode(errors="replace"),
            ip=client_ip.get(),
        )
    )
    logger.warning("webhook.refused", provider=provider, reason=error.reason)


async def search(actor: Actor, wanted: WebhookFilter, request: PageRequest) -> Page[WebhookEvent]:
    """One page of the inbox, newest first."""
    actor.require(Permission.WEBHOOKS_READ)
    return await webhooks_search.search(wanted, request)


async def replay(actor: Actor, event_id: str) -> None:
    """Have an event that was given up handled once more; asked for again, nothing more happens."""
    actor.require(Permission.WEBHOOKS_REPLAY)

    async def body() -> None:
        event = await webhooks_db.find(event_id)
        if event is None:
            raise NotFound("message")
        if event.state is WebhookState.WAITING:
            return
        if not event.raw:
            raise Conflict(
                "The body of this event was deleted after "
                f"{counted(event.body_kept_days or 0, 'day')}, so it can't be retried. "
                "Re-check the payment instead."
            )
        if not await webhooks_db.wait_again(event.id):
            raise Conflict("Only a failed event can be retried. Reload the page to see its status.")
        await _queue(event)
        await audit.record(
            actor, Act.WEBHOOK_REPLAYED, event.id, error=event.error, attempts=event.attempts
        )

    await transaction(body)


async def handle(job: Job) -> None:
    """Handle one event; what is not sure yet is tried again."""
    event = await webhooks_db.find(job.key)
    if event is None or event.state is not WebhookState.WAITING:
        return
    event = event.model_copy(update={"attempts": job.attempts})
    if event.provider == "resend":
        await _email_event(event)
    else:
        await _payment_event(event)


async def _retrying(job: Job, reason: str) -> None:
    await webhooks_db.note_try(job.key, reason, job.attempts)


async def _given_up(job: Job, reason: str) -> None:
    await webhooks_db.finish(job.key, WebhookState.FAILED, reason, job.attempts, clock.business())


HANDLE = Handler(KIND, handle, _retrying, _given_up)


async def _payment_event(event: WebhookEvent) -> None:
    reference = gateway(event.provider).reference(json.loads(event.raw))
    if reference is None:
        await _ignore(event, "Not about a payment.")
        return
    payment = await _find(event.provider, reference)
    if payment is None:
        raise RetryLater("No matching payment found.")
    await webhooks_db.note_object(event.id, payment_id=payment.id)
    also = (reference.provider_payment_id,) if reference.provider_payment_id else ()
    disputes = (reference.dispute_id,) if reference.dispute_id else ()
    result = await sync(payment.id, f"webhook {event.kind}", also=also, disputes=disputes)
    await _finish(event, WebhookState.HANDLED, result)
    await _forget_deleted(event, payment.account_id)


async def _find(provider: str, reference: WebhookReference) -> Payment | None:
    found = await payments_db.find_by_checkout(provider, reference.checkout_id)
    found = found or await payments_db.find_by_provider_payment(
        provider, reference.provider_payment_id
    )
    if found is None and reference.payment_id:
        found = await payments_db.find(reference.payment_id)
    return found if found and found.provider == provider else None


async def _email_event(event: WebhookEvent) -> None:
    body: dict[str, Any] = json.loads(event.raw)
    data = body.get("data")
    facts: dict[str, Any] = data if isinstance(data, dict) else {}
    reason = facts.get("bounce") or facts.get("failed") or facts.get("suppressed") or {}
    detail = str(reason.get("message") or reason.get("reason") or "") if reason else ""
    email = await outbox.record_event(
        event.kind, str(facts.get("email_id", "")), _time(body, event.received_at), detail
    )
    if email is None and event.kind in outbox.EVENT_STATES:
        raise RetryLater("No matching e-mail found.")
    if email is None:
        await _ignore(event, "Not tracked.")
        return
    await webhooks_db.note_object(event.id, payment_id=email.payment_id, email_id=email.id)
    became = f"The e-mail was {event.kind.removeprefix('email.')}."
    await _finish(event, WebhookState.HANDLED, became)
    await _forget_deleted(event, email.account_id)


async def _ignore(event: WebhookEvent, why: str) -> None:
    """No one needs it, so it is kept without what it says of a person."""
    await webhooks_db.replace_raw(event.id, without_people(event.raw))
    await _finish(event, WebhookState.IGNORED, why)


async def _finish(event: WebhookEvent, state: WebhookState, result: str) -> None:
    await webhooks_db.finish(event.id, state, result, event.attempts, clock.business())


async def _forget_deleted(event: WebhookEvent, account_id: str) -> None:
    """What comes when an account is already deleted; what came before `erasure` sees to."""
    account = await accounts_db.find(account_id)
    if account and account.erased_at:
        await webhooks_db.replace_raw(event.id, without_people(event.raw))


async def forget(payment_ids: list[str], email_ids: list[str]) -> None:
    """Leave of the events about these nothing that says who someone is; in the transaction."""
    for event_id, raw in (await webhooks_db.raw_about(payment_ids, email_ids)).items():
        await webhooks_db.replace_raw(event_id, without_people(raw))


def _time(body: Mapping[str, Any], otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(body.get("created_at", "")))
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)
