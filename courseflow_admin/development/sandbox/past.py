"""What happened before the sandbox was made: a file of old purchases, taken over as they were.

Whoever fills a school with a made-up past writes `DATA_DIR/sandbox-past.json`, all at once (write
another file, rename it): one JSON object a line, oldest first, times in seconds since 1970.

    provider      "stripe" or "razorpay"
    checkout_id   the session (cs_test_…) or order (order_… and 14 letters and digits)
    payment_id    the school's own id of the purchase; `receipt` is its key when it asked
    amount        in the smallest unit, with its `currency`; `title` is what was bought
    name, email   of the buyer; `return_url` and `cancel_url` are where the checkout sent them
    created       when the checkout was opened, and `expires` when it was to end
    expired       whether it ended unpaid (Stripe only; an order never does)
    attempts      in their order: `id` (pi_… or pay_…; a second try at Stripe has the id of the
                  first), `at`, `outcome` (paid, failed, pending, authorized), `method` ("upi",
                  "netbanking", "sepa_debit"; at Stripe a card is "card visa 4242") and the
                  bank's `reason` when it said no
    refunds       of the payment that was paid: `id` (re_…, rfnd_…), the school's `refund_id`,
                  `amount`, `at`
    dispute       null, or `id` (du_…, disp_…), `reason`, `at`, `deadline`

Each purchase is played by the very acts that play today's, in a memory of its own whose clock
stands at the time it happened; what they made is then kept under the ids of the file. Webhooks
stay behind: they were sent then. A checkout the sandbox knows already is left as it is now, and a
file taken over is not read again, so it may stay: after a reset the past comes back.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request

from courseflow_admin.development.sandbox import (
    razorpay_acts,
    razorpay_disputes,
    razorpay_refunds,
    razorpay_settlements,
    stripe_acts,
    stripe_disputes,
    stripe_payouts,
    stripe_refunds,
)
from courseflow_admin.development.sandbox.razorpay import RazorpayApi
from courseflow_admin.development.sandbox.razorpay import Refused as RazorpayRefused
from courseflow_admin.development.sandbox.store import Body, Row, Store
from courseflow_admin.development.sandbox.stripe import StripeApi
from courseflow_admin.development.sandbox.stripe_calls import Refused as StripeRefused
from courseflow_admin.development.sandbox.world import World

log = logging.getLogger("courseflow.sandbox")
FILE = "sandbox-past.json"
TAKEN = "past"  # the switch that remembers which file was taken over
CHUNK = 8  # purchases between two looks at who else wants to be answered
CHECKOUTS = {"stripe": "session", "razorpay": "order"}
NOBODY = Request({"type": "http"})  # the calls that open a checkout look at their params only

Names = dict[str, str]  # ids as they were played -> as the file says


@dataclass(frozen=True)
class Then(World):
    """A world at the time of a purchase."""

    clock: list[int] = field(default_factory=lambda: [0])

    def now(self) -> int:
        return self.clock[0]

    def at(self, second: int) -> None:
        self.clock[0] = second


class Past:
    """The file, looked at as often as wanted; it may appear at any time."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.path = path
        self._looked_at: tuple[int, int] = (0, 0)
        self._print = ""

    async def take_over(self) -> int:
        """How many purchases were new."""
        try:
            found = self.path.stat()
        except OSError:
            return 0
        if (found.st_mtime_ns, found.st_size) != self._looked_at:
            self._print = hashlib.sha256(self.path.read_bytes()).hexdigest()
            self._looked_at = (found.st_mtime_ns, found.st_size)
        if self.world.store.switch(TAKEN) == self._print:
            return 0
        lines = self.path.read_bytes().splitlines()
        taken = 0
        try:
            taken = await self._take_over(lines)
            if lines and not self._known(json.loads(lines[0])):
                return taken  # a reset came in between: the next look starts again
        except (ValueError, KeyError, TypeError, StripeRefused, RazorpayRefused):
            log.exception("sandbox.past_is_not_understood")
        self.world.store.set_switch(TAKEN, self._print)
        return taken

    async def _take_over(self, lines: list[bytes]) -> int:
        then = Then(Store(Path(":memory:")), self.world.keys, self.world.ports, "", "")
        taken = 0
        try:
            for start in range(0, len(lines), CHUNK):
                rows: list[Row] = []
                for line in lines[start : start + CHUNK]:
                    told = json.loads(line)
                    if not self._known(told):
                        rows += replay(then, told)
                        taken += 1
                self.world.store.put_rows(rows)
                await asyncio.sleep(0)
            for _ in stripe_payouts.day_by_day(self.world, quiet=True):
                await asyncio.sleep(0)
        finally:
            then.store.close()
        if taken:
            razorpay_settlements.settle_days(self.world.moment(self.world.now(), quiet=True))
        return taken

    def _known(self, told: Body) -> bool:
        kind = CHECKOUTS[told["provider"]]
        return self.world.store.find(kind, told["checkout_id"]) is not None


def replay(then: Then, told: Body) -> list[Row]:
    """The objects of one purchase."""
    then.store.clear()
    then.at(told["created"])
    names = _PLAYED[told["provider"]](then, told)
    return [_renamed(row, names) for row in then.store.rows(without="event")]


def _renamed(row: Row, names: Names) -> Row:
    object_id, parent, body = row.id, row.parent, row.body
    for played, name in names.items():
        object_id, parent = object_id.replace(played, name), parent.replace(played, name)
        body = body.replace(played, name)
    return Row(row.kind, object_id, parent, row.created, row.due, body)


def _stripe(then: Then, told: Body) -> Names:
    session_id = StripeApi(then).create_session(NOBODY, _session_params(told))["id"]
    names: Names = {session_id: told["checkout_id"]}
    acts: dict[str, Callable[[World, str], str]] = {
        "paid": stripe_acts.pay,
        "failed": stripe_acts.decline,
        "pending": stripe_acts.pay_later,
    }
    payment_id = ""
    for tried in told["attempts"]:
        then.at(tried["at"])
        payment_id = acts[tried["outcome"]](then, session_id)
        names[payment_id] = tried["id"]
        _as_it_was(then, payment_id, tried, told["name"])
    if told["expired"]:
        then.at(told["expires"])
        stripe_acts.expire(then, session_id)
    for back in told["refunds"]:
        then.at(back["at"])
        params = {"metadata": _ours(told, refund_id=back["refund_id"])}
        names[stripe_refunds.refund(then, payment_id, back["amount"], params)["id"]] = back["id"]
    if said := told["dispute"]:
        then.at(said["at"])
        disputed = stripe_disputes.open_dispute(then, payment_id) | {"reason": said["reason"]}
        disputed["evidence_details"]["due_by"] = said["deadline"]
        then.store.put("dispute", disputed)
        names[disputed["id"]] = said["id"]
    return names


def _session_params(told: Body) -> Body:
    price = {
        "currency": told["currency"].lower(),
        "unit_amount": str(told["amount"]),
        "product_data": {"name": told["title"]},
    }
    return {
        "mode": "payment",
        "line_items": [{"quantity": "1", "price_data": price}],
        "client_reference_id": told["payment_id"],
        "metadata": _ours(told),
        "payment_intent_data": {"metadata": _ours(told)},
        "adaptive_pricing": {"enabled": "false"},
        "customer_email": told["email"],
        "expires_at": str(told["expires"]),
        "success_url": told["return_url"],
        "cancel_url": told["cancel_url"],
    }


def _ours(told: Body, **more: str) -> Body:
    return {"payment_id": told["payment_id"], **more}


def _as_it_was(then: Then, payment_id: str, tried: Body, name: str) -> None:
    """The acts know one buyer, one card, one reason to decline: put in those of the file."""
    payment = then.store.get("payment_intent", payment_id)
    charge = then.store.get("charge", payment["latest_charge"])
    charge["billing_details"]["name"] = name
    kind, *card = tried["method"].split()
    if card:
        charge["payment_method_details"]["card"] |= {
            "brand": card[0],
            "network": card[0],
            "last4": card[1],
        }
    else:
        payment["payment_method_types"] = [kind]
        charge["payment_method_details"] = {"type": kind, kind: {"last4": "6789"}}
    if tried["outcome"] == "failed":
        charge["failure_message"] = tried["reason"]
        payment["last_payment_error"]["message"] = tried["reason"]
    session = then.store.get("session", then.store.parent_of(payment_id))
    if session["customer_details"]:
        session["customer_details"]["name"] = name
        then.store.put("session", session)
    then.store.put("payment_intent", payment)
    then.store.put("charge", charge)


def _razorpay(then: Then, told: Body) -> Names:
    params = {
        "amount": told["amount"],
        "currency": told["currency"],
        "receipt": told["receipt"],
        "notes": _ours(told),
    }
    order_id = RazorpayApi(then).create_order(NOBODY, params)["id"]
    names: Names = {order_id: told["checkout_id"]}
    payment_id = ""
    for tried in told["attempts"]:
        then.at(tried["at"])
        payment_id = _try_order(then, order_id, told, tried)
        names[payment_id] = tried["id"]
    for back in told["refunds"]:
        then.at(back["at"])
        given = {
            "notes": _ours(told, refund_id=back["refund_id"]),
            "receipt": back["refund_id"],
        }
        names[razorpay_refunds.refund(then, payment_id, back["amount"], given)["id"]] = back["id"]
    if said := told["dispute"]:
        then.at(said["at"])
        disputed = razorpay_disputes.open_dispute(then, payment_id)
        disputed |= {"reason_code": said["reason"], "respond_by": said["deadline"]}
        then.store.put("rzp_dispute", disputed)
        names[disputed["id"]] = said["id"]
    return names


def _try_order(then: Then, order_id: str, told: Body, tried: Body) -> str:
    how: dict[str, Any] = {
        "method": tried["method"],
        "prefill": {"email": told["email"], "description": told["title"]},
        "notes": _ours(told),
    }
    if tried["outcome"] in {"paid", "authorized"}:
        return razorpay_acts.pay(then, order_id, **how, capture=tried["outcome"] == "paid")
    if tried["outcome"] != "failed":
        raise ValueError(f"Razorpay has no payment that is {tried['outcome']}.")
    error = razorpay_acts.DECLINED | {"error_description": tried["reason"]}
    return razorpay_acts.decline(then, order_id, **how, error=error)


_PLAYED: dict[str, Callable[[Then, Body], Names]] = {"stripe": _stripe, "razorpay": _razorpay}
