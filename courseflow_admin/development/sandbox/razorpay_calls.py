"""How Razorpay's API reads a call and answers it: params, pages, ids and errors."""

import json
import re

from starlette.requests import Request

from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.wire import whole
from courseflow_admin.development.sandbox.world import World

MOST_NOTES = 15
PREFIXES = {
    "order": "order_",
    "payment": "pay_",
    "rzp_refund": "rfnd_",
    "rzp_dispute": "disp_",
    "settlement": "setl_",
}
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


def find(world: World, kind: str, object_id: str) -> Body:
    found = world.store.find(kind, object_id)
    if found is None and not re.fullmatch(rf"{PREFIXES[kind]}[A-Za-z0-9]{{14}}", object_id):
        raise Refused(f"{object_id} is not a valid id")
    if found is None:
        raise Refused("The id provided does not exist")
    return found


def listed(world: World, kind: str, params: Body, parent: str = "") -> Body:
    """One page of a list, newest first."""
    count, skip = window(params)
    found = world.store.newest(
        kind,
        limit=count,
        skip=skip,
        since=_second(params, "from", 0),
        until=_second(params, "to", 2**60),
        parent=parent,
    )
    return collection(found)


def window(params: Body, most: int = 100) -> tuple[int, int]:
    """How many to show, and after how many."""
    count, skip = whole(params.get("count", 10), 0), whole(params.get("skip", 0), -1)
    if not 1 <= count <= most:
        raise Refused(f"The count must be between 1 and {most}.", field="count")
    if skip < 0:
        raise Refused("The skip must be at least 0.", field="skip")
    return count, skip


def _second(params: Body, name: str, otherwise: int) -> int:
    if name not in params:
        return otherwise
    second = whole(params[name], -1)
    if second < 0:
        raise Refused(f"{name} must be a valid timestamp.", field=name)
    return second


def collection(items: list[Body]) -> Body:
    return {"entity": "collection", "count": len(items), "items": items}


def amount_of(params: Body) -> int | None:
    """An integer, also as text; a float or anything else is refused."""
    given = params.get("amount")
    if given is None:
        return None
    if isinstance(given, bool) or not re.fullmatch(r"\d{1,12}", str(given)):
        raise Refused("The amount must be an integer.", field="amount")
    return int(given)


def notes_of(params: Body) -> Body:
    notes = params.get("notes") or {}
    if not isinstance(notes, dict):
        raise Refused("The notes must be an object.", field="notes")
    if len(notes) > MOST_NOTES:
        raise Refused("Number of fields in notes should be less than or equal to 15", field="notes")
    if any(len(str(value)) > 256 for value in notes.values()):
        raise Refused("Value in notes should be at most 256 characters", field="notes")
    return notes


async def params_of(request: Request) -> Body:
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
