"""The list of payments: the address says what is shown, every control only changes it."""

from dataclasses import dataclass, replace

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.payment_parts import GATEWAYS, PaymentState
from courseflow_admin.models.money.payments import (
    Payment,
    PaymentFilter,
    Sort,
    SortField,
    method_text,
)
from courseflow_admin.services.identity import people
from courseflow_admin.services.money import payments
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.money.figure_words import FIGURES

STATES: dict[str, str] = {
    "paid": "Paid",
    "needs_review": "Needs review",
    "pending": "Pending",
    "authorized": "Authorized",
    "failed": "Failed",
    "disputed": "Disputed",
    "lost": "Dispute lost",
    "partially_refunded": "Partly refunded",
    "refunded": "Refunded",
    "created": "Created",
    "expired": "Expired",
    "lapsed": "Lapsed",
}
PROVIDERS: dict[str, str] = {name: name.capitalize() for name in GATEWAYS}
NAMES = (
    *("state", "provider", "email", "account", "sort", "order"),
    *("figure", "currency", "from", "to"),
)
CODES = {code: code for code in CURRENCIES}
OF_A_FIGURE = ("figure", "currency", "from", "to")
SORTS = {"date": "Date", "amount": "Amount"}
SORT_ORDERS = {"falling": "Falling", "rising": "Rising"}
ORDERS = {True: "descending", False: "ascending"}
WHY_EMPTY = {
    PaymentState.NEEDS_REVIEW: "Payments that don't match their order appear here.",
    PaymentState.DISPUTED: "Disputes appear here within a minute.",
    PaymentState.FAILED: "Declined cards and failed transfers appear here with the reason.",
}


@dataclass
class PaymentRow:
    date: str
    learner: str
    email: str
    course: str
    amount: str
    state: str
    provider: str
    method: str
    href: str


class PaymentsState(ListState, rx.State):
    rows: list[PaymentRow] = []
    state_text: str = ""
    provider_text: str = ""
    figure_text: str = ""  # what came with the address: a figure, its currency and its days
    person_text: str = ""  # all of one person, from their page
    sort_by_date: dict[str, str] = {}
    date_sorted: str = "descending"
    sort_by_amount: dict[str, str] = {}
    amount_sorted: str = "none"
    empty_title: str = ""
    empty_why: str = ""

    @event(Permission.PAYMENTS_READ, supersedes=True)
    async def load(self):
        address = ListAddress(routes.PAYMENTS, self.router.url, NAMES)
        auth = await self.get_state(AuthState)
        wanted = PaymentFilter(
            state=address.one_of("state", STATES),
            provider=address.one_of("provider", PROVIDERS),
            email_prefix=address["email"],
            account_id=address["account"],
            figure=address.one_of("figure", FIGURES),
            currency=address.one_of("currency", CODES),
        )
        by, order = address.one_of("sort", SORTS), address.one_of("order", SORT_ORDERS)
        sort = Sort("amount" if by == "amount" else "date", order != "rising")
        self._show_controls(address, wanted, sort)
        async with self._refusals(address):
            period = Period.parse(address["from"], address["to"])
            self.figure_text = _figure_text(wanted, period)
            wanted = replace(wanted, period=period)
            page = await payments.search(auth.actor(), wanted, sort, address.request())
            if wanted.account_id:
                in_row = page.rows[0].name if page.rows else ""
                self.person_text = await people.called(auth.actor(), wanted.account_id, in_row)
            self.rows = [_row(payment) for payment in page.rows]
            self._show_page(page, address)

    def _show_controls(self, address: ListAddress, wanted: PaymentFilter, sort: Sort) -> None:
        self.state_text = STATES.get(wanted.state, "")
        self.provider_text = PROVIDERS.get(wanted.provider, "")
        self.person_text = wanted.account_id
        self.sort_by_date, self.date_sorted = _sorting(sort, "date")
        self.sort_by_amount, self.amount_sorted = _sorting(sort, "amount")
        shown = (wanted.state, wanted.provider, wanted.email_prefix, wanted.account_id)
        self.filtered = any(shown) or any(address[name] for name in OF_A_FIGURE)
        self.empty_title, self.empty_why = _why_empty(wanted, filtered=self.filtered)


def _figure_text(wanted: PaymentFilter, period: Period | None) -> str:
    """`Refunds, INR, 24 Oct – 22 Nov 2026`."""
    days = period.text() if period else ""
    return ", ".join(filter(None, (FIGURES.get(wanted.figure, ""), wanted.currency, days)))


def _sorting(sort: Sort, field: SortField) -> tuple[dict[str, str], str]:
    """What a click on this column changes in the address, and how it is sorted now."""
    by = "" if field == "date" else field
    if sort.field != field:
        return {"sort": by, "order": ""}, "none"
    return {"sort": by, "order": "rising" if sort.falling else ""}, ORDERS[sort.falling]


def _why_empty(wanted: PaymentFilter, *, filtered: bool) -> tuple[str, str]:
    if not filtered:
        return "No payments yet", "Payments appear here as soon as someone starts a checkout."
    others = (
        *(wanted.provider, wanted.email_prefix, wanted.account_id),
        *(wanted.figure, wanted.currency),
    )
    only_state = wanted.state and not any(others)
    if only_state:
        title = f"No payments are {STATES[wanted.state].lower()}"
        if wanted.state == PaymentState.NEEDS_REVIEW:
            title = "No payments need review"
        return title, WHY_EMPTY.get(PaymentState(wanted.state), "Remove the filter to see all.")
    return "No payments found", "Remove a filter or try another search."


def _row(payment: Payment) -> PaymentRow:
    return PaymentRow(
        date=times.short(payment.created_at),
        learner=payment.name or "Deleted account",
        email=payment.email,
        course=payment.course_title,
        amount=str(payment.amount),
        state=payment.state.value,
        provider=payment.provider.capitalize(),
        method=method_text(payment.method),
        href=routes.payment(payment.id),
    )
