"""The machine's way to play: /_control/… on the Stripe port, JSON in and out."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from courseflow_admin.development.sandbox.hands import Hands
from courseflow_admin.development.sandbox.store import Body, Delivery
from courseflow_admin.development.sandbox.stripe_base import CannotAct
from courseflow_admin.development.sandbox.wire import Answer
from courseflow_admin.development.sandbox.world import PROVIDERS, SWITCHES

POSTS = (
    "switch",
    "pay",
    "settle",
    "refund",
    "dispute",
    "book",
    "payout",
    "settlement",
    "other",
    "deliver",
    "clock",
    "reset",
    "mail",
)


def control_routes(hands: Hands) -> list[Route]:
    control = Control(hands)
    routes = [
        Route(f"/_control/{name}", _json(getattr(control, name)), methods=["POST"])
        for name in POSTS
    ]
    return [Route("/_control/state", _json(control.state), methods=["GET"]), *routes]


def _json(act: Any) -> Any:
    """400 with `error` in words for whatever cannot be done."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            asked = json.loads(raw) if raw else {}
            return Answer(await act(asked))
        except KeyError as error:
            return Answer({"error": f"Missing or unknown: {error}"}, 400)
        except (CannotAct, ValueError) as error:
            return Answer({"error": str(error)}, 400)

    return endpoint


class Control:
    """Each method takes the JSON that was sent and returns the JSON that is answered."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands

    async def state(self, asked: Body) -> Body:  # noqa: ARG002
        store, world = self.hands.store, self.hands.world
        return {
            "payments": {
                "stripe": store.newest("payment_intent", limit=200),
                "razorpay": store.newest("payment", limit=200),
            },
            "checkouts": {
                "stripe": store.newest("session", limit=200),
                "razorpay": store.newest("order", limit=200),
            },
            "refunds": {
                "stripe": store.newest("refund", limit=200),
                "razorpay": store.newest("rzp_refund", limit=200),
            },
            "disputes": {
                "stripe": store.newest("dispute", limit=200),
                "razorpay": store.newest("rzp_dispute", limit=200),
            },
            "payouts": {"stripe": store.newest("payout", limit=200)},
            "mails": store.newest("mail", limit=200),
            "deliveries": [_delivery(item) for item in store.deliveries(200)],
            "switches": {
                name: {"outage": world.outage(name), "webhooks": world.webhooks(name)}
                for name in PROVIDERS
            },
            "capture": world.capture,
            "clock_hours": world.clock_hours,
            "ahead_seconds": world.ahead,
        }

    async def switch(self, asked: Body) -> Body:
        wanted = {name: asked[name] for name in SWITCHES if name in asked}
        self.hands.switch(asked["provider"], **wanted)
        return {"ok": True}

    async def pay(self, asked: Body) -> Body:
        """act: pay, decline, later, twice, authorize or expire."""
        checkout_id = str(asked.get("session_or_order_id") or asked["id"])
        act = asked.get("act", "pay")
        acts: dict[str, Any] = {
            "pay": self.hands.pay,
            "decline": self.hands.decline,
            "later": self.hands.pay_later,
            "twice": self.hands.pay_twice,
            "authorize": self.hands.authorize,
            "expire": self.hands.expire,
        }
        done = acts[act](checkout_id)
        ids = list(done) if isinstance(done, tuple) else [done] if done else []
        return {"payment_ids": ids}

    async def settle(self, asked: Body) -> Body:
        """What became of a payment made with `later`; succeed: true (default) or false."""
        succeed = bool(asked.get("succeed", True))
        return {"payment_id": self.hands.settle(asked["payment_id"], succeed=succeed)}

    async def refund(self, asked: Body) -> Body:
        """A new refund of `payment_id`; with `refund_id` that one fails, or `settles`: true."""
        if "refund_id" in asked:
            end = self.hands.settle_refund if asked.get("settles") else self.hands.fail_refund
            end(asked["refund_id"])
            return {"refund_id": asked["refund_id"]}
        refund_id = self.hands.refund(asked["payment_id"], asked.get("amount"))
        if asked.get("fails"):
            self.hands.fail_refund(refund_id)
        return {"refund_id": refund_id}

    async def dispute(self, asked: Body) -> Body:
        """act: open (default; with `amount`, `inquiry`: true), won, lost or another step."""
        act = asked.get("act", "open")
        if act == "open":
            opened = self.hands.dispute(
                asked["payment_id"], asked.get("amount"), inquiry=bool(asked.get("inquiry"))
            )
            return {"dispute_id": opened}
        if act in {"won", "lost"}:
            about = asked.get("dispute_id") or asked["payment_id"]
            self.hands.close_dispute(about, won=act == "won")
        else:
            self.hands.dispute_step(asked["dispute_id"], act)
        return {"ok": True}

    async def book(self, asked: Body) -> Body:
        """A late balance transaction of Stripe's arrives."""
        self.hands.book(asked["payment_id"])
        return {"ok": True}

    async def payout(self, asked: Body) -> Body:
        """act: make (default; with `amount` and `currency` by hand), paid or failed."""
        act = asked.get("act", "make")
        acts = {"paid": self.hands.payout_arrives, "failed": self.hands.fail_payout}
        if act != "make":
            acts[act](asked["payout_id"])
            return {"payout_ids": [asked["payout_id"]]}
        if "amount" in asked:
            return {"payout_ids": [self.hands.pay_out_by_hand(asked["amount"], asked["currency"])]}
        return {"payout_ids": self.hands.pay_out()}

    async def settlement(self, asked: Body) -> Body:
        """Razorpay's; act: make (default), process or fail."""
        act = asked.get("act", "make")
        if act == "make":
            return {"settlement_id": self.hands.make_settlement()}
        acts = {"process": self.hands.process_settlement, "fail": self.hands.fail_settlement}
        acts[act](asked["settlement_id"])
        return {"settlement_id": asked["settlement_id"]}

    async def other(self, asked: Body) -> Body:
        """Payments of another product on the account; `unknown`: one that looks like ours."""
        provider = asked.get("provider", "stripe")
        if asked.get("unknown"):
            return {"payment_ids": [self.hands.unknown_purchase(provider)]}
        made = self.hands.other_product(int(asked.get("count", 1)), provider)
        return {"payment_ids": made}

    async def deliver(self, asked: Body) -> Body:  # noqa: ARG002
        return {"deliveries": [_delivery(item) for item in await self.hands.deliver()]}

    async def clock(self, asked: Body) -> Body:
        """`days`: everyone's time forward by so many; `hours`: the providers' alone, ahead."""
        if "days" in asked:
            self.hands.move_time(days=float(asked["days"]))
        else:
            self.hands.clock(float(asked["hours"]))
        self.hands.sweep()
        world = self.hands.world
        return {"clock_hours": world.clock_hours, "ahead_seconds": world.ahead, "now": world.now()}

    async def reset(self, asked: Body) -> Body:  # noqa: ARG002
        self.hands.reset()
        return {"ok": True}

    async def mail(self, asked: Body) -> Body:
        """Mark a mail: event is delivered, bounced, complained, delivery_delayed or failed."""
        self.hands.mark_mail(asked["mail_id"], asked["event"])
        return {"ok": True}


def _delivery(delivery: Delivery) -> Body:
    return {
        "id": delivery.seq,
        "provider": delivery.provider,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "subject": delivery.subject,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "forged": delivery.forged,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }
