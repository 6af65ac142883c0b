"""The dashboard's table of disputes at both gateways, and what can happen to each next."""

from html import escape

from courseflow_admin.development.sandbox import gateways, pages
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World

SHOWN = 20


def card(world: World) -> str:
    """Nothing at all while there are none."""
    found = world.store.newest("dispute", limit=SHOWN)
    found += world.store.newest("rzp_dispute", limit=SHOWN)
    found.sort(key=_created, reverse=True)
    if not found:
        return ""
    heads = ["Dispute", "Opened (UTC)", "Amount", "Status", "Respond by (UTC)", "Actions"]
    rows = [_row(dispute) for dispute in found[:SHOWN]]
    return f"""<section class="card" id="disputes"><header><h2>Disputes</h2></header>
      {pages.table(heads, rows, "", (2,))}</section>"""


def _created(dispute: Body) -> int:
    return int(dispute.get("created") or dispute.get("created_at") or 0)


def _row(dispute: Body) -> list[str]:
    razorpay = gateways.is_razorpay(dispute["id"])
    due = dispute["respond_by"] if razorpay else dispute["evidence_details"]["due_by"]
    paid = dispute["payment_id"] if razorpay else dispute["payment_intent"]
    steps = gateways.disputes(dispute["id"]).dispute_steps(dispute)
    return [
        f'{"Razorpay" if razorpay else "Stripe"} <span class="mono">{dispute["id"]}</span>'
        f'<div class="soft small">of <span class="mono">{escape(paid)}</span></div>',
        pages.when(_created(dispute)),
        pages.money(dispute["amount"], dispute["currency"]),
        pages.badge(dispute["status"]),
        pages.when(due),
        pages.form("dispute-step", dispute["id"], *steps, about=dispute["id"])
        if steps
        else '<span class="soft">–</span>',
    ]
