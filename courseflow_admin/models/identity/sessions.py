"""A session: one signed-in browser or one API client; its row decides, whatever a token says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import Document, Piece
from courseflow_admin.models.core.permissions import Actor, Permission

IDLE = timedelta(days=30)
ABSOLUTE = timedelta(days=90)
ACCESS_TOKEN = timedelta(minutes=10)
TOUCH_EVERY = timedelta(minutes=1)
GRACE = timedelta(seconds=10)  # a client that sent its refresh token twice is no thief

ERASED = "erased"  # the end reason of those whose account was deleted

SessionKind = Literal["browser", "api"]


class Viewing(Piece):
    """Whose eyes an admin's session uses, with copies as a session has of its own account."""

    account_id: str
    role: str = ""
    name: str = ""
    email: str = ""
    verified: bool = False
    until: datetime

    @classmethod
    def of(cls, account: Account, until: datetime) -> "Viewing":
        return cls(
            account_id=account.id,
            role=account.role,
            name=account.name,
            email=account.email,
            verified=account.verified_at is not None,
            until=until,
        )


class Session(Document):
    """Carries copies of the account, so that one indexed read answers who is asking.

    Whoever changes those fields of an account changes them here in the same transaction.
    """

    kind: SessionKind
    token_hash: str = Field(repr=False)  # of the cookie, or of the family part of refresh tokens
    refresh_hash: str = Field(default="", repr=False)  # of the one refresh token that is good now
    previous_hash: str = Field(default="", repr=False)
    rotated_at: datetime | None = None
    account_id: str
    role: str = ""
    name: str = ""
    email: str = ""
    verified: bool = False
    zone: str = ""
    second_factor: bool = False  # the account has one, and it was given for this session
    # Not of the row: what the school's settings said to the read that found it.
    second_factor_asked: bool = Field(default=False, exclude=True)
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime  # the earlier of idle and absolute end; moved by each use
    ended_at: datetime | None = None
    end_reason: str = ""
    user_agent: str = ""
    ip: str = ""
    viewing: Viewing | None = None

    @property
    def actor(self) -> Actor:
        """Whose session it is; see `asking`."""
        return Actor(
            id=self.account_id,
            role=self.role,
            name=self.name,
            email=self.email,
            session_id=self.id,
            verified=self.verified,
            zone=self.zone,
        )

    def asking(self, at: datetime) -> Actor:
        """Who asks with it: its own account, or an admin as the person they view."""
        own, viewing = self.actor, self.viewing
        if viewing is None or viewing.until <= at or not own.can(Permission.ACCOUNTS_VIEW_AS):
            return own
        return Actor(
            id=viewing.account_id,
            role=viewing.role,
            name=viewing.name,
            email=viewing.email,
            session_id=self.id,
            verified=viewing.verified,
            zone=own.zone,  # these are the eyes that read it
            viewer=own,
            views_until=viewing.until,
        )

    def end_if_used_at(self, instant: datetime) -> datetime:
        return min(instant + IDLE, self.created_at + ABSOLUTE)


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - a scheme, not a secret

    def __repr__(self) -> str:
        return "TokenPair(…)"
