"""Razorpay's own cards on the dashboard: settlements, and what else is on the account."""

from collections.abc import Callable

from courseflow_admin.development.sandbox import (
    pages,
    razorpay_balance,
    razorpay_foreign,
    razorpay_settlements,
)
from courseflow_admin.development.sandbox.razorpay_money import HOME
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World

SHOWN = 10


def _settle_now(world: World, values: dict[str, str]) -> str:  # noqa: ARG001
    made = razorpay_settlements.make(world)
    return f"Created a settlement of {pages.money(made['amount'], HOME)}."


def _settlement(world: World, values: dict[str, str]) -> str:
    if values.get("act") == "fail":
        razorpay_settlements.fail(world, values["id"])
        return "The settlement has failed."
    razorpay_settlements.process(world, values["id"])
    return "The settlement has reached the bank."


def _other_product(world: World, values: dict[str, str]) -> str:
    if values.get("act") == "unknown":
        razorpay_foreign.unknown_purchase(world)
        return "Made a payment for an unknown purchase."
    wanted = values.get("count", "")
    if not wanted.isdigit():
        raise ValueError("Enter the number of payments as a whole number.")
    made = len(razorpay_foreign.other_product(world, int(wanted)))
    return f"Made {made} payment{'' if made == 1 else 's'} of another product."


ACTS: dict[str, Callable[[World, dict[str, str]], str]] = {
    "settle-now": _settle_now,
    "settlement": _settlement,
    "other-razorpay-product": _other_product,
}


def cards(world: World) -> str:
    return _settlements(world) + _account()


def _settlements(world: World) -> str:
    rows = [_row(item) for item in world.store.newest(razorpay_settlements.KIND, limit=SHOWN)]
    heads = ["Settlement", "Created (UTC)", "Amount", "Status", "UTR", "Actions"]
    waiting = pages.money(razorpay_balance.balance(world), HOME)
    return f"""<section class="card" id="settlements"><header><h2>Razorpay settlements</h2>
      <p class="soft small">Each day is settled at midnight in India. Not settled yet: {waiting}.
      </p></header><form method="post" action="/dashboard/settle-now" class="row">
      <button>Settle now</button></form>
      {pages.table(heads, rows, "No settlements yet.", (2,))}</section>"""


def _row(made: Body) -> list[str]:
    buttons = {
        "created": [("process", "Process"), ("fail", "Fail")],
        "processed": [("fail", "Fail")],
    }.get(made["status"], [])
    return [
        f'<span class="mono">{made["id"]}</span>',
        pages.when(made["created_at"]),
        pages.money(made["amount"], HOME),
        pages.badge(made["status"]),
        f'<span class="mono soft">{made["utr"] or "–"}</span>',
        pages.form("settlement", made["id"], *buttons, about=made["id"])
        if buttons
        else '<span class="soft">–</span>',
    ]


def _account() -> str:
    return f"""<section class="card" id="razorpay-account"><header>
      <h2>Same Razorpay account</h2>
      <p class="soft small">Payments that do not belong to the school.</p></header>
      <form method="post" action="/dashboard/other-razorpay-product" class="row">
      <div><label for="razorpay-count">Payments of another product</label>
      <input id="razorpay-count" name="count" type="number" min="1"
      max="{razorpay_foreign.MOST}" value="25"></div>
      <button class="last" name="act" value="other">Make payments</button>
      <button class="last" name="act" value="unknown">Make one for an unknown purchase</button>
      </form></section>"""
