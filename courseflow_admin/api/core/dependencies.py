"""What routes ask for: who is asking, from where, and the body within its bounds."""

import json
import secrets
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.errors import Invalid, NotPermitted, NotSignedIn, ReadOnly
from courseflow_admin.logs import client_ip
from courseflow_admin.models.core import ip
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import Actor, SecondFactorRequired
from courseflow_admin.models.core.search_words import without_controls
from courseflow_admin.services.identity import sessions
from courseflow_admin.services.school import health

LARGEST_BODY = 64 * 1024
MOST_PARAMETERS = 50
ONLY_JSON = "Send this as application/json."
ADDED_TO = (f"{routes.API}/webhooks/", f"{routes.API}/checkout/return/")
DEVICE_TOKEN_LENGTH = 43
OWN_ACCOUNT = (f"{routes.API}/me/", f"{routes.API}/auth/")
ENDS_VIEWING = (routes.API_VIEW_END, routes.API_SIGN_OUT)
SCHEMAS = "#/components/schemas/{model}"
Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")


class FromElsewhere(NotPermitted):
    needs_support = False

    def __init__(self) -> None:
        super().__init__("Open this from our own pages.")


def client_address(connection: HTTPConnection) -> str:
    """The address of whoever connected, or what our own proxies say of them.

    Each trusted proxy adds the address it was reached from at the right of X-Forwarded-For; what
    stands further left was sent by the client and may say anything. What is no address counts
    as nothing said.
    """
    peer = connection.client.host if connection.client else ""
    trusted = settings().trusted_proxies
    if not trusted:
        return peer
    text = ",".join(connection.headers.getlist("x-forwarded-for"))
    hops = [hop.strip() for hop in text.split(",") if hop.strip()]
    said = ip.read(hops[-trusted]) if len(hops) >= trusted else ""
    return said or peer


def session_token(connection: HTTPConnection) -> str:
    return connection.cookies.get(routes.session_cookie(secure=settings().secure), "")


def device_token(connection: HTTPConnection) -> str:
    """By which this browser is known again; made at its first request, the same all through it."""
    known = connection.cookies.get(routes.device_cookie(secure=settings().secure), "")
    if len(known) == DEVICE_TOKEN_LENGTH and known.isascii():
        return known
    if not hasattr(connection.state, "device_token"):
        connection.state.device_token = secrets.token_urlsafe(32)
    made: str = connection.state.device_token
    return made


def bearer_token(connection: HTTPConnection) -> str | None:
    """None: there is no Authorization header. Empty: there is one of another kind."""
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def note_client(request: Request) -> None:
    """Let services and the audit log know from where this request comes."""
    client_ip.set(client_address(request))
    if "x-forwarded-for" in request.headers and not settings().trusted_proxies:
        await health.note_forwarded(request.client.host if request.client else "")


async def single_parameters(request: Request) -> None:
    """Each query parameter once, and no other than the route declares.

    Of two, one reader takes the first and another the last; a filter that is misspelled would
    answer with everything. And none with a control character, which no text holds that can be
    searched for.
    """
    given = request.query_params.multi_items()
    if not given:
        return
    if len(given) > MOST_PARAMETERS:
        raise Invalid("This address has too many parameters. Remove some.")
    declared, seen = _declared(request), set[str]()
    for name, value in given:
        if without_controls(name + value) != name + value:
            raise Invalid("This parameter contains an invalid character. Remove it.", name[:60])
        if name in seen:
            raise Invalid("This parameter is given more than once. Send it once.", name[:60])
        if declared is not None and name not in declared:
            raise Invalid("This parameter is not recognized. Remove it.", name[:60])
        seen.add(name)


def _declared(request: Request) -> set[str] | None:
    """What OpenAPI says of the route; None where gateways add their own, and outside of the API."""
    if not request.url.path.startswith(f"{routes.API}/") or request.url.path.startswith(ADDED_TO):
        return None
    operations = request.app.openapi()["paths"].get(request.scope["route"].path, {})
    operation = operations.get(request.method.lower())
    if operation is None:  # there is no such address
        return None
    return {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}


async def not_from_elsewhere(request: Request) -> None:
    """For what is fetched by GET but is no page: a foreign page cannot make a browser fetch it.

    Browsers say by themselves where a request comes from; programs say nothing.
    """
    if request.headers.get("sec-fetch-site", "") in {"cross-site", "same-site"}:
        raise FromElsewhere


async def only_look(request: Request) -> None:
    """No writing with a session that views someone, also where no one asks whose session it is.

    Foreign pages' own returns and webhooks carry no cookie of ours.
    """
    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    if reads or request.url.path in ENDS_VIEWING or bearer_token(request) is not None:
        return
    if token := session_token(request):
        request.state.actor = await sessions.find(token)
        if request.state.actor and request.state.actor.viewer:
            raise ReadOnly


async def current_actor(request: Request) -> Actor:
    """The actor, by access token or else by the browser's cookie; NotSignedIn otherwise."""
    token = bearer_token(request)
    if token is not None:
        actor: Actor | None = await sessions.actor_of(token)
    elif hasattr(request.state, "actor"):  # looked up already: one read for each request
        actor = request.state.actor
    else:
        actor = await sessions.find(session_token(request))
    if actor is None:
        raise NotSignedIn
    request.state.account = (actor.viewer or actor).id  # for the line in the log
    if actor.second_factor_due and not f"{request.url.path}/".startswith(OWN_ACCOUNT):
        raise SecondFactorRequired  # also where the service would say that it is not there
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]


FirstDay = Annotated[
    str,
    Query(
        alias="from",
        max_length=10,
        description="The first day, as 2026-11-01, of the school's time zone; without it there is "
        "no first day. Refused (422) when it is after `to`.",
    ),
]
LastDay = Annotated[
    str,
    Query(
        alias="to",
        max_length=10,
        description="The last day, itself included, as 2026-11-30; without it there is no last.",
    ),
]


async def page_request(
    after: Annotated[
        str,
        Query(
            max_length=1000,
            description="The `next` of the page before. 422 `past_end` when nothing follows it.",
        ),
    ] = "",
    before: Annotated[
        str, Query(max_length=1000, description="The `previous` of the page after.")
    ] = "",
    first: Annotated[
        str,
        Query(
            max_length=20,
            description="The number of the page's first row, for `range`; the cursor knows it.",
        ),
    ] = "",
) -> PageRequest:
    return PageRequest.parse(after, before, first)


Paging = Annotated[PageRequest, Depends(page_request)]


def takes(
    json: type[BaseModel] | None = None, *, form: type[BaseModel] | None = None
) -> dict[str, Any]:
    """What OpenAPI says of the body of a route that reads it by `read_json` or `read_form`."""
    models = {"application/json": json, "application/x-www-form-urlencoded": form}
    content = {
        kind: {"schema": model.model_json_schema(ref_template=SCHEMAS)}
        for kind, model in models.items()
        if model
    }
    return {"requestBody": {"required": True, "content": content}}


async def body_of(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """The raw body, read no further than `largest` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise HTTPException(413, f"This is larger than {largest // 1024} kB.")
    return bytes(body)


def content_type(request: HTTPConnection) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_form(request: Request) -> bool:
    return content_type(request) == "application/x-www-form-urlencoded"


async def read_json(request: Request, model: type[Model], largest: int = LARGEST_BODY) -> Model:
    if content_type(request) != "application/json":
        raise HTTPException(415, ONLY_JSON)
    raw = await body_of(request, largest)
    try:
        read = model.model_validate_json(raw)
    except ValidationError as error:
        raise as_request_error(error) from None
    json.loads(raw, object_pairs_hook=_each_once)
    return read


def _each_once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    """Of two values under one name, one reader takes the first and another the last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Invalid("A field is given more than once. Send it once.")
    return fields


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a native form, each given once."""
    text = (await body_of(request)).decode(errors="replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise Invalid("This form has too many fields.") from error
    return _each_once(pairs)


def as_request_error(error: ValidationError) -> RequestValidationError:
    found = error.errors(include_url=False, include_input=False)
    return RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found])
