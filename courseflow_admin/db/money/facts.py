"""Facts of payments: only ever added."""

from collections.abc import Sequence

from courseflow_admin.db.core.client import collection, require_transaction
from courseflow_admin.models.money.facts import Fact

MOST = 2_000  # of one payment; each object has a few


async def of_payment(payment_id: str) -> list[Fact]:
    """All that is known of one payment, in the order in which it was seen."""
    rows = await collection("facts").find(
        {"payment_id": payment_id}, sort=[("seen_at", 1), ("_id", 1)], limit=MOST, batch_size=MOST
    )
    return [Fact.from_mongo(row) for row in rows]


async def add(facts: Sequence[Fact]) -> None:
    """Inside the transaction of what follows from them; Duplicate when one is known."""
    require_transaction()
    if facts:
        await collection("facts").insert_many([fact.to_mongo() for fact in facts])
