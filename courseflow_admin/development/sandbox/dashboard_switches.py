"""The dashboard's switches: what goes wrong at each company, and what time it is there."""

from courseflow_admin.development.sandbox import pages
from courseflow_admin.development.sandbox.world import PROVIDERS, World

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
BALANCE_TEXTS = (("at_once", "Known immediately"), ("late", "Known later"))
SETTLEMENT_TEXTS = (
    ("", "The currency charged"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("inr", "INR"),
)
PAYOUT_TEXTS = (("daily", "Daily"), ("manual", "Manual"))
CAPTURE_TEXTS = (("automatic", "Automatic"), ("manual", "Authorize only"))


def card(world: World) -> str:
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
    balance = (
        pages.select("balance", "Fees", BALANCE_TEXTS, world.balance("stripe"), provider)
        + pages.select(
            "settlement", "Settles in", SETTLEMENT_TEXTS, world.settlement("stripe"), provider
        )
        + pages.select("payouts", "Payouts", PAYOUT_TEXTS, world.payouts("stripe"), provider)
        if provider == "stripe"
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
      {capture}{refunds}{balance}
      <button aria-label="Save {name}">Save</button></form>"""


def clock_card(world: World) -> str:
    return f"""<section class="card" id="time"><header><h2>Time</h2>
      <p class="soft small">It is {pages.when(world.now())} UTC at the providers. Checkout sessions
      expire after 24 hours; Razorpay authorizations lapse after 72.</p></header>
      <div class="two"><form method="post" action="/dashboard/move-time" class="row">
      <div><label for="days">Move the school and the providers forward (days)</label>
      <input id="days" name="days" type="number" min="1" step="1" value="1"></div>
      <button class="last">Move forward</button>
      <span class="soft small">Moved {pages.days(world.ahead)} so far. Time cannot be moved back.
      </span></form>
      <form method="post" action="/dashboard/clock" class="row">
      <div><label for="hours">Providers ahead of the school (hours)</label>
      <input id="hours" name="hours" type="number" step="any" value="{world.clock_hours:g}"></div>
      <button class="last">Set</button></form></div></section>"""
