"""What learners are told about their money, queued in the transaction of the fact it reports."""

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.money.payment_parts import Refund, RefundCause
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.services.mail import outbox


async def refunded(payment: Payment, refund: Refund, *, ended: bool) -> None:
    """The money has gone back; `ended`: and with it the access."""
    account = await accounts_db.find(payment.account_id)
    if account is None:
        return
    second = refund.cause is RefundCause.SECOND_PAYMENT
    await outbox.queue(
        EmailKind.SECOND_PAYMENT_REFUNDED if second else EmailKind.REFUND,
        to=Recipient.of(account),
        dedupe_key=f"refund-{refund.id}",
        facts={
            "course": payment.course_title,
            "amount": str(Money(minor=refund.amount_minor, currency=payment.charged.currency)),
            "ended": "Your access to the course has ended." if ended else "",
            "link": settings().origin + routes.my_payment(payment.id),
        },
        payment_id=payment.id,
        course_id=payment.course_id,
        course_owner_id=payment.owner_id,
    )
