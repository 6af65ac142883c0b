"""Queries on accounts."""

import re
from datetime import datetime
from typing import Any

from courseflow_admin.db.client import Row, collection
from courseflow_admin.models.accounts import Account, Billing
from courseflow_admin.models.paging import COUNT_LIMIT, Cursor, Page, PageRequest

ACTIVE = {"suspended_at": None, "erased_at": None}


async def add(account: Account) -> None:
    """Insert; Duplicate when the address is taken."""
    await collection("accounts").insert_one(account.to_mongo())


async def find(account_id: str) -> Account | None:
    return _read(await collection("accounts").find_one({"_id": account_id}))


async def find_by_email(email: str) -> Account | None:
    return _read(await collection("accounts").find_one({"email": email}))


async def note_sign_in(account: Account, at: datetime) -> Account | None:
    """Write the time of sign-in, unless the account was suspended or its password changed since.

    Being a write, it makes a sign-in and a change of the same account wait for one another.
    """
    return _read(
        await collection("accounts").find_one_and_update(
            {"_id": account.id, "password_hash": account.password_hash, **ACTIVE},
            {"$set": {"signed_in_at": at}},
        )
    )


async def replace_hash(account_id: str, old: str, new: str) -> bool:
    result = await collection("accounts").update_one(
        {"_id": account_id, "password_hash": old}, {"$set": {"password_hash": new}}
    )
    return result.modified_count == 1


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


def search_query(email_prefix: str, role: str) -> tuple[Row, str]:
    """The filter, and the field it is sorted by.

    Newest first; while searching by address in the order of addresses, because only so one index
    gives both the prefix and the order.
    """
    where: Row = {"role": role} if role else {}
    if email_prefix:
        where["email"] = {"$regex": f"^{re.escape(email_prefix)}"}
        return where, "email"
    return where, "created_at"


async def search(email_prefix: str, role: str, request: PageRequest) -> Page[Account]:
    where, field = search_query(email_prefix, role)
    forward = request.direction == "next"
    falling = field == "created_at"
    order = -1 if falling == forward else 1
    found = await collection("accounts").find(
        {"$and": [where, _beyond(request.cursor, field, order)]} if request.cursor else where,
        sort=[(field, order), ("_id", order)],
        limit=request.size + 1,
    )
    more = len(found) > request.size
    rows = [Account.from_mongo(row) for row in found[: request.size]]
    if not forward:
        rows.reverse()
    total = await collection("accounts").count(where, limit=COUNT_LIMIT + 1)
    has_next = more if forward else bool(rows)
    has_previous = bool(request.cursor and rows) if forward else more
    return Page(
        rows=rows,
        first=request.first if has_previous else 1,
        total=min(total, COUNT_LIMIT),
        more_than_total=total > COUNT_LIMIT,
        next_cursor=_cursor(rows[-1], field) if has_next else "",
        previous_cursor=_cursor(rows[0], field) if has_previous else "",
    )


def _beyond(cursor: Cursor, field: str, order: int) -> Row:
    """Rows after the cursor in the direction of `order`, also when its own row is gone."""
    sign = "$gt" if order == 1 else "$lt"
    same = {field: cursor.value, "_id": {sign: cursor.id}}
    return {"$or": [{field: {sign: cursor.value}}, same]}


def _cursor(account: Account, field: str) -> str:
    value: Any = getattr(account, field)
    return Cursor(value, account.id).encode()


def _read(row: Row | None) -> Account | None:
    return Account.from_mongo(row) if row else None
