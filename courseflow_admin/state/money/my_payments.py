"""The payments of the one who is signed in."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.services.money import payments
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState


@dataclass
class MyPaymentRow:
    date: str
    course: str
    amount: str
    state: str
    receipt: str
    href: str


class MyPaymentsState(ListState, rx.State):
    rows: list[MyPaymentRow] = []

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        address = ListAddress(routes.MY_PAYMENTS, self.router.url, ())
        auth = await self.get_state(AuthState)
        async with self._refusals(address):
            page = await payments.mine(auth.actor(), address.request())
            receipts = await payments.receipt_labels(auth.actor(), page.rows)
            self.rows = [_row(payment, receipts.get(payment.id, "")) for payment in page.rows]
            self._show_page(page, address)


def _row(payment: Payment, receipt: str) -> MyPaymentRow:
    return MyPaymentRow(
        date=times.short(payment.created_at),
        course=payment.course_title,
        amount=str(payment.amount),
        state=payment.state.value,
        receipt=receipt,
        href=routes.my_payment(payment.id),
    )
