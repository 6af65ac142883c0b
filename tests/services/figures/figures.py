"""Sales of known days, and the lists behind the figures, for the tests of figures."""

from datetime import datetime, timedelta

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.money.payment_parts import Refund, RefundCause, RefundState
from courseflow_admin.models.money.payments import Payment, PaymentFilter, Sort
from courseflow_admin.models.money.webhooks import WebhookEvent, WebhookState
from courseflow_admin.models.teaching.enrollments import Enrollment
from courseflow_admin.services.money import payments
from tests.money_builders import a_payment

ADMIN = Actor("acc_root", "admin")
INES = Actor("acc_ines", "instructor")
TOMAS = Actor("acc_tomas", "instructor")
ADA = Actor("acc_ada", "student")
MOMENT = timedelta(milliseconds=1)


def midnight(days_ago: int = 0) -> datetime:
    """The first instant of a day of the school."""
    return Period.newest(days_ago + 1, clock.business()).start


def day(days_ago: int = 0):
    return Period.newest(days_ago + 1, clock.business()).first


def inr(minor: int) -> Money:
    return Money(minor=minor, currency="INR")


async def sold(minor: int, at: datetime, currency: str = "INR", **fields) -> Payment:
    amount = Money(minor=minor, currency=currency)
    return await a_payment(amount=amount, paid_at=at, created_at=at, _id=new_id("pay"), **fields)


def refund(minor: int, at: datetime, state: RefundState = RefundState.SETTLED) -> Refund:
    cause = RefundCause.ADMIN
    return Refund(
        id=new_id("ref"), amount_minor=minor, state=state, cause=cause, at=at, settled_at=at
    )


async def rows_behind(actor: Actor, href: str) -> list[Payment]:
    """What the payments list shows at this address."""
    path, _, query = href.partition("?")
    assert path == "/payments"
    given = dict(pair.split("=") for pair in query.split("&"))
    wanted = PaymentFilter(
        state=given.get("state", ""),
        figure=given.get("figure", ""),
        currency=given.get("currency", ""),
        period=Period.parse(given.get("from", ""), given.get("to", "")),
    )
    rows: list[Payment] = []
    request = PageRequest(size=2)
    while True:
        page = await payments.search(actor, wanted, Sort(), request)
        rows += page.rows
        if not page.next_cursor:
            return rows
        following = PageRequest.parse(after=page.next_cursor)
        request = PageRequest(cursor=following.cursor, size=2)


def money_of(rows: list[Payment], metric: str, period: Period) -> int:
    """The sum of the list, counted by hand."""
    gross = sum(
        row.amount.minor for row in rows if row.paid_at and period.start <= row.paid_at < period.end
    )
    given_back = sum(
        one.amount_minor
        for row in rows
        for one in row.refunds
        if one.state is RefundState.SETTLED and period.start <= one.settled_at < period.end
    )
    return {
        "revenue_gross": gross,
        "refunds": given_back,
        "revenue_net": gross - given_back,
        "sales": len(rows),
    }[metric]


async def enrolled(at: datetime, owner_id: str = INES.id, **fields) -> Enrollment:
    known = {
        "_id": new_id("enr"),
        "account_id": new_id("acc"),
        "course_id": "crs_one",
        "owner_id": owner_id,
        "learner_email": "ada@demo.test",
        "enrolled_at": at,
    }
    enrollment = Enrollment.model_validate(known | fields)
    await collection("enrollments").insert_one(enrollment.to_mongo())
    return enrollment


async def an_event(minutes: int, state: WebhookState, **fields) -> WebhookEvent:
    event_id = new_id("whe")
    known = {
        "_id": event_id,
        "provider": "stripe",
        "event_id": event_id,
        "body_hash": event_id,
        "kind": "charge.refunded",
        "raw": "{}",
        "received_at": clock.business() - timedelta(minutes=minutes),
        "state": state,
    }
    event = WebhookEvent.model_validate(known | fields)
    await collection("webhook_events").insert_one(event.to_mongo())
    return event
