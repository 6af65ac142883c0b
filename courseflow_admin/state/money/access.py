"""Why? for one person and one course: the verdict, all reasons, and what repairs it."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.teaching.access import ReasonCode
from courseflow_admin.services.identity import people
from courseflow_admin.services.identity.people import Why
from courseflow_admin.state.core import times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.words import address_part

# What would repair it; what is not in it no one can.
REPAIRS = {
    ReasonCode.SUSPENDED: "restore",
    ReasonCode.PAYMENT_IN_REVIEW: "payment",
    ReasonCode.PAID_WITHOUT_GRANT: "payment",
    ReasonCode.PAYMENT_PENDING: "payment",
    ReasonCode.DISPUTED: "payment",
    ReasonCode.PAYMENT_FAILED: "course",
    ReasonCode.CHECKOUT_OPEN: "course",
    ReasonCode.NEVER_BOUGHT: "course",
    ReasonCode.REFUNDED: "course",
    ReasonCode.ENDED: "course",
    ReasonCode.EXPIRED: "course",
}
LABELS = {
    "restore": "Restore account",
    "payment": "Open payment",
    "course": "Open sales page",
}


@dataclass
class ReasonRow:
    number: int
    sentence: str
    repair: str
    payment_href: str


@dataclass
class PaymentLine:
    amount: str
    note: str
    state: str
    href: str


@dataclass
class Shown:
    person: str = ""
    person_href: str = ""
    course: str = ""
    course_href: str = ""
    allowed: bool = False
    headline: str = ""
    because: str = ""
    progress: str = ""
    repair: str = ""
    repair_href: str = ""
    repair_label: str = ""


class AccessState(DetailState, rx.State):
    shown: Shown = Shown()
    reasons: list[ReasonRow] = []
    payments: list[PaymentLine] = []

    @event(Permission.ACCESS_READ_ALL, supersedes=True)
    async def load(self):
        asked = address_part(self, 1), address_part(self, 2)
        if self._turn_to("/".join(asked)):
            yield
        actor = (await self.get_state(AuthState)).actor()
        async with self._refusals():
            self._show(await people.why(actor, *asked))

    def _forget(self) -> None:
        self.shown = Shown()

    def _show(self, found: Why) -> None:
        self.shown = _shown(found)
        self.reasons = [
            ReasonRow(
                number=number,
                sentence=reason.for_admins,
                repair=reason.repair,
                payment_href=routes.payment(reason.payment_id) if reason.payment_id else "",
            )
            for number, reason in enumerate(found.verdict.reasons, 1)
        ]
        self.payments = [
            PaymentLine(
                str(payment.amount),
                f"{payment.provider.capitalize()}, {times.long(payment.created_at)}",
                payment.state.value,
                routes.payment(payment.id),
            )
            for payment in found.payments
        ]
        self.view = "there"


def _shown(found: Why) -> Shown:
    reason = found.verdict.reasons[0]
    repair = REPAIRS.get(reason.code, "")
    name = found.account.name if not found.account.erased_at else "The deleted account"
    may = "can study" if found.verdict.allowed else "cannot study"
    hrefs = {
        "restore": routes.person(found.account.id),
        "payment": routes.payment(reason.payment_id),
        "course": routes.course(found.course.slug),
    }
    return Shown(
        person=name,
        person_href=routes.person(found.account.id),
        course=found.course.title,
        course_href=routes.course(found.course.slug),
        allowed=found.verdict.allowed,
        headline=f"{name} {may} {found.course.title}",
        because=reason.for_admins,
        progress=f"{found.enrollment.percent}%" if found.enrollment else "Not enrolled",
        repair=reason.repair,
        repair_href=hrefs.get(repair, ""),
        repair_label=LABELS.get(repair, ""),
    )
