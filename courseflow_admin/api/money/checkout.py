"""Buying: from the form on the checkout page to a gateway, and the way back."""

from dataclasses import asdict
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import (
    current_actor,
    is_form,
    read_form,
    read_json,
    takes,
)
from courseflow_admin.api.core.errors import NOT_STORED
from courseflow_admin.errors import CourseFlowError, NotSignedIn
from courseflow_admin.models.money.gateways import CheckoutForm
from courseflow_admin.models.money.payment_parts import GatewayName
from courseflow_admin.services.money import checkout
from courseflow_admin.services.money.checkout import BuyForm, CheckoutStart

router = APIRouter(prefix=routes.API, tags=["payments"])
POST_FORM_SCRIPT = "/post-form.js"


class PostedBuyForm(BuyForm):
    """`slug`: of the page that is shown again when something does not fit."""

    slug: str = ""


@router.post(
    "/payments/checkout",
    status_code=201,
    response_model=CheckoutStart,
    openapi_extra=takes(BuyForm, form=PostedBuyForm),
)
async def open_checkout(request: Request) -> Response:
    """Open a checkout for the one who asks, or find the open one.

    JSON `{"course_id", "provider", "billing_name", "billing_country"}` gets
    `{"payment_id", "url", "form"}`; the browser's form is led on to the gateway.
    """
    if not is_form(request):
        actor = await current_actor(request)
        start = await checkout.open_checkout(actor, await read_json(request, BuyForm))
        return JSONResponse(asdict(start), 201, headers=NOT_STORED)

    fields = await read_form(request)
    slug = fields.pop("slug", "")
    try:
        actor = await current_actor(request)
        start = await checkout.open_checkout(actor, BuyForm.model_validate(fields))
    except NotSignedIn:
        return _to(routes.sign_in(routes.checkout(slug)))
    except CourseFlowError as error:
        return _to(routes.with_query(routes.checkout(slug), problem=error.code))
    except ValidationError as error:
        field = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        return _to(routes.with_query(routes.checkout(slug), problem=f"invalid_{field}"))
    return _posting_page(start.form) if start.form else _to(start.url)


LED_ON: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the payment, or to the list of one's payments if it is not known."}
}


@router.get(
    "/checkout/return/{provider}",
    status_code=303,
    response_class=RedirectResponse,
    responses=LED_ON,
)
@router.post(
    "/checkout/return/{provider}",
    status_code=303,
    response_class=RedirectResponse,
    responses=LED_ON,
)
async def come_back(request: Request, provider: Annotated[GatewayName, Path()]) -> Response:
    """The browser is back. Reads no session, grants nothing: it only makes us look soon."""
    fields: dict[str, str] = dict(request.query_params)
    if request.method == "POST" and is_form(request):
        fields |= await read_form(request)
    payment_id = await checkout.returned(provider, fields)
    return _to(routes.my_payment(payment_id) if payment_id else routes.MY_PAYMENTS)


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, headers=NOT_STORED)


def _posting_page(form: CheckoutForm) -> Response:
    """A page that posts `form` automatically; without JavaScript its button does."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in form.fields.items()
    )
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>Redirecting to Razorpay</title>'
        f'<script src="{POST_FORM_SCRIPT}" defer></script></head>'
        '<body style="font-family: system-ui; padding: 48px 24px; text-align: center">'
        "<main><h1>Redirecting to Razorpay</h1><p>If nothing happens, select the button.</p>"
        f'<form id="post-form" method="post" action="{escape(form.action)}">{fields}'
        '<button type="submit">Continue to Razorpay</button></form></main></body></html>',
        headers=NOT_STORED,
    )
