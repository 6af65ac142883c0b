"""What can happen to money at Razorpay: authorised, captured, failed, late, refunded, disputed."""

import json
from typing import Any

from courseflow_admin.development.sandbox import webhooks
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_acts import CannotAct
from courseflow_admin.development.sandbox.world import World, token

ACCOUNT = "acc_SandboxSchool1"
DAY = 86_400
LAPSE_DAYS = 3  # an authorised payment no one captures is given back
RESPOND_DAYS = 7
DECLINED: Body = {
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Your payment has been declined by the bank. Please try another method.",
    "error_source": "bank",
    "error_step": "payment_authorization",
    "error_reason": "payment_declined",
}
TIMED_OUT: Body = {
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Your payment was not completed on time. Any amount deducted will be"
    " refunded or the payment confirmed later.",
    "error_source": "customer",
    "error_step": "payment_authentication",
    "error_reason": "payment_timed_out",
}
NO_ERROR: Body = dict.fromkeys(DECLINED)
CLOSED = {"won", "lost"}


def emit(world: World, kind: str, **entities: Body) -> None:
    """An event about the entities, first the one it is named after."""
    event = {
        "entity": "event",
        "account_id": ACCOUNT,
        "event": kind,
        "contains": list(entities),
        "payload": {
            name: {"entity": json.loads(json.dumps(body))} for name, body in entities.items()
        },
        "created_at": world.now(),
    }
    subject = next(iter(entities.values()))["id"]
    webhooks.emit(world, "razorpay", token(14), kind, subject, event)


def new_payment(
    world: World,
    order: Body,
    method: str = "upi",
    prefill: Body | None = None,
    notes: Body | None = None,
) -> Body:
    """An attempt to pay this order; nothing has been taken yet."""
    prefill = prefill or {}
    payment: Body = {
        "id": f"pay_{token(14)}",
        "entity": "payment",
        "amount": order["amount"],
        "currency": order["currency"],
        "status": "created",
        "order_id": order["id"],
        "invoice_id": None,
        "international": False,
        "method": method,
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "description": prefill.get("description") or None,
        "card_id": f"card_{token(14)}" if method == "card" else None,
        "bank": None,
        "wallet": None,
        "vpa": "buyer@okaxis" if method == "upi" else None,
        "email": prefill.get("email") or "buyer@demo.test",
        "contact": prefill.get("contact") or "+919000090000",
        "notes": notes or [],
        "fee": None,
        "tax": None,
        **NO_ERROR,
        "acquirer_data": {},
        "created_at": world.now(),
    }
    if method == "upi":
        payment["upi"] = {"vpa": "buyer@okaxis", "payer_account_type": "bank_account"}
    return payment


def pay(
    world: World,
    order_id: str,
    *,
    method: str = "upi",
    prefill: Body | None = None,
    notes: Body | None = None,
    capture: bool | None = None,
    again: bool = False,
) -> str:
    """The buyer pays; captured at once if the order or the account's setting says so."""
    order = open_order(world, order_id, again=again)
    payment = new_payment(world, order, method, prefill, notes)
    _save(world, payment)
    _attempted(world, order)
    _authorize(world, payment)
    if capture if capture is not None else captures_itself(world, order_id):
        capture_payment(world, payment["id"], payment["amount"])
    return str(payment["id"])


def pay_twice(world: World, order_id: str, **how: Any) -> tuple[str, str]:
    """Two captured payments for one order, as when a late authorisation meets a second try."""
    found = [item for item in payments_of(world, order_id) if item["status"] == "captured"]
    first = found[0]["id"] if found else pay(world, order_id, **how, capture=True)
    return first, pay(world, order_id, **how, capture=True, again=True)


def decline(
    world: World,
    order_id: str,
    *,
    method: str = "card",
    prefill: Body | None = None,
    notes: Body | None = None,
    error: Body | None = None,
) -> str:
    """The attempt fails; the order may be paid by another one."""
    order = open_order(world, order_id)
    payment = new_payment(world, order, method, prefill, notes) | {"status": "failed"}
    payment |= error or DECLINED
    _save(world, payment)
    _attempted(world, order)
    emit(world, "payment.failed", payment=payment)
    return str(payment["id"])


def pay_later(
    world: World, order_id: str, *, prefill: Body | None = None, notes: Body | None = None
) -> str:
    """The buyer has paid, but the bank's answer is late: for now the attempt counts as failed."""
    return decline(world, order_id, method="upi", prefill=prefill, notes=notes, error=TIMED_OUT)


def authorize_late(world: World, payment_id: str) -> str:
    """The bank's answer arrives after all; `payment.failed` was not final."""
    payment = find_payment(world, payment_id)
    if payment["status"] not in {"failed", "created"}:
        raise CannotAct(f"This payment is {payment['status']}; its bank has answered.")
    _authorize(world, payment | NO_ERROR)
    return str(payment["id"])


def capture_payment(world: World, payment_id: str, amount: int) -> Body:
    payment = world.store.get("payment", payment_id)
    if payment["status"] == "captured" or payment["captured"]:
        raise CannotAct("This payment has already been captured")
    if payment["status"] != "authorized":
        raise CannotAct(
            "Only payments which have been authorized and not yet captured can be captured"
        )
    if amount != payment["amount"]:
        raise CannotAct("Capture amount must be equal to the amount authorized")
    fee = round(amount * 0.02)
    payment |= {
        "status": "captured",
        "captured": True,
        "fee": fee + round(fee * 0.18),
        "tax": round(fee * 0.18),
    }
    order = world.store.get("order", payment["order_id"])
    order |= {"amount_paid": order["amount"], "amount_due": 0, "status": "paid"}
    world.store.put("order", order)
    world.store.put("payment", payment)
    emit(world, "payment.captured", payment=payment)
    emit(world, "order.paid", payment=payment, order=order)
    return payment


def lapse(world: World, payment_id: str) -> None:
    """Authorised and never captured: Razorpay refunds the money automatically."""
    payment = world.store.get("payment", payment_id)
    if payment["status"] != "authorized":
        world.store.done(payment_id)
        return
    _give_back(world, payment, payment["amount"], {})


def refund(
    world: World, payment_id: str, amount: int | None = None, params: Body | None = None
) -> Body:
    payment = find_payment(world, payment_id)
    if payment["status"] == "refunded":
        raise CannotAct("The payment has been fully refunded already")
    if payment["status"] != "captured":
        raise CannotAct("The payment status should be captured for action to be taken")
    left = payment["amount"] - payment["amount_refunded"]
    if amount is not None and amount > left:
        raise CannotAct("The total refund amount is greater than the refund payment amount")
    if any(item["status"] == "open" for item in world.store.children("rzp_dispute", payment["id"])):
        raise CannotAct("The payment is disputed; it cannot be refunded now")
    return _give_back(world, payment, left if amount is None else amount, params or {})


def settle_refund(world: World, refund_id: str) -> Body:
    """A pending refund has reached the buyer, or one that was taken for failed."""
    given = _find_refund(world, refund_id)
    if given["status"] == "processed":
        raise CannotAct("This refund is already processed.")
    given |= {"status": "processed", "speed_processed": "normal"}
    world.store.put("rzp_refund", given)
    payment = world.store.get("payment", given["payment_id"])
    _count_refunds(world, payment)
    emit(world, "refund.processed", refund=given, payment=payment)
    return given


def fail_refund(world: World, refund_id: str) -> Body:
    """The bank refuses the refund after all; its money is back with the school."""
    given = _find_refund(world, refund_id)
    if given["status"] == "failed":
        raise CannotAct("This refund is already failed.")
    given |= {"status": "failed", "speed_processed": None}
    world.store.put("rzp_refund", given)
    payment = world.store.get("payment", given["payment_id"])
    _count_refunds(world, payment)
    emit(world, "refund.failed", refund=given, payment=payment)
    return given


def open_dispute(world: World, payment_id: str) -> Body:
    payment = find_payment(world, payment_id)
    if not payment["captured"] or payment["amount_refunded"] == payment["amount"]:
        raise CannotAct("Only a captured payment that has not been refunded can be disputed.")
    if any(item["status"] == "open" for item in world.store.children("rzp_dispute", payment["id"])):
        raise CannotAct("There is already an open dispute about this payment.")
    dispute: Body = {
        "id": f"disp_{token(14)}",
        "entity": "dispute",
        "payment_id": payment["id"],
        "amount": payment["amount"] - payment["amount_refunded"],
        "currency": payment["currency"],
        "amount_deducted": 0,
        "reason_code": "chargeback_authorization",
        "reason_description": "The buyer says they did not authorise this payment.",
        "respond_by": world.now() + RESPOND_DAYS * DAY,
        "status": "open",
        "phase": "chargeback",
        "comments": None,
        "evidence": None,
        "created_at": world.now(),
    }
    world.store.put("rzp_dispute", dispute, parent=payment["id"])
    emit(world, "payment.dispute.created", payment=payment, dispute=dispute)
    return dispute


def close_dispute(world: World, dispute_or_payment_id: str, *, won: bool) -> Body:
    dispute = world.store.find("rzp_dispute", dispute_or_payment_id)
    if dispute is None:
        payment = find_payment(world, dispute_or_payment_id)
        found = world.store.children("rzp_dispute", payment["id"])
        running = [item for item in found if item["status"] not in CLOSED]
        if not running:
            raise CannotAct("There is no open dispute about this payment.")
        dispute = running[-1]
    if dispute["status"] in CLOSED:
        raise CannotAct(f"This dispute is already {dispute['status']}.")
    dispute["status"] = "won" if won else "lost"
    dispute["amount_deducted"] = 0 if won else dispute["amount"]
    world.store.put("rzp_dispute", dispute)
    payment = world.store.get("payment", dispute["payment_id"])
    emit(world, f"payment.dispute.{dispute['status']}", payment=payment, dispute=dispute)
    return dispute


def open_order(world: World, order_id: str, *, again: bool = False) -> Body:
    """The order; CannotAct if it is paid, unless it is to be paid `again`."""
    order = world.store.find("order", order_id)
    if order is None:
        raise CannotAct(f"There is no order {order_id}.")
    if order["status"] == "paid" and not again:
        raise CannotAct("This order has already been paid.")
    return order


def captures_itself(world: World, order_id: str) -> bool:
    """The order's own option, else the account's setting."""
    option = world.store.get("order_option", f"{order_id}.option")["capture"]
    return (option or world.capture) == "automatic"


def payments_of(world: World, order_id: str) -> list[Body]:
    """Oldest first."""
    return world.store.children("payment", order_id)


def find_payment(world: World, any_id: str) -> Body:
    """By the id of the payment, its refund, or its order: then the one that counts most."""
    if any_id.startswith("rfnd_"):
        any_id = (world.store.find("rzp_refund", any_id) or {}).get("payment_id", any_id)
    if any_id.startswith("order_"):
        rank = {"captured": 0, "refunded": 1, "authorized": 2, "failed": 3, "created": 4}
        found = sorted(payments_of(world, any_id), key=lambda item: rank[item["status"]])
        if found:
            return found[0]
    payment = world.store.find("payment", any_id)
    if payment is None:
        raise CannotAct(f"There is no payment {any_id}.")
    return payment


def _find_refund(world: World, refund_id: str) -> Body:
    given = world.store.find("rzp_refund", refund_id)
    if given is None:
        raise CannotAct(f"There is no refund {refund_id}.")
    return given


def _authorize(world: World, payment: Body) -> None:
    upi = {"rrn": "227121351902", "upi_transaction_id": token(32).upper()}
    payment |= {
        "status": "authorized",
        "acquirer_data": upi if payment["method"] == "upi" else {"auth_code": "204816"},
    }
    world.store.put("payment", payment, due=payment["created_at"] + LAPSE_DAYS * DAY)
    emit(world, "payment.authorized", payment=payment)


def _attempted(world: World, order: Body) -> None:
    status = "paid" if order["status"] == "paid" else "attempted"
    order |= {"attempts": order["attempts"] + 1, "status": status}
    world.store.put("order", order)


def _save(world: World, payment: Body) -> None:
    world.store.put("payment", payment, parent=payment["order_id"])


def _give_back(world: World, payment: Body, amount: int, params: Body) -> Body:
    waits = world.refunds("razorpay") == "pending"
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
        "status": "pending" if waits else "processed",
        "speed_processed": None if waits else "normal",
        "speed_requested": params.get("speed") or "normal",
    }
    world.store.put("rzp_refund", given, parent=payment["id"])
    _count_refunds(world, payment)
    emit(world, "refund.created", refund=given, payment=payment)
    if not waits:
        emit(world, "refund.processed", refund=given, payment=payment)
    return given


def _count_refunds(world: World, payment: Body) -> None:
    given = world.store.children("rzp_refund", payment["id"])
    total = sum(item["amount"] for item in given if item["status"] != "failed")
    whole = total == payment["amount"]
    payment |= {
        "amount_refunded": total,
        "refund_status": "full" if whole else "partial" if total else None,
        "status": "refunded" if whole else "captured",
    }
    world.store.put("payment", payment)
