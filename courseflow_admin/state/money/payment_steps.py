"""The timeline of a payment in words."""

from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.mail.emails import Email, EmailState
from courseflow_admin.models.money.payment_parts import Attempt, Capture, SyncNote
from courseflow_admin.models.money.payments import Payment, method_text
from courseflow_admin.models.money.webhooks import WebhookEvent
from courseflow_admin.models.school.audit import Act, AuditEntry
from courseflow_admin.services.money.payments import PaymentDetail
from courseflow_admin.services.money.timeline import Attempted, Mailed, Noted, Reported, Step
from courseflow_admin.state.core import times
from courseflow_admin.state.core.timeline import StepRow
from courseflow_admin.state.school.audit_words import fact_text

Pairs = list[tuple[str, str]]
# what happened -> icon, colour and words
_ATTEMPTS = {
    Capture.PAID: ("check", "green", "Paid"),
    Capture.AUTHORIZED: ("clock", "amber", "Authorized, not captured yet"),
    Capture.PENDING: ("clock", "amber", "Started, not yet confirmed"),
    Capture.FAILED: ("failed", "red", "Declined"),
    Capture.LAPSED: ("clock", "gray", "Lapsed: never captured, so it was refunded automatically"),
}
_ACTS = {
    Act.CHECKOUT_OPENED: ("cart", "gray", "Checkout opened"),
    Act.CHECKOUT_BILLING_CHANGED: ("note", "gray", "Billing details corrected"),
    Act.CHECKOUT_EXPIRED: ("clock", "gray", "Checkout expired"),
    Act.PAYMENT_MOVED: ("note", "gray", "Status changed"),
    Act.PAYMENT_PAID: ("access", "green", "Payment confirmed and matched to the order"),
    Act.PAYMENT_REVIEW_OPENED: ("alert", "amber", "Needs review"),
    Act.PAYMENT_REVIEW_RESOLVED: ("check", "green", "Review resolved"),
    Act.PAYMENT_RECHECKED: ("person", "gray", "Re-check requested"),
    Act.PAYMENT_CAPTURE_ASKED: ("check", "gray", "Capture requested"),
    Act.PAYMENT_CAPTURE_REFUSED: ("failed", "red", "Not captured"),
    Act.PAYMENT_REFUND_STARTED: ("refund", "gray", "Refund started"),
    Act.PAYMENT_REFUNDED: ("refund", "green", "Refunded"),
    Act.PAYMENT_REFUND_FAILED: ("failed", "red", "Refund failed"),
    Act.PAYMENT_DISPUTE_CHANGED: ("alert", "red", "Dispute opened"),
    Act.RECEIPT_NUMBERED: ("receipt", "green", "Receipt numbered"),
}
_DISPUTES = {
    "inquiry": "The bank asks about this payment; no money has moved",
    "closed": "The bank's inquiry is closed",
    "open": "Disputed by the cardholder",
    "won": "Dispute won",
    "lost": "Dispute lost: the bank returned the money",
}
_EMAILS = {
    EmailState.DELIVERED: ("mail_check", "green"),
    EmailState.SENT: ("mail", "gray"),
    EmailState.QUEUED: ("mail", "gray"),
    EmailState.DELAYED: ("alert", "amber"),
}


def step_rows(detail: PaymentDetail) -> list[StepRow]:
    return [_row(detail.payment, step, evidence=detail.evidence) for step in detail.steps]


def _row(payment: Payment, step: Step, *, evidence: bool) -> StepRow:
    if isinstance(step, Noted):
        row, pairs = _noted(step.entry)
    elif isinstance(step, Attempted):
        row, pairs = _attempted(payment, step.attempt)
    elif isinstance(step, Reported):
        row, pairs = _reported(step.event)
    elif isinstance(step, Mailed):
        row, pairs = _mailed(step.email), []
    else:
        row, pairs = _synced(payment, step.notes)
    row.time, row.exact, row.when = times.ago(step.at), times.exact(step.at), calendar.iso(step.at)
    row.label = row.label if evidence and pairs else ""
    row.evidence = "\n".join(f"{word}: {value}" for word, value in pairs) if evidence else ""
    return row


def _noted(entry: AuditEntry) -> tuple[StepRow, Pairs]:
    icon, tone, sentence = _ACTS.get(entry.act, ("", "gray", entry.act.value))
    facts = {**entry.facts}
    if entry.act is Act.CHECKOUT_OPENED:
        sentence = f"Checkout opened at {str(facts.get('provider', '')).capitalize()}"
    if entry.act is Act.PAYMENT_MOVED:
        sentence = f"Now {facts.pop('to', '')}"
    if entry.act is Act.PAYMENT_DISPUTE_CHANGED:
        sentence = _DISPUTES.get(str(facts.pop("to", "")), sentence)
    if why := facts.pop("why", ""):
        sentence = f"{sentence}: {why}"
    pairs = [(fact_text(key), _shown(value)) for key, value in facts.items()]
    if entry.request_id:
        pairs.append(("Request", entry.request_id))
    if entry.ip:
        pairs.append(("IP address", entry.ip))
    return StepRow(icon, tone, sentence, entry.actor_name or "Deleted account", "Details"), pairs


def _shown(value: object) -> str:
    if isinstance(value, dict) and {"minor", "currency"} <= value.keys():
        return str(Money(minor=value["minor"], currency=value["currency"]))
    return str(value)


def _attempted(payment: Payment, attempt: Attempt) -> tuple[StepRow, Pairs]:
    icon, tone, sentence = _ATTEMPTS.get(attempt.outcome, ("", "gray", "Tried"))
    way = f" with {method_text(attempt.method)}" if attempt.method else ""
    because = f": {attempt.reason}" if attempt.reason else ""
    gateway = payment.provider.capitalize()
    who = f"{payment.name} at {gateway}"
    row = StepRow(icon, tone, f"{sentence}{way}{because}", who, "Reference")
    return row, [(f"{gateway} id", attempt.provider_payment_id)]


def _reported(event: WebhookEvent) -> tuple[StepRow, Pairs]:
    delivered = counted(len(event.deliveries), "time")
    sentence = f"{event.provider.capitalize()} reported {event.kind}"
    who = f"Webhook, {event.state.value}: {event.error or event.result}".rstrip(": ")
    return StepRow("webhook", "blue", sentence, who, "Evidence: signature valid"), [
        ("Event", event.event_id),
        ("Body", f"{len(event.raw.encode()):,} bytes, sha256 {event.body_hash[:12]}…"),
        ("Delivered", delivered),
        ("Handled", times.exact(event.handled_at) if event.handled_at else "-"),
    ]


def _synced(payment: Payment, notes: tuple[SyncNote, ...]) -> tuple[StepRow, Pairs]:
    first, again = notes[0], notes[1:]
    more = counted(len(again), "more time")
    sentence = f"Checked with {payment.provider.capitalize()}: {first.why or first.result}"
    who = f"Source: {first.source}" if first.source else "CourseFlow"
    row = StepRow("sync", "gray", sentence, who, f"Checked {more}, same result")
    return row, [(times.exact(note.at), note.source) for note in again]


def _mailed(email: Email) -> StepRow:
    icon, tone = _EMAILS.get(email.state, ("mail_failed", "red"))
    return StepRow(icon, tone, f"E-mail “{email.subject}” {email.state.value}", f"To {email.to}")
