"""Stripe's API: checkout sessions, payment intents, charges, refunds, disputes and events."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from courseflow_admin.sandbox import stripe_acts as acts
from courseflow_admin.sandbox import stripe_objects as objects
from courseflow_admin.sandbox.store import Body, Reply
from courseflow_admin.sandbox.wire import Answer, basic, bearer, bracketed, fingerprint, whole
from courseflow_admin.sandbox.world import World, token

DOCS = "https://stripe.com/docs/error-codes"
DAY = 86_400
MINUTES_30 = 1800
SLACK = 120  # seconds between our clock and the caller's when it asks for 30 minutes or 24 hours
MAX_KEY = 255
NO_DECIMALS = {"jpy", "krw", "vnd", "clp", "xaf", "xof"}
THREE_DECIMALS = {"kwd", "bhd", "jod", "omr", "tnd"}
MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "inr": 50, "jpy": 50, "kwd": 160, "aud": 50, "cad": 50}
CREATE_PARAMS = set(
    objects.words(
        "adaptive_pricing allow_promotion_codes allowed_payment_method_types automatic_tax "
        "billing_address_collection cancel_url client_reference_id currency customer_creation "
        "customer_email expand expires_at integration_identifier line_items locale metadata "
        "mode payment_intent_data success_url submit_type ui_mode"
    )
)
REFUND_PARAMS = set(
    objects.words("amount charge expand instructions_email metadata payment_intent reason")
)
REASONS = {"duplicate", "fraudulent", "requested_by_customer"}
LIST_PARAMS = set(objects.words("created ending_before expand limit starting_after"))
KINDS = {
    "cs_": "session",
    "pi_": "payment_intent",
    "ch_": "charge",
    "re_": "refund",
    "du_": "dispute",
    "txn_": "balance_transaction",
}
# path, kind, what the error calls it, filters of its list
RESOURCES = (
    ("checkout/sessions", "session", "checkout.session", {"payment_intent", "status"}),
    ("payment_intents", "payment_intent", "payment_intent", set[str]()),
    ("charges", "charge", "charge", {"payment_intent"}),
    ("refunds", "refund", "refund", {"payment_intent", "charge"}),
    ("disputes", "dispute", "dispute", {"payment_intent", "charge"}),
    ("events", "event", "event", {"type", "types", "delivery_success"}),
)


class Refused(Exception):
    """An error body as Stripe words it."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: Body = {"message": message, "type": kind}
        if code:
            self.error |= {"code": code, "doc_url": f"{DOCS}/{code.replace('_', '-')}"}
        if param:
            self.error["param"] = param


class StripeApi:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        routes = [
            Route("/v1/checkout/sessions", self._call(self.create_session), methods=["POST"]),
            Route("/v1/checkout/sessions/{id}/expire", self._call(self.expire), methods=["POST"]),
            Route("/v1/checkout/sessions/{id}/line_items", self._call(self.line_items)),
            Route("/v1/refunds", self._call(self.create_refund), methods=["POST"]),
        ]
        for path, kind, name, filters in RESOURCES:
            one, many = self._retrieve(kind, name), self._list(path, kind, filters)
            routes.append(Route(f"/v1/{path}", self._call(many), methods=["GET"]))
            routes.append(Route(f"/v1/{path}/{{id}}", self._call(one), methods=["GET"]))
        every_method = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        routes.append(Route("/v1/{path:path}", self._call(self.unknown), methods=every_method))
        return routes

    # One call: who asks, was it asked before, do it, answer

    def _call(self, act: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            body = (await request.body()).decode("utf-8", "replace")
            params = bracketed(request.url.query) | bracketed(body)
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            request_id = f"req_{token(14)}"
            try:
                self._authenticate(request)
                replayed = self._replay(request, params, key)
                if replayed is not None:
                    return replayed
                status, answer = 200, act(request, params)
                self._expand(answer, params.get("expand", []))
            except Refused as refused:
                refused.error["request_log_url"] = f"{self.world.url('stripe')}/#deliveries"
                status, answer = refused.status, {"error": refused.error}
            if key and status not in {401, 429} and "idempotency_error" not in str(answer):
                self._keep(request, params, key, status, answer)
            return Answer(answer, status, self._headers(request_id, key))

        return endpoint

    async def broken(self, request: Request) -> Response:
        """What the outage switch answers; under an idempotency key even this is kept."""
        body = (await request.body()).decode("utf-8", "replace")
        params = bracketed(request.url.query) | bracketed(body)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        text = "An unknown error occurred. (The sandbox's outage switch is on.)"
        answer: Body = {"error": {"message": text, "type": "api_error"}}
        if key:
            try:
                self._authenticate(request)
                replayed = self._replay(request, params, key)
            except Refused as refused:
                return Answer({"error": refused.error}, refused.status)
            if replayed is not None:
                return replayed
            self._keep(request, params, key, 500, answer)
        return Answer(answer, 500, self._headers(f"req_{token(14)}", key))

    def _headers(self, request_id: str, key: str | None) -> dict[str, str]:
        headers = {"request-id": request_id, "stripe-version": objects.API_VERSION}
        return headers | ({"idempotency-key": key} if key else {})

    def _authenticate(self, request: Request) -> None:
        given = bearer(request) or basic(request)[0]
        if not given:
            raise Refused(
                "You did not provide an API key. You need to provide your API key in the"
                " Authorization header, using Bearer auth (e.g. 'Authorization: Bearer"
                " YOUR_SECRET_KEY').",
                status=401,
            )
        if given != self.world.keys["stripe_secret_key"]:
            shown = f"{given[:8]}{'*' * max(len(given) - 12, 4)}{given[-4:]}"
            raise Refused(f"Invalid API Key provided: {shown}", status=401)

    def _replay(self, request: Request, params: Body, key: str | None) -> Response | None:
        if key is None:
            return None
        if len(key) > MAX_KEY:
            raise Refused(
                "Idempotency keys may only be up to 255 characters long.", kind="idempotency_error"
            )
        kept = self.world.store.reply("stripe", key)
        if kept is None:
            return None
        if kept.fingerprint != fingerprint(request.url.path, params):
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were"
                f" first used with. Try using a key other than '{key}' if you meant to execute a"
                " different request.",
                kind="idempotency_error",
            )
        headers = self._headers(f"req_{token(14)}", key) | {"idempotent-replayed": "true"}
        return Answer(json.loads(kept.body), kept.status, headers)

    def _keep(self, request: Request, params: Body, key: str, status: int, answer: Body) -> None:
        print_ = fingerprint(request.url.path, params)
        self.world.store.keep_reply("stripe", key, Reply(print_, status, json.dumps(answer)))

    # Checkout sessions

    def create_session(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        _only(params, CREATE_PARAMS)
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
                    raise _missing(f"{at}[price_data][{name}]")
            if not price["product_data"].get("name"):
                raise _missing(f"{at}[price_data][product_data][name]")
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
            decimals = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
            shown = f"{least / 10**decimals:.{decimals}f} {currency}"
            raise Refused(
                f"The Checkout Session's total amount due must add up to at least {shown}",
                code="amount_too_small",
            )
        if currency in THREE_DECIMALS and amount % 10:
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
        # The caller counts in real time; our clock may have been moved.
        wanted = whole(params["expires_at"], 0) + self.world.offset
        if not now + MINUTES_30 - SLACK <= wanted <= now + DAY + SLACK:
            raise Refused(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout"
                " Session creation.",
                param="expires_at",
            )
        return wanted

    def expire(self, request: Request, params: Body) -> Body:
        _only(params, {"expand"})
        session = self._find("session", "checkout.session", request.path_params["id"])
        if session["status"] != "open":
            raise Refused(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
                f" Session has a status of {session['status']}."
            )
        return acts.expire(self.world, session["id"])

    def line_items(self, request: Request, params: Body) -> Body:
        session = self._find("session", "checkout.session", request.path_params["id"])
        _only(params, LIST_PARAMS)
        return self._line_items(session["id"])

    def _line_items(self, session_id: str) -> Body:
        url = f"/v1/checkout/sessions/{session_id}/line_items"
        items = acts.opening(self.world, session_id)["items"]
        return {"object": "list", "data": items, "has_more": False, "url": url}

    # Refunds

    def create_refund(self, request: Request, params: Body) -> Body:
        _only(params, REFUND_PARAMS)
        wanted = params.get("payment_intent") or params.get("charge")
        if not wanted:
            raise Refused(
                "One of the following params should be provided for this request: payment_intent or"
                " charge."
            )
        kind = "payment_intent" if "payment_intent" in params else "charge"
        found = self._find(kind, kind, wanted, param=kind)
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
            return acts.refund(
                self.world, found["id"], amount, params, request.headers.get("idempotency-key")
            )
        except acts.CannotAct as error:
            refunded, charged_back = "already been refunded", "charged back"
            text = str(error)
            code = "charge_already_refunded" if refunded in text else None
            code = "charge_disputed" if charged_back in text else code
            raise Refused(text, param="amount" if code is None else None, code=code) from error

    # Reading

    def _retrieve(self, kind: str, name: str) -> Any:
        def retrieve(request: Request, params: Body) -> Body:
            _only(params, {"expand"})
            return self._find(kind, name, request.path_params["id"])

        return retrieve

    def _find(self, kind: str, name: str, object_id: str, param: str = "id") -> Body:
        found = self.world.store.find(kind, object_id)
        if found is None:
            raise Refused(
                f"No such {name}: '{object_id}'", param=param, code="resource_missing", status=404
            )
        if kind == "session" and found["status"] == "open":
            if found["expires_at"] <= self.world.now():
                return acts.expire(self.world, object_id)
        elif kind == "event":
            self._count_pending(found)
        return found

    def _list(self, path: str, kind: str, filters: set[str]) -> Any:
        def listed(request: Request, params: Body) -> Body:  # noqa: ARG001
            _only(params, LIST_PARAMS | filters)
            limit = whole(params.get("limit", 10), 0)
            if not 1 <= limit <= 100:
                raise Refused("Invalid limit: must be between 1 and 100.", param="limit")
            created = params.get("created", {})
            exactly = created if isinstance(created, str) else None
            bounds = {} if exactly else created
            for name in ("starting_after", "ending_before"):
                if name in params:
                    self._find(kind, kind, params[name], param=name)
            found = self.world.store.newest(
                kind,
                limit=100_000,
                since=whole(exactly or bounds.get("gte") or whole(bounds.get("gt", -1), -1) + 1, 0),
                until=whole(
                    exactly or bounds.get("lte") or whole(bounds.get("lt", 2**60), 0) - 1, 2**60
                ),
                after_id=params.get("starting_after", ""),
                before_id=params.get("ending_before", ""),
            )
            found = [item for item in found if self._matches(item, params, filters)]
            page = found[-limit:] if "ending_before" in params else found[:limit]
            for item in page:
                if kind == "event":
                    self._count_pending(item)
            more = len(found) > limit
            return {"object": "list", "data": page, "has_more": more, "url": f"/v1/{path}"}

        return listed

    def _matches(self, item: Body, params: Body, filters: set[str]) -> bool:
        for name in filters & set(params):
            wanted = params[name]
            if name == "types":
                matches = item["type"] in wanted
            elif name == "delivery_success":
                matches = self._delivered(item["id"]) is (wanted == "true")
            elif name == "type" and wanted.endswith("*"):
                matches = item["type"].startswith(wanted[:-1])
            else:
                matches = item[name] == wanted
            if not matches:
                return False
        return True

    def _delivered(self, event_id: str) -> bool:
        found = self.world.store.deliveries(event_id=event_id)
        return any(delivery.state == "delivered" for delivery in found)

    def _count_pending(self, event: Body) -> None:
        event["pending_webhooks"] = 0 if self._delivered(event["id"]) else 1

    def _expand(self, answer: Body, paths: list[str]) -> None:
        for path in paths:
            steps = path.split(".")
            if steps[0] == "data" and answer.get("object") == "list":
                for item in answer["data"]:
                    self._expand_one(item, steps[1:], path)
            else:
                self._expand_one(answer, steps, path)

    def _expand_one(self, node: Body, steps: list[str], path: str) -> None:
        for step in steps:
            if step == "line_items" and node.get("object") == "checkout.session":
                node[step] = self._line_items(node["id"])
            elif step == "refunds" and node.get("object") == "charge":
                node[step] = self._refunds(node["id"])
            elif step not in node:
                raise Refused(
                    f"This property cannot be expanded ({path}).", param="expand", code=None
                )
            below = node[step]
            if isinstance(below, str):
                kind = next(
                    (kind for prefix, kind in KINDS.items() if below.startswith(prefix)), ""
                )
                below = node[step] = self.world.store.find(kind, below) or below
            if not isinstance(below, dict):
                return
            node = below

    def _refunds(self, charge_id: str) -> Body:
        data = self.world.store.children("refund", charge_id)[::-1]
        url = f"/v1/charges/{charge_id}/refunds"
        return {"object": "list", "data": data, "has_more": False, "url": url}

    def unknown(self, request: Request, params: Body) -> Body:  # noqa: ARG002
        raise Refused(
            f"Unrecognized request URL ({request.method}: {request.url.path}). The sandbox plays"
            " checkout sessions, payment intents, charges, refunds, disputes and events.",
            status=404,
        )


def _only(params: Body, known: set[str]) -> None:
    unknown = sorted(set(params) - known)
    if unknown:
        raise Refused(
            f"Received unknown parameter: {unknown[0]}", param=unknown[0], code="parameter_unknown"
        )


def _missing(param: str) -> Refused:
    return Refused(f"Missing required param: {param}.", param=param, code="parameter_missing")
