"""What else happens on the same Stripe account: payments that are not the school's."""

from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_balance import book_charge
from courseflow_admin.development.sandbox.stripe_base import emit
from courseflow_admin.development.sandbox.world import World, token

MOST = 1000  # at once


def other_product(world: World, count: int = 1) -> list[str]:
    """Payments of a product that knows nothing of the school; returns their ids."""
    if not 1 <= count <= MOST:
        raise ValueError(f"Make between 1 and {MOST} payments at a time.")
    return [_paid(world, 1_500 + number, {}) for number in range(count)]


def unknown_purchase(world: World) -> str:
    """A payment whose metadata looks like the school's, but names a purchase it never made."""
    return _paid(world, 2_500, {"payment_id": f"pay_{token(26).lower()}"})


def _paid(world: World, amount: int, metadata: Body) -> str:
    data = {"description": "Another product", "metadata": metadata}
    payment = objects.intent(world, amount, "usd", data, "card")
    payment |= {"payment_method": objects.new_id("pm"), "status": "succeeded"}
    charge = objects.charge(world, payment, "card", "someone@example.com", "Someone Else")
    charge = book_charge(world, charge)
    payment |= {"latest_charge": charge["id"], "amount_received": amount}
    world.store.put("payment_intent", payment)
    world.store.put("charge", charge, parent=payment["id"])
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", payment)
    return str(payment["id"])
