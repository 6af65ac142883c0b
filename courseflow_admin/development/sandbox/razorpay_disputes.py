"""Disputes at Razorpay: of any amount, inquiries too, won, lost, and won after all.

Nothing is taken when a dispute is opened; when it is lost, its amount leaves the balance.
"""

from courseflow_admin.development.sandbox import razorpay_balance as rows
from courseflow_admin.development.sandbox.razorpay_acts import DAY, emit, find_payment
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_acts import CannotAct
from courseflow_admin.development.sandbox.world import World, token

KIND = "rzp_dispute"
RUNNING = {"open", "under_review"}
INQUIRIES = {"fraud", "retrieval"}  # questions: they are closed, and no money moves
HARDER = {"chargeback": "pre_arbitration", "pre_arbitration": "arbitration"}
PHASES: dict[str, tuple[str, str, int]] = {  # reason code, its description, days to respond
    "fraud": ("suspected_fraud", "The bank suspects this payment to be fraudulent.", 7),
    "retrieval": ("retrieval_request", "The buyer's bank asks for details of this payment.", 7),
    "chargeback": (
        "chargeback_authorization",
        "The buyer says they did not authorise this payment.",
        7,
    ),
    "pre_arbitration": ("pre_arbitration", "The buyer's bank does not accept the evidence.", 2),
    "arbitration": ("arbitration", "The card network decides about this payment.", 1),
}
PROOFS = (
    "shipping_proof",
    "billing_proof",
    "cancellation_proof",
    "customer_communication",
    "proof_of_service",
    "explanation_letter",
    "refund_confirmation",
    "access_activity_log",
    "refund_cancellation_policy",
    "term_and_conditions",
    "others",
)


def open_dispute(
    world: World,
    payment_id: str,
    amount: int | None = None,
    *,
    inquiry: bool = False,
    phase: str = "",
) -> Body:
    """Of what was not refunded if no amount is said, or of all if all was."""
    payment = find_payment(world, payment_id)
    if not payment["captured"]:
        raise CannotAct("Only a captured payment can be disputed.")
    left = payment["amount"] - payment["amount_refunded"]
    disputed = amount or left or payment["amount"]
    phase = phase or ("retrieval" if inquiry else "chargeback")
    code, description, days = PHASES[phase]
    dispute: Body = {
        "id": f"disp_{token(14)}",
        "entity": "dispute",
        "payment_id": payment["id"],
        "amount": disputed,
        "currency": payment["currency"],
        "amount_deducted": 0,
        "gateway_dispute_id": f"D{token(12).upper()}",
        "reason_code": code,
        "reason_description": description,
        "respond_by": world.now() + days * DAY,
        "status": "open",
        "phase": phase,
        "comments": None,
        "evidence": {
            "amount": disputed,
            "summary": None,
            **dict.fromkeys(PROOFS),
            "submitted_at": None,
        },
        "created_at": world.now(),
    }
    world.store.put(KIND, dispute, parent=payment["id"], due=_due(dispute))
    emit(world, "payment.dispute.created", payment=payment, dispute=dispute)
    return dispute


def close_dispute(world: World, dispute_or_payment_id: str, *, won: bool) -> Body:
    """Decide it; one that was lost may be won after all."""
    dispute = _find(world, dispute_or_payment_id, won=won)
    status = dispute["status"]
    if dispute["phase"] in INQUIRIES:
        raise CannotAct("An inquiry is closed, not won or lost.")
    if status not in RUNNING and not (won and status == "lost"):
        raise CannotAct(f"This dispute is already {status}.")
    if not won:
        rows.adjust(world, -dispute["amount"], dispute["currency"], "Dispute lost", dispute["id"])
    elif status == "lost":
        rows.adjust(
            world, dispute["amount"], dispute["currency"], "Dispute won back", dispute["id"]
        )
    dispute["amount_deducted"] = 0 if won else dispute["amount"]
    return _moved(world, dispute, "won" if won else "lost")


def overdue(world: World, dispute_id: str) -> Body:
    """No one has responded in time."""
    return close_dispute(world, dispute_id, won=False)


def _due(dispute: Body) -> int | None:
    """When it is lost without an answer."""
    asked = dispute["status"] == "open" and dispute["phase"] not in INQUIRIES
    return int(dispute["respond_by"]) if asked else None


def running(world: World, payment_id: str) -> bool:
    """Whether money of this payment is asked back by the bank; an inquiry asks for none."""
    return any(
        item["status"] in RUNNING and item["phase"] not in INQUIRIES
        for item in world.store.children(KIND, payment_id)
    )


def dispute_steps(dispute: Body) -> list[tuple[str, str]]:
    """What can happen to it now: the act, and the label of its button."""
    status = dispute["status"]
    if dispute["phase"] in INQUIRIES:
        if status not in RUNNING:
            return []
        steps = [("close_inquiry", "Close inquiry"), ("escalate", "Make it a chargeback")]
        return [("respond", "Submit evidence"), *steps] if status == "open" else steps
    if status == "lost":
        return [("won", "School wins after all")]
    if status == "won" and dispute["phase"] in HARDER:
        return [("challenge", "Buyer challenges again")]
    if status not in RUNNING:
        return []
    asked = ("respond", "Submit evidence")
    returned = ("return", "Ask for better evidence")
    return [
        asked if status == "open" else returned,
        ("won", "School wins"),
        ("lost", "School loses"),
    ]


def dispute_step(world: World, dispute_id: str, act: str) -> Body:
    dispute = _find(world, dispute_id)
    if act not in dict(dispute_steps(dispute)):
        raise CannotAct(f"This dispute is {dispute['status']}; '{act}' cannot happen to it now.")
    if act in {"won", "lost"}:
        return close_dispute(world, dispute_id, won=act == "won")
    if act == "respond":
        dispute["evidence"] |= {"summary": "The course was opened.", "submitted_at": world.now()}
        return _moved(world, dispute, "under_review")
    if act == "return":
        return _moved(world, dispute, "open", event="action_required")
    if act == "close_inquiry":
        return _moved(world, dispute, "closed")
    phase = HARDER.get(dispute["phase"], "chargeback")
    if act == "escalate":
        _moved(world, dispute, "closed")
    return open_dispute(world, dispute["payment_id"], dispute["amount"], phase=phase)


def _moved(world: World, dispute: Body, status: str, event: str = "") -> Body:
    dispute["status"] = status
    world.store.put(KIND, dispute, due=_due(dispute))
    payment = world.store.get("payment", dispute["payment_id"])
    emit(world, f"payment.dispute.{event or status}", payment=payment, dispute=dispute)
    return dispute


def _find(world: World, dispute_or_payment_id: str, *, won: bool = False) -> Body:
    """By its own id, or the newest of a payment that can be decided so."""
    dispute = world.store.find(KIND, dispute_or_payment_id)
    if dispute is not None:
        return dispute
    if dispute_or_payment_id.startswith("disp_"):
        raise CannotAct(f"There is no dispute {dispute_or_payment_id}.")
    payment = find_payment(world, dispute_or_payment_id)
    found = world.store.children(KIND, payment["id"])[::-1]
    for statuses in (RUNNING, {"lost"} if won else set[str]()):
        for item in found:
            if item["status"] in statuses:
                return item
    raise CannotAct("There is no open dispute about this payment.")
