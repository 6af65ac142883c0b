"""Queries on the audit log, which is only ever added to."""

from courseflow_admin.db.client import collection, require_transaction
from courseflow_admin.models.audit import AuditEntry


async def add(entry: AuditEntry) -> None:
    """Append; must run in the transaction that changes what the entry reports."""
    require_transaction()
    await collection("audit").insert_one(entry.to_mongo())


async def of_object(object_id: str, limit: int = 200) -> list[AuditEntry]:
    """Everything done to one object, oldest first."""
    rows = await collection("audit").find(
        {"object_id": object_id}, sort=[("at", -1), ("_id", -1)], limit=limit
    )
    return [AuditEntry.from_mongo(row) for row in reversed(rows)]
