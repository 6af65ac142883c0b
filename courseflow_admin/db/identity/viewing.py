"""Queries on whom a session views: a part of its own row, so that reading it costs nothing."""

from datetime import datetime

from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.db.identity.sessions import open_at
from courseflow_admin.models.identity.sessions import Session, Viewing


async def begin(session_id: str, account_id: str, viewing: Viewing, at: datetime) -> bool:
    """False unless it is an open browser session of this account that views no one."""
    require_transaction()
    where: Row = {"_id": session_id, "account_id": account_id, "kind": "browser", **open_at(at)}
    result = await collection("sessions").update_one(
        {**where, "viewing": None}, {"$set": {"viewing": viewing.to_mongo()}}
    )
    return result.modified_count == 1


async def end(session_id: str, viewed_id: str) -> bool:
    """Whether it viewed this account until now."""
    require_transaction()
    result = await collection("sessions").update_one(
        {"_id": session_id, "viewing.account_id": viewed_id}, {"$set": {"viewing": None}}
    )
    return result.modified_count == 1


async def replace(session_id: str, former: Viewing, fresh: Viewing) -> None:
    await collection("sessions").update_one(
        {"_id": session_id, "viewing.account_id": former.account_id},
        {"$set": {"viewing": fresh.to_mongo()}},
    )


async def of_viewed(account_id: str) -> list[Session]:
    """The sessions that view this account."""
    return await _open({"viewing.account_id": account_id})


async def of_viewer(account_id: str) -> list[Session]:
    """The sessions of this account that view someone."""
    return await _open({"account_id": account_id, "viewing.account_id": {"$gt": ""}})


async def _open(where: Row) -> list[Session]:
    rows = await collection("sessions").find({**where, "ended_at": None}, limit=1000)
    return [Session.from_mongo(row) for row in rows]
