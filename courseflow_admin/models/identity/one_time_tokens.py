"""A link that works once: what it is for, whose it is, and until when. Stored by its hash only."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from courseflow_admin.models.core.base import Document


class TokenUse(StrEnum):
    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change_email"


LIFETIMES = {
    TokenUse.VERIFY: timedelta(hours=48),
    TokenUse.RESET: timedelta(minutes=10),
    TokenUse.CHANGE_EMAIL: timedelta(hours=24),
}
USED_KEPT = timedelta(days=30)  # for so long it says what it did
MOMENT = timedelta(seconds=10)  # asked again so soon, it is a second click and not a second wish


class OneTimeToken(Document):
    use: TokenUse
    token_hash: str = Field(repr=False)
    account_id: str
    email: str  # the address the link was sent to, which it proves
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
