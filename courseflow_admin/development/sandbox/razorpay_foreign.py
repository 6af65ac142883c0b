"""What else happens on the same Razorpay account: payments that are not the school's."""

from courseflow_admin.development.sandbox import razorpay_acts as acts
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World, token

MOST = 1000  # at once


def other_product(world: World, count: int = 1) -> list[str]:
    """Payments of a product that knows nothing of the school; returns their ids."""
    if not 1 <= count <= MOST:
        raise ValueError(f"Make between 1 and {MOST} payments at a time.")
    return [_paid(world, 150_000 + 100 * number, {}) for number in range(count)]


def unknown_purchase(world: World) -> str:
    """A payment whose notes look like the school's, but name a purchase it never made."""
    return _paid(world, 250_000, {"payment_id": f"pay_{token(26).lower()}"})


def _paid(world: World, amount: int, notes: Body) -> str:
    order = acts.new_order(world, amount, "INR", receipt=f"INV-{token(6)}", notes=notes)
    prefill = {"description": "Another product", "email": "someone@example.com"}
    return acts.pay(world, order["id"], prefill=prefill, notes=notes, capture=True)
