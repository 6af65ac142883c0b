"""How a call to Stripe goes: who asks, was it asked before, do it, page, expand, answer."""

import itertools
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from courseflow_admin.development.sandbox import stripe_acts as acts
from courseflow_admin.development.sandbox import stripe_balance as balance
from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body, Reply
from courseflow_admin.development.sandbox.stripe_fields import words
from courseflow_admin.development.sandbox.wire import (
    Answer,
    basic,
    bearer,
    bracketed,
    fingerprint,
    whole,
)
from courseflow_admin.development.sandbox.world import World, token

DOCS = "https://stripe.com/docs/error-codes"
MAX_KEY = 255
KEY_SECONDS = 86_400  # how long a key is remembered
LIST_PARAMS = set(words("created ending_before expand limit starting_after"))
KINDS = {
    "cs_": "session",
    "pi_": "payment_intent",
    "ch_": "charge",
    "re_": "refund",
    "du_": "dispute",
    "txn_": "balance_transaction",
    "po_": "payout",
}


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


class StripeCalls:
    """What all of Stripe's calls share."""

    def __init__(self, world: World) -> None:
        self.world = world

    def call(self, act: Any) -> Any:
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
        kept = self.world.store.reply("stripe", key, since=self.world.now() - KEY_SECONDS)
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
        reply = Reply(print_, status, json.dumps(answer))
        self.world.store.keep_reply("stripe", key, reply, at=self.world.now())

    # Reading

    def retrieving(self, kind: str, name: str) -> Any:
        def retrieve(request: Request, params: Body) -> Body:
            only(params, {"expand"})
            return self.find(kind, name, request.path_params["id"])

        return retrieve

    def find(self, kind: str, name: str, object_id: str, param: str = "id") -> Body:
        found = self.world.store.find(kind, object_id)
        if found is None:
            raise Refused(
                f"No such {name}: '{object_id}'", param=param, code="resource_missing", status=404
            )
        over = kind == "session" and found["expires_at"] <= self.world.now()
        if over and found["status"] == "open":
            return acts.expire(self.world, object_id)
        return self._as_now(kind, found)

    def listing(self, path: str, kind: str, filters: set[str]) -> Any:
        def listed(request: Request, params: Body) -> Body:  # noqa: ARG001
            only(params, LIST_PARAMS | filters)
            limit = whole(params.get("limit", 10), 0)
            if not 1 <= limit <= 100:
                raise Refused("Invalid limit: must be between 1 and 100.", param="limit")
            since, until = _between(params.get("created", {}))
            for name in ("starting_after", "ending_before"):
                if name in params:
                    self.find(kind, kind, params[name], param=name)
            found = self.world.store.walk(
                kind,
                since=since,
                until=until,
                after_id=params.get("starting_after", ""),
                before_id=params.get("ending_before", ""),
                parent=self._parent(kind, params),
            )
            matching = (item for item in found if self._matches(item, params, filters))
            page = list(itertools.islice(matching, limit + 1))
            more = len(page) > limit
            page = [self._as_now(kind, item) for item in page[:limit]]
            if "ending_before" in params:
                page.reverse()
            return {"object": "list", "data": page, "has_more": more, "url": f"/v1/{path}"}

        return listed

    def _parent(self, kind: str, params: Body) -> str:
        """What is filtered by its parent is found without looking at all there is."""
        if "payout" in params:
            return self._payout(params["payout"])
        if kind in {"refund", "dispute"} and "charge" in params:
            return str(params["charge"])
        payment_id = params.get("payment_intent", "")
        if kind == "charge":
            return str(payment_id)
        payment = self.world.store.find("payment_intent", payment_id)
        if kind in {"refund", "dispute"} and payment is not None:
            return str(payment["latest_charge"] or payment_id)
        return ""

    def _payout(self, payout_id: str) -> str:
        """An automatic one, whose balance transactions are known."""
        payout = self.find("payout", "payout", payout_id, param="payout")
        if not payout["automatic"]:
            raise Refused(
                "Balance transaction history can only be filtered on automatic transfers, not"
                " manual.",
                param="payout",
            )
        return payout_id

    def _as_now(self, kind: str, item: Body) -> Body:
        """With what time alone has changed."""
        if kind == "event":
            item["pending_webhooks"] = 0 if self._delivered(item["id"]) else 1
        elif kind == "balance_transaction":
            balance.shown(self.world, item)
        elif kind == "dispute":
            for booked in item["balance_transactions"]:
                balance.shown(self.world, booked)
        return item

    def _matches(self, item: Body, params: Body, filters: set[str]) -> bool:
        for name in (filters - {"payout"}) & set(params):
            wanted = params[name]
            if name == "types":
                matches = item["type"] in wanted
            elif name == "arrival_date":
                since, until = _between(wanted)
                matches = since <= item[name] <= until
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
                node[step] = self.items_of(node["id"])
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
                found = self.world.store.find(kind, below)
                below = node[step] = self._as_now(kind, found) if found else below
            if not isinstance(below, dict):
                return
            node = below

    def _refunds(self, charge_id: str) -> Body:
        """A list inside an object holds the newest ten; the rest has to be asked for."""
        data = self.world.store.children("refund", charge_id)[::-1]
        url = f"/v1/charges/{charge_id}/refunds"
        return {"object": "list", "data": data[:10], "has_more": len(data) > 10, "url": url}

    def items_of(self, session_id: str) -> Body:
        url = f"/v1/checkout/sessions/{session_id}/line_items"
        items = acts.opening(self.world, session_id)["items"]
        return {"object": "list", "data": items, "has_more": False, "url": url}


def _between(wanted: Any) -> tuple[int, int]:
    """The bounds of a filter by time, both included: one second, or gt, gte, lt and lte."""
    if isinstance(wanted, str):
        return whole(wanted, 0), whole(wanted, 0)
    since = max(whole(wanted.get("gte"), 0), whole(wanted.get("gt"), -1) + 1)
    until = min(whole(wanted.get("lte"), 2**60), whole(wanted.get("lt"), 2**60) - 1)
    return since, until


def only(params: Body, known: set[str]) -> None:
    unknown = sorted(set(params) - known)
    if unknown:
        raise Refused(
            f"Received unknown parameter: {unknown[0]}", param=unknown[0], code="parameter_unknown"
        )


def missing(param: str) -> Refused:
    return Refused(f"Missing required param: {param}.", param=param, code="parameter_missing")
