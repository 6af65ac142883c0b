"""One e-mail: exactly as it was sent, and its delivery history."""

from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.mail.emails import Email, EmailState
from courseflow_admin.services.mail import emails
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import last_part
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.timeline import StepRow
from courseflow_admin.state.core.words import body_gone
from courseflow_admin.state.mail.emails import KINDS

# What is known, never more: sent is not delivered.
SAID = {
    EmailState.QUEUED: ("mail", "amber", "Waiting to be sent"),
    EmailState.SENT: ("mail", "blue", "Accepted by Resend"),
    EmailState.DELAYED: ("clock", "amber", "Delayed by the recipient's server"),
    EmailState.DELIVERED: ("mail_check", "green", "Accepted by the recipient's server"),
    EmailState.BOUNCED: ("mail_failed", "red", "Rejected by the recipient's server"),
    EmailState.FAILED: ("mail_failed", "red", "Couldn't be sent"),
    EmailState.SUPPRESSED: ("mail_failed", "red", "Not sent: this address rejected mail before"),
    EmailState.COMPLAINED: ("alert", "red", "Marked as spam by the recipient"),
}


@dataclass
class ShownEmail:
    """Everything on the page that is text."""

    id: str = ""
    subject: str = ""
    receiver: str = ""
    receiver_name: str = ""
    kind: str = ""
    state: str = ""
    queued: str = ""
    sent: str = ""
    attempts: str = ""
    problem: str = ""
    provider_id: str = ""
    html: str = ""
    text: str = ""
    payment_href: str = ""
    course_href: str = ""
    same_receiver_href: str = ""
    same_receiver_text: str = ""
    erased: bool = False  # with the account of whom it was to
    body_gone: str = ""  # when its content is kept no longer, that


class EmailDetailState(DetailState, rx.State):
    shown: ShownEmail = ShownEmail()
    steps: list[StepRow] = []
    zone: str = ""
    as_text: bool = False
    back_text: str = "My e-mails"
    back_href: str = routes.MY_EMAILS
    log: bool = False  # whether the one who looks works with the log, and not only received it

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        email_id = last_part(self)
        if self._turn_to(email_id):
            yield
        auth = await self.get_state(AuthState)
        actor = auth.actor()
        self.log = actor.can(Permission.EMAILS_READ)
        self.back_text = "E-mails" if self.log else "My e-mails"
        self.back_href = routes.EMAILS if self.log else routes.MY_EMAILS
        async with self._refusals():
            email = await emails.get(actor, email_id)
            self.shown = _shown(actor, email)
            self.steps = steps_of(email)
            self.zone = times.zone()
            self.view = "there"

    def _forget(self) -> None:
        self.shown, self.as_text = ShownEmail(), False

    @event(Permission.ACCOUNT_OWN)
    async def show_text(self, as_text: bool):
        self.as_text = as_text


def _shown(actor: Actor, email: Email) -> ShownEmail:
    may_open_payment = email.account_id == actor.id or actor.can(Permission.PAYMENTS_READ)
    payment = routes.payment if actor.can(Permission.PAYMENTS_READ) else routes.my_payment
    erased = not email.to and not email.text
    gone = "" if erased else body_gone(email.body_kept_days)
    same_text, same_href = _same_receiver(email) if actor.can(Permission.EMAILS_READ) else ("", "")
    return ShownEmail(
        id=email.id,
        subject=email.subject,
        receiver=email.to,
        receiver_name=email.to_name,
        kind=KINDS.get(email.kind.value, email.kind.value),
        state=email.state.value,
        queued=times.long(email.queued_at),
        sent=times.long(email.sent_at) if email.sent_at else "",
        attempts=str(email.attempts) if email.attempts > 1 else "",
        problem=email.error,
        provider_id=email.provider_id,
        html=email.html,
        text=email.text,
        payment_href=payment(email.payment_id) if email.payment_id and may_open_payment else "",
        course_href=routes.studio(email.course_id)
        if email.course_id and actor.can(Permission.COURSES_EDIT)
        else "",
        same_receiver_href=same_href,
        same_receiver_text=same_text,
        erased=erased,
        body_gone=gone,
    )


def _same_receiver(email: Email) -> tuple[str, str]:
    """All that this person got, also at other addresses; without an account, all to this one."""
    if email.account_id:
        return "All e-mails to this person", routes.with_query(
            routes.EMAILS, account=email.account_id
        )
    if email.to:
        return "All e-mails to this address", routes.with_query(routes.EMAILS, to=email.to)
    return "", ""


def steps_of(email: Email) -> list[StepRow]:
    """From being queued to what the provider said last, oldest first."""
    steps = [_step("note", "gray", "Created", "CourseFlow", email.queued_at)]
    said: set[EmailState] = set()
    for one in sorted(email.events, key=lambda event: (event.at, not event.detail)):
        if one.state in said and (one.state is EmailState.SENT or not one.detail):
            continue  # noted by us when Resend took it, and said by its webhook once more
        said.add(one.state)
        icon, tone, sentence = SAID[one.state]
        who = "Resend" if email.provider_id else "CourseFlow"
        steps.append(_step(icon, tone, sentence, who, one.at, one.detail))
    return steps


def _step(icon: str, tone: str, what: str, who: str, at: datetime, evidence: str = "") -> StepRow:
    label = "Details" if evidence else ""
    when = times.ago(at), times.exact(at), calendar.iso(at)
    return StepRow(icon, tone, what, who, label, evidence, *when)
