"""Receipts are numbered without gaps, one after the other.

The money transaction never touches a shared counter (measured: it would make 200 purchases at
once seven times slower). The number follows within a second, in a small transaction of its own
that also queues the receipt e-mail: killed in between, either both are there or neither, and the
next run goes on with the same number.
"""

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.money.payments import Payment, method_text
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.money import reviews
from courseflow_admin.services.money.receipts import KIND
from courseflow_admin.services.school import audit, jobs
from courseflow_admin.services.school.jobs import Handler, RetryLater


async def ask_number(payment_id: str) -> None:
    """Have a receipt numbered that has no number yet, also one that was given up."""
    receipt = await receipts_db.find_by_payment(payment_id)
    if receipt and not receipt.number:
        await jobs.queue(KIND, receipt.id, "receipts")


async def number(job: Job) -> None:
    """Give one receipt the next number of its series.

    Should two workers do that at once, the unique index lets one of them win each number. A
    receipt in trouble lets the others pass: numbers are given one by one, so it leaves no gap.
    """
    receipt = await receipts_db.find(job.key)
    if receipt is None or receipt.number:
        return
    try:
        await _number(receipt)
    except Duplicate as error:
        raise RetryLater("Another receipt took its number.", counted=False) from error


async def _given_up(job: Job, reason: str) -> None:
    if receipt := await receipts_db.find(job.key):
        why = f"Its receipt could not be numbered. {reason}"
        await reviews.open_review(receipt.payment_id, why)


NUMBER = Handler(KIND, number, gave_up=_given_up)


async def _number(receipt: Receipt) -> None:
    payment = await payments_db.get(receipt.payment_id)
    account = await accounts_db.find(receipt.account_id)

    async def body() -> None:
        value = await receipts_db.last_number(receipt.series) + 1
        numbered = receipt.model_copy(update={"number": value})
        if not await receipts_db.set_number(receipt.id, value, clock.business()):
            return
        if account:
            await _queue(numbered, payment, Recipient.of(account))
        await audit.record(
            SYSTEM, Act.RECEIPT_NUMBERED, payment.id, receipt=receipt.id, number=numbered.label
        )

    await transaction(body)


async def _queue(receipt: Receipt, payment: Payment, to: Recipient) -> None:
    await outbox.queue(
        EmailKind.RECEIPT,
        to=to,
        dedupe_key=f"receipt-{payment.id}",
        facts={
            "course": receipt.course_title,
            "number": receipt.label,
            "billed_to": payment.billed_to or to.name,
            "date": calendar.school().day_in_full(receipt.paid_at),
            "method": method_text(payment.method) or payment.provider.capitalize(),
            "amount": str(receipt.amount),
            "link": settings().origin + routes.my_payment(payment.id),
        },
        payment_id=payment.id,
        course_id=payment.course_id,
        course_owner_id=payment.owner_id,
    )
