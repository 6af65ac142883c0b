"""Stripe's hosted checkout page, with a button for everything that may happen there."""

from html import escape

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import pages
from courseflow_admin.development.sandbox import stripe_acts as acts
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_base import CannotAct
from courseflow_admin.development.sandbox.world import World

SEE_OTHER = 303
OTHERS = (
    ("decline", "Decline", "The bank says no"),
    ("later", "Pay later", "The money arrives days later"),
    ("twice", "Pay twice", "Two payments, one purchase"),
    ("expire", "Expire", "The 24 hours are over"),
)


def stripe_page_routes(world: World) -> list[Route]:
    async def show(request: Request) -> Response:
        return _show(world, request.path_params["id"], request.query_params.get("said", ""))

    async def act(request: Request) -> Response:
        return _act(world, request.path_params["id"], await request.form())

    async def receipt(request: Request) -> Response:
        return _receipt(world, request.path_params["id"])

    return [
        Route("/c/pay/{id}", show, methods=["GET"]),
        Route("/c/pay/{id}", act, methods=["POST"]),
        Route("/receipts/{id}", receipt, methods=["GET"]),
    ]


def _act(world: World, session_id: str, form: FormData) -> Response:
    done = {
        "pay": acts.pay,
        "later": acts.pay_later,
        "twice": acts.pay_twice,
        "decline": acts.decline,
        "expire": acts.expire,
    }.get(str(form.get("act")))
    if done is None:
        return _gone("Unknown action.", 400)
    try:
        acts.open_session(world, session_id)
        done(world, session_id)
    except CannotAct as error:
        return _gone(str(error), 409)
    if form["act"] in {"decline", "expire"}:
        return RedirectResponse(f"/c/pay/{session_id}?said={form['act']}", SEE_OTHER)
    session = world.store.get("session", session_id)
    return RedirectResponse(_filled(session["success_url"], session_id), SEE_OTHER)


def _filled(url: str, session_id: str) -> str:
    return url.replace("{CHECKOUT_SESSION_ID}", session_id)


def _show(world: World, session_id: str, said: str) -> Response:
    try:
        session = acts.open_session(world, session_id)
    except CannotAct as error:
        found = world.store.find("session", session_id)
        return _gone(str(error), 404 if found is None else 200, found, session_id)
    amount = pages.money(session["amount_total"], session["currency"])
    items = acts.opening(world, session_id)["items"]
    name = ", ".join(item["description"] for item in items)
    back = session["cancel_url"]
    leave = (
        f'<p><a href="{escape(_filled(back, session_id))}" rel="noreferrer">'
        "← Cancel and go back</a></p>"
        if back
        else ""
    )
    others = "".join(pages.choice(*other) for other in OTHERS)
    declined = (
        "Your card was declined. Try again, or use another card." if said == "decline" else ""
    )
    body = f"""<div class="two"><section>{leave}
      <h1>{escape(name)}</h1><p class="price">{amount}</p>
      <p class="soft small">You are at the sandbox's copy of Stripe Checkout. Nothing you press here
      costs anything; every button does to the school what the real thing would.</p>
      <dl class="small"><dt>Session</dt><dd class="mono">{session_id}</dd>
      <dt>Expires</dt><dd>{pages.when(session["expires_at"])} UTC</dd></dl></section>
      <section class="card"><h2>Pay by card</h2>
      <p class="soft small">A test card; no number is asked.</p>
      {pages.note(declined, "bad")}
      <form method="post" action="/c/pay/{session_id}">
      {pages.field("Email", "email", session["customer_email"] or "buyer@demo.test", "email")}
      {pages.field("Card number", "card", "4242 4242 4242 4242")}
      <div class="row">{pages.field("Expiry", "expiry", "12 / 31")}
      {pages.field("CVC", "cvc", "123")}</div>
      {pages.field("Name on card", "name", acts.BUYER)}
      <button class="main" name="act" value="pay">Pay {amount}</button>
      <h2 class="others">Or see what happens if …</h2>
      <div class="choices">{others}</div></form></section></div>"""
    bar = f'<a href="{world.url("stripe")}/">Dashboard</a>'
    return pages.page(f"{name} · Checkout", body, bar=bar)


def _gone(text: str, status: int, session: Body | None = None, session_id: str = "") -> Response:
    """A session that cannot be paid (any more), with the way back."""
    way = ""
    if session is not None:
        url = session["success_url"] if session["status"] == "complete" else session["cancel_url"]
        if url:
            filled = escape(_filled(url, session_id))
            way = f'<p><a class="button" href="{filled}">Back to the school</a></p>'
    body = f"<h1>Nothing to pay here</h1><p class='soft'>{escape(text)}</p>{way}"
    return pages.page("Checkout", body, narrow=True, status=status)


def _receipt(world: World, charge_id: str) -> Response:
    charge = world.store.find("charge", charge_id)
    if charge is None:
        return _gone("Receipt not found.", 404)
    amount = pages.money(charge["amount"], charge["currency"])
    body = f"""<h1>Receipt</h1><dl><dt>Amount</dt><dd>{amount}</dd>
      <dt>Date</dt><dd>{pages.when(charge["created"])} UTC</dd>
      <dt>Charge</dt><dd class="mono">{charge_id}</dd></dl>"""
    return pages.page("Receipt", body, narrow=True)
