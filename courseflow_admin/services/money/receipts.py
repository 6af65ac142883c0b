"""Receipts: opened with the payment, numbered without gaps by one leased job.

The money transaction never touches a shared counter (measured: it would make 200 purchases at
once seven times slower). The number follows within a second, in a small transaction of its own
that also queues the receipt e-mail: killed in between, either both are there or neither, and the
next run goes on with the same number.
"""

from datetime import timedelta

from loguru import logger

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import Duplicate, transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.db.school import jobs
from courseflow_admin.errors import Unavailable
from courseflow_admin.models.core import calendar, clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.mail import emails
from courseflow_admin.services.school import audit

JOB = "receipt-numbers"
AT_ONCE = 20
RETRY_AFTER = timedelta(minutes=1)


async def open_receipt(payment: Payment) -> None:
    """Insert the receipt of a paid payment, still without number; inside the money transaction."""
    paid_at = payment.paid_at or clock.business()
    year = calendar.school().date_of(paid_at).year
    await receipts_db.open_receipt(
        Receipt(
            _id=new_id("rcp"),
            payment_id=payment.id,
            account_id=payment.account_id,
            course_title=payment.course_title,
            amount=payment.amount,
            mode=payment.mode,
            series=f"{payment.mode}-{year}",
            paid_at=paid_at,
        )
    )


async def number_waiting(owner: str, lease: timedelta) -> int:
    """Number the receipts that wait, the first paid first; how many were numbered.

    `owner` names the worker: only the holder of the lease numbers. Should a lease run out while
    its holder still works, the unique index lets one of the two win each number. A receipt in
    trouble lets the others pass: numbers are given one by one, so it leaves no gap.
    """
    instant = clock.wall()
    if not await jobs.lease(JOB, owner, instant, instant + lease):
        return 0
    numbered = 0
    for receipt in await receipts_db.unnumbered(instant, AT_ONCE):
        try:
            await _number(receipt)
        except Duplicate:
            logger.warning("receipt.number_taken", receipt=receipt.id)
            break
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad receipt must not stop the others
            logger.opt(exception=error).error("receipt.failed", receipt=receipt.id)
            await receipts_db.retry_later(receipt.id, clock.wall() + RETRY_AFTER)
            continue
        numbered += 1
    return numbered


async def _number(receipt: Receipt) -> None:
    payment = await payments_db.get(receipt.payment_id)
    account = await accounts_db.find(receipt.account_id)

    async def number() -> None:
        value = await receipts_db.last_number(receipt.series) + 1
        numbered = receipt.model_copy(update={"number": value})
        if not await receipts_db.set_number(receipt.id, value, clock.business()):
            return
        if account:
            await _queue(numbered, payment, Recipient(account.id, account.email, account.name))
        await audit.record(
            SYSTEM, Act.RECEIPT_NUMBERED, payment.id, receipt=receipt.id, number=numbered.label
        )

    await transaction(number)


async def _queue(receipt: Receipt, payment: Payment, to: Recipient) -> None:
    await emails.queue(
        EmailKind.RECEIPT,
        to=to,
        dedupe_key=f"receipt-{payment.id}",
        facts={
            "course": receipt.course_title,
            "number": receipt.label,
            "billed_to": payment.billed_to or to.name,
            "date": calendar.school().day_in_full(receipt.paid_at),
            "method": payment.method or payment.provider.capitalize(),
            "amount": str(receipt.amount),
            "link": settings().origin + routes.my_payment(payment.id),
        },
        payment_id=payment.id,
        course_id=payment.course_id,
        course_owner_id=payment.owner_id,
    )
