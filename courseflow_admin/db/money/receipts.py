"""Queries on receipts and the row of numbers."""

from datetime import datetime

from courseflow_admin.db.core.client import collection, require_transaction
from courseflow_admin.models.money.receipts import Receipt


async def open_receipt(receipt: Receipt) -> None:
    """Insert, still without a number; unique per payment."""
    require_transaction()
    await collection("receipts").insert_one(receipt.to_mongo())


async def find_by_payment(payment_id: str) -> Receipt | None:
    row = await collection("receipts").find_one({"payment_id": payment_id})
    return Receipt.from_mongo(row) if row else None


async def of_payments(payment_ids: list[str]) -> list[Receipt]:
    """Of one page of payments."""
    rows = await collection("receipts").find({"payment_id": {"$in": payment_ids}})
    return [Receipt.from_mongo(row) for row in rows]


async def find(receipt_id: str) -> Receipt | None:
    row = await collection("receipts").find_one({"_id": receipt_id})
    return Receipt.from_mongo(row) if row else None


async def last_number(series: str) -> int:
    row = await collection("receipts").find_one(
        {"series": series, "number": {"$gt": 0}}, sort=[("number", -1)], projection={"number": 1}
    )
    return int(row["number"]) if row else 0


async def set_number(receipt_id: str, number: int, at: datetime) -> bool:
    """Duplicate when the number is taken in this series; False when the receipt has one."""
    require_transaction()
    result = await collection("receipts").update_one(
        {"_id": receipt_id, "number": 0}, {"$set": {"number": number, "numbered_at": at}}
    )
    return result.modified_count == 1
