"""Stripe's own cards on the dashboard: balance, payouts, and what else is on the account."""

from collections.abc import Callable

from courseflow_admin.development.sandbox import (
    pages,
    stripe_balance,
    stripe_base,
    stripe_foreign,
    stripe_payouts,
)
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World

SHOWN = 10


def _book(world: World, values: dict[str, str]) -> str:
    charge = stripe_base.paid_charge(world, values["id"])
    booked = stripe_balance.book_late(world, charge["id"])
    return f"The fee is {pages.money(booked['fee'], booked['currency'])}."


def _pay_out(world: World, values: dict[str, str]) -> str:  # noqa: ARG001
    made = stripe_payouts.pay_out(world)
    return f"Paid out {', '.join(pages.money(item['amount'], item['currency']) for item in made)}."


def _payout(world: World, values: dict[str, str]) -> str:
    if values.get("act") == "fails":
        stripe_payouts.fail(world, values["id"])
        return "The payout has failed."
    stripe_payouts.arrive(world, values["id"])
    return "The payout has arrived at the bank."


def _other_product(world: World, values: dict[str, str]) -> str:
    if values.get("act") == "unknown":
        stripe_foreign.unknown_purchase(world)
        return "Made a payment for an unknown purchase."
    wanted = values.get("count", "")
    if not wanted.isdigit():
        raise ValueError("Enter the number of payments as a whole number.")
    made = len(stripe_foreign.other_product(world, int(wanted)))
    return f"Made {made} payment{'' if made == 1 else 's'} of another product."


ACTS: dict[str, Callable[[World, dict[str, str]], str]] = {
    "book": _book,
    "pay-out": _pay_out,
    "payout": _payout,
    "other-product": _other_product,
}


def cards(world: World) -> str:
    return _balance(world) + _account()


def _balance(world: World) -> str:
    heads = ["Currency", "Available", "Pending"]
    amounts = [
        [currency.upper(), pages.money(available, currency), pages.money(pending, currency)]
        for currency, (available, pending) in stripe_balance.totals(world).items()
    ]
    payouts = [_row(item) for item in world.store.newest("payout", limit=SHOWN)]
    paid = ["Payout", "Created (UTC)", "Amount", "Status", "Arrives (UTC)", "Actions"]
    return f"""<section class="card" id="balance"><header><h2>Stripe balance and payouts</h2>
      <p class="soft small">Money is available two days after a payment and is paid out at
      midnight (UTC).</p></header>
      {pages.table(heads, amounts, "Nothing on the balance yet.", (1, 2))}
      <form method="post" action="/dashboard/pay-out" class="row">
      <button>Pay out now</button></form>
      {pages.table(paid, payouts, "No payouts yet.", (2,))}</section>"""


def _row(payout: Body) -> list[str]:
    buttons = {
        "in_transit": [("arrives", "Arrives"), ("fails", "Fails")],
        "paid": [("fails", "Fails after all")],
    }.get(payout["status"], [])
    return [
        f'<span class="mono">{payout["id"]}</span>'
        + ("" if payout["automatic"] else '<div class="soft small">Manual</div>'),
        pages.when(payout["created"]),
        pages.money(payout["amount"], payout["currency"]),
        pages.badge(payout["status"]),
        pages.when(payout["arrival_date"]),
        pages.form("payout", payout["id"], *buttons, about=payout["id"])
        if buttons
        else '<span class="soft">–</span>',
    ]


def _account() -> str:
    return """<section class="card" id="account"><header><h2>Same Stripe account</h2>
      <p class="soft small">Payments that do not belong to the school.</p></header>
      <form method="post" action="/dashboard/other-product" class="row">
      <div><label for="count">Payments of another product</label>
      <input id="count" name="count" type="number" min="1" max="1000" value="25"></div>
      <button class="last" name="act" value="other">Make payments</button>
      <button class="last" name="act" value="unknown">Make one for an unknown purchase</button>
      </form></section>"""
