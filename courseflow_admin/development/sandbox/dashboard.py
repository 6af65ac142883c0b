"""The dashboard: what happened at both gateways, and every switch there is."""

from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import dashboard_disputes as disputes
from courseflow_admin.development.sandbox import dashboard_payments as payments
from courseflow_admin.development.sandbox import dashboard_switches as switches
from courseflow_admin.development.sandbox import (
    gateways,
    pages,
    razorpay_acts,
    razorpay_dashboard,
    shared_clock,
    stripe_acts,
    stripe_dashboard,
)
from courseflow_admin.development.sandbox.store import Delivery
from courseflow_admin.development.sandbox.world import SWITCHES, World

# Whose own cards and buttons there are.
GATEWAYS: tuple[Any, ...] = (stripe_dashboard, razorpay_dashboard)
SEE_OTHER = 303
SHOWN = 30


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


def _refund(world: World, values: dict[str, str]) -> str:
    gateway = gateways.refunds(values["id"])
    given = gateway.refund(world, values["id"], pages.amount_of(values))
    shown = pages.money(given["amount"], given["currency"])
    if values.get("act") == "fails":
        gateway.fail_refund(world, given["id"])
        return f"Refunded {shown}, and then the refund failed."
    return f"Refunded {shown}."


def _fail_refund(world: World, values: dict[str, str]) -> str:
    gateways.refunds(values["id"]).fail_refund(world, values["id"])
    return "The refund has failed."


def _settle_refund(world: World, values: dict[str, str]) -> str:
    gateways.refunds(values["id"]).settle_refund(world, values["id"])
    return "The refund has reached the buyer."


def _dispute(world: World, values: dict[str, str]) -> str:
    """By the payment: opened, or the open one decided."""
    gateway, act = gateways.disputes(values["id"]), values.get("act", "open")
    if act in {"open", "inquiry"}:
        amount, inquiry = pages.amount_of(values), act == "inquiry"
        gateway.open_dispute(world, values["id"], amount, inquiry=inquiry)
        return "An inquiry is open." if inquiry else "A dispute is open."
    gateway.close_dispute(world, values["id"], won=act == "won")
    return f"The dispute is {act}."


def _dispute_step(world: World, values: dict[str, str]) -> str:
    found = gateways.disputes(values["id"]).dispute_step(world, values["id"], values["act"])
    return f"The dispute is now: {found['status'].replace('_', ' ')}."


def _settle(world: World, values: dict[str, str]) -> str:
    if values["id"].startswith("pay_"):
        razorpay_acts.authorize_late(world, values["id"])
        return "Authorized late; waiting to be captured."
    succeed = values.get("act") != "fail"
    stripe_acts.settle(world, values["id"], succeed=succeed)
    return "The late payment has arrived." if succeed else "The late payment has failed."


def _switch(world: World, values: dict[str, str]) -> str:
    world.switch(values["provider"], **{name: values.get(name) for name in SWITCHES})
    return f"{values['provider'].capitalize()} updated."


def _clock(world: World, values: dict[str, str]) -> str:
    world.store.set_switch("clock", str(float(values["hours"])))
    return f"The providers' clock is {float(values['hours']):g} hours ahead of the school's."


def _move_time(world: World, values: dict[str, str]) -> str:
    """The school's time as well: the app follows within a second."""
    wanted = values.get("days", "")
    if not wanted.isdigit():
        raise ValueError("Enter the days as a whole number.")
    shared_clock.move(world, days=int(wanted))
    return f"Time moved forward by {wanted} {'day' if wanted == '1' else 'days'}."


def _send_again(world: World, values: dict[str, str]) -> str:
    world.store.send_again(int(values["id"]), 0)
    return "Queued for delivery."


ACTS: dict[str, Callable[[World, dict[str, str]], str]] = {
    "refund": _refund,
    "fail-refund": _fail_refund,
    "settle-refund": _settle_refund,
    "dispute": _dispute,
    "dispute-step": _dispute_step,
    "settle": _settle,
    "switch": _switch,
    "clock": _clock,
    "move-time": _move_time,
    "send-again": _send_again,
    **{name: act for gateway in GATEWAYS for name, act in gateway.ACTS.items()},
}

# What is on screen


def _show(world: World, said: str, problem: str) -> Response:
    mailbox = f"{world.url('resend')}/mailbox"
    bar = f'<a href="{mailbox}">Mailbox</a><a href="{escape(world.app_url)}/">The school</a>'
    body = f"""<h1>Sandbox dashboard</h1>
      <p class="soft">Stripe, Razorpay, Cloudinary and Resend as the school sees them, played on
      this machine.</p>{pages.note(said, "good")}{pages.note(problem, "bad")}
      {payments.card(world)}{disputes.card(world)}{_checkouts(world)}
      {"".join(gateway.cards(world) for gateway in GATEWAYS)}
      {switches.card(world)}{switches.clock_card(world)}
      {_deliveries(world)}"""
    return pages.page("Sandbox dashboard", body, bar=bar)


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
