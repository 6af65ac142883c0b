"""Queries on the audit log, which is only ever added to."""

from collections.abc import AsyncIterator

from courseflow_admin.db.core import keyset
from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.models.core.paging import Page, PageRequest
from courseflow_admin.models.school.audit import AuditEntry, AuditFilter

NEWEST = [("at", -1), ("_id", -1)]
# What leaves fewest rows comes first: one object, then one person, then one kind of act.
NARROWING = ("object_id", "actor_id", "act")
# The kind of an id -> where it is kept, and the field that people know it by.
NAMED = {
    "acc": ("accounts", "name"),
    "crs": ("courses", "title"),
    "eml": ("emails", "subject"),
    "inv": ("invitations", "email"),
    "pay": ("payments", "course_title"),
}


async def add(entry: AuditEntry) -> None:
    """Append; must run in the transaction that changes what the entry reports."""
    require_transaction()
    await collection("audit").insert_one(entry.to_mongo())


async def of_object(object_id: str, limit: int = 200) -> list[AuditEntry]:
    """Everything done to one object, oldest first."""
    rows = await collection("audit").find({"object_id": object_id}, sort=NEWEST, limit=limit)
    return [AuditEntry.from_mongo(row) for row in reversed(rows)]


async def names_of(ids: set[str]) -> dict[str, str]:
    """What people call these, by id; what is gone or has no name is left out."""
    names: dict[str, str] = {}
    for kind, (where, field) in NAMED.items():
        of_kind = sorted(one for one in ids if one.startswith(f"{kind}_"))
        if of_kind:
            rows = await collection(where).find({"_id": {"$in": of_kind}}, projection={field: 1})
            names |= {row["_id"]: row[field] for row in rows if row.get(field)}
    return names


async def search(wanted: AuditFilter, request: PageRequest) -> Page[AuditEntry]:
    where, hint = plan(wanted)
    return await keyset.page("audit", where, "at", request, AuditEntry.from_mongo, hint=hint)


async def each(wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
    """All that match, newest first, one at a time; what is added meanwhile is not among them."""
    where, hint = plan(wanted)
    async for row in collection("audit").each(where, sort=NEWEST, hint=hint, batch_size=500):
        yield AuditEntry.from_mongo(row)


def plan(wanted: AuditFilter) -> tuple[Row, list[tuple[str, int]] | None]:
    """The query, and the keys of the index that serves it.

    What is about some people comes out of two indexes, which no hint can name.
    """
    named = {name: getattr(wanted, name) for name in NARROWING}
    where: Row = {name: value for name, value in named.items() if value}
    if wanted.period:
        where["at"] = {"$gte": wanted.period.start, "$lt": wanted.period.end}
    if wanted.about:
        ids = {"$in": sorted(wanted.about)}
        return {"$or": [{**where, "object_id": ids}, {**where, "actor_id": ids}]}, None
    first = next((name for name in NARROWING if name in where), "")
    return where, [*([(first, 1)] if first else []), *NEWEST]
