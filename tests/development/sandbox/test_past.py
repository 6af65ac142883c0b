"""What happened before the sandbox was made: taken over whole, once, without a word to anybody."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courseflow_admin.development.sandbox.past import FILE, Past
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.development.sandbox.store import Body
from tests.development.sandbox.conftest import School

CREATED = 1_760_000_000
SESSION = "cs_test_a1" + "s" * 56
ORDER = "order_" + "o" * 14
KINDS = (
    "session", "payment_intent", "charge", "refund", "dispute", "balance_transaction",
    "order", "order_option", "payment", "rzp_refund", "session_extra",
)  # fmt: skip


def a_purchase(provider: str = "stripe", **changes: Any) -> Body:
    stripe = provider == "stripe"
    told: Body = {
        "provider": provider,
        "checkout_id": SESSION if stripe else ORDER,
        "payment_id": "pay_ours",
        "receipt": "pay_ours-1",
        "amount": 49_900,
        "currency": "INR",
        "title": "Ink & paper",
        "name": "Asha Nair",
        "email": "asha@demo.test",
        "return_url": "http://localhost:3000/back",
        "cancel_url": "http://localhost:3000/courses/ink",
        "created": CREATED,
        "expires": CREATED + 86_400,
        "expired": False,
        "attempts": [a_try(provider, "failed", 60), a_try(provider, "paid", 90)],
        "refunds": [
            {
                "id": "re_" + "r" * 24 if stripe else "rfnd_" + "r" * 14,
                "refund_id": "ref_ours",
                "amount": 10_000,
                "at": CREATED + 900,
            }
        ],
        "dispute": None,
    }
    return told | changes


def a_try(provider: str, outcome: str, after: int) -> Body:
    stripe = provider == "stripe"
    return {
        "id": "pi_" + "p" * 24 if stripe else "pay_" + outcome[0] * 14,
        "at": CREATED + after,
        "outcome": outcome,
        "method": "card mastercard 4444" if stripe else "upi",
        "reason": "Not enough money." if outcome == "failed" else "",
    }


def write(folder: Path, *told: Body) -> Path:
    path = folder / FILE
    path.write_text("".join(json.dumps(one) + "\n" for one in told))
    return path


def take_over(box: Sandbox, path: Path) -> int:
    return asyncio.run(Past(box.world, path).take_over())


@pytest.fixture
def taken(box: Sandbox, tmp_path: Path) -> Sandbox:
    assert take_over(box, write(tmp_path, a_purchase("stripe"), a_purchase("razorpay"))) == 2
    return box


def test_stripe_has_paid_out_what_is_past_without_a_word(
    box: Sandbox, tmp_path: Path, stripe_client: Any, school: School
):
    later = CREATED + 30 * 86_400
    second = a_purchase(
        checkout_id="cs_test_a1" + "t" * 56,
        payment_id="pay_later",
        created=later,
        expires=later + 86_400,
        attempts=[a_try("stripe", "paid", 90) | {"id": "pi_" + "q" * 24, "at": later + 90}],
        refunds=[],
    )
    take_over(box, write(tmp_path, a_purchase(), second))
    box.sweep()

    payouts = stripe_client.v1.payouts.list().data
    fee = 1_477 + 266
    assert [(one.amount, one.status) for one in payouts] == [
        (49_900 - fee, "paid"),
        (49_900 - fee - 10_000, "paid"),
    ]
    assert [one.created - CREATED // 86_400 * 86_400 for one in payouts] == [
        32 * 86_400,
        2 * 86_400,
    ]
    assert box.balance() == {"inr": (0, 0)}
    assert stripe_client.v1.events.list().data == []
    assert (box.deliveries(), school.seen) == ([], [])


def test_stripe_has_a_purchase_as_it_was(taken: Sandbox, stripe_client: Any, school: School):
    expand = {"expand": ["payment_intent.latest_charge.refunds"]}
    session = stripe_client.v1.checkout.sessions.retrieve(SESSION, expand).to_dict()

    intent = session["payment_intent"]
    charge = intent["latest_charge"]
    assert (session["status"], session["created"], session["metadata"]) == (
        "complete",
        CREATED,
        {"payment_id": "pay_ours"},
    )
    assert session["customer_details"]["name"] == "Asha Nair"
    assert (intent["id"], intent["status"], intent["created"]) == (
        "pi_" + "p" * 24,
        "succeeded",
        CREATED + 60,
    )
    assert intent["client_secret"].startswith(intent["id"] + "_secret_")
    assert (charge["created"], charge["payment_method_details"]["card"]["last4"]) == (
        CREATED + 90,
        "4444",
    )
    assert [(one["id"], one["amount"], one["metadata"]) for one in charge["refunds"]["data"]] == [
        ("re_" + "r" * 24, 10_000, {"payment_id": "pay_ours", "refund_id": "ref_ours"})
    ]
    assert (taken.deliveries(), school.seen) == ([], [])


def test_razorpay_has_a_purchase_as_it_was(taken: Sandbox, razorpay_client: Any):
    order = razorpay_client.order.fetch(ORDER)
    newest, oldest = razorpay_client.order.payments(ORDER)["items"]

    assert (order["status"], order["attempts"], order["receipt"]) == ("paid", 2, "pay_ours-1")
    assert (newest["id"], newest["status"], newest["amount_refunded"]) == (
        "pay_" + "p" * 14,
        "captured",
        10_000,
    )
    assert (oldest["created_at"], oldest["error_description"]) == (
        CREATED + 60,
        "Not enough money.",
    )
    refunds = razorpay_client.payment.fetch_multiple_refund(newest["id"])["items"]
    assert [(one["id"], one["created_at"], one["receipt"]) for one in refunds] == [
        ("rfnd_" + "r" * 14, CREATED + 900, "ref_ours")
    ]


def test_a_dispute_and_an_expired_checkout_are_taken_over(
    box: Sandbox, tmp_path: Path, stripe_client: Any
):
    dispute = {
        "id": "du_" + "d" * 24,
        "reason": "product_not_received",
        "at": CREATED + 3_600,
        "deadline": CREATED + 800_000,
    }
    other = "cs_test_a1" + "x" * 56
    gone = a_purchase(checkout_id=other, attempts=[], refunds=[], expired=True)
    take_over(box, write(tmp_path, a_purchase(refunds=[], dispute=dispute), gone))

    disputed = stripe_client.v1.disputes.retrieve("du_" + "d" * 24)
    expired = stripe_client.v1.checkout.sessions.retrieve(other)

    assert (disputed.payment_intent, disputed.evidence_details.due_by, disputed.created) == (
        "pi_" + "p" * 24,
        CREATED + 800_000,
        CREATED + 3_600,
    )
    assert (expired.status, expired.url) == ("expired", None)
    assert box.deliveries() == []


def test_the_past_goes_on_like_anything_else(taken: Sandbox):
    payment_id = "pay_" + "p" * 14

    taken.refund(payment_id)
    taken.refund("pi_" + "p" * 24)

    assert taken.refunds(payment_id) == [10_000, 39_900]
    assert taken.refunds(SESSION) == [10_000, 39_900]


def test_the_same_file_or_checkout_is_never_taken_over_again(taken: Sandbox, tmp_path: Path):
    taken.refund(SESSION)
    third = a_purchase("razorpay", checkout_id="order_" + "z" * 14, attempts=[], refunds=[])

    again = take_over(taken, tmp_path / FILE)
    longer = take_over(taken, write(tmp_path, a_purchase("stripe"), a_purchase("razorpay"), third))

    assert (again, longer) == (0, 1)
    assert taken.refunds(SESSION) == [10_000, 39_900]


def test_every_object_has_the_fields_of_todays(box: Sandbox, tmp_path: Path, stripe_client: Any):
    take_over(box, write(tmp_path, a_purchase("stripe"), a_purchase("razorpay")))
    past = {kind: box.store.newest(kind)[0] for kind in KINDS if box.store.newest(kind)}

    assert sorted(past) == sorted(set(KINDS) - {"dispute"})
    session = stripe_client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://localhost:3000/back",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "inr",
                        "unit_amount": 49_900,
                        "product_data": {"name": "Ink & paper"},
                    },
                }
            ],
        }
    )
    paid = box.pay(session.id)
    box.refund(paid, 100)
    for kind in ("session", "payment_intent", "charge", "refund", "balance_transaction"):
        assert past[kind].keys() == box.store.newest(kind)[0].keys()


def test_a_running_sandbox_takes_over_a_file_that_appears_later_and_again_after_a_reset(
    open_box: Callable[..., Sandbox], tmp_path: Path
):
    with open_box(tmp_path).in_thread() as running:
        write(tmp_path, a_purchase("razorpay"))
        assert eventually(lambda: running.store.find("order", ORDER) is not None)
        running.reset()
        assert eventually(lambda: running.store.find("order", ORDER) is not None)
        assert running.deliveries() == []


async def test_a_reset_while_the_past_is_taken_over_brings_all_of_it_back(
    box: Sandbox, tmp_path: Path
):
    past = Past(box.world, write(tmp_path, a_purchase("razorpay")))

    under_way = asyncio.create_task(past.take_over())
    await asyncio.sleep(0)
    box.store.clear()
    await under_way
    assert box.store.find("order", ORDER) is None
    await past.take_over()

    assert box.store.find("order", ORDER) is not None


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def test_a_file_nobody_understands_is_left_alone(box: Sandbox, tmp_path: Path):
    path = write(tmp_path, a_purchase("razorpay") | {"attempts": [{"outcome": "eaten"}]})

    assert (take_over(box, path), take_over(box, path)) == (0, 0)
    assert box.store.newest("order") == []
