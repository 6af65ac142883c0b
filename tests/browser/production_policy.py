"""The app as `test_policy` serves it: the CSP of production, the real gateways' addresses."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from courseflow_admin import frontend
from courseflow_admin.config import Settings, read_settings, settings
from courseflow_admin.courseflow_admin import asgi_app
from courseflow_admin.routes import API
from tests.pages.test_served import LIVE

STRIPE, RAZORPAY = "https://checkout.stripe.com", "https://api.razorpay.com"
CHECKOUT = f"{API}/payments/checkout"


def policy() -> str:
    """Of a school that sells by both gateways, keeps its media at Cloudinary, and no sandbox."""
    own_addresses = [name for name in Settings.model_fields if name.endswith("_base_url")]
    live = read_settings(**LIVE, **dict.fromkeys(own_addresses))
    return frontend.content_security_policy(live, frontend.script_hashes(frontend.SERVED))


def app() -> ASGIApp:
    """For `uvicorn --factory`."""
    inner, of_production = asgi_app(), policy()
    stripe, razorpay = settings().stripe, settings().razorpay
    assert stripe
    assert stripe.base_url
    assert razorpay
    addresses = {stripe.base_url: STRIPE, razorpay.base_url: RAZORPAY}

    def real(text: str) -> str:
        for sandbox, company in addresses.items():
            text = text.replace(sandbox, company)
        return text

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = of_production
                if scope["path"] == CHECKOUT:
                    if "location" in headers:
                        headers["location"] = real(headers["location"])
                    return
            elif scope["path"] == CHECKOUT:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = real(body.decode()).encode()
                MutableHeaders(scope=start)["content-length"] = str(len(body))
                await send(start)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await inner(scope, receive, changed)

    return run
