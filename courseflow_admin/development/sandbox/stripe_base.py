"""What every act at Stripe relies on: its refusal, its events, and how payments are found."""

from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox import webhooks
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World


class CannotAct(ValueError):
    """The state of the payment does not allow it; the message says why."""


def emit(
    world: World, kind: str, subject: Body, previous: Body | None = None, key: str | None = None
) -> None:
    if world.quiet:
        return
    event = objects.event(world, kind, subject, previous, key)
    world.store.put("event", event)
    webhooks.emit(world, "stripe", event["id"], kind, subject["id"], event)


def find_intent(world: World, any_id: str) -> Body:
    """By the id of the payment intent, its session, its charge or its refund."""
    store = world.store
    if any_id.startswith("cs_"):
        session = store.find("session", any_id)
        any_id = (session or {}).get("payment_intent") or any_id
    elif any_id.startswith(("ch_", "py_", "re_")):
        kind = "refund" if any_id.startswith("re_") else "charge"
        any_id = (store.find(kind, any_id) or {}).get("payment_intent") or any_id
    found = store.find("payment_intent", any_id)
    if found is None:
        raise CannotAct(f"There is no payment {any_id}.")
    return found


def paid_charge(world: World, any_id: str) -> Body:
    payment = find_intent(world, any_id)
    charge = world.store.find("charge", payment["latest_charge"] or "")
    if charge is None or not charge["paid"]:
        raise CannotAct(f"Payment {payment['id']} has not been paid.")
    return charge
