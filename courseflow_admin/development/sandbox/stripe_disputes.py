"""Disputes at Stripe: inquiries, chargebacks of any amount, what is decided, and decided again."""

from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_balance import book, currency_of, dispute_fee
from courseflow_admin.development.sandbox.stripe_base import CannotAct, emit, paid_charge
from courseflow_admin.development.sandbox.world import World

CLOSED = {"won", "lost", "warning_closed"}
INQUIRY = {"warning_needs_response", "warning_under_review"}
# What can happen next, by status, and how the dashboard's button calls it.
STEPS: dict[str, list[tuple[str, str]]] = {
    "warning_needs_response": [
        ("respond", "Submit evidence"),
        ("escalate", "Escalate to chargeback"),
        ("close_inquiry", "Close inquiry"),
    ],
    "warning_under_review": [
        ("escalate", "Escalate to chargeback"),
        ("close_inquiry", "Close inquiry"),
    ],
    "needs_response": [
        ("respond", "Submit evidence"),
        ("won", "School wins"),
        ("lost", "School loses"),
    ],
    "under_review": [("won", "School wins"), ("lost", "School loses")],
    "lost": [("won", "School wins after all")],
}


def open_dispute(
    world: World, payment_id: str, amount: int | None = None, *, inquiry: bool = False
) -> Body:
    """The cardholder says no. The bank may name any amount; without one it is what is left."""
    charge = paid_charge(world, payment_id)
    if any(item["status"] not in CLOSED for item in disputes(world, charge)):
        raise CannotAct("There is already an open dispute about this payment.")
    wanted = charge["amount"] - charge["amount_refunded"] if amount is None else amount
    if wanted < 1:
        raise CannotAct(
            "This payment has been refunded in full. Enter an amount to dispute it anyway."
        )
    disputed = objects.dispute(world, charge, wanted, inquiry=inquiry)
    if not inquiry:
        _withdraw(world, disputed, charge)
    due = disputed["evidence_details"]["due_by"]
    world.store.put("dispute", disputed, parent=charge["id"], due=due)
    emit(world, "charge.dispute.created", disputed)
    if not charge["disputed"]:
        charge["disputed"] = True
        world.store.put("charge", charge)
        emit(world, "charge.updated", charge, {"disputed": False})
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", disputed)
    return disputed


def close_dispute(world: World, dispute_or_payment_id: str, *, won: bool) -> Body:
    """Decided; what was lost may still be won later, by an appeal."""
    disputed = world.store.find("dispute", dispute_or_payment_id)
    if disputed is None:
        charge = paid_charge(world, dispute_or_payment_id)
        running = [item for item in disputes(world, charge) if item["status"] not in CLOSED]
        if not running:
            raise CannotAct("There is no open dispute about this payment.")
        disputed = running[-1]
    status = disputed["status"]
    again = won and status == "lost"
    if status in CLOSED and not again:
        raise CannotAct(f"This dispute is already {status.replace('_', ' ')}.")
    if status in INQUIRY:
        raise CannotAct("This is an inquiry. Close it, or escalate it to a chargeback.")
    before = {"status": status}
    disputed["status"] = "won" if won else "lost"
    if won:
        before["balance_transactions"] = list(disputed["balance_transactions"])
        _reinstate(world, disputed)
    world.store.put("dispute", disputed)
    emit(world, f"charge.dispute.{'updated' if again else 'closed'}", disputed, before)
    if won:
        emit(world, "charge.dispute.funds_reinstated", disputed, before)
    return disputed


def close_inquiry(world: World, dispute_id: str) -> Body:
    """The bank asks no further; no money has moved."""
    disputed = _dispute_in(world, dispute_id, INQUIRY)
    before = {"status": disputed["status"]}
    disputed |= {"status": "warning_closed", "is_charge_refundable": True}
    world.store.put("dispute", disputed)
    emit(world, "charge.dispute.closed", disputed, before)
    return disputed


def escalate(world: World, dispute_id: str) -> Body:
    """An inquiry becomes a chargeback: the same dispute, and now the money is taken."""
    disputed = _dispute_in(world, dispute_id, INQUIRY)
    before = {
        "status": disputed["status"],
        "is_charge_refundable": True,
        "balance_transactions": [],
    }
    disputed |= {"status": "needs_response", "is_charge_refundable": False}
    disputed["payment_method_details"]["card"]["case_type"] = "chargeback"
    disputed["evidence_details"] |= objects.evidence_due(world)
    _withdraw(world, disputed, world.store.get("charge", disputed["charge"]))
    world.store.put("dispute", disputed, due=disputed["evidence_details"]["due_by"])
    emit(world, "charge.dispute.updated", disputed, before)
    emit(world, "charge.dispute.funds_withdrawn", disputed, before)
    return disputed


def respond(world: World, dispute_id: str) -> Body:
    """The school submits its evidence in Stripe's own dashboard."""
    disputed = _dispute_in(world, dispute_id, {"needs_response", "warning_needs_response"})
    before = {"status": disputed["status"]}
    disputed["status"] = disputed["status"].replace("needs_response", "under_review")
    disputed["evidence_details"] |= {
        "has_evidence": True,
        "submission_count": 1,
        "submission_method": "manual",
    }
    world.store.put("dispute", disputed)
    emit(world, "charge.dispute.updated", disputed, before)
    return disputed


def overdue(world: World, dispute_id: str) -> None:
    """No one answered in time: a chargeback is lost, an inquiry is closed."""
    disputed = world.store.get("dispute", dispute_id)
    disputed["evidence_details"]["past_due"] = True
    world.store.put("dispute", disputed)
    if disputed["status"] in INQUIRY:
        close_inquiry(world, dispute_id)
    elif disputed["status"] not in CLOSED:
        close_dispute(world, dispute_id, won=False)


def dispute_steps(disputed: Body) -> list[tuple[str, str]]:
    """The acts that are possible now, and the words of their buttons."""
    return STEPS.get(disputed["status"], [])


def dispute_step(world: World, dispute_id: str, act: str) -> Body:
    """One of `dispute_steps`."""
    disputed = world.store.find("dispute", dispute_id)
    if disputed is not None and act not in {name for name, _ in dispute_steps(disputed)}:
        raise CannotAct(f"This dispute is {disputed['status'].replace('_', ' ')}.")
    if act in {"won", "lost"}:
        return close_dispute(world, dispute_id, won=act == "won")
    steps = {"respond": respond, "escalate": escalate, "close_inquiry": close_inquiry}
    return steps[act](world, dispute_id)


def disputes(world: World, charge: Body) -> list[Body]:
    """Oldest first."""
    return world.store.children("dispute", charge["id"])


def blocks_refunds(world: World, charge: Body) -> bool:
    """A chargeback that is open or lost; what an inquiry asks about may be refunded."""
    return any(
        item["status"] in {"needs_response", "under_review", "lost"}
        for item in disputes(world, charge)
    )


def _withdraw(world: World, disputed: Body, charge: Body) -> None:
    currency = currency_of(world, charge)
    taken = book(
        world,
        "dispute",
        disputed,
        -disputed["amount"],
        currency=currency,
        fee=dispute_fee(currency),
        available_on=world.now(),
    )
    disputed["balance_transactions"].append(taken)


def _reinstate(world: World, disputed: Body) -> None:
    taken = disputed["balance_transactions"][-1]
    fee, tax = dispute_fee(taken["currency"])
    back = book(
        world,
        "dispute_reversal",
        disputed,
        disputed["amount"],
        currency=taken["currency"],
        fee=(-fee, -tax),
    )
    disputed["balance_transactions"].append(back)


def _dispute_in(world: World, dispute_id: str, states: set[str]) -> Body:
    disputed = world.store.find("dispute", dispute_id)
    if disputed is None:
        raise CannotAct(f"There is no dispute {dispute_id}.")
    if disputed["status"] not in states:
        raise CannotAct(f"This dispute is {disputed['status'].replace('_', ' ')}.")
    return disputed
