"""What state the database is in: what it is for, transactions and clock."""

from datetime import UTC, datetime

from courseflow_admin.db.core.client import collection, command, in_transaction, transaction


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
    before = datetime.now(UTC)
    said = (await command("hello"))["localTime"].replace(tzinfo=UTC)
    here = before + (datetime.now(UTC) - before) / 2
    return float((said - here).total_seconds())


async def version() -> str:
    return str((await command("buildInfo"))["version"])
