"""Stripe's API: checkouts, payments, refunds, disputes, events, the balance and its payouts."""

from starlette.requests import Request
from starlette.routing import Route

from courseflow_admin.development.sandbox import stripe_acts as acts
from courseflow_admin.development.sandbox import stripe_balance as balance
from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox import stripe_refunds as refunds
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_base import CannotAct
from courseflow_admin.development.sandbox.stripe_calls import (
    LIST_PARAMS,
    Refused,
    StripeCalls,
    missing,
    only,
)
from courseflow_admin.development.sandbox.stripe_fields import words
from courseflow_admin.development.sandbox.wire import whole

DAY = 86_400
MINUTES_30 = 1800
MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "inr": 50, "jpy": 50, "kwd": 160, "aud": 50, "cad": 50}
CREATE_PARAMS = set(
    words(
        "adaptive_pricing allow_promotion_codes allowed_payment_method_types automatic_tax "
        "billing_address_collection cancel_url client_reference_id currency customer_creation "
        "customer_email expand expires_at integration_identifier line_items locale metadata "
        "mode payment_intent_data success_url submit_type ui_mode"
    )
)
REFUND_PARAMS = set(words("amount charge expand instructions_email metadata payment_intent reason"))
REFUSALS = {
    "already been refunded": "charge_already_refunded",
    "charged back": "charge_disputed",
    "divisible by 10": "parameter_invalid_integer",
}
REASONS = {"duplicate", "fraudulent", "requested_by_customer"}
# path, kind, what the error calls it, filters of its list
RESOURCES = (
    ("checkout/sessions", "session", "checkout.session", {"payment_intent", "status"}),
    ("payment_intents", "payment_intent", "payment_intent", set[str]()),
    ("charges", "charge", "charge", {"payment_intent"}),
    ("refunds", "refund", "refund", {"payment_intent", "charge"}),
    ("disputes", "dispute", "dispute", {"payment_intent", "charge"}),
    (
        "balance_transactions",
        "balance_transaction",
        "balance transaction",
        {"currency", "payout", "source", "type"},
    ),
    ("payouts", "payout", "payout", {"arrival_date", "destination", "status"}),
    ("events", "event", "event", {"type", "types", "delivery_success"}),
)


class StripeApi(StripeCalls):
    def routes(self) -> list[Route]:
        routes = [
            Route("/v1/checkout/sessions", self.call(self.create_session), methods=["POST"]),
            Route("/v1/checkout/sessions/{id}/expire", self.call(self.expire), methods=["POST"]),
            Route("/v1/checkout/sessions/{id}/line_items", self.call(self.line_items)),
            Route("/v1/refunds", self.call(self.create_refund), methods=["POST"]),
            Route("/v1/charges/{id}/refunds", self.call(self.refunds_of), methods=["GET"]),
            Route("/v1/balance", self.call(self.balance), methods=["GET"]),
        ]
        for path, kind, name, filters in RESOURCES:
            one, many = self.retrieving(kind, name), self.listing(path, kind, filters)
            routes.append(Route(f"/v1/{path}", self.call(many), methods=["GET"]))
            routes.append(Route(f"/v1/{path}/{{id}}", self.call(one), methods=["GET"]))
        every_method = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        routes.append(Route("/v1/{path:path}", self.call(self.unknown), methods=every_method))
        return routes

    def refunds_of(self, request: Request, params: Body) -> Body:
        """Where the list inside a charge goes on."""
        charge_id = request.path_params["id"]
        only(params, LIST_PARAMS)
        listed = self.listing(f"charges/{charge_id}/refunds", "refund", {"charge"})
        answer: Body = listed(request, params | {"charge": charge_id})
        return answer

    # Checkout sessions

    def create_session(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        only(params, CREATE_PARAMS)
        if params.get("mode") != "payment":
            raise Refused("The sandbox sells with mode=payment only.", param="mode")
        if not params.get("success_url"):
            raise Refused(
                "You must provide `success_url` when `ui_mode` is `hosted_page`.",
                param="success_url",
                code="parameter_missing",
            )
        for name in ("success_url", "cancel_url"):
            if name in params and not params[name].startswith(("http://", "https://")):
                raise Refused("Not a valid URL", param=name, code="url_invalid")
        items = self._items(params)
        expires_at = self._expires_at(params)
        opened = objects.session(self.world, params, items, expires_at)
        intent_data = params.get("payment_intent_data", {})
        self.world.store.put("session", opened, due=expires_at)
        hidden = {"id": f"{opened['id']}.extra", "items": items, "intent_data": intent_data}
        self.world.store.put("session_extra", hidden)
        return opened

    def _items(self, params: Body) -> list[Body]:
        wanted = params.get("line_items")
        if not isinstance(wanted, list) or not wanted:
            raise Refused(
                "You must provide at least one line item.",
                param="line_items",
                code="parameter_missing",
            )
        items = []
        for number, item in enumerate(wanted):
            at = f"line_items[{number}]"
            price = item.get("price_data") if isinstance(item, dict) else None
            if not isinstance(price, dict):
                raise Refused("The sandbox knows price_data only.", param=f"{at}[price]")
            for name in ("currency", "unit_amount", "product_data"):
                if name not in price:
                    raise missing(f"{at}[price_data][{name}]")
            if not price["product_data"].get("name"):
                raise missing(f"{at}[price_data][product_data][name]")
            if not price["unit_amount"].isdigit():
                raise Refused(
                    f"Invalid integer: {price['unit_amount']}",
                    param=f"{at}[price_data][unit_amount]",
                    code="parameter_invalid_integer",
                )
            items.append(objects.line_item(item, self.world))
        self._check_amount(sum(item["amount_total"] for item in items), items[0]["currency"])
        return items

    def _check_amount(self, amount: int, currency: str) -> None:
        if len(currency) != 3 or not currency.isalpha():
            raise Refused(f"Invalid currency: {currency}", param="currency")
        least = MINIMUM.get(currency, 50)
        if amount < least:
            decimals = balance.decimals(currency)
            shown = f"{least / 10**decimals:.{decimals}f} {currency}"
            raise Refused(
                f"The Checkout Session's total amount due must add up to at least {shown}",
                code="amount_too_small",
            )
        if balance.decimals(currency) == 3 and amount % 10:
            raise Refused(
                "Invalid amount: three-decimal currencies must be divisible by 10.",
                param="line_items",
                code="parameter_invalid_integer",
            )
        if amount > 99_999_999:
            raise Refused("Amount must be no more than 999,999.99", code="amount_too_large")

    def _expires_at(self, params: Body) -> int:
        now = self.world.now()
        if "expires_at" not in params:
            return now + DAY
        # The caller counts in the school's time; our clock may be ahead of it.
        wanted = whole(params["expires_at"], 0) + self.world.offset
        if not now + MINUTES_30 <= wanted <= now + DAY:
            raise Refused(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout"
                " Session creation.",
                param="expires_at",
            )
        return wanted

    def expire(self, request: Request, params: Body) -> Body:
        only(params, {"expand"})
        session = self.find("session", "checkout.session", request.path_params["id"])
        if session["status"] != "open":
            raise Refused(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
                f" Session has a status of {session['status']}."
            )
        return acts.expire(self.world, session["id"])

    def line_items(self, request: Request, params: Body) -> Body:
        session = self.find("session", "checkout.session", request.path_params["id"])
        only(params, LIST_PARAMS)
        return self.items_of(session["id"])

    # Refunds

    def create_refund(self, request: Request, params: Body) -> Body:
        only(params, REFUND_PARAMS)
        wanted = params.get("payment_intent") or params.get("charge")
        if not wanted:
            raise Refused(
                "One of the following params should be provided for this request: payment_intent or"
                " charge."
            )
        kind = "payment_intent" if "payment_intent" in params else "charge"
        found = self.find(kind, kind, wanted, param=kind)
        if params.get("reason") and params["reason"] not in REASONS:
            raise Refused(
                "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
                param="reason",
            )
        amount = None
        if "amount" in params:
            amount = whole(params["amount"], 0)
            if amount < 1:
                raise Refused(
                    f"Invalid positive integer: {params['amount']}",
                    param="amount",
                    code="parameter_invalid_integer",
                )
        try:
            return refunds.refund(
                self.world, found["id"], amount, params, request.headers.get("idempotency-key")
            )
        except CannotAct as error:
            text = str(error)
            code = next((code for said, code in REFUSALS.items() if said in text), None)
            param = None if code in {"charge_already_refunded", "charge_disputed"} else "amount"
            raise Refused(text, param=param, code=code) from error

    def balance(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        only(params, {"expand"})
        return balance.balance(self.world)

    def unknown(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        raise Refused(
            f"Unrecognized request URL ({request.method}: {request.url.path}). The sandbox plays"
            " checkout sessions, payment intents, charges, refunds, disputes, events, balance and"
            " payouts.",
            status=404,
        )
