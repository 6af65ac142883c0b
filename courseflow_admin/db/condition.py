"""What state the database is in: what it is for, its indexes, transactions and clock."""

from datetime import UTC, datetime

from courseflow_admin.db.client import collection, command, in_transaction, transaction
from courseflow_admin.db.indexes import INDEXES


async def stamp() -> str | None:
    """`rehearsal` or `live`; None: nothing has used this database yet."""
    row = await collection("school").find_one({"_id": "school"})
    return row.get("stamp") if row else None


async def missing_indexes() -> list[str]:
    """`collection: field, field` for each index that should be there and is not."""
    missing: list[str] = []
    for name, wanted in INDEXES.items():
        there = await collection(name).raw.index_information()
        keys = [list(index["key"]) for index in there.values()]
        missing += [
            f"{name}: {', '.join(field for field, _ in index.document['key'].items())}"
            for index in wanted
            if list(index.document["key"].items()) not in keys
        ]
    return missing


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
