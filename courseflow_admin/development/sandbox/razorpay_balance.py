"""The school's balance at Razorpay: a row for each movement, and which settlement took it.

A row is what the reconciliation list shows of a payment, a refund or an adjustment, in INR. It
waits until a settlement takes it to the bank. A pending refund moves nothing yet.
"""

import json

from courseflow_admin.development.sandbox.razorpay_money import HOME, charged, in_home
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World, token

KIND = "rzp_row"  # its parent is the settlement that took it
WAITING = "not settled"  # the parent of the others
NO_CARD: Body = {"card_network": None, "card_issuer": None, "card_type": None}
CARD: Body = {"card_network": "Visa", "card_issuer": "HDFC", "card_type": "credit"}


def payment_captured(world: World, payment: Body) -> None:
    """Brings its amount without the fee, at the moment of its capture."""
    fee, _ = charged(payment)
    brought = in_home(payment["amount"], payment["currency"]) - fee
    _add(world, _about(world, payment, payment) | {"type": "payment", "payment_id": None}, brought)


def refund_processed(world: World, refund: Body, payment: Body) -> None:
    """Takes its amount; Razorpay keeps the fee of the payment."""
    row = _about(world, refund, payment) | {
        "type": "refund",
        "payment_id": payment["id"],
        "fee": 0,
        "tax": 0,
    }
    _add(world, row, -in_home(refund["amount"], refund["currency"]))


def adjust(
    world: World, moved: int, currency: str, why: str, dispute_id: str | None = None
) -> None:
    """What is neither payment nor refund: a dispute lost or won back, a refund that failed."""
    row: Body = {
        "entity_id": f"adj_{token(14)}",
        "type": "adjustment",
        "fee": 0,
        "tax": 0,
        "created_at": world.now(),
        "posted_at": None,
        "description": why,
        "notes": None,
        "payment_id": None,
        "order_id": None,
        "order_receipt": None,
        "method": None,
        **NO_CARD,
        "dispute_id": dispute_id,
    }
    moved_home = in_home(abs(moved), currency)
    _add(world, row, moved_home if moved > 0 else -moved_home)


def balance(world: World) -> int:
    """What has not gone to the bank yet; below zero when refunds took more than came in."""
    return total(waiting(world))


def waiting(world: World) -> list[Body]:
    """Oldest first."""
    found = world.store.children(KIND, WAITING)
    return sorted(found, key=lambda row: int(row["created_at"]))


def total(rows: list[Body]) -> int:
    return sum(row["credit"] - row["debit"] for row in rows)


def take(world: World, rows: list[Body], settlement_id: str) -> None:
    world.store.adopt((row["id"] for row in rows), settlement_id)


def put_back(world: World, settlement_id: str) -> None:
    world.store.adopt((row["id"] for row in taken(world, settlement_id)), WAITING)


def taken(world: World, settlement_id: str) -> list[Body]:
    return world.store.children(KIND, settlement_id)


def _about(world: World, subject: Body, payment: Body) -> Body:
    """What a row says of its payment or refund."""
    order = world.store.find("order", payment["order_id"] or "") or {}
    fee, tax = charged(payment)
    return {
        "entity_id": subject["id"],
        "fee": fee,
        "tax": tax,
        "created_at": world.now(),
        "posted_at": None,
        "credit_type": "default",
        "description": payment["description"] if subject is payment else None,
        "notes": json.dumps(subject["notes"] or {}),  # a text with JSON in it, as Razorpay's
        "order_id": payment["order_id"],
        "order_receipt": order.get("receipt"),
        "method": payment["method"],
        **(CARD if payment["method"] == "card" else NO_CARD),
        "dispute_id": None,
    }


def _add(world: World, row: Body, moved: int) -> None:
    amount = abs(moved) + (row["fee"] if row["type"] == "payment" else 0)
    whole = row | {
        "id": f"{row['entity_id']}.{token(6)}",  # a failed refund may be made after all: two rows
        "debit": max(-moved, 0),
        "credit": max(moved, 0),
        "amount": amount,
        "currency": HOME,
        "on_hold": False,
    }
    world.store.put(KIND, whole, parent=WAITING)
