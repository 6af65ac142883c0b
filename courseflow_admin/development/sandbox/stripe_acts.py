"""What can happen to money at Stripe: paid, declined, late, twice, refunded, disputed, expired."""

from courseflow_admin.development.sandbox import stripe_fields as fields
from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_balance import book_charge
from courseflow_admin.development.sandbox.stripe_base import CannotAct, emit, find_intent
from courseflow_admin.development.sandbox.world import World

DECLINED = "Your card was declined."
BUYER = "Sandbox Buyer"
LATE_METHODS = {"eur": "sepa_debit", "jpy": "konbini", "inr": "upi"}  # paid now, settled later


def open_session(world: World, session_id: str) -> Body:
    """The session, expired on the spot when its time is over."""
    session = world.store.find("session", session_id)
    if session is None:
        raise CannotAct(f"There is no checkout session {session_id}.")
    if session["status"] == "open" and session["expires_at"] <= world.now():
        session = expire(world, session_id)
    if session["status"] != "open":
        raise CannotAct(f"This checkout session is already {session['status']}.")
    return session


def pay(world: World, session_id: str) -> str:
    """The buyer pays by card; returns the payment intent's id."""
    session = open_session(world, session_id)
    payment = _intent_of(world, session, "card")
    _succeed(world, payment, session)
    _complete(world, session, payment, "paid")
    emit(world, "checkout.session.completed", session)
    return str(payment["id"])


def pay_twice(world: World, session_id: str) -> tuple[str, str]:
    """Paid, and a second payment for the same purchase arrives from nowhere."""
    session = world.store.find("session", session_id)
    if session is not None and session["status"] == "complete":
        first = str(session["payment_intent"])
    else:
        first = pay(world, session_id)
    again = _new_intent(world, world.store.get("session", session_id), "card")
    _succeed(world, again, world.store.get("session", session_id))
    return first, str(again["id"])


def pay_later(world: World, session_id: str) -> str:
    """A delayed method: the checkout is complete, the money is not there yet."""
    session = open_session(world, session_id)
    method = LATE_METHODS.get(session["currency"], "us_bank_account")
    payment = _intent_of(world, session, method)
    payment |= {"status": "processing", "payment_method": objects.new_id("pm")}
    charge = _charge(world, payment, session) | {
        "status": "pending",
        "paid": False,
        "amount_captured": 0,
        "captured": True,
        "receipt_url": None,
    }
    payment["latest_charge"] = charge["id"]
    _save(world, payment, charge, session)
    _complete(world, session, payment, "unpaid")
    emit(world, "checkout.session.completed", session)
    return str(payment["id"])


def settle(world: World, payment_id: str, *, succeed: bool = True) -> str:
    """What became of a delayed payment."""
    payment = find_intent(world, payment_id)
    if payment["status"] != "processing":
        raise CannotAct(f"This payment is {payment['status']}; nothing is waiting to settle.")
    session = world.store.get("session", world.store.parent_of(payment["id"]))
    charge = world.store.get("charge", payment["latest_charge"])
    if succeed:
        _succeed(world, payment, session, charge)
        session["payment_status"] = "paid"
    else:
        _fail(
            world, payment, charge, session, "The payment could not be collected.", "debit_declined"
        )
    world.store.put("session", session)
    ending = "succeeded" if succeed else "failed"
    emit(world, f"checkout.session.async_payment_{ending}", session)
    return str(payment["id"])


def decline(world: World, session_id: str) -> str:
    """The bank says no; the session stays open for another try."""
    session = open_session(world, session_id)
    payment = _intent_of(world, session, "card")
    payment["payment_method"] = objects.new_id("pm")
    charge = _charge(world, payment, session)
    _fail(world, payment, charge, session, DECLINED, "generic_decline")
    session["payment_intent"] = payment["id"]
    world.store.put("session", session, due=session["expires_at"])
    return str(payment["id"])


def expire(world: World, session_id: str) -> Body:
    session = world.store.get("session", session_id)
    if session["status"] != "open":
        raise CannotAct(f"This checkout session is already {session['status']}.")
    session |= {"status": "expired", "url": None}
    world.store.put("session", session)
    emit(world, "checkout.session.expired", session)
    return session


def opening(world: World, session_id: str) -> Body:
    """What a session was opened with but does not show: line items and payment intent data."""
    return world.store.get("session_extra", f"{session_id}.extra")


def bought(world: World, payment_id: str) -> str:
    """What a payment is for, in the words of its checkout; another product's has none."""
    session_id = world.store.parent_of(payment_id)
    if not session_id:
        return "Another product"
    items = opening(world, session_id)["items"]
    return ", ".join(item["description"] for item in items)


def _new_intent(world: World, session: Body, method_type: str) -> Body:
    opened = opening(world, session["id"])
    return objects.intent(
        world, session["amount_total"], session["currency"], opened["intent_data"], method_type
    )


def _intent_of(world: World, session: Body, method_type: str) -> Body:
    """The intent of an earlier, declined try is used again, as Stripe does."""
    tried = world.store.find("payment_intent", session["payment_intent"] or "")
    if tried is None:
        return _new_intent(world, session, method_type)
    return tried | {"payment_method_types": [method_type]}


def _charge(world: World, payment: Body, session: Body) -> Body:
    method = payment["payment_method_types"][0]
    email = session["customer_email"] or "buyer@demo.test"
    return objects.charge(world, payment, method, email, BUYER)


def _save(world: World, payment: Body, charge: Body, session: Body) -> None:
    world.store.put("payment_intent", payment, parent=session["id"])
    world.store.put("charge", charge, parent=payment["id"])


def _succeed(world: World, payment: Body, session: Body, pending: Body | None = None) -> None:
    payment["payment_method"] = payment["payment_method"] or objects.new_id("pm")
    charge = pending or _charge(world, payment, session)
    charge |= {"status": "succeeded", "paid": True, "amount_captured": charge["amount"]}
    charge["receipt_url"] = f"{world.url('stripe')}/receipts/{charge['id']}"
    charge = book_charge(world, charge)
    payment |= {
        "status": "succeeded",
        "latest_charge": charge["id"],
        "amount_received": payment["amount"],
        "last_payment_error": None,
    }
    _save(world, payment, charge, session)
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", payment)


def _fail(
    world: World, payment: Body, charge: Body, session: Body, message: str, code: str
) -> None:
    charge |= {
        "status": "failed",
        "paid": False,
        "captured": False,
        "amount_captured": 0,
        "failure_code": "card_declined",
        "failure_message": message,
        "receipt_url": None,
        "outcome": charge["outcome"]
        | {
            "network_status": "declined_by_network",
            "network_decline_code": "05",
            "reason": code,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        },
    }
    payment |= {
        "status": "requires_payment_method",
        "latest_charge": charge["id"],
        "payment_method": None,
        "last_payment_error": {
            "charge": charge["id"],
            "code": "card_declined",
            "decline_code": code,
            "doc_url": "https://stripe.com/docs/error-codes/card-declined",
            "message": message,
            "payment_method": None,
            "type": "card_error",
        },
    }
    _save(world, payment, charge, session)
    emit(world, "payment_intent.payment_failed", payment)


def _complete(world: World, session: Body, payment: Body, status: str) -> None:
    email = session["customer_email"] or "buyer@demo.test"
    session |= {
        "status": "complete",
        "payment_status": status,
        "payment_intent": payment["id"],
        "url": None,
        "customer_details": {
            "address": objects.empty(fields.ADDRESS),
            "business_name": None,
            "email": email,
            "individual_name": None,
            "name": BUYER,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    world.store.put("session", session)
