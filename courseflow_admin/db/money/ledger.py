"""Entries of the books: only ever added."""

from collections.abc import Sequence

from courseflow_admin.db.core.client import collection, require_transaction
from courseflow_admin.models.money.ledger import Entry

MOST = 2_000  # of one payment


async def of_payment(payment_id: str) -> list[Entry]:
    """Every entry of one payment, in the order in which they were posted."""
    rows = await collection("entries").find(
        {"payment_id": payment_id}, sort=[("posted_at", 1), ("_id", 1)], limit=MOST, batch_size=MOST
    )
    return [Entry.from_mongo(row) for row in rows]


async def post(entries: Sequence[Entry]) -> None:
    """Inside the transaction of the facts they come from; Duplicate when one is posted."""
    require_transaction()
    if entries:
        await collection("entries").insert_many([entry.to_mongo() for entry in entries])
