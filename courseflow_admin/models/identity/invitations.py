"""An invitation: an address that may take a role, by a link that works once."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from courseflow_admin.models.core.accounts import AccountRole
from courseflow_admin.models.core.base import Document

LIFETIME = timedelta(days=7)


class InvitationState(StrEnum):
    PENDING = "pending"  # also when its time is over: it can be sent again
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class Invitation(Document):
    """`token_hash` is of the newest link; sending it again makes another and forgets the old."""

    email: str
    role: AccountRole
    state: InvitationState = InvitationState.PENDING
    token_hash: str = Field(repr=False)
    times_sent: int = 1
    invited_by: str  # who sent it last; worth only what they may still do
    invited_at: datetime
    expires_at: datetime
    account_id: str = ""  # who took it
    ended_at: datetime | None = None

    @property
    def email_key(self) -> str:
        """The dedupe key of the e-mail that carries the newest link."""
        return f"invitation-{self.id}-{self.times_sent}"
