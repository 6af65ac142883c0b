"""Refunds at Razorpay: made at once or pending, failed, and what was never captured given back."""

from courseflow_admin.development.sandbox import razorpay_balance as rows
from courseflow_admin.development.sandbox import razorpay_disputes as disputes
from courseflow_admin.development.sandbox.razorpay_acts import emit, find_payment
from courseflow_admin.development.sandbox.razorpay_money import LEAST, in_words, step_broken
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_acts import CannotAct
from courseflow_admin.development.sandbox.world import World, token

KIND = "rzp_refund"


class AmountRefused(CannotAct):
    """It is the amount that Razorpay does not take."""


def refund(
    world: World, payment_id: str, amount: int | None = None, params: Body | None = None
) -> Body:
    """Give back `amount`, or all that is left."""
    payment = find_payment(world, payment_id)
    if payment["status"] == "refunded":
        raise CannotAct("The payment has been fully refunded already")
    if payment["status"] != "captured":
        raise CannotAct("The payment status should be captured for action to be taken")
    left = payment["amount"] - payment["amount_refunded"]
    wanted = left if amount is None else amount
    currency = payment["currency"]
    if wanted < LEAST:
        raise AmountRefused(f"The amount must be at least {in_words(LEAST, currency)}")
    if step_broken(wanted, currency):
        raise AmountRefused("The last digit of the amount must be 0 for this currency")
    if wanted > left:
        raise AmountRefused("The total refund amount is greater than the refund payment amount")
    if disputes.running(world, payment["id"]):
        raise CannotAct("The payment is disputed; it cannot be refunded now")
    return _give_back(world, payment, wanted, params or {})


def lapse(world: World, payment_id: str) -> None:
    """Authorised and never captured: Razorpay refunds the money automatically."""
    payment = world.store.get("payment", payment_id)
    if payment["status"] != "authorized":
        world.store.done(payment_id)
        return
    _give_back(world, payment, payment["amount"], {})


def settle_refund(world: World, refund_id: str) -> Body:
    """A pending refund has reached the buyer, or one that was taken for failed."""
    given = _find(world, refund_id)
    if given["status"] == "processed":
        raise CannotAct("This refund is already processed.")
    return _moved(world, given, "processed")


def fail_refund(world: World, refund_id: str) -> Body:
    """The bank refuses the refund after all; its money is back with the school."""
    given = _find(world, refund_id)
    if given["status"] == "failed":
        raise CannotAct("This refund is already failed.")
    return _moved(world, given, "failed")


def _give_back(world: World, payment: Body, amount: int, params: Body) -> Body:
    given: Body = {
        "id": f"rfnd_{token(14)}",
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": params.get("notes") or [],
        "receipt": params.get("receipt"),
        "acquirer_data": {"arn": None},
        "created_at": world.now(),
        "batch_id": None,
        "status": "pending",
        "speed_processed": None,
        "speed_requested": params.get("speed") or "normal",
    }
    at_once = world.refunds("razorpay") != "pending"
    if at_once:
        given |= {"status": "processed", "speed_processed": "normal"}
    world.store.put(KIND, given, parent=payment["id"])
    _count(world, payment)
    emit(world, "refund.created", refund=given, payment=payment)
    if at_once:
        _move_money(world, given, payment, "pending")
        emit(world, "refund.processed", refund=given, payment=payment)
    return given


def _moved(world: World, given: Body, status: str) -> Body:
    before = given["status"]
    done = status == "processed"
    given |= {"status": status, "speed_processed": "normal" if done else None}
    world.store.put(KIND, given)
    payment = world.store.get("payment", given["payment_id"])
    _count(world, payment)
    _move_money(world, given, payment, before)
    emit(world, f"refund.{status}", refund=given, payment=payment)
    return given


def _move_money(world: World, given: Body, payment: Body, before: str) -> None:
    if not payment["captured"]:
        return  # it never was the school's
    if given["status"] == "processed":
        rows.refund_processed(world, given, payment)
    elif before == "processed":
        why = f"Refund {given['id']} failed"
        rows.adjust(world, given["amount"], given["currency"], why)


def _count(world: World, payment: Body) -> None:
    given = world.store.children(KIND, payment["id"])
    total = sum(item["amount"] for item in given if item["status"] != "failed")
    whole = total == payment["amount"]
    kept = "captured" if payment["captured"] else "authorized"
    payment |= {
        "amount_refunded": total,
        "refund_status": "full" if whole else "partial" if total else None,
        "status": "refunded" if whole else kept,
    }
    world.store.put("payment", payment)


def _find(world: World, refund_id: str) -> Body:
    given = world.store.find(KIND, refund_id)
    if given is None:
        raise CannotAct(f"There is no refund {refund_id}.")
    return given
