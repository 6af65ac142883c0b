"""Queries on second factors and on sign-ins that wait for one; each use is one atomic update."""

from datetime import datetime

from courseflow_admin.db.core.client import LONG_AGO, Row, collection, require_transaction
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.identity.second_factor import PendingSignIn, SecondFactor

ON: Row = {"confirmed_at": {"$gt": LONG_AGO}}


async def find(account_id: str) -> SecondFactor | None:
    return _read(await collection("second_factors").find_one({"account_id": account_id}))


async def is_on(account_id: str) -> bool:
    return await collection("second_factors").count({"account_id": account_id, **ON}, limit=1) > 0


async def on_for(account_ids: set[str]) -> set[str]:
    """Those of them who have one that is on."""
    rows = await collection("second_factors").find(
        {"account_id": {"$in": sorted(account_ids)}, **ON}, projection={"account_id": 1}
    )
    return {row["account_id"] for row in rows}


async def begin(account_id: str, secret: str, at: datetime) -> None:
    """A new key in place of one that was never confirmed; Duplicate when one is on."""
    require_transaction()
    await collection("second_factors").update_one(
        {"account_id": account_id, "confirmed_at": None},
        {
            "$set": {"secret": secret, "begun_at": at, "last_step": 0, "recovery_hashes": []},
            "$setOnInsert": {"_id": new_id("sfa")},
        },
        upsert=True,
    )


async def confirm(found: SecondFactor, step: int, hashes: list[str], at: datetime) -> bool:
    """Switch it on; False when it was begun again or confirmed meanwhile."""
    require_transaction()
    result = await collection("second_factors").update_one(
        {"_id": found.id, "secret": found.secret, "confirmed_at": None},
        {"$set": {"confirmed_at": at, "last_step": step, "recovery_hashes": hashes}},
    )
    return result.modified_count == 1


async def use_step(found: SecondFactor, step: int) -> bool:
    """Accept the code of this step, unless it or a newer one was accepted before."""
    result = await collection("second_factors").update_one(
        {"_id": found.id, "secret": found.secret, **ON, "last_step": {"$lt": step}},
        {"$set": {"last_step": step}},
    )
    return result.modified_count == 1


async def use_recovery_code(account_id: str, code_hash: str) -> int | None:
    """How many are left after this one; None when there is no such code any more."""
    row = await collection("second_factors").find_one_and_update(
        {"account_id": account_id, **ON, "recovery_hashes": code_hash},
        {"$pull": {"recovery_hashes": code_hash}},
    )
    return len(row["recovery_hashes"]) if row else None


async def replace_recovery_codes(account_id: str, hashes: list[str]) -> bool:
    require_transaction()
    result = await collection("second_factors").update_one(
        {"account_id": account_id, **ON}, {"$set": {"recovery_hashes": hashes}}
    )
    return result.modified_count == 1


async def remove(account_id: str) -> bool:
    """Whether it was on."""
    require_transaction()
    was_on = await is_on(account_id)
    await collection("second_factors").delete_many({"account_id": account_id})
    await forget_pending(account_id)
    return was_on


# Sign-ins that wait for a code


async def add_pending(pending: PendingSignIn) -> None:
    await collection("pending_sign_ins").insert_one(pending.to_mongo())


async def find_pending(token_hash: str, at: datetime) -> PendingSignIn | None:
    """A TTL index deletes up to a minute late, so that every read asks for itself."""
    row = await collection("pending_sign_ins").find_one(
        {"token_hash": token_hash, "expires_at": {"$gt": at}}
    )
    return PendingSignIn.from_mongo(row) if row else None


async def take_pending(pending: PendingSignIn) -> bool:
    """Use it up, in the transaction that opens the session; of two at once only one gets it."""
    require_transaction()
    result = await collection("pending_sign_ins").delete_one({"_id": pending.id})
    return result.deleted_count == 1


async def forget_pending(account_id: str) -> None:
    await collection("pending_sign_ins").delete_many({"account_id": account_id})


def _read(row: Row | None) -> SecondFactor | None:
    return SecondFactor.from_mongo(row) if row else None
