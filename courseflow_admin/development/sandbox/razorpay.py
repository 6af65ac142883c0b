"""Razorpay's API: orders, payments, refunds, disputes and settlements."""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import razorpay_acts as acts
from courseflow_admin.development.sandbox import razorpay_refunds as refunds
from courseflow_admin.development.sandbox import razorpay_settlements as settlements
from courseflow_admin.development.sandbox.razorpay_calls import (
    INPUT,
    Refused,
    amount_of,
    collection,
    find,
    listed,
    notes_of,
    params_of,
    window,
)
from courseflow_admin.development.sandbox.razorpay_money import LEAST, step_broken
from courseflow_admin.development.sandbox.store import Body, Reply
from courseflow_admin.development.sandbox.stripe_base import CannotAct
from courseflow_admin.development.sandbox.webhooks import hex_signature
from courseflow_admin.development.sandbox.wire import Answer, basic, fingerprint, whole
from courseflow_admin.development.sandbox.world import World, token

LONGEST_RECEIPT = 40
MOST_ROWS = 1000  # of the reconciliation list
REFUND_KEY = re.compile(r"[A-Za-z0-9_-]{10,}\Z")


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
            Route("/v1/disputes", call(self.disputes), methods=["GET"]),
            Route("/v1/disputes/{id}", call(self.dispute), methods=["GET"]),
            Route("/v1/settlements", call(self.settlements), methods=["GET"]),
            Route("/v1/settlements/recon/combined", call(self.recon), methods=["GET"]),
            Route("/v1/settlements/{id}", call(self.settlement), methods=["GET"]),
            Route("/v1/{path:path}", call(self.unknown), methods=every_method),
        ]

    def _call(self, act: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            headers = {"request-id": token(24).lower()}
            try:
                self._authenticate(request)
                params = await params_of(request)
                return Answer(act(request, params), 200, headers)
            except Refused as refused:
                return Answer({"error": refused.error}, refused.status, headers)
            except CannotAct as error:
                field = "amount" if isinstance(error, refunds.AmountRefused) else ""
                return Answer({"error": Refused(str(error), field=field).error}, 400, headers)

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
        amount, currency = amount_of(params), params.get("currency") or "INR"
        if amount is None:
            raise Refused("The amount field is required.", field="amount")
        if amount < LEAST:
            raise Refused("Order amount less than minimum amount allowed", field="amount")
        if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
            raise Refused("The currency should be a 3 letter code, in capitals", field="currency")
        if step_broken(amount, currency):
            raise Refused(
                "The last digit of the amount must be 0 for this currency", field="amount"
            )
        receipt = params.get("receipt")
        if receipt is not None and len(str(receipt)) > LONGEST_RECEIPT:
            raise Refused("The receipt may not be greater than 40 characters.", field="receipt")
        if params.get("unique_receipt") and receipt:
            for order in acts.orders_with(self.world, receipt):
                if (order["amount"], order["currency"]) != (amount, currency):
                    raise Refused("An order with this receipt already exists", field="receipt")
                return order
        return self._new_order(params, amount, currency)

    def _new_order(self, params: Body, amount: int, currency: str) -> Body:
        option = params.get("payment")
        capture = option.get("capture") if isinstance(option, dict) else None
        if capture is None and "payment_capture" in params:
            automatic = str(params["payment_capture"]).lower() in {"1", "true"}
            capture = "automatic" if automatic else "manual"
        return acts.new_order(
            self.world,
            amount,
            currency,
            receipt=params.get("receipt"),
            notes=notes_of(params),
            capture=capture,
        )

    def order(self, request: Request, params: Body) -> Body:
        order = find(self.world, "order", request.path_params["id"])
        if "payments" in params.get("expand", []):
            order["payments"] = collection(acts.payments_of(self.world, order["id"])[::-1])
        return order

    def orders(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        if "receipt" not in params:
            return listed(self.world, "order", params)
        count, skip = window(params)
        found = acts.orders_with(self.world, params["receipt"])
        return collection(found[skip : skip + count])

    def payments_of(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        order = find(self.world, "order", request.path_params["id"])
        return collection(acts.payments_of(self.world, order["id"])[::-1])

    # Payments

    def payment(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return find(self.world, "payment", request.path_params["id"])

    def payments(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return listed(self.world, "payment", params)

    def capture(self, request: Request, params: Body) -> Body:
        payment = find(self.world, "payment", request.path_params["id"])
        amount = amount_of(params)
        if amount is None:
            raise Refused("The amount field is required.", field="amount")
        if params.get("currency", payment["currency"]) != payment["currency"]:
            raise Refused("The currency does not match the payment's currency", field="currency")
        return acts.capture_payment(self.world, payment["id"], amount)

    # Refunds

    def refund_payment(self, request: Request, params: Body) -> Body:
        payment = find(self.world, "payment", request.path_params["id"])
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
        reply = Reply(print_, 200, json.dumps(answer))
        self.world.store.keep_reply("razorpay", key, reply, at=self.world.now())
        return answer

    def _refund(self, payment: Body, params: Body) -> Body:
        amount = amount_of(params)
        if params.get("speed", "normal") not in {"normal", "optimum"}:
            raise Refused("The speed must be one of normal, optimum", field="speed")
        return refunds.refund(
            self.world, payment["id"], amount, params | {"notes": notes_of(params)}
        )

    def refunds_of(self, request: Request, params: Body) -> Body:
        payment = find(self.world, "payment", request.path_params["id"])
        return listed(self.world, "rzp_refund", params, parent=payment["id"])

    def refund(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        refund = find(self.world, "rzp_refund", request.path_params["refund"])
        if request.path_params.get("id", refund["payment_id"]) != refund["payment_id"]:
            raise Refused("The id provided does not exist")
        return refund

    def refunds(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return listed(self.world, "rzp_refund", params)

    # Disputes and settlements

    def dispute(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return find(self.world, "rzp_dispute", request.path_params["id"])

    def disputes(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return listed(self.world, "rzp_dispute", params)

    def settlement(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return find(self.world, "settlement", request.path_params["id"])

    def settlements(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        return listed(self.world, "settlement", params)

    def recon(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        """The rows of all settlements of a month, or of one of its days."""
        day = _part(params, "day", 31) if "day" in params else None
        year, month = _part(params, "year", 2100), _part(params, "month", 12)
        count, skip = window(params, most=MOST_ROWS)
        try:
            rows = settlements.recon(self.world, year, month, day)
        except ValueError as error:
            raise Refused("The day is not valid.", field="day") from error
        return collection(rows[skip : skip + count])

    def unknown(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        raise Refused("The requested URL was not found on the server.", status=404)


def _part(params: Body, name: str, most: int) -> int:
    """A part of a date."""
    if name not in params:
        raise Refused(f"The {name} field is required.", field=name)
    part = whole(params[name], 0)
    if not 1 <= part <= most:
        raise Refused(f"The {name} is not valid.", field=name)
    return part


def signature(key_secret: str, order_id: str, payment_id: str) -> str:
    """What the browser carries back as `razorpay_signature`."""
    return hex_signature(key_secret, f"{order_id}|{payment_id}".encode())
