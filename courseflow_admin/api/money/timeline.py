"""The timeline of a payment over HTTP: codes and facts; programs find their own words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from courseflow_admin.services.money.payments import PaymentDetail
from courseflow_admin.services.money.timeline import Attempted, Mailed, Noted, Reported, Step


@dataclass(frozen=True)
class StepView:
    """`what` by `kind`: the act, the outcome, the event's name, the result, the e-mail's state.

    `details` are fewer for whoever may not read every payment.
    """

    at: datetime
    kind: Literal["act", "attempt", "webhook", "sync", "email"]
    what: str
    who: str
    details: dict[str, Any]


def steps(detail: PaymentDetail) -> list[StepView]:
    return [_view(detail.payment.name, step) for step in detail.steps]


def _view(buyer: str, step: Step) -> StepView:
    if isinstance(step, Noted):
        entry = step.entry
        details = {**entry.facts, "request_id": entry.request_id, "ip": entry.ip}
        return StepView(step.at, "act", entry.act.value, entry.actor_name, _given(details))
    if isinstance(step, Attempted):
        attempt = step.attempt
        details = attempt.model_dump(include={"provider_payment_id", "method", "reason"})
        return StepView(step.at, "attempt", attempt.outcome.value, buyer, _given(details))
    if isinstance(step, Reported):
        event = step.event
        kept = {"event_id", "body_hash", "state", "result", "error", "deliveries", "handled_at"}
        details = event.model_dump(include=kept)
        return StepView(step.at, "webhook", event.kind, event.provider, _given(details))
    if isinstance(step, Mailed):
        email = step.email
        details = {"id": email.id, "kind": email.kind, "to": email.to, "subject": email.subject}
        return StepView(step.at, "email", email.state.value, "", details)
    first, *again = step.notes
    details = {"why": first.why, "source": first.source, "again": [note.at for note in again]}
    return StepView(step.at, "sync", first.result, "", _given(details))


def _given(details: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in details.items() if value not in ("", None, [])}
