"""Resend: e-mails out by the official SDK."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from typing import Any

from courseflow_admin import measures
from courseflow_admin.config import settings
from courseflow_admin.errors import KeyRefused, NotFound, ProviderRefused, ProviderUnreachable
from courseflow_admin.keys import ResendKeys
from courseflow_admin.models.core.addresses import for_providers

TIMEOUT_SECONDS = 20
SPECIAL = re.compile(r'[()<>@,;:\\".\[\]]')  # what RFC 5322 lets stand only in quotes


@dataclass(frozen=True)
class Message:
    to: str
    subject: str
    html: str
    text: str
    idempotency_key: str
    from_name: str = ""  # else the one of EMAIL_FROM


class ResendSender:
    def __init__(self, keys: ResendKeys) -> None:
        import resend
        from resend.exceptions import ResendError
        from resend.http_client_httpx import HTTPXClient

        # The SDK knows module globals only; we are its one user in this process.
        resend.api_key = keys.api_key
        resend.api_url = keys.base_url
        resend.default_async_http_client = HTTPXClient(timeout=TIMEOUT_SECONDS)
        self._sdk = resend
        self._error = ResendError
        self._from = keys.email_from

    async def send(self, message: Message) -> str:
        """Hand one e-mail over and return Resend's id for it; the same key sends it only once."""
        with measures.called("resend"):
            return await self._send(message)

    async def _send(self, message: Message) -> str:
        params: Any = {
            "from": sender_line(message.from_name, self._from),
            "to": [for_providers(message.to)],
            "subject": message.subject,
            "html": message.html,
            "text": message.text,
        }
        options: Any = {"idempotency_key": message.idempotency_key}
        try:
            answer = await self._sdk.Emails.send_async(params, options)
        except self._error as error:
            code = int(error.code) if str(error.code).isdigit() else 500
            # Network trouble looks like a 500; 429 and a key in use pass by themselves.
            if code >= 500 or code == 429 or "concurrent" in str(error.error_type):
                raise ProviderUnreachable("resend") from error
            refusal = KeyRefused if code in {401, 403} else ProviderRefused
            raise refusal("resend", str(error)) from error
        if not answer.get("id"):  # not in Resend's words, so we do not know whether it was sent
            raise ProviderUnreachable("resend")
        return str(answer["id"])


def sender_line(name: str, configured: str) -> str:
    """`Lakeside School <school@example.org>`: our address under the school's name."""
    address = parseaddr(configured)[1]
    if not name or not address:
        return configured
    if SPECIAL.search(name):
        escaped = re.sub(r'(["\\])', r"\\\1", name)
        name = f'"{escaped}"'
    return f"{name} <{address}>"


@cache
def _made() -> ResendSender | None:
    keys = settings().resend
    return ResendSender(keys) if keys else None


def sender() -> ResendSender:
    """NotFound when no e-mail provider is configured."""
    found = _made()
    if found is None:
        raise NotFound("e-mail provider")
    return found


def forget() -> None:
    """Drop the adapter, so that changed settings (in tests) are read again."""
    _made.cache_clear()
