"""The dashboard's table of payments at both gateways, and what can happen to each next."""

from html import escape

from courseflow_admin.development.sandbox import gateways, pages, stripe_acts
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World

SHOWN = 30
ENDED = {"won", "lost", "closed", "warning_closed"}  # disputes


def card(world: World) -> str:
    found = [*world.store.newest("payment_intent", limit=SHOWN)]
    found += world.store.newest("payment", limit=SHOWN)
    found.sort(key=_created, reverse=True)
    rows = [_row(world, payment) for payment in found[:SHOWN]]
    empty = "No payments yet. Buy a course in the school to see one here."
    heads = ["Payment", "Time (UTC)", "Amount", "Status", "Refunds", "Actions"]
    return f"""<section class="card"><header><h2>Payments</h2></header>
      {pages.table(heads, rows, empty, (2,))}</section>"""


def _created(payment: Body) -> int:
    return int(payment.get("created") or payment.get("created_at") or 0)


def _row(world: World, payment: Body) -> list[str]:
    razorpay = gateways.is_razorpay(payment["id"])
    parent = payment["id"] if razorpay else payment["latest_charge"] or ""
    refunds = world.store.children("rzp_refund" if razorpay else "refund", parent)
    disputes = world.store.children("rzp_dispute" if razorpay else "dispute", parent)
    states = [payment["status"], *(item["status"] for item in disputes)]
    given = "".join(_refund_line(refund) for refund in refunds) or '<span class="soft">none</span>'
    provider = "Razorpay" if razorpay else "Stripe"
    name = payment["description"] if razorpay else stripe_acts.bought(world, payment["id"])
    waits = world.store.find("late_booking", f"{parent}.late") is not None
    return [
        f"{escape(name or 'An order')}"
        f'<div class="soft small">{provider} <span class="mono">{payment["id"]}</span></div>',
        pages.when(_created(payment)),
        pages.money(payment["amount"], payment["currency"]),
        " ".join(pages.badge(state) for state in states),
        given,
        _next(payment, disputes, waits=waits),
    ]


def _refund_line(refund: Body) -> str:
    amount = pages.money(refund["amount"], refund["currency"])
    if refund["status"] == "failed":
        return f"<div class='refund'>{amount} {pages.badge('failed')}</div>"
    arrives = (
        '<button class="small" formaction="/dashboard/settle-refund" '
        f'aria-label="Let the refund of {amount} arrive">Arrives</button>'
        if refund["status"] == "pending"
        else ""
    )
    return (
        f'<form method="post" action="/dashboard/fail-refund" class="refund">{amount} '
        f'<input type="hidden" name="id" value="{refund["id"]}">{arrives}'
        f'<button class="small" aria-label="Let the refund of {amount} fail">Fail</button></form>'
    )


def _next(payment: Body, disputes: list[Body], *, waits: bool) -> str:
    """Only what can happen to this payment now; an open dispute has its own table."""
    status, payment_id = payment["status"], payment["id"]
    if status == "processing":
        return pages.form("settle", payment_id, ("succeed", "Money arrives"), ("fail", "It fails"))
    if status == "failed" and gateways.is_razorpay(payment_id):
        return pages.form("settle", payment_id, ("late", "Authorize late"))
    if status not in {"succeeded", "captured"} and not payment.get("captured"):
        return '<span class="soft">–</span>'
    fee = pages.form("book", payment_id, ("now", "Fee arrives")) if waits else ""
    running = any(item["status"] not in ENDED for item in disputes)
    dispute = (
        ""
        if running
        else '<button class="small" formaction="/dashboard/dispute" name="act" value="open">'
        "Dispute</button>"
        '<button class="small" formaction="/dashboard/dispute" name="act" value="inquiry">'
        "Inquiry</button>"
    )
    return f"""{fee}<details><summary>Refund or dispute</summary>
      <form method="post" action="/dashboard/refund">
      <input type="hidden" name="id" value="{payment_id}">
      <label for="amount-{payment_id}">Amount in minor units; leave empty for the rest</label>
      <div class="row"><input id="amount-{payment_id}" name="amount" inputmode="numeric">
      <button class="small" name="act" value="now">Refund</button>
      <button class="small" name="act" value="fails">… and fail</button>{dispute}</div></form>
      </details>"""
