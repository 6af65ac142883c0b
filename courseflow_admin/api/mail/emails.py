"""The e-mail log over HTTP."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, Paging
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.mail.emails import (
    Email,
    EmailEvent,
    EmailFilter,
    EmailKind,
    EmailState,
)
from courseflow_admin.services.mail import emails

router = APIRouter(prefix=f"{routes.API}/emails", tags=["emails"])


@dataclass(frozen=True)
class EmailView:
    id: str
    kind: EmailKind
    state: EmailState
    to: str
    subject: str
    queued_at: datetime
    sent_at: datetime | None
    state_at: datetime
    account_id: str
    payment_id: str
    course_id: str

    @classmethod
    def of(cls, email: Email) -> "EmailView":
        return cls(
            id=email.id,
            kind=email.kind,
            state=email.state,
            to=email.to,
            subject=email.subject,
            queued_at=email.queued_at,
            sent_at=email.sent_at,
            state_at=email.state_at,
            account_id=email.account_id,
            payment_id=email.payment_id,
            course_id=email.course_id,
        )


@dataclass(frozen=True)
class EmailDetailView(EmailView):
    html: str
    text: str
    body_deleted_after_days: int | None
    events: list[EmailEvent]


@router.get("")
async def newest(
    actor: CurrentActor,
    request: Paging,
    kind: Annotated[EmailKind | None, Query()] = None,
    state: Annotated[EmailState | None, Query()] = None,
    to: Annotated[str, Query(max_length=254)] = "",
    account_id: Annotated[str, Query(max_length=40)] = "",
    *,
    mine: bool = False,
) -> PageView[EmailView]:
    """One page of the e-mails the one who asks may see; `to` is the beginning of an address.

    With `mine`, and for those who teach nothing, what was sent to themselves.
    """
    wanted = EmailFilter(
        kind=kind or "",
        states=(state,) if state else (),
        to_prefix=to,
        account_id=account_id,
    )
    if mine or not actor.can(Permission.EMAILS_READ):
        page = await emails.mine(actor, request, wanted)
    else:
        page = await emails.search(actor, wanted, request)
    return PageView[EmailView].of(page, EmailView.of)


@router.get("/{email_id}")
async def get(actor: CurrentActor, email_id: str) -> EmailDetailView:
    """One e-mail with its content as sent and what the provider said of it."""
    email = await emails.get(actor, email_id)
    return EmailDetailView(
        **asdict(EmailView.of(email)),
        html=email.html,
        text=email.text,
        body_deleted_after_days=email.body_kept_days,
        events=email.events,
    )
