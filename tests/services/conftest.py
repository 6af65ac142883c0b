"""Settings that several tests of services share."""

import asyncio

import pytest

from courseflow_admin.config import settings
from courseflow_admin.providers import gateways
from courseflow_admin.services.school.job_runner import Runner

PRODUCTION = {
    "ENV": "production",
    "MONGODB_URI": "mongodb://127.0.0.1",
    "PUBLIC_URL": "https://school.example",
    "BCRYPT_COST": "12",
    "STRIPE_BASE_URL": "",
    "RAZORPAY_BASE_URL": "",
    "CLOUDINARY_BASE_URL": "",
    "RESEND_BASE_URL": "",
}


@pytest.fixture
def kolkata(configure, database) -> None:
    """Its days begin at 18:30 UTC."""
    configure(SCHOOL_TIMEZONE="Asia/Kolkata")


@pytest.fixture
def keys(configure, sandbox):
    """`await keys("rolled")`: other secret keys than the gateways know; without: the good ones.

    `only="stripe"`: Razorpay's are the good ones.
    """
    stripe, razorpay = settings().stripe, settings().razorpay

    async def change(secret: str = "", only: str = "") -> None:
        await gateways.close()
        other = {name: secret for name in ("stripe", "razorpay") if only in {"", name}}
        configure(
            STRIPE_SECRET_KEY=other.get("stripe") or stripe.secret_key,
            STRIPE_WEBHOOK_SECRETS=stripe.webhook_secrets[0],
            RAZORPAY_KEY_ID=razorpay.key_id,
            RAZORPAY_KEY_SECRET=other.get("razorpay") or razorpay.key_secret,
            RAZORPAY_WEBHOOK_SECRETS=razorpay.webhook_secrets[0],
        )

    return change


@pytest.fixture
def gateways_off(configure):
    """`await gateways_off()`: as in production without keys; all but those that are given."""

    async def change(**given: str) -> None:
        await gateways.close()
        configure(**PRODUCTION, **given)

    return change


@pytest.fixture
async def running():
    """`await running(handler, …)`: a worker that goes on until the test ends."""
    started = []

    async def start(*handlers, **options):
        runner = Runner(handlers, **{"idle_seconds": 0.01, "drain_seconds": 0.2, **options})
        started.append((runner, asyncio.create_task(runner.run())))
        return runner

    yield start
    for runner, task in started:
        runner.stop()
        await task
