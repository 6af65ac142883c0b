"""The gateways and the demo school agree: nothing changes when they are asked about its past."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.development.demo.gateways import FILE
from courseflow_admin.development.sandbox.past import Past
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import GATEWAYS, PaymentState
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.teaching.enrollments import Enrollment
from courseflow_admin.services.money import captures, payments, refunds
from courseflow_admin.services.money.sync import sync
from tests.builders import stored

OF_EACH = 4
AT_BOTH = {
    "created", "paid", "partially_refunded", "refunded", "failed", "expired",
}  # fmt: skip
UNTOUCHED = ("enrollments", "receipts", "emails", "audit")


@pytest.fixture
async def demo(demo_school: None, sandbox: Sandbox) -> AsyncIterator[Sandbox]:
    """The demo school, and a sandbox that has taken over its past."""
    path = settings().data_dir / FILE
    assert await Past(sandbox.world, path).take_over() == 1500
    yield sandbox
    path.unlink()


async def of_each_kind() -> list[Payment]:
    """Some of each state at each gateway, the recent first: there the clock still matters."""
    kinds: dict[tuple[str, str, int], list[Payment]] = {}
    rows = [Payment.from_mongo(row) for row in await stored("payments")]
    for payment in sorted(rows, key=lambda payment: payment.created_at, reverse=True):
        kind = (payment.provider, payment.state.value, min(len(payment.attempts), 2))
        kinds.setdefault(kind, []).append(payment)
    return [payment for found in kinds.values() for payment in found[:OF_EACH]]


def without_notes(row: dict[str, Any]) -> dict[str, Any]:
    """What a look at the gateway may not change."""
    return {name: value for name, value in row.items() if name != "syncs"}


async def everything() -> dict[str, dict[str, Any]]:
    found = {row["_id"]: without_notes(row) for name in UNTOUCHED for row in await stored(name)}
    return found | {row["_id"]: without_notes(row) for row in await stored("payments")}


RARE = {"lapsed", "lost"}  # no payment of the demo school is


async def an_admin() -> Actor:
    admin = next(row for row in await stored("accounts") if row["role"] == "admin")
    return Actor(admin["_id"], "admin", admin["name"], admin["email"], verified=True)


async def test_asking_the_gateways_about_demo_payments_changes_nothing(demo: Sandbox) -> None:
    asked = await of_each_kind()
    before = await everything()

    results = {payment.id: await sync(payment.id, "a test") for payment in asked}

    kinds = {(payment.provider, payment.state.value) for payment in asked}
    assert len(asked) >= 50
    assert {state for _, state in kinds} == {state.value for state in PaymentState} - RARE
    assert {state for name, state in kinds if name == "razorpay"} >= AT_BOTH - {"created"}
    assert {state for name, state in kinds if name == "stripe"} >= AT_BOTH - {"created"}
    shown = {(payment.state.value, results[payment.id].partition(":")[0]) for payment in asked}
    assert shown == {
        ("created", "not paid yet"),
        ("pending", "pending"),
        ("authorized", "authorized"),
        ("paid", "paid"),
        ("partially_refunded", "partly refunded"),
        ("refunded", "refunded"),
        ("failed", "failed"),
        ("expired", "expired"),
        ("disputed", "disputed"),
        ("needs_review", "needs review"),
    }
    after = await everything()
    assert {key for key in after.keys() | before.keys() if after.get(key) != before.get(key)} == (
        set()
    )
    assert demo.deliveries() == []


async def test_demo_payments_live_on_they_can_be_refunded_and_open_ones_be_paid(
    demo: Sandbox,
) -> None:
    rows = [Payment.from_mongo(row) for row in await stored("payments")]
    waiting = [row for row in rows if row.state.value in {"created", "pending", "authorized"}]
    bought = next(row for row in waiting if row.state is PaymentState.CREATED)
    admin = await an_admin()

    for provider in GATEWAYS:
        payment = next(
            row
            for row in rows
            if row.provider == provider and row.state is PaymentState.PARTIALLY_REFUNDED
        )
        said = await payments.recheck(admin, payment.id)
        left = payment.refundable
        after = await refunds.refund(admin, payment.id, left, "No longer wanted", new_id("ref"))

        assert (said, after.state.value) == ("partly refunded", "refunded")
        first = payment.amount.minor // 4
        assert demo.refunds(payment.provider_payment_id) == [first, payment.amount.minor - first]
        assert await ends_of_grants(payment.id) == ["refund"]

    demo.pay(bought.provider_checkout_id)
    await sync(bought.id, "a test")

    assert (await payments_db.get(bought.id)).state is PaymentState.PAID
    assert await ends_of_grants(bought.id) == [""]
    assert all(row.open for row in waiting)
    looks = {row["key"]: row["due_at"] for row in await stored("jobs", kind="payment-look")}
    assert all(looks[row.id] < clock.business() + timedelta(minutes=11) for row in waiting)
    assert not any(row.id in looks for row in rows if row.state is PaymentState.PAID)


async def test_what_a_bank_holds_in_the_demo_school_can_be_captured(demo: Sandbox) -> None:
    rows = [Payment.from_mongo(row) for row in await stored("payments", state="authorized")]
    admin = await an_admin()

    after = [await captures.capture(admin, row.id) for row in rows]

    assert rows
    assert all(row.lapses_at and row.lapses_at > clock.business() for row in rows)
    assert {row.state for row in after} == {PaymentState.PAID}
    assert [await ends_of_grants(row.id) for row in rows] == [[""] for _ in rows]


async def ends_of_grants(payment_id: str) -> list[str]:
    return [
        grant.end_reason
        for row in await stored("enrollments")
        for grant in Enrollment.from_mongo(row).grants
        if grant.payment_id == payment_id
    ]
