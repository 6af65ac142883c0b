"""Migration 5: the facts, and the entries of the books, of payments from before there were any.

A payment that has been looked at by new code meanwhile has them already (`revision`), so that this
and running processes do each payment once between them. Its rows are left as older code reads them.
"""

from typing import Any

from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.db.migrating import Batch
from courseflow_admin.db.money import facts as facts_db
from courseflow_admin.db.money import ledger as ledger_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.from_slots import books_of
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.teaching.enrollments import AccessState

SIZE = 50  # each with its facts, entries and grant in one transaction
WITHOUT: Row = {"revision": {"$in": [None, 0]}}


class FactsOfPayments:
    async def total(self) -> int:
        return await collection("payments").count(WITHOUT)

    async def batch(self, position: Any) -> Batch:
        rows = await collection("payments").find(
            {**WITHOUT, "_id": {"$gt": position or ""}}, sort=[("_id", 1)], limit=SIZE
        )
        for row in rows:
            await _write(Payment.from_mongo(row))
        return Batch(rows[-1]["_id"] if len(rows) == SIZE else None, len(rows))


async def _write(payment: Payment) -> None:
    after, facts, entries = books_of(payment, clock.business())
    await facts_db.add(facts)
    await ledger_db.post(entries)
    await payments_db.store(payment, after)
    if after.access.state is AccessState.SUSPENDED:
        since = after.dispute.at or after.updated_at
        await enrollments_db.suspend_grant(payment.id, since)
