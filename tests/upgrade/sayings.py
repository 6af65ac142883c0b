"""What the code says about a school: to be the same before an upgrade and after it.

By itself independent of the day it is asked on: of days and instants that are given.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.figures import metrics as metrics_db
from courseflow_admin.db.money import payment_metrics
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.db.teaching import enrollments_search
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.figures.metrics import METRICS
from courseflow_admin.models.money.payment_metrics import LAPSING, OPEN_DISPUTES, Scope
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import access

MODE = "sandbox"

Row = dict[str, Any]


async def said(at: datetime, period: Period) -> Row:
    """Payments, access at this instant, and the figures of these days."""
    return {
        "payments": await payments(),
        "access": await all_access(at),
        "figures": await figures(period),
        "needs_a_person": await needs_a_person(at),
    }


async def payments() -> dict[str, Row]:
    """By id: what state it is in, what is left of its money, what stands against it."""
    return {
        payment.id: {"state": payment.state.value, **(await _payment(payment))}
        for payment in await _all_payments()
    }


async def _payment(payment: Payment) -> Row:
    sums = payment.breakdown
    receipt = await receipts_db.find_by_payment(payment.id)
    held = payment.held
    return {
        "provider": payment.provider,
        "account": payment.account_id,
        "course": payment.course_id,
        "owner": payment.owner_id,
        "capture": payment.capture.value,
        "open": payment.open,
        "currency": payment.amount.currency,
        "amount": payment.amount.minor,
        "charged": sums.charged.minor,
        "refunded": sums.refunded.minor,
        "pending": sums.pending.minor,
        "taken_back": sums.taken_back.minor,
        "net": sums.net_minor,
        "reserved": payment.refunded_minor + payment.reserved_minor,
        "refundable": payment.refundable.minor,
        "held": bool(held),
        "paid_at": payment.paid_at.isoformat() if payment.paid_at else "",
        "duplicate_of": payment.duplicate_of,
        "refunds": [
            f"{refund.amount_minor} {refund.state} {refund.cause}" for refund in payment.refunds
        ],
        "dispute": payment.dispute.state.value,
        "review": payment.review.state.value,
        "receipt": receipt.label if receipt else "",
    }


async def all_access(at: datetime) -> dict[str, str]:
    """By account and course: whether it may study at this instant, and by what reasons."""
    suspend = (await school_settings.get()).disputes_suspend
    courses = [row["_id"] for row in await collection("courses").find({}, sort=[("_id", 1)])]
    answers: dict[str, str] = {}
    for account in await _all_accounts():
        for course_id in courses:
            verdict = access.decide(
                standing=account.standing,
                enrollment=await enrollments_db.find(account.id, course_id),
                payments=await payments_db.of_learner(account.id, course_id),
                at=at,
                disputes_suspend=suspend,
            )
            reasons = [f"{one.code} {one.payment_id}".strip() for one in verdict.reasons]
            answers[f"{account.id} {course_id}"] = ", ".join(
                ["yes" if verdict.allowed else "no", *reasons]
            )
    return answers


async def figures(period: Period) -> dict[str, Row]:
    """By whose they are and metric: each day's number of each currency, and the sum of them."""
    authors = [one for one in await _all_accounts() if one.role == "instructor"]
    scopes = {"the school": Scope(MODE)}
    for author in authors:
        scopes[author.id] = Scope(MODE, author.id, await enrollments_search.co_taught(author.id))
    return {
        whose: {name: await _figure(name, period, scope) for name in METRICS}
        for whose, scope in scopes.items()
    }


async def _figure(name: str, period: Period, scope: Scope) -> Row:
    days: defaultdict[str, int] = defaultdict(int)
    sums: defaultdict[str, int] = defaultdict(int)
    for bucket in await metrics_db.daily(METRICS[name], period, scope):
        days[f"{bucket.day} {bucket.currency}".strip()] += bucket.number
        sums[bucket.currency] += bucket.number
    return {"sums": dict(sorted(sums.items())), "days": dict(sorted(days.items()))}


async def needs_a_person(at: datetime) -> dict[str, int]:
    """How many payments wait for somebody at this instant."""
    found = {
        OPEN_DISPUTES: payment_metrics.attention(OPEN_DISPUTES, at),
        LAPSING: payment_metrics.attention(LAPSING, at),
        "needs_review": payment_metrics.needs_review(),
    }
    return {
        name: (await metrics_db.waiting("payments", wanted, "created_at"))[0]
        for name, wanted in found.items()
    }


async def _all_payments() -> list[Payment]:
    rows = await collection("payments").find({}, sort=[("_id", 1)])
    return [Payment.from_mongo(row) for row in rows]


async def _all_accounts() -> list[Account]:
    rows = await collection("accounts").find({}, sort=[("_id", 1)], projection={"_id": 1})
    found = [await accounts_db.find(row["_id"]) for row in rows]
    return [one for one in found if one]
