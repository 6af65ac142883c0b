"""The dashboard: what happened at both gateways, and every switch there is."""

from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import (
    pages,
    razorpay_acts,
    razorpay_dashboard,
    razorpay_disputes,
    razorpay_refunds,
    stripe_acts,
)
from courseflow_admin.development.sandbox.store import Body, Delivery
from courseflow_admin.development.sandbox.world import PROVIDERS, World

GATEWAYS: tuple[Any, ...] = (razorpay_dashboard,)  # whose own cards and buttons there are
SEE_OTHER = 303
SHOWN = 30
OUTAGE_TEXTS = (
    ("ok", "Works"),
    ("500", "Returns 500, does nothing"),
    ("timeout", "Acts, then times out"),
    ("slow", "Slow"),
    ("rubbish", "Returns garbage"),
)
WEBHOOK_TEXTS = (
    ("now", "Now"),
    ("after", "After the return"),
    ("never", "Never"),
    ("twice", "Twice"),
    ("out_of_order", "Out of order"),
    ("forged", "Forged"),
)
REFUND_TEXTS = (("at_once", "Succeed immediately"), ("pending", "Stay pending"))
CAPTURE_TEXTS = (("automatic", "Automatic"), ("manual", "Authorize only"))


def dashboard_routes(world: World) -> list[Route]:
    async def show(request: Request) -> Response:
        query = request.query_params
        return _show(world, query.get("said", ""), query.get("problem", ""))

    async def act(request: Request) -> Response:
        return _act(world, request.path_params["act"], await request.form())

    return [
        Route("/", show, methods=["GET"]),
        Route("/dashboard/{act}", act, methods=["POST"]),
    ]


# What the buttons do


def _act(world: World, act: str, form: FormData) -> Response:
    values = {name: str(value).strip() for name, value in form.items()}
    done: Callable[[World, dict[str, str]], str] | None = ACTS.get(act)
    try:
        if done is None:
            raise ValueError("Unknown action.")  # noqa: TRY301 - one way to say no
        said = {"said": done(world, values)}
    except (ValueError, KeyError) as error:
        said = {"problem": str(error)}
    return RedirectResponse(f"/?{urlencode(said)}", SEE_OTHER)


def _refunds(any_id: str) -> Any:
    return razorpay_refunds if any_id.startswith(("pay_", "rfnd_")) else stripe_acts


def _disputes(any_id: str) -> Any:
    return razorpay_disputes if any_id.startswith(("pay_", "disp_")) else stripe_acts


def _refund(world: World, values: dict[str, str]) -> str:
    payment_id, wanted = values["id"], values.get("amount", "")
    if wanted and not wanted.isdigit():
        raise ValueError("Enter the amount as a whole number of minor units (cents, paise).")
    amount = int(wanted) if wanted else None
    given = _refunds(payment_id).refund(world, payment_id, amount)
    shown = pages.money(given["amount"], given["currency"])
    if values.get("act") == "fails":
        _refunds(payment_id).fail_refund(world, given["id"])
        return f"Refunded {shown}, and then the refund failed."
    return f"Refunded {shown}."


def _fail_refund(world: World, values: dict[str, str]) -> str:
    _refunds(values["id"]).fail_refund(world, values["id"])
    return "The refund has failed."


def _settle_refund(world: World, values: dict[str, str]) -> str:
    _refunds(values["id"]).settle_refund(world, values["id"])
    return "The refund has reached the buyer."


def _dispute(world: World, values: dict[str, str]) -> str:
    gateway, act = _disputes(values["id"]), values.get("act", "open")
    if act == "open":
        gateway.open_dispute(world, values["id"])
        return "A dispute is open."
    gateway.close_dispute(world, values["id"], won=act == "won")
    return f"The dispute is {act}."


def _settle(world: World, values: dict[str, str]) -> str:
    if values["id"].startswith("pay_"):
        razorpay_acts.authorize_late(world, values["id"])
        return "Authorized late; waiting to be captured."
    succeed = values.get("act") != "fail"
    stripe_acts.settle(world, values["id"], succeed=succeed)
    return "The late payment has arrived." if succeed else "The late payment has failed."


def _switch(world: World, values: dict[str, str]) -> str:
    world.switch(
        values["provider"],
        outage=values.get("outage"),
        webhooks=values.get("webhooks"),
        capture=values.get("capture"),
        refunds=values.get("refunds"),
    )
    return f"{values['provider'].capitalize()} updated."


def _clock(world: World, values: dict[str, str]) -> str:
    world.store.set_switch("clock", str(float(values["hours"])))
    return f"The providers' clock is {float(values['hours']):g} hours ahead."


def _send_again(world: World, values: dict[str, str]) -> str:
    world.store.send_again(int(values["id"]), 0)
    return "Queued for delivery."


ACTS: dict[str, Callable[[World, dict[str, str]], str]] = {
    "refund": _refund,
    "fail-refund": _fail_refund,
    "settle-refund": _settle_refund,
    "dispute": _dispute,
    "settle": _settle,
    "switch": _switch,
    "clock": _clock,
    "send-again": _send_again,
    **{name: act for gateway in GATEWAYS for name, act in gateway.ACTS.items()},
}

# What is on screen


def _show(world: World, said: str, problem: str) -> Response:
    mailbox = f"{world.url('resend')}/mailbox"
    bar = f'<a href="{mailbox}">Mailbox</a><a href="{escape(world.app_url)}/">The school</a>'
    own = "".join(gateway.cards(world) for gateway in GATEWAYS)
    body = f"""<h1>Sandbox dashboard</h1>
      <p class="soft">Stripe, Razorpay, Cloudinary and Resend as the school sees them, played on
      this machine.</p>{pages.note(said, "good")}{pages.note(problem, "bad")}
      {_payments(world)}{_checkouts(world)}{own}{_switches(world)}{_clock_card(world)}
      {_deliveries(world)}"""
    return pages.page("Sandbox dashboard", body, bar=bar)


def _payments(world: World) -> str:
    found = [*world.store.newest("payment_intent", limit=SHOWN)]
    found += world.store.newest("payment", limit=SHOWN)
    found.sort(key=_created, reverse=True)
    rows = [_payment_row(world, payment) for payment in found[:SHOWN]]
    empty = "No payments yet. Buy a course in the school to see one here."
    heads = ["Payment", "Time (UTC)", "Amount", "Status", "Refunds", "Actions"]
    return f"""<section class="card"><header><h2>Payments</h2></header>
      {pages.table(heads, rows, empty, (2,))}</section>"""


def _created(payment: Body) -> int:
    return int(payment.get("created") or payment.get("created_at") or 0)


def _payment_row(world: World, payment: Body) -> list[str]:
    mine = payment["id"].startswith("pay_")
    parent = payment["id"] if mine else payment["latest_charge"] or ""
    refunds = world.store.children("rzp_refund" if mine else "refund", parent)
    disputes = world.store.children("rzp_dispute" if mine else "dispute", parent)
    states = [payment["status"], *(item["status"] for item in disputes)]
    given = "".join(_refund_line(refund) for refund in refunds) or '<span class="soft">none</span>'
    provider = "Razorpay" if mine else "Stripe"
    name = payment["description"] if mine else stripe_acts.bought(world, payment["id"])
    return [
        f"{escape(name or 'An order')}"
        f'<div class="soft small">{provider} <span class="mono">{payment["id"]}</span></div>',
        pages.when(_created(payment)),
        pages.money(payment["amount"], payment["currency"]),
        " ".join(pages.badge(state) for state in states),
        given,
        _next(payment, disputes),
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


def _next(payment: Body, disputes: list[Body]) -> str:
    """Only what can happen to this payment now."""
    status, payment_id = payment["status"], payment["id"]
    if status == "processing":
        return pages.form("settle", payment_id, ("succeed", "Money arrives"), ("fail", "It fails"))
    if status == "failed" and payment_id.startswith("pay_"):
        return pages.form("settle", payment_id, ("late", "Authorize late"))
    if status not in {"succeeded", "captured"}:
        return '<span class="soft">–</span>'
    if any(item["status"] not in {"won", "lost"} for item in disputes):
        return pages.form("dispute", payment_id, ("won", "School wins"), ("lost", "School loses"))
    return f"""<details><summary>Refund or dispute</summary>
      <form method="post" action="/dashboard/refund">
      <input type="hidden" name="id" value="{payment_id}">
      <label for="amount-{payment_id}">Amount in minor units; leave empty to refund all</label>
      <div class="row"><input id="amount-{payment_id}" name="amount" inputmode="numeric">
      <button class="small" name="act" value="now">Refund</button>
      <button class="small" name="act" value="fails">… and fail</button></div></form>
      {pages.form("dispute", payment_id, ("open", "Open a dispute"))}</details>"""


def _checkouts(world: World) -> str:
    rows = [
        [
            f'<a href="{session["url"]}">{session["id"][:26]}…</a>',
            pages.when(session["created"]),
            pages.money(session["amount_total"], session["currency"]),
            f"{pages.when(session['expires_at'])}",
        ]
        for session in world.store.newest("session", limit=200)
        if session["status"] == "open"
    ][:10]
    if not rows:
        return ""
    heads = ["Open Stripe checkout", "Opened (UTC)", "Amount", "Expires (UTC)"]
    return f"""<section class="card"><header><h2>Open checkouts</h2></header>
      {pages.table(heads, rows, "", (2,))}</section>"""


def _switches(world: World) -> str:
    cards = "".join(_switch_card(world, provider) for provider in PROVIDERS)
    return f"""<section class="card" id="switches"><header><h2>Fault injection</h2>
      <p class="soft small">Make a provider fail until you switch it back.</p></header>
      <div class="grid">{cards}</div></section>"""


def _switch_card(world: World, provider: str) -> str:
    capture = (
        pages.select("capture", "Capture", CAPTURE_TEXTS, world.capture, provider)
        if provider == "razorpay"
        else ""
    )
    refunds = (
        pages.select("refunds", "Refunds", REFUND_TEXTS, world.refunds(provider), provider)
        if provider in {"stripe", "razorpay"}
        else ""
    )
    name = provider.capitalize()
    outage, webhooks = world.outage(provider), world.webhooks(provider)
    trouble = [state for state in (outage, webhooks) if state not in {"ok", "now"}]
    badges = " ".join(pages.badge(state) for state in trouble) or pages.badge("ok")
    return f"""<form method="post" action="/dashboard/switch" class="card">
      <header><h3>{name}</h3><span>{badges}</span></header>
      <input type="hidden" name="provider" value="{provider}">
      {pages.select("outage", "API", OUTAGE_TEXTS, outage, provider)}
      {pages.select("webhooks", "Webhooks", WEBHOOK_TEXTS, webhooks, provider)}
      {capture}{refunds}
      <button aria-label="Save {name}">Save</button></form>"""


def _clock_card(world: World) -> str:
    return f"""<section class="card"><header><h2>The providers' clock</h2>
      <p class="soft small">Checkout sessions expire after 24 hours; Razorpay authorizations
      lapse after 72.</p></header><form method="post" action="/dashboard/clock" class="row">
      <div><label for="hours">Hours ahead of now</label><input id="hours" name="hours" type="number"
      step="any" value="{world.clock_hours:g}"></div>
      <button class="last">Set</button>
      <span class="soft small last">Provider time:
      {pages.when(world.now())} UTC.</span></form></section>"""


def _deliveries(world: World) -> str:
    rows = [_delivery_row(delivery) for delivery in world.store.deliveries(SHOWN)]
    heads = ["Webhook", "Time (UTC)", "About", "Status", "Attempts", "Action"]
    return f"""<section class="card" id="deliveries"><header><h2>Webhooks</h2>
      <p class="soft small">Newest first, to {escape(world.webhook_base)}/…</p></header>
      {pages.table(heads, rows, "No webhooks yet.", (4,))}</section>"""


def _delivery_row(delivery: Delivery) -> list[str]:
    state = pages.badge(delivery.state) + (" " + pages.badge("forged") if delivery.forged else "")
    problem = f'<br><span class="soft small">{escape(delivery.last_error[:80])}</span>'
    return [
        f'{delivery.provider.capitalize()}<br><span class="mono">'
        f"{escape(delivery.event_type)}</span>",
        pages.when(int(delivery.created)),
        f'<span class="mono soft">{escape(delivery.subject[:30])}</span>',
        state + (problem if delivery.last_error else ""),
        str(delivery.attempts),
        f'<form method="post" action="/dashboard/send-again">'
        f'<input type="hidden" name="id" value="{delivery.seq}"><button class="small"'
        f' aria-label="Send {escape(delivery.event_type)} again">Send again</button></form>',
    ]
