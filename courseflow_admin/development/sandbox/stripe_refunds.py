"""Refunds at Stripe: made at once or pending, and what the bank makes of them days later."""

from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_balance import (
    book,
    currency_of,
    decimals,
    is_card,
)
from courseflow_admin.development.sandbox.stripe_base import (
    CannotAct,
    emit,
    find_intent,
    paid_charge,
)
from courseflow_admin.development.sandbox.stripe_disputes import blocks_refunds
from courseflow_admin.development.sandbox.world import World


def refund(
    world: World,
    payment_id: str,
    amount: int | None = None,
    params: Body | None = None,
    key: str | None = None,
) -> Body:
    """Give back `amount`, or all that is left."""
    charge = paid_charge(world, payment_id)
    left = charge["amount"] - charge["amount_refunded"]
    if blocks_refunds(world, charge):
        raise CannotAct(f"Charge {charge['id']} has been charged back; cannot issue a refund.")
    if left == 0:
        raise CannotAct(f"Charge {charge['id']} has already been refunded.")
    wanted = left if amount is None else amount
    if wanted > left:
        raise CannotAct(
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})"
        )
    if decimals(charge["currency"]) == 3 and wanted % 10:
        raise CannotAct("Invalid amount: three-decimal currencies must be divisible by 10.")
    given = objects.refund(world, charge, wanted, params or {})
    if world.refunds("stripe") == "pending":
        given |= {"status": "pending", "pending_reason": "insufficient_funds"}
    else:
        _take(world, given, charge)
    world.store.put("refund", given, parent=charge["id"])
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    _count_refunds(world, charge)
    emit(world, "refund.created", given, key=key)
    emit(world, "charge.refunded", charge, before, key)
    return given


def settle_refund(world: World, refund_id: str) -> Body:
    """A pending refund has reached the buyer, or one that was taken for failed."""
    given = _refund_in(world, refund_id, {"pending", "failed"})
    before = {name: given[name] for name in ("status", "pending_reason", "balance_transaction")}
    charge = world.store.get("charge", given["charge"])
    if given["failure_balance_transaction"] or not given["balance_transaction"]:
        _take(world, given, charge)
    given |= {
        "status": "succeeded",
        "pending_reason": None,
        "failure_reason": None,
        "failure_balance_transaction": None,
    }
    _changed(world, given, charge, before)
    return given


def fail_refund(world: World, refund_id: str) -> Body:
    """The bank sends the money back: days later the refund turns out to have failed."""
    given = _refund_in(world, refund_id, {"pending", "succeeded"})
    before = {
        "status": given["status"],
        "failure_reason": None,
        "failure_balance_transaction": None,
    }
    charge = world.store.get("charge", given["charge"])
    if given["balance_transaction"]:
        currency = currency_of(world, charge)
        back = book(world, "refund_failure", given, given["amount"], currency=currency)
        given["failure_balance_transaction"] = back["id"]
    given |= {
        "status": "failed",
        "pending_reason": None,
        "failure_reason": "expired_or_canceled_card",
    }
    _changed(world, given, charge, before)
    emit(world, "refund.failed", given, before)
    return given


def refunds(world: World, payment_id: str) -> list[Body]:
    """Oldest first, also those that failed."""
    charge_id = find_intent(world, payment_id)["latest_charge"]
    return world.store.children("refund", charge_id) if charge_id else []


def _take(world: World, given: Body, charge: Body) -> None:
    """Off the balance; until then a refund only waits."""
    booked = book(
        world,
        "refund",
        given,
        -given["amount"],
        currency=currency_of(world, charge),
        card=is_card(charge),
    )
    given["balance_transaction"] = booked["id"]


def _changed(world: World, given: Body, charge: Body, before: Body) -> None:
    world.store.put("refund", given)
    _count_refunds(world, charge)
    emit(world, "refund.updated", given, before)
    emit(world, "charge.refund.updated", given, before)


def _refund_in(world: World, refund_id: str, states: set[str]) -> Body:
    given = world.store.find("refund", refund_id)
    if given is None:
        raise CannotAct(f"There is no refund {refund_id}.")
    if given["status"] not in states:
        raise CannotAct(f"This refund is already {given['status']}.")
    return given


def _count_refunds(world: World, charge: Body) -> None:
    given = world.store.children("refund", charge["id"])
    total = sum(item["amount"] for item in given if item["status"] not in {"failed", "canceled"})
    charge |= {"amount_refunded": total, "refunded": total == charge["amount"]}
    world.store.put("charge", charge)
