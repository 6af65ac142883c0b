"""Queries on one-time links, stored as `one_time_tokens` as before; retention deletes the ended."""

from datetime import datetime

from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.models.identity.one_time_links import USED_KEPT, LinkUse, OneTimeLink
from courseflow_admin.models.mail.emails import Email


async def replace(link: OneTimeLink) -> None:
    """Add it; earlier ones of the same account and use are worth nothing from now on."""
    require_transaction()
    await remove_of(link.account_id, (link.use,))
    await collection("one_time_tokens").insert_one(link.to_mongo())


async def find_open(token_hash: str, uses: tuple[LinkUse, ...], at: datetime) -> OneTimeLink | None:
    return _read(await collection("one_time_tokens").find_one(_open(token_hash, uses, at)))


async def find_open_of(account_id: str, use: LinkUse, at: datetime) -> OneTimeLink | None:
    """The one of this use that an account has; see `replace`."""
    mine = {"account_id": account_id, "use": use, "used_at": None, "expires_at": {"$gt": at}}
    return _read(await collection("one_time_tokens").find_one(mine))


async def take(token_hash: str, uses: tuple[LinkUse, ...], at: datetime) -> OneTimeLink | None:
    """Use it up, in the transaction of what it is used for; of two at once only one gets it."""
    require_transaction()
    return _read(
        await collection("one_time_tokens").find_one_and_update(
            _open(token_hash, uses, at), {"$set": {"used_at": at, "expires_at": at + USED_KEPT}}
        )
    )


async def find_used(token_hash: str) -> OneTimeLink | None:
    used = {"token_hash": token_hash, "used_at": {"$ne": None}}
    return _read(await collection("one_time_tokens").find_one(used))


async def remove_of(account_id: str, uses: tuple[LinkUse, ...], *, used: bool = False) -> None:
    """Those on their way; with `used` also those that did something."""
    unused: Row = {} if used else {"used_at": None}
    await collection("one_time_tokens").delete_many(
        {"account_id": account_id, "use": {"$in": list(uses)}, **unused}
    )


async def add_decoy(email: Email, until: datetime) -> None:
    """Instead of an e-mail to no one: as much work, never sent, soon deleted."""
    require_transaction()
    row: Row = {"html": email.html, "text": email.text, "expires_at": until}
    await collection("decoys").update_one({"_id": email.id}, {"$setOnInsert": row}, upsert=True)


def _open(token_hash: str, uses: tuple[LinkUse, ...], at: datetime) -> Row:
    return {
        "token_hash": token_hash,
        "use": {"$in": list(uses)},
        "used_at": None,
        "expires_at": {"$gt": at},
    }


def _read(row: Row | None) -> OneTimeLink | None:
    return OneTimeLink.from_mongo(row) if row else None
