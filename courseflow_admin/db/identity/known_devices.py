"""Queries on the devices an account has signed in from."""

from datetime import datetime

from courseflow_admin.db.core.client import collection, require_transaction
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.identity.known_devices import KEPT


async def any_known(account_id: str, marks: list[str]) -> bool:
    where = {"account_id": account_id, "mark": {"$in": marks}}
    return await collection("known_devices").count(where, limit=1) > 0


async def learn(account_id: str, marks: list[str], device: str, at: datetime) -> None:
    """Know the device from now on by each of its marks, in the transaction of the sign-in."""
    require_transaction()
    for mark in marks:
        await collection("known_devices").update_one(
            {"account_id": account_id, "mark": mark},
            {
                "$set": {"device": device, "last_seen_at": at, "expires_at": at + KEPT},
                "$setOnInsert": {"_id": new_id("dev"), "first_seen_at": at},
            },
            upsert=True,
        )


async def forget(account_id: str) -> None:
    await collection("known_devices").delete_many({"account_id": account_id})
