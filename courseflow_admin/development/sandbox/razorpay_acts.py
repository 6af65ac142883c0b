"""Paying at Razorpay: authorised, captured, failed, late, twice."""

import json
from typing import Any

from courseflow_admin.development.sandbox import razorpay_balance as rows
from courseflow_admin.development.sandbox import webhooks
from courseflow_admin.development.sandbox.razorpay_money import HOME, charged, conversion
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_base import CannotAct
from courseflow_admin.development.sandbox.world import World, token

ACCOUNT = "acc_SandboxSchool1"
DAY = 86_400
LAPSE_DAYS = 3  # an authorised payment no one captures is given back
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


def emit(world: World, kind: str, **entities: Body) -> None:
    """An event about the entities, first the one it is named after."""
    if world.quiet:
        return
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


def new_order(
    world: World,
    amount: int,
    currency: str,
    *,
    receipt: str | None = None,
    notes: Body | None = None,
    capture: str | None = None,
) -> Body:
    """`capture`: automatic or manual; without it the account's setting decides."""
    order: Body = {
        "id": f"order_{token(14)}",
        "entity": "order",
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": currency,
        "receipt": receipt,
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": notes or [],  # an empty list, where others would say {}
        "created_at": world.now(),
    }
    world.store.put("order", order, parent=_family(receipt))
    world.store.put("order_option", {"id": f"{order['id']}.option", "capture": capture})
    return order


def new_payment(
    world: World,
    order: Body,
    method: str = "upi",
    prefill: Body | None = None,
    notes: Body | None = None,
) -> Body:
    """An attempt to pay this order; nothing has been taken yet."""
    prefill = prefill or {}
    abroad = order["currency"] != HOME or method == "foreign_card"
    method = "card" if method == "foreign_card" else method
    payment: Body = {
        "id": f"pay_{token(14)}",
        "entity": "payment",
        "amount": order["amount"],
        "currency": order["currency"],
        **conversion(order["amount"], order["currency"]),
        "status": "created",
        "order_id": order["id"],
        "invoice_id": None,
        "international": abroad,
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
    fee, tax = charged(payment)
    payment |= {"status": "captured", "captured": True, "fee": fee, "tax": tax}
    order = world.store.get("order", payment["order_id"])
    order |= {"amount_paid": order["amount"], "amount_due": 0, "status": "paid"}
    world.store.put("order", order)
    world.store.put("payment", payment)
    rows.payment_captured(world, payment)
    emit(world, "payment.captured", payment=payment)
    emit(world, "order.paid", payment=payment, order=order)
    return payment


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


def orders_with(world: World, receipt: object) -> list[Body]:
    """Newest first."""
    return world.store.children("order", _family(receipt))[::-1]


def _family(receipt: object) -> str:
    """The parent of all orders with this receipt, so that they are found without a search."""
    return "" if receipt is None else f"receipt {receipt}"


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
