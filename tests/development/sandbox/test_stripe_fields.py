"""Every object of the sandbox's Stripe has exactly the fields of the SDK's own class."""

import inspect
import typing
from typing import Any

import pytest
import stripe

from courseflow_admin.development.sandbox.server import Sandbox
from tests.development.sandbox.conftest import session_params

# Only sent when asked for by `expand`.
ON_DEMAND = {
    stripe.checkout.Session: {"line_items"},
    stripe.Charge: {"refunds"},
    # for platforms, for cards issued, for instant payouts: not what a school has
    stripe.Balance: {"connect_reserved", "instant_available", "issuing"},
    stripe.LineItem: {"discounts", "taxes"},
    stripe.Price: {"currency_options", "custom_unit_amount", "deleted", "tiers"},
}
# One of many kinds: only the fields of the kind in use are there.
ONE_OF_MANY = {"PaymentMethodOptions", "PaymentMethodDetails", "DestinationDetails"}


@pytest.fixture
def played(box: Sandbox, stripe_client: stripe.StripeClient) -> dict[str, Any]:
    """One of each, after everything has happened to it."""
    v1 = stripe_client.v1
    fresh = v1.checkout.sessions.create(session_params())
    session = v1.checkout.sessions.create(session_params())
    box.decline(session.id)
    declined = v1.payment_intents.list().data[0]
    paid = box.pay(session.id)
    refund = v1.refunds.create({"payment_intent": paid, "amount": 100})
    failed = box.refund(paid, 200)
    box.fail_refund(failed)
    dispute = box.dispute(paid)
    box.close_dispute(dispute, won=True)
    inquiry = box.dispute(paid, 50, inquiry=True)
    box.switch("stripe", refunds="pending", settlement="eur")
    waiting = v1.refunds.create({"payment_intent": paid, "amount": 300})
    abroad = box.pay(v1.checkout.sessions.create(session_params()).id)
    box.switch("stripe", settlement="")
    box.pay(v1.checkout.sessions.create(session_params()).id)
    returned = box.pay_out()[-1]
    box.payout_arrives(returned)
    box.fail_payout(returned)
    by_hand = box.pay_out_by_hand(100, "inr")
    other = box.other_product()[0]
    late = v1.checkout.sessions.create(session_params())
    box.pay_later(late.id)
    charge: Any = v1.payment_intents.retrieve(
        paid, {"expand": ["latest_charge.balance_transaction"]}
    ).latest_charge
    return {
        "a fresh session": fresh,
        "a paid session": v1.checkout.sessions.retrieve(session.id),
        "a late session": v1.checkout.sessions.retrieve(late.id),
        "a declined intent": declined,
        "a paid intent": v1.payment_intents.retrieve(paid),
        "a charge": charge,
        "a failed charge": v1.charges.list().data[-1],
        "a balance transaction": charge.balance_transaction,
        "a refund": refund,
        "a failed refund": v1.refunds.retrieve(failed),
        "a pending refund": waiting,
        "a dispute": v1.disputes.retrieve(dispute),
        "an inquiry": v1.disputes.retrieve(inquiry),
        "a converted payment": v1.payment_intents.retrieve(
            abroad, {"expand": ["latest_charge.balance_transaction"]}
        ),
        "a payment of another product": v1.payment_intents.retrieve(
            other, {"expand": ["latest_charge.balance_transaction"]}
        ),
        "a failed payout": v1.payouts.retrieve(
            returned, {"expand": ["balance_transaction", "failure_balance_transaction"]}
        ),
        "a manual payout": v1.payouts.retrieve(by_hand),
        "the balance": v1.balance.retrieve(),
        **{
            f"a movement: {item.type}, {item.reporting_category}": item
            for item in v1.balance_transactions.list({"limit": 100}).data
        },
        "an event": v1.events.list().data[0],
        "a line item": v1.checkout.sessions.line_items.list(fresh.id).data[0],
    }


def test_every_object_has_exactly_the_fields_of_its_class(played: dict[str, Any]) -> None:
    wrong = {
        name: problems for name, item in played.items() if (problems := list(_differences(item)))
    }

    assert wrong == {}
    assert sum(name.startswith("a movement") for name in played) == 7


def _differences(item: stripe.StripeObject, path: str = "") -> typing.Iterator[str]:
    """Fields missing or unknown, here and in the objects inside."""
    cls = type(item)
    given = set(item.to_dict(recursive=False))
    hints = {
        name
        for name, hint in inspect.get_annotations(cls).items()
        if typing.get_origin(hint) is not typing.ClassVar and not name.startswith("_")
    }
    if hints and cls is not stripe.Event:
        yield from (f"{path}{name} is unknown" for name in sorted(given - hints))
        if cls.__name__ not in ONE_OF_MANY:
            missing = hints - given - ON_DEMAND.get(cls, set()) - _optional_inside(cls)
            yield from (f"{path}{name} is missing" for name in sorted(missing))
    elif cls is stripe.Event:
        yield from (f"{path}{name} differs" for name in sorted(given ^ hints))
        return  # what happened to what is checked as itself
    for name in given:
        below = item[name]
        if isinstance(below, stripe.StripeObject):
            yield from _differences(below, f"{path}{name}.")


def _optional_inside(cls: type) -> set[str]:
    """Inside an object Stripe leaves out fields that do not apply; at the top all are there."""
    if "OBJECT_NAME" in vars(cls):
        return set()
    hints = inspect.get_annotations(cls)
    return {name for name, hint in hints.items() if type(None) in typing.get_args(hint)}
