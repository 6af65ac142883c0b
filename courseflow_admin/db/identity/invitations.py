"""Queries on invitations; each change asks in its filter whether the invitation is still open."""

from datetime import datetime

from courseflow_admin.db.core import keyset
from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.identity.invitations import Invitation, InvitationState

PENDING = {"state": InvitationState.PENDING}


async def add(invitation: Invitation) -> None:
    """Insert; Duplicate when one to this address is already pending."""
    require_transaction()
    await collection("invitations").insert_one(invitation.to_mongo())


async def find_pending(invitation_id: str) -> Invitation | None:
    return _read(await collection("invitations").find_one({"_id": invitation_id, **PENDING}))


async def find_open(token_hash: str, at: datetime) -> Invitation | None:
    return _read(await collection("invitations").find_one(_open(token_hash, at)))


async def find_by_link(token_hash: str) -> Invitation | None:
    """Also one that is over."""
    return _read(await collection("invitations").find_one({"token_hash": token_hash}))


async def take(token_hash: str, account_id: str, at: datetime) -> Invitation | None:
    """Use it up, in the transaction of what follows; of two at once only one gets it."""
    require_transaction()
    taken = {"state": InvitationState.ACCEPTED, "account_id": account_id, "ended_at": at}
    return _read(
        await collection("invitations").find_one_and_update(_open(token_hash, at), {"$set": taken})
    )


async def send_again(
    invitation_id: str, token_hash: str, by: str, at: datetime, until: datetime
) -> Invitation | None:
    """Another link instead of the one before; None unless it is pending."""
    require_transaction()
    renewed: Row = {"token_hash": token_hash, "invited_by": by, "invited_at": at}
    return _read(
        await collection("invitations").find_one_and_update(
            {"_id": invitation_id, **PENDING},
            {"$set": {**renewed, "expires_at": until}, "$inc": {"times_sent": 1}},
        )
    )


async def revoke(invitation_id: str, at: datetime) -> Invitation | None:
    """None unless it is pending."""
    require_transaction()
    return _read(
        await collection("invitations").find_one_and_update(
            {"_id": invitation_id, **PENDING},
            {"$set": {"state": InvitationState.REVOKED, "ended_at": at}},
        )
    )


async def revoke_expired(email: str, at: datetime) -> None:
    """Make room for a new one, where the time of the last one is over."""
    await collection("invitations").update_one(
        {"email": email, "expires_at": {"$lte": at}, **PENDING},
        {"$set": {"state": InvitationState.REVOKED, "ended_at": at}},
    )


async def forget(email: str, account_id: str, at: datetime) -> None:
    """Of a deleted account: nothing to it stays open, and no invitation keeps the address."""
    require_transaction()
    await collection("invitations").update_one(
        {"email": email, **PENDING}, {"$set": {"state": InvitationState.REVOKED, "ended_at": at}}
    )
    await collection("invitations").update_many(
        {"$or": [{"email": email}, {"account_id": account_id}]}, {"$set": {"email": ""}}
    )


async def pending(request: PageRequest) -> Page[Invitation]:
    """Newest first, also those whose time is over."""
    return await keyset.page(
        "invitations", dict(PENDING), "invited_at", request, Invitation.from_mongo
    )


def _open(token_hash: str, at: datetime) -> Row:
    return {"token_hash": token_hash, "expires_at": {"$gt": at}, **PENDING}


def _read(row: Row | None) -> Invitation | None:
    return Invitation.from_mongo(row) if row else None
