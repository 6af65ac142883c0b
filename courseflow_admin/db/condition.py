"""What state the database is in: what it is for, transactions and clock."""

from datetime import UTC

from courseflow_admin.db.core.client import collection, command, in_transaction, transaction
from courseflow_admin.models.core import clock


async def stamp() -> str | None:
    """`rehearsal` or `live`; None: nothing has used this database yet."""
    row = await collection("school").find_one({"_id": "school"})
    return row.get("stamp") if row else None


async def transactions_work() -> bool:
    """Whether a transaction can be opened; it cannot on a server outside a replica set."""

    async def body() -> bool:
        await stamp()
        return in_transaction()

    return await transaction(body)


async def clock_skew() -> float:
    """Seconds by which the database's clock is ahead of ours."""
    before = clock.wall()
    said = (await command("hello"))["localTime"].replace(tzinfo=UTC)
    here = before + (clock.wall() - before) / 2
    return float((said - here).total_seconds())


async def version() -> str:
    return str((await command("buildInfo"))["version"])
