"""What a gateway told of a checkout, as facts of one payment, and what does not fit our order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.facts import (
    ChargeStatus,
    CheckoutStatus,
    Fact,
    FactKind,
    Identity,
    RefundStatus,
    fact_id,
    rank,
)
from courseflow_admin.models.money.gateways import (
    ChargeTold,
    CheckoutTold,
    DisputeTold,
    RefundTold,
)
from courseflow_admin.models.money.payments import Payment


@dataclass(frozen=True)
class Seen:
    """When, and from where, something is told of a payment that has these facts already."""

    payment: Payment
    known: tuple[Fact, ...]
    at: datetime
    source: str

    def new(self, facts: Iterable[Fact]) -> list[Fact]:
        """Those that are not known, each once."""
        known: set[Identity] = {fact.identity for fact in self.known}
        found = {fact.identity: fact for fact in facts if fact.identity not in known}
        return list(found.values())

    def facts_of(self, charge: ChargeTold) -> list[Fact]:
        """One try to pay, with its refunds and disputes."""
        said = self._charge(charge)
        refunds = [self._refund(charge, one) for one in charge.refunds]
        disputes = [self._dispute(charge, one) for one in charge.disputes]
        return self.new([said, *refunds, *disputes])

    def refund(self, refund: RefundTold) -> list[Fact]:
        """What the gateway answered when it was asked for a refund of this payment's money."""
        money = self.payment
        fact = self._moved(
            FactKind.REFUND,
            refund.id,
            refund.status,
            refund.at,
            about=money.charge_id,
            our_id=refund.our_id,
            amount_minor=refund.amount_minor,
            currency=money.charged.currency,
        )
        return self.new([fact])

    def closed(self, status: CheckoutStatus, reason: str = "") -> list[Fact]:
        """The payment's checkout takes no money any more."""
        return self.new(
            [self._fact(FactKind.CHECKOUT, self.payment.id, status, self.at, reason=reason)]
        )

    def _charge(self, charge: ChargeTold) -> Fact:
        return self._moved(
            FactKind.CHARGE,
            self._known_as(charge),
            charge.status,
            charge.at,
            about=charge.about,
            amount_minor=charge.amount_minor,
            currency=charge.currency,
            method=charge.method,
            reason=charge.reason if charge.status is ChargeStatus.FAILED else "",
        )

    def _known_as(self, charge: ChargeTold) -> str:
        """Its id; of money from before there were facts, what that is known by."""
        for fact in self.known:
            same = fact.kind is FactKind.CHARGE and fact.about == charge.about
            if fact.migrated and same and fact.status == charge.status:
                return fact.object_id
        return charge.id

    def _refund(self, charge: ChargeTold, refund: RefundTold) -> Fact:
        status = refund.status
        if status is RefundStatus.SUCCEEDED and self._knows(FactKind.REFUND, refund.id, "failed"):
            status = RefundStatus.MADE_AFTER_ALL
        return self._moved(
            FactKind.REFUND,
            refund.id,
            status,
            refund.at,
            about=charge.id,
            our_id=refund.our_id,
            amount_minor=refund.amount_minor,
            currency=charge.currency,
        )

    def _dispute(self, charge: ChargeTold, dispute: DisputeTold) -> Fact:
        return self._moved(
            FactKind.DISPUTE,
            dispute.id,
            dispute.status,
            dispute.at,
            about=charge.id,
            amount_minor=dispute.amount_minor,
            currency=charge.currency,
            reason=dispute.reason,
            deadline=dispute.deadline,
        )

    def _moved(
        self, kind: FactKind, object_id: str, status: str, at: datetime, **said: object
    ) -> Fact:
        """A status that its object has come to: now, when we knew it at an earlier one."""
        fact = self._fact(kind, object_id, status, at, **said)
        before = [one for one in self.known if (one.kind, one.object_id) == (kind, object_id)]
        if any(rank(one) < rank(fact) for one in before):
            return fact.model_copy(update={"occurred_at": self.at})
        return fact

    def _knows(self, kind: FactKind, object_id: str, status: str) -> bool:
        told = {(one.kind, one.object_id, one.status) for one in self.known}
        return (kind, object_id, status) in told

    def _fact(
        self, kind: FactKind, object_id: str, status: str, at: datetime, **said: object
    ) -> Fact:
        return Fact.model_validate(
            {
                "_id": fact_id(),
                "payment_id": self.payment.id,
                "provider": self.payment.provider,
                "mode": self.payment.mode,
                "kind": kind,
                "object_id": object_id,
                "status": status,
                "occurred_at": at,
                "seen_at": self.at,
                "source": self.source,
                **said,
            }
        )


def doubt(payment: Payment, told: CheckoutTold, charge: ChargeTold) -> str:
    """Why this money cannot open this course, whatever its amount; "" when it fits."""
    checkout_is_ours = payment.provider_checkout_id in {"", told.checkout_id}
    if not checkout_is_ours or told.payment_id != payment.id or charge.payment_id != payment.id:
        return "The gateway reports that this money belongs to another payment."
    if told.mode != payment.mode:
        return f"The gateway reports mode {told.mode}, but our payment is in mode {payment.mode}."
    if told.currency != payment.amount.currency:
        return f"The gateway reports {told.currency}, but our payment is {payment.amount}."
    if told.amount_minor != payment.amount.minor:
        said = Money(minor=told.amount_minor, currency=told.currency)
        return f"The gateway reports {said}, but our payment is {payment.amount}."
    return ""
