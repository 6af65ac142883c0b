"""Receipts: opened with the payment; their number follows (services/money/receipt_numbers.py)."""

from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.services.school import jobs

KIND = "receipt-number"


async def open_receipt(payment: Payment) -> None:
    """Insert the receipt of a paid payment, still without number; inside the money transaction."""
    paid_at = payment.paid_at or clock.business()
    year = calendar.school().date_of(paid_at).year
    receipt = Receipt(
        _id=new_id("rcp"),
        payment_id=payment.id,
        account_id=payment.account_id,
        course_title=payment.course_title,
        amount=Money(minor=payment.accepted_minor, currency=payment.charged.currency),
        mode=payment.mode,
        series=f"{payment.mode}-{year}",
        paid_at=paid_at,
    )
    await receipts_db.open_receipt(receipt)
    await jobs.queue(KIND, receipt.id, "receipts")
