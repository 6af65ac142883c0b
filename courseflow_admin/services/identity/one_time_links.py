"""Links that work once: made for an e-mail, stored by their hash, used up with what they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.identity import one_time_links as links_db
from courseflow_admin.db.identity import own_account
from courseflow_admin.errors import Invalid
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.identity.one_time_links import (
    LIFETIMES,
    MOMENT,
    LinkUse,
    OneTimeLink,
)
from courseflow_admin.services.identity import tokens

PROVES_ADDRESS = (LinkUse.VERIFY, LinkUse.CHANGE_EMAIL)
SETS_PASSWORD = (LinkUse.RESET,)
ALL = tuple(LinkUse)
DID = {
    LinkUse.VERIFY: "It confirmed your e-mail address. Nothing else is needed.",
    LinkUse.RESET: "It set a new password. To set another, ask for a new link.",
    LinkUse.CHANGE_EMAIL: "It changed your e-mail address. Sign in with the new one.",
}


class LinkNotGood(Invalid):
    """The same for used, expired, replaced and made up."""

    code = "link_not_good"

    def __init__(self) -> None:
        super().__init__(
            "This link has already been used or has expired. Request a new one.", "token"
        )


class LinkUsed(LinkNotGood):
    """Only whoever holds the link reads what it did, and when."""

    code = "link_used"

    def __init__(self, use: LinkUse, at: datetime) -> None:
        super().__init__()
        self.args = (f"This link was used on {calendar.school().day(at)}. {DID[use]}",)
        self.used_at = at

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"used_at": calendar.iso(self.used_at)}


@dataclass(frozen=True)
class Link:
    """The address for the e-mail, and what is stored of it. `str()` shows no secret."""

    row: OneTimeLink
    secret: str

    @property
    def address(self) -> str:
        make = routes.reset if self.row.use is LinkUse.RESET else routes.verify
        return f"{settings().origin}{make(self.secret)}"

    @property
    def expires_at(self) -> datetime:
        return self.row.expires_at

    def __repr__(self) -> str:
        return f"Link({self.row.use})"


def new(use: LinkUse, account_id: str, email: str) -> Link:
    """A link that is worth nothing until it is kept."""
    secret, at = tokens.new_token(), clock.wall()
    row = OneTimeLink(
        _id=new_id("tok"),
        use=use,
        token_hash=tokens.hash_of(secret),
        account_id=account_id,
        email=email,
        created_at=at,
        expires_at=at + LIFETIMES[use],
    )
    return Link(row, secret)


async def keep(link: Link) -> None:
    """Store it, in the transaction that queues its e-mail; it replaces those before it."""
    await links_db.replace(link.row)


async def keep_once(link: Link) -> bool:
    """`keep`; False when the same was asked for a moment ago, whose link stays good then.

    Of two at once the second waits for the first here, and finds its link.
    """
    row = link.row
    there = await links_db.find_open_of(row.account_id, row.use, row.created_at)
    if there and there.email == row.email and row.created_at - there.created_at < MOMENT:
        return False
    await own_account.hold(row.account_id)
    await keep(link)
    return True


async def look_at(secret: str, uses: tuple[LinkUse, ...]) -> OneTimeLink:
    """What the link is for, without using it up; LinkNotGood when it does not work any more."""
    token_hash = tokens.hash_of(secret)
    return await _good(await links_db.find_open(token_hash, uses, clock.wall()), token_hash)


async def take(secret: str, uses: tuple[LinkUse, ...]) -> OneTimeLink:
    """Use the link up, in the transaction of what it does; LinkNotGood for all but the first."""
    token_hash = tokens.hash_of(secret)
    return await _good(await links_db.take(token_hash, uses, clock.wall()), token_hash)


async def forget(account_id: str, uses: tuple[LinkUse, ...] = ALL) -> None:
    """What is on its way works no more; that a link was used is still said."""
    await links_db.remove_of(account_id, uses)


async def erase(account_id: str) -> None:
    """Also what was used: its rows name the address."""
    await links_db.remove_of(account_id, ALL, used=True)


async def _good(row: OneTimeLink | None, token_hash: str) -> OneTimeLink:
    if row is not None:
        return row
    used = await links_db.find_used(token_hash)
    if used is None or used.used_at is None:
        raise LinkNotGood
    raise LinkUsed(used.use, used.used_at)
