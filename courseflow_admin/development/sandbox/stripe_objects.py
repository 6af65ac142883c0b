"""Stripe's objects with exactly the fields of API version 2026-10-28.endive, empty ones as null."""

import json
from typing import Any

from courseflow_admin.development.sandbox import stripe_fields as fields
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World, token

API_VERSION = "2026-10-28.endive"
CARD = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2031}
DISPUTE_DAYS = 9  # until evidence has to be in


def empty(names: list[str] | tuple[str, ...]) -> Body:
    return dict.fromkeys(names)


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{token(length)}"


def session(world: World, params: Body, items: list[Body], expires_at: int) -> Body:
    """A checkout session just opened; `items` are its line items."""
    session_id = f"cs_test_a1{token(56)}"
    amount = sum(item["amount_total"] for item in items)
    answer = empty(fields.SESSION) | {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {
            "enabled": params.get("adaptive_pricing", {}).get("enabled") != "false"
        },
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": world.now(),
        "currency": items[0]["currency"],
        "custom_fields": [],
        "custom_text": empty(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_email": params.get("customer_email"),
        "expires_at": expires_at,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.get("allowed_payment_method_types", ["card"]),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{world.url('stripe')}/c/pay/{session_id}",
    }
    answer["allowed_payment_method_types"] = params.get("allowed_payment_method_types")
    answer["billing_address_collection"] = params.get("billing_address_collection")
    answer["integration_identifier"] = params.get("integration_identifier")
    return answer


def line_item(item: Body, world: World) -> Body:
    """One line, priced by `price_data`."""
    price = item["price_data"]
    unit = int(price["unit_amount"])
    quantity = int(item.get("quantity", 1))
    currency = price["currency"].lower()
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": price["product_data"]["name"],
        "metadata": item.get("metadata", {}),
        "price": {
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": world.now(),
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": new_id("prod", 14),
            "recurring": None,
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        },
        "quantity": quantity,
    }


def intent(world: World, amount: int, currency: str, data: Body, method_type: str) -> Body:
    """A payment intent no one has paid yet; `data` is the session's payment_intent_data."""
    intent_id = new_id("pi", 24)
    return empty(fields.INTENT) | {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": empty(("discount_amount", "error", "line_items", "shipping", "tax"))
        | {"tip": {"amount": None}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{token(25)}",
        "confirmation_method": "automatic",
        "created": world.now(),
        "currency": currency,
        "description": data.get("description"),
        "livemode": False,
        "metadata": data.get("metadata", {}),
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": [method_type],
        "receipt_email": data.get("receipt_email"),
        "status": "requires_payment_method",
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
    }


def charge(world: World, payment: Body, method_type: str, email: str | None, name: str) -> Body:
    """A charge that has succeeded; the acts change it where it has not."""
    charge_id = new_id("ch", 24)
    billing = {
        "address": empty(fields.ADDRESS),
        "email": email,
        "name": name,
        "phone": None,
        "tax_id": None,
    }
    return empty(fields.CHARGE) | {
        "id": charge_id,
        "object": "charge",
        "amount": payment["amount"],
        "amount_captured": payment["amount"],
        "amount_refunded": 0,
        "billing_details": billing,
        "calculated_statement_descriptor": "COURSEFLOW SANDBOX",
        "captured": True,
        "created": world.now(),
        "currency": payment["currency"],
        "description": payment["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": payment["metadata"],
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": payment["id"],
        "payment_method": payment["payment_method"],
        "payment_method_details": _method_details(method_type, payment["amount"]),
        "radar_options": {},
        "receipt_url": f"{world.url('stripe')}/receipts/{charge_id}",
        "refunded": False,
        "status": "succeeded",
    }


def _method_details(method_type: str, amount: int) -> Body:
    if method_type != "card":
        return {"type": method_type, method_type: {"last4": "6789"}}
    names = fields.words(
        "capture_before description iin issuer electronic_commerce_indicator installments mandate "
        "moto network_token setup_credential_usage stored_credential_usage three_d_secure "
        "transaction_link_id wallet"
    )
    card = empty(names) | CARD
    card |= {
        "amount_authorized": amount,
        "authorization_code": "204816",
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "extended_authorization": {"status": "disabled"},
        "fingerprint": "Xt5EWLLDS7FJjR1c",
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "multicapture": {"status": "unavailable"},
        "network": "visa",
        "network_transaction_id": "976910110049114",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
    }
    return {"type": "card", "card": card}


def refund(world: World, charged: Body, amount: int, params: Body) -> Body:
    """Money given back by card, which Stripe reports as done at once."""
    return empty(fields.REFUND) | {
        "id": new_id("re", 24),
        "object": "refund",
        "amount": amount,
        "charge": charged["id"],
        "created": world.now(),
        "currency": charged["currency"],
        "destination_details": {
            "card": {
                "reference": None,
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "instructions_email": params.get("instructions_email"),
        "metadata": params.get("metadata", {}),
        "payment_intent": charged["payment_intent"],
        "payment_method": charged["payment_method"],
        "reason": params.get("reason"),
        "status": "succeeded",
    }


def dispute(
    world: World, charged: Body, amount: int, *, inquiry: bool = False, reason: str = "fraudulent"
) -> Body:
    """A cardholder says no, or (an inquiry) the bank only asks; evidence is wanted."""
    return {
        "id": new_id("du", 24),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charged["id"],
        "created": world.now(),
        "currency": charged["currency"],
        "enhanced_eligibility_types": [],
        "evidence": empty(fields.EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": evidence_due(world),
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charged["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def evidence_due(world: World) -> Body:
    """Evidence is asked for, and none is there yet."""
    return {
        "due_by": world.now() + DISPUTE_DAYS * 86_400,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }


def payout(world: World, amount: int, currency: str, *, automatic: bool) -> Body:
    """Money on its way to the bank."""
    return empty(fields.PAYOUT) | {
        "id": new_id("po", 24),
        "object": "payout",
        "amount": amount,
        "arrival_date": world.now(),
        "automatic": automatic,
        "created": world.now(),
        "currency": currency,
        "description": "STRIPE PAYOUT" if automatic else None,
        "destination": "ba_sandboxbankofthesch",
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "source_type": "card",
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def event(
    world: World, kind: str, subject: Body, previous: Body | None = None, key: str | None = None
) -> Body:
    """The envelope; what it holds is a copy, so that it stays what it was."""
    data: dict[str, Any] = {"object": json.loads(json.dumps(subject))}
    if previous:
        data["previous_attributes"] = previous
    return {
        "id": new_id("evt", 24),
        "object": "event",
        "account": None,
        "api_version": API_VERSION,
        "context": None,
        "created": world.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": new_id("req", 14) if key else None, "idempotency_key": key},
        "type": kind,
    }
