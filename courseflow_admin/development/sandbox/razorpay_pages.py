"""Razorpay's checkout page: opened by a form of the school's, it posts the result back there."""

import json
from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import pages
from courseflow_admin.development.sandbox import razorpay_acts as acts
from courseflow_admin.development.sandbox.razorpay import signature
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_base import CannotAct
from courseflow_admin.development.sandbox.world import World, token

METHODS = (
    ("upi", "UPI: buyer@okaxis"),
    ("card", "Card: 4111 1111 1111 1111"),
    ("foreign_card", "Card from abroad: 4012 8888 8888 1881"),
)
OTHERS = (
    ("decline", "Decline", "The bank says no"),
    ("later", "Pay later", "The bank answers late"),
    ("twice", "Pay twice", "Two payments, one order"),
    ("authorize", "Authorize only", "Left for the school to capture"),
)


def razorpay_page_routes(world: World) -> list[Route]:
    async def embedded(request: Request) -> Response:
        return _opened(world, await request.form())

    async def show(request: Request) -> Response:
        return _show(world, request.path_params["id"])

    async def act(request: Request) -> Response:
        return _act(world, request.path_params["id"], await request.form())

    return [
        Route("/v1/checkout/embedded", embedded, methods=["POST"]),
        Route("/checkout/{id}", show, methods=["GET"]),
        Route("/checkout/{id}", act, methods=["POST"]),
    ]


def _opened(world: World, form: FormData) -> Response:
    given = {name: str(value) for name, value in form.items()}
    order = world.store.find("order", given.get("order_id", ""))
    if given.get("key_id") != world.keys["razorpay_key_id"]:
        return _wrong("The key_id of this form is not the school's.", 401)
    if order is None:
        return _wrong("The order_id of this form does not exist.", 400)
    if given.get("amount", str(order["amount"])) != str(order["amount"]):
        return _wrong("The amount of this form is not the order's.", 400)
    if given.get("currency", order["currency"]) != order["currency"]:
        return _wrong("The currency of this form is not the order's.", 400)
    for name in ("callback_url", "cancel_url"):
        if urlsplit(given.get(name, "")).scheme not in {"http", "https"}:
            return _wrong(f"The form needs a {name}.", 400)
    checkout = {
        "id": f"checkout_{token(20)}",
        "order_id": order["id"],
        "callback_url": given["callback_url"],
        "cancel_url": given["cancel_url"],
        "name": given.get("name", ""),
        "notes": _inside(given, "notes"),
        "prefill": _inside(given, "prefill") | {"description": given.get("description", "")},
    }
    world.store.put("checkout", checkout)
    return _show(world, checkout["id"])


def _inside(form: dict[str, str], name: str) -> dict[str, str]:
    start = f"{name}["
    return {
        key.removeprefix(start).rstrip("]"): value
        for key, value in form.items()
        if key.startswith(start)
    }


def _act(world: World, checkout_id: str, form: FormData) -> Response:
    checkout = world.store.find("checkout", checkout_id)
    if checkout is None:
        return _wrong("Checkout not found.", 404)
    order_id = checkout["order_id"]
    how: Body = {"prefill": checkout["prefill"], "notes": checkout["notes"]}
    late = dict(how)
    method = form.get("method")
    how["method"] = method if method in dict(METHODS) else "upi"
    act = form.get("act")
    try:
        acts.open_order(world, order_id)
        if act == "pay":
            paid = acts.pay(world, order_id, **how)
        elif act == "authorize":
            paid = acts.pay(world, order_id, **how, capture=False)
        elif act == "twice":
            paid = acts.pay_twice(world, order_id, **how)[0]
        elif act == "decline":
            return _failed(world, checkout, acts.decline(world, order_id, **how))
        elif act == "later":
            return _failed(world, checkout, acts.pay_later(world, order_id, **late))
        else:
            return _wrong("Unknown action.", 400)
    except CannotAct as error:
        return _wrong(str(error), 409, checkout)
    fields = {
        "razorpay_payment_id": paid,
        "razorpay_order_id": order_id,
        "razorpay_signature": signature(world.keys["razorpay_key_secret"], order_id, paid),
    }
    text = "Taking you back to the school."
    return pages.posted(checkout["callback_url"], fields, "Payment received", text)


def _failed(world: World, checkout: Body, payment_id: str) -> Response:
    payment = world.store.get("payment", payment_id)
    about = {"payment_id": payment_id, "order_id": checkout["order_id"]}
    fields = {
        "error[code]": payment["error_code"],
        "error[description]": payment["error_description"],
        "error[source]": payment["error_source"],
        "error[step]": payment["error_step"],
        "error[reason]": payment["error_reason"],
        "error[metadata]": json.dumps(about),
    }
    text = payment["error_description"]
    return pages.posted(checkout["callback_url"], fields, "Payment not completed", text)


def _show(world: World, checkout_id: str) -> Response:
    checkout = world.store.find("checkout", checkout_id)
    if checkout is None:
        return _wrong("Checkout not found.", 404)
    try:
        order = acts.open_order(world, checkout["order_id"])
    except CannotAct as error:
        return _wrong(str(error), 200, checkout)
    amount = pages.money(order["amount"], order["currency"])
    name = checkout["prefill"]["description"] or checkout["name"] or "Your order"
    seller = f'<p class="soft">{escape(checkout["name"])}</p>' if checkout["name"] else ""
    others = "".join(pages.choice(*other) for other in OTHERS)
    email = checkout["prefill"].get("email") or "buyer@demo.test"
    body = f"""<div class="two"><section>
      <p><a href="{escape(checkout["cancel_url"])}" rel="noreferrer">← Cancel and go back</a></p>
      <h1>{escape(name)}</h1>{seller}<p class="price">{amount}</p>
      <p class="soft small">You are at the sandbox's copy of Razorpay Checkout. Nothing you press
      here costs anything; every button does to the school what the real thing would.</p>
      <dl class="small"><dt>Order</dt><dd class="mono">{order["id"]}</dd>
      <dt>Attempts</dt><dd>{order["attempts"]}</dd></dl></section>
      <section class="card"><header><h2>Pay with</h2></header>
      <form method="post" action="/checkout/{checkout_id}">
      {pages.select("method", "Method", METHODS, "upi", "pay")}
      {pages.field("Email", "email", email, "email")}
      <button class="main" name="act" value="pay">Pay {amount}</button>
      <h2 class="others">Or see what happens if …</h2>
      <div class="choices">{others}</div></form></section></div>"""
    bar = f'<a href="{world.url("stripe")}/">Dashboard</a>'
    return pages.page(f"{name} · Checkout", body, bar=bar)


def _wrong(text: str, status: int, checkout: Body | None = None) -> Response:
    way = ""
    if checkout is not None:
        url = escape(checkout["cancel_url"])
        way = f'<p><a class="button" href="{url}">Back to the school</a></p>'
    body = f"<h1>Nothing to pay here</h1><p class='soft'>{escape(text)}</p>{way}"
    return pages.page("Checkout", body, narrow=True, status=status)
