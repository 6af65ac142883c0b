"""The payments of the one who is signed in."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import CourseFlowError, NotSignedIn
from courseflow_admin.models.payments import Payment
from courseflow_admin.models.permissions import Permission
from courseflow_admin.services import payments
from courseflow_admin.state import times
from courseflow_admin.state.address import ListAddress
from courseflow_admin.state.auth import AuthState
from courseflow_admin.state.events import event


@dataclass
class MyPaymentRow:
    date: str
    course: str
    amount: str
    state: str
    receipt: str
    href: str


class MyPaymentsState(rx.State):
    view: str = "loading"
    rows: list[MyPaymentRow] = []
    error: str = ""
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        address = ListAddress(routes.MY_PAYMENTS, self.router.url.query_parameters, ())
        auth = await self.get_state(AuthState)
        try:
            page = await payments.mine(auth.actor(), address.request())
            receipts = await payments.receipt_labels(auth.actor(), page.rows)
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.view, self.error = "error", problem.message
            return
        self.rows = [_row(payment, receipts.get(payment.id, "")) for payment in page.rows]
        self.range_text = f"{page.range_text} · {times.zone()}"
        self.previous_href = address.previous(page)
        self.next_href = address.next(page)
        self.view = "rows" if page.rows else "empty"


def _row(payment: Payment, receipt: str) -> MyPaymentRow:
    return MyPaymentRow(
        date=times.short(payment.created_at),
        course=payment.course_title,
        amount=str(payment.amount),
        state=payment.state.value,
        receipt=receipt,
        href=routes.my_payment(payment.id),
    )
