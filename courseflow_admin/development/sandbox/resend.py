"""Resend's API: one mail, many mails, what became of one."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import webhooks
from courseflow_admin.development.sandbox.store import Body, Reply
from courseflow_admin.development.sandbox.wire import Answer, bearer, fingerprint
from courseflow_admin.development.sandbox.world import World, token

MOST_MAILS = 100
LONGEST_KEY = 256
KEY_SECONDS = 86_400  # how long a key is remembered
# The beginning of the recipient's address decides what becomes of a mail.
FATES = {
    "bounce": "bounced",
    "complain": "complained",
    "delay": "delivery_delayed",
    "fail": "failed",
    "suppress": "suppressed",
}
EVENTS = ("sent", "delivered", "delivery_delayed", "bounced", "complained", "failed", "suppressed")
DETAILS: dict[str, Body] = {
    "bounced": {
        "bounce": {
            "diagnosticCode": ["smtp; 550 5.1.1 The mailbox does not exist"],
            "message": "The recipient's email address does not exist.",
            "subType": "General",
            "type": "Permanent",
        }
    },
    "failed": {"failed": {"reason": "reached_daily_quota"}},
    "suppressed": {
        "suppressed": {"message": "The address bounced before.", "type": "OnAccountSuppressionList"}
    },
}


class Refused(Exception):
    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Body = {"statusCode": status, "message": message, "name": name}


def accept(world: World, mail: Body) -> Body:
    """Take a mail; what becomes of it is due a moment later."""
    stored: Body = {
        "object": "email",
        "id": str(uuid.uuid4()),
        "to": _list(mail["to"]),
        "from": mail["from"],
        "created_at": _stamp(world.now()),
        "subject": mail["subject"],
        "html": mail.get("html"),
        "text": mail.get("text"),
        "bcc": _list(mail.get("bcc")),
        "cc": _list(mail.get("cc")),
        "reply_to": _list(mail.get("reply_to")),
        "last_event": "sent",
        "scheduled_at": mail.get("scheduled_at"),
        "tags": mail.get("tags") or [],
    }
    stored["message_id"] = f"<{stored['id']}@sandbox.resend.dev>"
    world.store.put("mail", stored, due=world.now() + world.settle_seconds)
    _emit(world, stored, "sent")
    return stored


def mark(world: World, mail_id: str, event: str) -> Body:
    """What became of a mail; KeyError if there is none, ValueError if there is no such event."""
    if event not in EVENTS:
        raise ValueError(f"event must be one of {', '.join(EVENTS)}, not '{event}'")
    mail = world.store.get("mail", mail_id)
    mail["last_event"] = event
    world.store.put("mail", mail)
    _emit(world, mail, event)
    return mail


def arrive(world: World, mail_id: str) -> None:
    """Its moment has come: delivered, or what the recipient's name asks for."""
    mail = world.store.get("mail", mail_id)
    local = mail["to"][0].rpartition("<")[2].partition("@")[0].lower()
    fate = next((event for start, event in FATES.items() if local.startswith(start)), "delivered")
    if fate == "complained":  # only who has got a mail complains about it
        _emit(world, mail, "delivered")
    mark(world, mail_id, fate)


def _emit(world: World, mail: Body, event: str) -> None:
    content: Body = {
        "created_at": mail["created_at"],
        "email_id": mail["id"],
        "from": mail["from"],
        "message_id": mail["message_id"],
        "subject": mail["subject"],
        "to": mail["to"],
        **DETAILS.get(event, {}),
    }
    if mail["tags"]:
        content["tags"] = {tag["name"]: tag["value"] for tag in mail["tags"]}
    kind = f"email.{event}"
    told = datetime.fromtimestamp(world.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body: Body = {"type": kind, "created_at": told, "data": content}
    webhooks.emit(world, "resend", f"msg_{token(27)}", kind, mail["id"], body)


class ResendApi:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        every_method = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        return [
            Route("/emails", self._call(self.send), methods=["POST"]),
            Route("/emails/batch", self._call(self.send_batch), methods=["POST"]),
            Route("/emails/{id}", self._call(self.get), methods=["GET"]),
            Route("/emails/{path:path}", self._call(self.unknown), methods=every_method),
        ]

    def _call(self, act: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            try:
                self._authenticate(request)
                replayed = self._replay(request, raw, key)
                if replayed is not None:
                    return replayed
                answer = act(request, raw)
            except Refused as refused:
                return Answer(refused.body, refused.status)
            if key:
                print_ = fingerprint(request.url.path, raw.decode())
                reply = Reply(print_, 200, json.dumps(answer))
                self.world.store.keep_reply("resend", key, reply, at=self.world.now())
            return Answer(answer)

        return endpoint

    async def broken(self, request: Request) -> Response:  # noqa: ARG002
        """What the outage switch answers."""
        text = "An unexpected error occurred. (The sandbox's outage switch is on.)"
        return Answer(Refused(500, "application_error", text).body, 500)

    def _authenticate(self, request: Request) -> None:
        given = bearer(request)
        if not given:
            raise Refused(401, "missing_api_key", "Missing API Key")
        if given != self.world.keys["resend_api_key"]:
            raise Refused(401, "validation_error", "API key is invalid")

    def _replay(self, request: Request, raw: bytes, key: str | None) -> Response | None:
        if key is None:
            return None
        if not 1 <= len(key) <= LONGEST_KEY:
            text = "The idempotency key must be between 1 and 256 characters."
            raise Refused(400, "invalid_idempotency_key", text)
        kept = self.world.store.reply("resend", key, since=self.world.now() - KEY_SECONDS)
        if kept is None:
            return None
        if kept.fingerprint != fingerprint(request.url.path, raw.decode("utf-8", "replace")):
            text = "This idempotency key has been used on a request that had a different payload."
            raise Refused(409, "invalid_idempotent_request", text)
        return Answer(json.loads(kept.body), kept.status)

    def send(self, request: Request, raw: bytes) -> Body:  # noqa: ARG002
        return {"id": accept(self.world, _checked(_json(raw)))["id"]}

    def send_batch(self, request: Request, raw: bytes) -> Body:  # noqa: ARG002
        mails = _json(raw)
        if not isinstance(mails, list) or not 1 <= len(mails) <= MOST_MAILS:
            text = f"A batch holds between 1 and {MOST_MAILS} emails."
            raise Refused(422, "validation_error", text)
        checked = [_checked(mail) for mail in mails]
        return {"data": [{"id": accept(self.world, mail)["id"]} for mail in checked]}

    def get(self, request: Request, raw: bytes) -> Body:  # noqa: ARG002
        found = self.world.store.find("mail", request.path_params["id"])
        if found is None:
            raise Refused(404, "not_found", "Email not found")
        return found

    def unknown(self, request: Request, raw: bytes) -> Body:  # noqa: ARG002
        raise Refused(404, "not_found", "The requested endpoint does not exist")


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Refused(400, "validation_error", "The request body is not valid JSON.") from error


def _checked(mail: Any) -> Body:
    if not isinstance(mail, dict):
        raise Refused(422, "validation_error", "An email must be an object.")
    for name in ("from", "to", "subject"):
        if not mail.get(name):
            raise Refused(422, "missing_required_field", f"Missing `{name}` field.")
    if not mail.get("html") and not mail.get("text"):
        raise Refused(422, "missing_required_field", "Missing `html` or `text` field.")
    for name in ("from", "to", "cc", "bcc", "reply_to"):
        for address in _list(mail.get(name)):
            if not isinstance(address, str) or "@" not in address:
                shape = "`email@example.com` or `Name <email@example.com>`"
                text = (
                    f"Invalid `{name}` field. The email address needs to follow the {shape} format."
                )
                raise Refused(422, "validation_error", text)
    if len(_list(mail["to"])) > 50:
        raise Refused(422, "validation_error", "The `to` field must have at most 50 recipients.")
    return mail


def _list(value: Any) -> list[Any]:
    if not value:
        return []
    return list(value) if isinstance(value, list) else [value]


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
