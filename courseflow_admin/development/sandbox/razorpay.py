"""Razorpay's API: orders, payments and refunds."""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import razorpay_acts as acts
from courseflow_admin.development.sandbox.store import Body, Reply
from courseflow_admin.development.sandbox.stripe_acts import CannotAct
from courseflow_admin.development.sandbox.webhooks import hex_signature
from courseflow_admin.development.sandbox.wire import Answer, basic, fingerprint, whole
from courseflow_admin.development.sandbox.world import World, token

LEAST = 100  # the smallest order: one rupee, one dollar
MOST_NOTES = 15
LONGEST_RECEIPT = 40
THREE_DECIMALS = {"KWD", "BHD", "OMR", "JOD", "TND"}
REFUND_KEY = re.compile(r"[A-Za-z0-9_-]{10,}\Z")
INPUT: Body = {
    "source": "business",
    "step": "payment_initiation",
    "reason": "input_validation_failed",
    "metadata": {},
}


class Refused(Exception):
    """An error body as Razorpay words it; nearly everything is a BAD_REQUEST_ERROR."""

    def __init__(self, description: str, *, field: str = "", status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.error: Body = {"code": "BAD_REQUEST_ERROR", "description": description, **INPUT}
        if field:
            self.error["field"] = field


class RazorpayApi:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        call = self._call
        every_method = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        return [
            Route("/v1/orders", call(self.create_order), methods=["POST"]),
            Route("/v1/orders", call(self.orders), methods=["GET"]),
            Route("/v1/orders/{id}", call(self.order), methods=["GET"]),
            Route("/v1/orders/{id}/payments", call(self.payments_of), methods=["GET"]),
            Route("/v1/payments", call(self.payments), methods=["GET"]),
            Route("/v1/payments/{id}", call(self.payment), methods=["GET"]),
            Route("/v1/payments/{id}/capture", call(self.capture), methods=["POST"]),
            Route("/v1/payments/{id}/refund", call(self.refund_payment), methods=["POST"]),
            Route("/v1/payments/{id}/refunds", call(self.refunds_of), methods=["GET"]),
            Route("/v1/payments/{id}/refunds/{refund}", call(self.refund), methods=["GET"]),
            Route("/v1/refunds", call(self.refunds), methods=["GET"]),
            Route("/v1/refunds/{refund}", call(self.refund), methods=["GET"]),
            Route("/v1/{path:path}", call(self.unknown), methods=every_method),
        ]

    def _call(self, act: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            headers = {"request-id": token(24).lower()}
            try:
                self._authenticate(request)
                params = await _params(request)
                return Answer(act(request, params), 200, headers)
            except Refused as refused:
                return Answer({"error": refused.error}, refused.status, headers)
            except CannotAct as error:
                return Answer({"error": Refused(str(error)).error}, 400, headers)

        return endpoint

    async def broken(self, request: Request) -> Response:  # noqa: ARG002
        """What the outage switch answers."""
        text = "We are facing some trouble completing your request at the moment. Please try again"
        error = {"code": "SERVER_ERROR", "description": f"{text} shortly.", **INPUT}
        error |= {"source": "internal", "reason": "server_error"}
        return Answer({"error": error}, 500)

    def _authenticate(self, request: Request) -> None:
        expected = (self.world.keys["razorpay_key_id"], self.world.keys["razorpay_key_secret"])
        given = basic(request)
        if given != expected:
            missing = "Please provide your api key for authentication purposes."
            refused = Refused("Authentication failed" if given[0] else missing, status=401)
            refused.error |= {"source": "NA", "step": "NA", "reason": "NA"}
            raise refused

    # Orders

    def create_order(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        amount, currency = _amount(params), params.get("currency") or "INR"
        if amount is None:
            raise Refused("The amount field is required.", field="amount")
        if amount < LEAST:
            raise Refused("Order amount less than minimum amount allowed", field="amount")
        if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
            raise Refused("The currency should be a 3 letter code, in capitals", field="currency")
        if currency in THREE_DECIMALS and amount % 10:
            raise Refused(
                "The last digit of the amount must be 0 for this currency", field="amount"
            )
        receipt = params.get("receipt")
        if receipt is not None and len(str(receipt)) > LONGEST_RECEIPT:
            raise Refused("The receipt may not be greater than 40 characters.", field="receipt")
        if params.get("unique_receipt") and receipt:
            for order in self.world.store.newest("order", limit=100_000):
                if order["receipt"] == receipt:
                    if (order["amount"], order["currency"]) != (amount, currency):
                        raise Refused("An order with this receipt already exists", field="receipt")
                    return order
        return self._new_order(params, amount, currency)

    def _new_order(self, params: Body, amount: int, currency: str) -> Body:
        order: Body = {
            "id": f"order_{token(14)}",
            "entity": "order",
            "amount": amount,
            "amount_paid": 0,
            "amount_due": amount,
            "currency": currency,
            "receipt": params.get("receipt"),
            "offer_id": None,
            "status": "created",
            "attempts": 0,
            "notes": _notes(params) or [],  # an empty list, where others would say {}
            "created_at": self.world.now(),
        }
        option = params.get("payment")
        capture = option.get("capture") if isinstance(option, dict) else None
        if capture is None and "payment_capture" in params:
            itself = str(params["payment_capture"]).lower() in {"1", "true"}
            capture = "automatic" if itself else "manual"
        self.world.store.put("order", order)
        hidden = {"id": f"{order['id']}.option", "capture": capture}
        self.world.store.put("order_option", hidden)
        return order

    def order(self, request: Request, params: Body) -> Body:
        order = self._find("order", request.path_params["id"])
        if "payments" in params.get("expand", []):
            order["payments"] = _collection(acts.payments_of(self.world, order["id"])[::-1])
        return order

    def orders(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        if "receipt" not in params:
            return _collection(self._page("order", params))
        everything = self.world.store.newest("order", limit=100_000)
        found = [item for item in everything if item["receipt"] == params["receipt"]]
        return _collection(found[: whole(params.get("count", 10), 0)])

    def payments_of(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        order = self._find("order", request.path_params["id"])
        return _collection(acts.payments_of(self.world, order["id"])[::-1])

    # Payments

    def payment(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return self._find("payment", request.path_params["id"])

    def payments(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return _collection(self._page("payment", params))

    def capture(self, request: Request, params: Body) -> Body:
        payment = self._find("payment", request.path_params["id"])
        amount = _amount(params)
        if amount is None:
            raise Refused("The amount field is required.", field="amount")
        if params.get("currency", payment["currency"]) != payment["currency"]:
            raise Refused("The currency does not match the payment's currency", field="currency")
        return acts.capture_payment(self.world, payment["id"], amount)

    # Refunds

    def refund_payment(self, request: Request, params: Body) -> Body:
        payment = self._find("payment", request.path_params["id"])
        key = request.headers.get("x-refund-idempotency")
        if key is None:
            return self._refund(payment, params)
        if not REFUND_KEY.match(key):
            raise Refused(
                "The idempotency key must have at least 10 letters, numbers, hyphens, underscores"
            )
        print_ = fingerprint(payment["id"], params)
        kept = self.world.store.reply("razorpay", key)
        if kept is not None:
            if kept.fingerprint != print_:
                refused = Refused(
                    "Different request with the same idempotency key has already been processed."
                )
                refused.error |= {"source": "NA", "step": "NA", "reason": "NA"}
                raise refused
            found: Body = json.loads(kept.body)
            return found
        answer = self._refund(payment, params)
        self.world.store.keep_reply("razorpay", key, Reply(print_, 200, json.dumps(answer)))
        return answer

    def _refund(self, payment: Body, params: Body) -> Body:
        amount = _amount(params)
        if amount is not None and amount < LEAST:
            raise Refused("The amount must be at least INR 1.00", field="amount")
        if params.get("speed", "normal") not in {"normal", "optimum"}:
            raise Refused("The speed must be one of normal, optimum", field="speed")
        return acts.refund(self.world, payment["id"], amount, params | {"notes": _notes(params)})

    def refunds_of(self, request: Request, params: Body) -> Body:
        payment = self._find("payment", request.path_params["id"])
        return _collection(self._page("rzp_refund", params, parent=payment["id"]))

    def refund(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        refund = self._find("rzp_refund", request.path_params["refund"])
        if request.path_params.get("id", refund["payment_id"]) != refund["payment_id"]:
            raise Refused("The id provided does not exist")
        return refund

    def refunds(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return _collection(self._page("rzp_refund", params))

    def unknown(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        raise Refused("The requested URL was not found on the server.", status=404)

    def _find(self, kind: str, object_id: str) -> Body:
        found = self.world.store.find(kind, object_id)
        prefix = {"order": "order_", "payment": "pay_", "rzp_refund": "rfnd_"}[kind]
        if found is None and not re.fullmatch(rf"{prefix}[A-Za-z0-9]{{14}}", object_id):
            raise Refused(f"{object_id} is not a valid id")
        if found is None:
            raise Refused("The id provided does not exist")
        return found

    def _page(self, kind: str, params: Body, parent: str = "") -> list[Body]:
        count, skip = whole(params.get("count", 10), 0), whole(params.get("skip", 0), -1)
        if not 1 <= count <= 100:
            raise Refused("The count must be between 1 and 100.", field="count")
        if skip < 0:
            raise Refused("The skip must be at least 0.", field="skip")
        return self.world.store.newest(
            kind,
            limit=count,
            skip=skip,
            since=whole(params.get("from", 0), 0),
            until=whole(params.get("to", 2**60), 2**60),
            parent=parent,
        )


def _collection(items: list[Body]) -> Body:
    return {"entity": "collection", "count": len(items), "items": items}


def _amount(params: Body) -> int | None:
    """An integer, also as text; a float or anything else is refused."""
    given = params.get("amount")
    if given is None:
        return None
    if isinstance(given, bool) or not re.fullmatch(r"\d{1,12}", str(given)):
        raise Refused("The amount must be an integer.", field="amount")
    return int(given)


def _notes(params: Body) -> Body:
    notes = params.get("notes") or {}
    if not isinstance(notes, dict):
        raise Refused("The notes must be an object.", field="notes")
    if len(notes) > MOST_NOTES:
        raise Refused("Number of fields in notes should be less than or equal to 15", field="notes")
    if any(len(str(value)) > 256 for value in notes.values()):
        raise Refused("Value in notes should be at most 256 characters", field="notes")
    return notes


async def _params(request: Request) -> Body:
    """The query for GET; a JSON object (or a form, which Razorpay takes as well) for POST."""
    query: Body = dict(request.query_params)
    if "expand[]" in request.query_params:
        query["expand"] = request.query_params.getlist("expand[]")
    raw = await request.body()
    if not raw:
        return query
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return query | dict(await request.form())
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refused("The request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise Refused("The request body must be a JSON object")
    return query | body


def signature(key_secret: str, order_id: str, payment_id: str) -> str:
    """What the browser carries back as `razorpay_signature`."""
    return hex_signature(key_secret, f"{order_id}|{payment_id}".encode())
