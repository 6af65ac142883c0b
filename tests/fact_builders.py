"""Facts of one payment, as a gateway would tell them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.money.facts import Fact, FactKind, fact_id
from courseflow_admin.models.money.payments import Payment

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
CHARGE = "ch_1"


def a_payment(provider: str = "stripe", minor: int = 8_000, currency: str = "EUR", **fields: Any):
    money = Money(minor=minor, currency=currency)
    known: dict[str, Any] = {
        "_id": "pay_1",
        "account_id": "acc_1",
        "course_id": "crs_1",
        "owner_id": "acc_2",
        "provider": provider,
        "mode": "sandbox",
        "amount": money,
        "listed": money,
        "open": True,
        "created_at": NOON,
        "updated_at": NOON,
        "expires_at": NOON + timedelta(days=1),
    }
    return Payment.model_validate(known | fields)


def a_fact(
    kind: FactKind, object_id: str, status: str = "", minor: int = 0, hours: float = 0, **said: Any
) -> Fact:
    """`hours` after NOON."""
    at = NOON + timedelta(hours=hours)
    known: dict[str, Any] = {
        "_id": fact_id(),
        "payment_id": "pay_1",
        "provider": "stripe",
        "mode": "sandbox",
        "kind": kind,
        "object_id": object_id,
        "status": status,
        "amount_minor": minor,
        "currency": "EUR",
        "occurred_at": at,
        "seen_at": at,
        "source": "look",
    }
    return Fact.model_validate(known | said)


def charge(status: str = "captured", minor: int = 8_000, **said: Any) -> Fact:
    return a_fact(FactKind.CHARGE, CHARGE, status, minor, **{"about": "pi_1", **said})


def accepted(minor: int = 8_000, **said: Any) -> Fact:
    return a_fact(FactKind.ACCEPTED, CHARGE, "", minor, **said)


def held(status: str = "mismatch", minor: int = 8_000, **said: Any) -> Fact:
    return a_fact(FactKind.HELD, CHARGE, status, minor, **said)


def refund(status: str = "succeeded", minor: int = 2_000, name: str = "re_1", **said: Any) -> Fact:
    return a_fact(FactKind.REFUND, name, status, minor, **{"about": CHARGE, "hours": 1, **said})


def asked(minor: int = 2_000, name: str = "ref_1", status: str = "admin", **said: Any) -> Fact:
    return a_fact(FactKind.REFUND_ASKED, name, status, minor, **{"hours": 1, **said})


def dispute(status: str = "open", minor: int = 8_000, name: str = "dp_1", **said: Any) -> Fact:
    return a_fact(FactKind.DISPUTE, name, status, minor, **{"about": CHARGE, "hours": 2, **said})


def sold(*more: Fact) -> list[Fact]:
    """Captured and accepted, and what came after."""
    return [charge(), accepted(), *more]
