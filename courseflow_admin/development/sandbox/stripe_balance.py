"""Stripe's balance: what each movement of money added or took, its fee, and when it may be used."""

from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_base import CannotAct, emit
from courseflow_admin.development.sandbox.world import World

DAY = 86_400
AVAILABLE_DAYS = 2
LATE_SECONDS = 3600  # how long a late balance transaction takes when no one presses its button
TAX_PERCENT = 18  # on Stripe's own fees
NO_DECIMALS = {"jpy", "krw", "vnd", "clp", "xaf", "xof"}
THREE_DECIMALS = {"kwd", "bhd", "jod", "omr", "tnd"}
# What one unit is worth in US dollars, in millionths. Fixed, so that tests can count on it.
WORTH = {
    "usd": 1_000_000,
    "eur": 1_080_000,
    "gbp": 1_270_000,
    "inr": 12_000,
    "jpy": 6_700,
    "aud": 660_000,
    "cad": 740_000,
    "kwd": 3_250_000,
}
# kind -> (type, reporting category); what is paid otherwise than by card has types of its own
KINDS = {
    "charge": ("charge", "charge"),
    "refund": ("refund", "refund"),
    "refund_failure": ("refund_failure", "refund_failure"),
    "dispute": ("adjustment", "dispute"),
    "dispute_reversal": ("adjustment", "dispute_reversal"),
    "payout": ("payout", "payout"),
    "payout_failure": ("payout_failure", "payout_reversal"),
}
WITHOUT_CARD = {"charge": "payment", "refund": "payment_refund"}
WORDS = {
    "refund": "REFUND FOR CHARGE",
    "refund_failure": "REFUND FAILURE",
    "dispute": "Chargeback withdrawal for",
    "dispute_reversal": "Chargeback reversal for",
    "payout": "STRIPE PAYOUT",
    "payout_failure": "STRIPE PAYOUT FAILURE",
}


def decimals(currency: str) -> int:
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def rate(source: str, target: str) -> float | None:
    """Between whole units; None where nothing is converted."""
    return None if source == target else round(WORTH[source] / WORTH[target], 6)


def converted(amount: int, source: str, target: str) -> int:
    """`amount` in the smallest unit of `target`, rounded half away from zero."""
    if source == target:
        return amount
    top = abs(amount) * WORTH[source] * 10 ** decimals(target)
    below = WORTH[target] * 10 ** decimals(source)
    return _half_up(top, below) * (1 if amount >= 0 else -1)


def charge_fee(amount: int, currency: str) -> tuple[int, int]:
    """Stripe's part, 2.9% and 30 cents, and the tax on it."""
    return _with_tax(_half_up(amount * 29, 1000) + _units(30, currency))


def dispute_fee(currency: str) -> tuple[int, int]:
    """15.00 in the currency of the balance; it comes back when the dispute is won."""
    return _with_tax(_units(1500, currency))


def _with_tax(fee: int) -> tuple[int, int]:
    return fee, _half_up(fee * TAX_PERCENT, 100)


def _units(hundredths: int, currency: str) -> int:
    return _half_up(hundredths * 10 ** decimals(currency), 100)


def _half_up(top: int, below: int) -> int:
    return (2 * top + below) // (2 * below)


def settlement_of(world: World, currency: str) -> str:
    """The currency of the balance that money in `currency` goes to."""
    wanted = world.settlement("stripe")
    return wanted if wanted and currency in WORTH else currency


def book(
    world: World,
    kind: str,
    source: Body,
    amount: int,
    *,
    currency: str = "",
    fee: tuple[int, int] = (0, 0),
    card: bool = True,
    available_on: int | None = None,
) -> Body:
    """Put one movement on the balance; `amount` is signed, in the currency of its source."""
    target = currency or settlement_of(world, source["currency"])
    moved = converted(amount, source["currency"], target)
    type_, category = KINDS[kind]
    now = world.now()
    if kind == "charge":
        fee = charge_fee(moved, target)
    on = (now // DAY + AVAILABLE_DAYS) * DAY if available_on is None else available_on
    own, tax = fee
    words = WORDS.get(kind)
    booked = {
        "id": objects.new_id("txn", 24),
        "object": "balance_transaction",
        "amount": moved,
        "available_on": on,
        "balance_type": "payments",
        "created": now,
        "currency": target,
        "description": f"{words} {source['id']}" if words else source["description"],
        "exchange_rate": rate(source["currency"], target),
        "fee": own + tax,
        "fee_details": [
            _fee_line(own, target, "Stripe processing fees", "stripe_fee"),
            _fee_line(tax, target, "GST", "tax"),
        ]
        if own
        else [],
        "net": moved - own - tax,
        "reporting_category": category,
        "source": source["id"],
        "status": "pending",
        "type": type_ if card else WITHOUT_CARD.get(kind, type_),
    }
    world.store.put("balance_transaction", booked)
    return booked


def _fee_line(amount: int, currency: str, description: str, type_: str) -> Body:
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": type_,
    }


def is_card(charge: Body) -> bool:
    return bool(charge["payment_method_details"]["type"] == "card")


# Charges, whose balance transaction may come later than they do


def book_charge(world: World, charge: Body) -> Body:
    """At once, or later when the switch says so; the charge as it is then."""
    if world.balance("stripe") == "late":
        world.store.put(
            "late_booking",
            {"id": f"{charge['id']}.late", "charge": charge["id"], "created": world.now()},
            due=world.now() + LATE_SECONDS,
        )
        return charge
    booked = book(world, "charge", charge, charge["amount"], card=is_card(charge))
    return charge | {"balance_transaction": booked["id"]}


def book_late(world: World, charge_id: str) -> Body:
    """The balance transaction of a charge arrives, and with it its fee."""
    late = world.store.find("late_booking", f"{charge_id}.late")
    if late is None:
        raise CannotAct("Nothing is waiting to be booked for this payment.")
    world.store.remove(late["id"])
    charge = world.store.get("charge", charge_id)
    booked = book(world, "charge", charge, charge["amount"], card=is_card(charge))
    charge["balance_transaction"] = booked["id"]
    world.store.put("charge", charge)
    emit(world, "charge.updated", charge, {"balance_transaction": None})
    return booked


def book_due(world: World, late_id: str) -> None:
    """No one pressed the button: it arrives automatically, at its time."""
    book_late(world, world.store.get("late_booking", late_id)["charge"])


def currency_of(world: World, charge: Body) -> str:
    """The balance a charge went to, which its refunds and disputes are taken from."""
    booked = world.store.find("balance_transaction", charge["balance_transaction"] or "")
    return booked["currency"] if booked else settlement_of(world, charge["currency"])


# Reading


def shown(world: World, booked: Body) -> Body:
    """As it is now: what is available depends on the time."""
    booked["status"] = "available" if booked["available_on"] <= world.now() else "pending"
    return booked


def totals(world: World) -> dict[str, tuple[int, int]]:
    """By currency: what is available, and what is pending."""
    now = world.now()
    found: dict[str, tuple[int, int]] = {}
    for booked in world.store.walk("balance_transaction"):
        available, pending = found.get(booked["currency"], (0, 0))
        if booked["available_on"] <= now:
            available += booked["net"]
        else:
            pending += booked["net"]
        found[booked["currency"]] = (available, pending)
    return dict(sorted(found.items()))


def balance(world: World) -> Body:
    """The account's balance as `/v1/balance` tells it."""
    found = totals(world)

    def side(number: int) -> list[Body]:
        return [
            {
                "amount": amounts[number],
                "currency": currency,
                "source_types": {"card": amounts[number]},
            }
            for currency, amounts in (found or {"usd": (0, 0)}).items()
        ]

    return {
        "object": "balance",
        "available": side(0),
        "livemode": False,
        "pending": side(1),
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }
