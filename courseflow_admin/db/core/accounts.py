"""Queries on accounts."""

import re
from datetime import datetime

from courseflow_admin.db.core import addresses, keyset
from courseflow_admin.db.core.client import LONG_AGO, Row, collection
from courseflow_admin.models.core.accounts import PRESENT, Account, Billing
from courseflow_admin.models.core.addresses import normalized
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.search_words import words_of

ACTIVE = {"suspended_at": None, "erased_at": None}


async def add(account: Account) -> None:
    """Insert; Duplicate when the address is taken."""
    await collection("accounts").insert_one(account.to_mongo())


async def add_decoy(account_id: str, until: datetime) -> None:
    """Instead of an account: as much work, soon deleted."""
    await collection("decoys").insert_one({"_id": account_id, "expires_at": until})


async def find(account_id: str) -> Account | None:
    return _read(await collection("accounts").find_one({"_id": account_id}))


async def find_by_email(email: str) -> Account | None:
    return _read(await collection("accounts").find_one({"email": normalized(email)}))


async def names_of(account_ids: set[str]) -> dict[str, str]:
    """The names of those there are, by id."""
    rows = await collection("accounts").find(
        {"_id": {"$in": sorted(account_ids)}}, projection={"name": 1}
    )
    return {row["_id"]: row["name"] for row in rows}


async def note_sign_in(account: Account, at: datetime) -> Account | None:
    """Write the time of sign-in, unless the account was suspended or its password changed since.

    Being a write, it makes a sign-in and a change of the same account wait for one another; by
    the time alone two in the same millisecond would write nothing.
    """
    return _read(
        await collection("accounts").find_one_and_update(
            {"_id": account.id, "password_hash": account.password_hash, **ACTIVE},
            {"$set": {"signed_in_at": at}, "$inc": {"held": 1}},
        )
    )


async def replace_hash(account_id: str, old: str, new: str) -> bool:
    result = await collection("accounts").update_one(
        {"_id": account_id, "password_hash": old}, {"$set": {"password_hash": new}}
    )
    return result.modified_count == 1


async def dearest_hash() -> str:
    """The one that takes most work: the cost stands at its beginning, so it is the last by text."""
    row = await collection("accounts").find_one(
        {"password_hash": {"$regex": r"^\$2b\$"}},
        projection={"_id": 0, "password_hash": 1},
        sort=[("password_hash", -1)],
    )
    return row["password_hash"] if row else ""


async def active_with(roles: list[str]) -> set[str]:
    """The ids of all who have one of these roles and may use it."""
    rows = await collection("accounts").find(
        {"role": {"$in": roles}, **ACTIVE}, projection={"_id": 1}
    )
    return {row["_id"] for row in rows}


async def hold(account_id: str, role: str) -> bool:
    """Whether the account still has `role`; it cannot lose it before this transaction ends."""
    result = await collection("accounts").update_one(
        {"_id": account_id, "role": role, **ACTIVE}, {"$inc": {"held": 1}}
    )
    return result.matched_count == 1


async def set_role(account_id: str, role: str) -> Account | None:
    return await _set(account_id, {"role": role})


async def set_billing(account_id: str, billing: Billing) -> None:
    await collection("accounts").update_one(
        {"_id": account_id}, {"$set": {"billing": billing.to_mongo()}}
    )


async def set_suspended(account_id: str, at: datetime | None) -> Account | None:
    return await _set(account_id, {"suspended_at": at})


async def _set(account_id: str, fields: Row) -> Account | None:
    return _read(
        await collection("accounts").find_one_and_update(
            {"_id": account_id, "erased_at": None}, {"$set": fields}
        )
    )


STANDINGS: dict[str, Row] = {
    "active": {**ACTIVE, "verified_at": {"$ne": None}},
    "unverified": {**ACTIVE, "verified_at": None},
    "suspended": {"suspended_at": {"$gt": LONG_AGO}, "erased_at": None},
    "deleted": {"erased_at": {"$ne": None}},
    PRESENT: {"erased_at": None},
}


MOST_WORDS = 6


def search_query(
    email_prefix: str,
    role: str,
    period: Period | None = None,
    standing: str = "",
    name_or_email: str = "",
) -> tuple[Row, str]:
    """The filter, and the field it is sorted by.

    Newest first; while searching by address in the order of addresses, because only so one index
    gives both the prefix and the order. An array's index gives no order at all: the few that have
    a rare name are sorted, and those with a frequent one are met on the way, newest first.
    """
    where: Row = {**({"role": role} if role else {}), **STANDINGS.get(standing, {})}
    if period:
        where["created_at"] = {"$gte": period.start, "$lt": period.end}
    if name_or_email:
        words = words_of(name_or_email)[:MOST_WORDS]
        named = [{"$and": [{"name_words": _starting(word)} for word in words]}] if words else []
        where["$or"] = [*named, {"email": addresses.starting(name_or_email)}]
    if email_prefix:
        where["email"] = addresses.starting(email_prefix)
        return where, "email"
    return where, "created_at"


def _starting(text: str) -> Row:
    return {"$regex": f"^{re.escape(text)}"}


async def search(
    email_prefix: str,
    role: str,
    request: PageRequest,
    period: Period | None = None,
    standing: str = "",
    name_or_email: str = "",
) -> Page[Account]:
    where, field = search_query(email_prefix, role, period, standing, name_or_email)
    return await keyset.page(
        "accounts", where, field, request, Account.from_mongo, falling=field != "email"
    )


def _read(row: Row | None) -> Account | None:
    return Account.from_mongo(row) if row else None
