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
        "a dispute": v1.disputes.retrieve(dispute),
        "an event": v1.events.list().data[0],
        "a line item": v1.checkout.sessions.line_items.list(fresh.id).data[0],
    }


def test_every_object_has_exactly_the_fields_of_its_class(played: dict[str, Any]) -> None:
    wrong = {
        name: problems for name, item in played.items() if (problems := list(_differences(item)))
    }

    assert wrong == {}


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
