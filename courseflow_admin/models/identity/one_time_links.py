"""A link that works once: what it is for, whose it is, and until when. Stored by its hash only."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from courseflow_admin.models.core.base import Document


class LinkUse(StrEnum):
    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change_email"


LIFETIMES = {
    LinkUse.VERIFY: timedelta(hours=48),
    LinkUse.RESET: timedelta(minutes=10),
    LinkUse.CHANGE_EMAIL: timedelta(hours=24),
}
USED_KEPT = timedelta(days=30)  # for so long it says what it did
MOMENT = timedelta(seconds=10)  # asked again so soon, it is a second click and not a second wish


class OneTimeLink(Document):
    use: LinkUse
    token_hash: str = Field(repr=False)
    account_id: str
    email: str  # the address the link was sent to, which it proves
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
