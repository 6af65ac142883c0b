"""Razorpay's official SDK against the sandbox: every call, its errors, pages and repeats."""

from typing import Any

import httpx
import pytest
import razorpay
from razorpay.errors import BadRequestError, ServerError

from courseflow_admin.development.sandbox.server import Sandbox

ORDER: dict[str, Any] = {
    "amount": 49_900,
    "currency": "INR",
    "receipt": "pay_ours-1",
    "notes": {"payment_id": "pay_ours"},
}


@pytest.fixture
def order(razorpay_client: razorpay.Client) -> dict[str, Any]:
    return razorpay_client.order.create(dict(ORDER))


@pytest.fixture
def paid(box: Sandbox, order: dict[str, Any]) -> str:
    return box.pay(order["id"])


def test_a_new_order_says_all_that_razorpay_says(
    razorpay_client: razorpay.Client, order: dict[str, Any]
) -> None:
    found = razorpay_client.order.fetch(order["id"])

    assert found == order
    assert order.pop("id").startswith("order_")
    assert order.pop("created_at") > 0
    assert order == {
        "entity": "order",
        "amount": 49_900,
        "amount_paid": 0,
        "amount_due": 49_900,
        "currency": "INR",
        "receipt": "pay_ours-1",
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": {"payment_id": "pay_ours"},
    }


def test_empty_notes_are_a_list_as_at_razorpay(razorpay_client: razorpay.Client) -> None:
    assert razorpay_client.order.create({"amount": 100, "currency": "INR"})["notes"] == []


def test_a_payment_is_captured_by_itself(
    razorpay_client: razorpay.Client, order: dict[str, Any], paid: str
) -> None:
    payment = razorpay_client.payment.fetch(paid)

    assert (payment["status"], payment["captured"], payment["amount"]) == ("captured", True, 49_900)
    assert (payment["order_id"], payment["method"]) == (order["id"], "upi")
    assert (payment["fee"], payment["tax"]) == (1_178, 180)
    after = razorpay_client.order.fetch(order["id"])
    assert (after["status"], after["amount_paid"], after["attempts"]) == ("paid", 49_900, 1)
    listed = razorpay_client.order.payments(order["id"])
    assert (listed["entity"], listed["count"], listed["items"]) == ("collection", 1, [payment])


@pytest.mark.parametrize(
    "option", [{"payment_capture": 0}, {"payment": {"capture": "manual"}}, "the account's setting"]
)
def test_a_payment_left_authorised_is_captured_by_the_api(
    box: Sandbox, razorpay_client: razorpay.Client, option: Any
) -> None:
    if isinstance(option, str):
        box.switch("razorpay", capture="manual")
        option = {}
    order = razorpay_client.order.create(ORDER | option)
    payment_id = box.pay(order["id"])
    before = razorpay_client.payment.fetch(payment_id)
    with pytest.raises(BadRequestError, match="must be equal to the amount authorized"):
        razorpay_client.payment.capture(payment_id, 49_800, {"currency": "INR"})

    captured = razorpay_client.payment.capture(payment_id, 49_900, {"currency": "INR"})

    assert (before["status"], before["captured"]) == ("authorized", False)
    assert (captured["status"], captured["captured"]) == ("captured", True)
    with pytest.raises(BadRequestError, match="already been captured"):
        razorpay_client.payment.capture(payment_id, 49_900, {"currency": "INR"})


def test_a_declined_payment_leaves_the_order_open(
    box: Sandbox, razorpay_client: razorpay.Client, order: dict[str, Any]
) -> None:
    declined = razorpay_client.payment.fetch(box.decline(order["id"]))

    paid = box.pay(order["id"])

    assert (declined["status"], declined["error_reason"]) == ("failed", "payment_declined")
    listed = razorpay_client.order.payments(order["id"])["items"]
    assert [item["id"] for item in listed] == [paid, declined["id"]]


def test_a_late_authorisation_comes_after_the_failure(
    box: Sandbox, razorpay_client: razorpay.Client, order: dict[str, Any]
) -> None:
    late = box.pay_later(order["id"])
    before = razorpay_client.payment.fetch(late)

    box.settle(late)

    assert (before["status"], before["error_reason"]) == ("failed", "payment_timed_out")
    after = razorpay_client.payment.fetch(late)
    assert (after["status"], after["captured"], after["error_code"]) == ("authorized", False, None)


def test_what_nobody_captures_is_given_back_after_three_days(
    box: Sandbox, razorpay_client: razorpay.Client, order: dict[str, Any]
) -> None:
    payment_id = box.authorize(order["id"])
    box.clock(71.9)
    box.sweep()
    before = razorpay_client.payment.fetch(payment_id)["status"]

    box.clock(72.1)
    box.sweep()

    assert before == "authorized"
    lapsed = razorpay_client.payment.fetch(payment_id)
    assert (lapsed["status"], lapsed["captured"]) == ("refunded", False)
    assert (lapsed["amount_refunded"], lapsed["refund_status"]) == (49_900, "full")
    assert box.refunds(payment_id) == [49_900]


def test_pay_twice_captures_two_payments_of_one_order(
    box: Sandbox, razorpay_client: razorpay.Client, order: dict[str, Any]
) -> None:
    first, second = box.pay_twice(order["id"])

    listed = razorpay_client.order.payments(order["id"])["items"]
    assert [(item["id"], item["status"]) for item in listed] == [
        (second, "captured"),
        (first, "captured"),
    ]


def test_refunds_add_up_and_are_seen_on_the_payment(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    first = razorpay_client.payment.refund(paid, {"amount": 9_900, "notes": {"why": "asked"}})
    partly = razorpay_client.payment.fetch(paid)

    second = razorpay_client.payment.refund(paid, {})

    assert (first["status"], first["amount"], first["payment_id"]) == ("processed", 9_900, paid)
    assert first["notes"] == {"why": "asked"}
    assert (partly["status"], partly["refund_status"]) == ("captured", "partial")
    assert partly["amount_refunded"] == 9_900
    after = razorpay_client.payment.fetch(paid)
    assert (after["status"], after["refund_status"]) == ("refunded", "full")
    assert razorpay_client.payment.fetch_multiple_refund(paid)["items"] == [second, first]
    assert razorpay_client.payment.fetch_refund_id(paid, first["id"]) == first
    assert razorpay_client.refund.fetch(second["id"])["amount"] == 40_000
    assert razorpay_client.refund.all({"count": 1})["items"] == [second]
    with pytest.raises(BadRequestError, match="fully refunded already"):
        razorpay_client.payment.refund(paid, {"amount": 100})
    assert box.refunds(paid) == [9_900, 40_000]


def test_what_cannot_be_refunded_is_refused(
    box: Sandbox, razorpay_client: razorpay.Client, order: dict[str, Any]
) -> None:
    authorized = box.authorize(order["id"])
    with pytest.raises(BadRequestError, match="should be captured"):
        razorpay_client.payment.refund(authorized, {})
    paid = box.pay(order["id"])

    with pytest.raises(BadRequestError, match="greater than the refund payment amount"):
        razorpay_client.payment.refund(paid, {"amount": 50_000})
    with pytest.raises(BadRequestError, match="must be an integer"):
        razorpay_client.payment.refund(paid, {"amount": 99.5})

    assert box.refunds(paid) == []


def test_a_pending_refund_reaches_the_buyer_once(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    box.switch("razorpay", refunds="pending")
    refund = razorpay_client.payment.refund(paid, {})

    box.settle_refund(refund["id"])

    assert refund["status"] == "pending"
    assert razorpay_client.refund.fetch(refund["id"])["status"] == "processed"
    with pytest.raises(ValueError, match="already processed"):
        box.settle_refund(refund["id"])


def test_a_failed_refund_gives_the_amount_back_to_the_payment(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    refund = razorpay_client.payment.refund(paid, {})

    box.fail_refund(refund["id"])

    assert razorpay_client.refund.fetch(refund["id"])["status"] == "failed"
    after = razorpay_client.payment.fetch(paid)
    assert (after["status"], after["amount_refunded"], after["refund_status"]) == (
        "captured",
        0,
        None,
    )
    assert box.refunds(paid) == []


def test_a_refund_key_answers_the_same_and_refuses_another_body(
    box: Sandbox, razorpay_client: razorpay.Client, paid: str
) -> None:
    headers = {"X-Refund-Idempotency": "ref_0123456789"}

    def refund(amount: int) -> Any:
        return razorpay_client.payment.refund(paid, {"amount": amount}, headers=dict(headers))

    first = refund(9_900)

    assert refund(9_900) == first
    with pytest.raises(BadRequestError, match="Different request with the same idempotency key"):
        refund(9_800)
    headers["X-Refund-Idempotency"] = "a:b"
    with pytest.raises(BadRequestError, match="at least 10"):
        refund(100)
    assert box.refunds(paid) == [9_900]


def test_a_unique_receipt_makes_one_order(box: Sandbox, razorpay_client: razorpay.Client) -> None:
    params = ORDER | {"unique_receipt": True}
    first = razorpay_client.order.create(dict(params))

    again = razorpay_client.order.create(dict(params))

    assert again["id"] == first["id"]
    with pytest.raises(BadRequestError, match="receipt already exists"):
        razorpay_client.order.create(params | {"amount": 100})
    assert len(box.store.newest("order")) == 1


def test_lists_are_paged_by_skip_and_count(razorpay_client: razorpay.Client) -> None:
    made = [razorpay_client.order.create(dict(ORDER))["id"] for _ in range(12)][::-1]

    default = razorpay_client.order.all()
    page = razorpay_client.order.all({"count": 5, "skip": 10})
    none = razorpay_client.order.all({"to": 1_000_000})

    assert [item["id"] for item in default["items"]] == made[:10]
    assert [item["id"] for item in page["items"]] == made[10:]
    assert page["count"] == 2
    assert none["items"] == []
    with pytest.raises(BadRequestError, match="count must be between 1 and 100"):
        razorpay_client.order.all({"count": 101})


@pytest.mark.parametrize(("won", "kind"), [(True, "won"), (False, "lost")])
async def test_a_dispute_is_told_by_events(
    box: Sandbox, paid: str, school: Any, won: bool, kind: str
) -> None:
    await box.deliver()
    school.seen.clear()

    box.dispute(paid)
    box.close_dispute(paid, won=won)
    await box.deliver()

    assert school.types() == ["payment.dispute.created", f"payment.dispute.{kind}"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": 99}, "less than minimum amount"),
        ({"amount": 99.5}, "must be an integer"),
        ({"amount": None}, "amount field is required"),
        ({"currency": "rupees"}, "3 letter code"),
        ({"currency": "KWD", "amount": 1_001}, "last digit of the amount must be 0"),
        ({"receipt": "x" * 41}, "40 characters"),
        ({"notes": {str(number): "x" for number in range(16)}}, "less than or equal to 15"),
    ],
)
def test_a_wrong_order_is_refused(
    box: Sandbox, razorpay_client: razorpay.Client, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadRequestError, match=message):
        razorpay_client.order.create(ORDER | changes)

    assert box.store.newest("order") == []


def test_unknown_ids_and_wrong_keys_are_refused_in_razorpays_words(
    box: Sandbox, keys: dict[str, str]
) -> None:
    url = box.world.url("razorpay")
    own = (keys["razorpay_key_id"], keys["razorpay_key_secret"])

    unknown = httpx.get(f"{url}/v1/payments/pay_00000000000000", auth=own)
    odd = httpx.get(f"{url}/v1/payments/xyz", auth=own)
    stranger = httpx.get(f"{url}/v1/orders", auth=(own[0], "wrong"))
    nobody = httpx.get(f"{url}/v1/orders")

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "BAD_REQUEST_ERROR")
    assert unknown.json()["error"]["description"] == "The id provided does not exist"
    assert odd.json()["error"]["description"] == "xyz is not a valid id"
    assert (stranger.status_code, nobody.status_code) == (401, 401)
    assert stranger.json()["error"]["description"] == "Authentication failed"


def test_an_outage_is_a_server_error(box: Sandbox, razorpay_client: razorpay.Client) -> None:
    box.switch("razorpay", outage="500")

    with pytest.raises(ServerError):
        razorpay_client.order.create(dict(ORDER))

    assert box.store.newest("order") == []
