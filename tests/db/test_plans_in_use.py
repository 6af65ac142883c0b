"""The plans of queries as they are really sent: heard on their way, then explained."""

from datetime import timedelta

import pytest
from pymongo.monitoring import CommandListener, CommandStartedEvent

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.identity import invitations as invitations_db
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.db.money import receipts as receipts_db
from courseflow_admin.db.money import webhooks as webhooks_db
from courseflow_admin.db.school import jobs as jobs_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.identity.invitations import Invitation
from courseflow_admin.models.identity.sessions import Session
from courseflow_admin.models.money.receipts import Receipt
from courseflow_admin.models.money.webhooks import WebhookEvent
from courseflow_admin.models.school.jobs import Job
from courseflow_admin.models.teaching.enrollments import Enrollment
from tests.db.test_payments_plans import stages
from tests.money_builders import email_row, payment_row

ROWS, ACCOUNTS = 120, 10
OF_ONE = ROWS // ACCOUNTS
SENT = ("filter", "query", "sort", "limit", "projection", "hint", "update", "new")


class Heard(CommandListener):
    """The queries of this test, as MongoDB gets them."""

    def __init__(self) -> None:
        self.queries: list[dict] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in {"find", "findAndModify"}:
            wanted = {key: event.command[key] for key in SENT if key in event.command}
            self.queries.append({event.command_name: event.command[event.command_name], **wanted})

    def succeeded(self, event: object) -> None:
        pass

    def failed(self, event: object) -> None:
        pass


@pytest.fixture
async def heard(mongod_uri: str, database: str) -> Heard:
    """Over a database with something of everything, for ten accounts in turn."""
    for name in ("accounts", "payments", "enrollments", "sessions", "receipts", "invitations"):
        await collection(name).insert_many([ONE[name](n).to_mongo() for n in range(ROWS)])
    for name in ("emails", "jobs", "webhook_events"):
        await collection(name).insert_many([ONE[name](n).to_mongo() for n in range(ROWS)])
    heard = Heard()
    await client.connect(mongod_uri, database, listeners=[heard])
    return heard


def at(number: int):
    return clock.business() - timedelta(minutes=number)


def of(number: int) -> str:
    return f"acc_{number % ACCOUNTS}"


ONE = {
    "accounts": lambda n: Account(
        _id=new_id("acc"),
        email=f"{n}@demo.test",
        name="Somebody",
        password_hash=f"$2b${4 + n % 9:02}$x",
        created_at=at(n),
    ),
    "payments": lambda n: payment_row(n, account_id=of(n), course_id=f"crs_{n % 3}"),
    "enrollments": lambda n: Enrollment(
        _id=new_id("enr"),
        account_id=of(n),
        course_id=f"crs_{n}",
        owner_id="acc_ines",
        learner_email="ada@demo.test",
        enrolled_at=at(n),
        last_seen_at=at(n),
    ),
    "sessions": lambda n: Session(
        _id=new_id("ses"),
        kind="browser",
        token_hash=str(n),
        account_id=of(n),
        created_at=at(n),
        last_used_at=at(n),
        expires_at=at(-60),
    ),
    "receipts": lambda n: Receipt(
        _id=new_id("rcp"),
        payment_id=f"pay_{n}",
        account_id=of(n),
        course_title="One",
        amount=Money(minor=100, currency="INR"),
        mode="sandbox",
        series=f"sandbox-{2025 + n % 2}",
        number=n if n % 4 else 0,
        paid_at=at(n),
    ),
    "invitations": lambda n: Invitation(
        _id=new_id("inv"),
        email=f"{n}@demo.test",
        role="instructor",
        state="pending" if n % 4 == 0 else "revoked",
        token_hash=str(n),
        invited_by="acc_root",
        invited_at=at(n),
        expires_at=at(-60),
    ),
    "emails": email_row,
    "jobs": lambda n: Job(
        _id=new_id("job"),
        kind="look",
        key=f"pay_{n}",
        lane="stripe" if n % 4 else "own",
        priority=20 if n % 3 else 0,
        state="due" if n % 5 else "attention",
        created_at=at(n),
        due_at=at(n) if n % 2 else at(-n),
    ),
    "webhook_events": lambda n: WebhookEvent(
        _id=new_id("whe"),
        provider="stripe",
        event_id=str(n),
        body_hash=str(n),
        kind="charge.refunded",
        raw="{}",
        received_at=at(n),
        payment_id=f"pay_{n}",
        email_id=f"eml_{n}",
    ),
}
# Each query: who sends it, and the most keys it may read.
QUERIES = {
    "pending invitations": (lambda: invitations_db.pending(PageRequest(size=10)), 12),
    "my courses": (lambda: enrollments_db.of_account("acc_1"), OF_ONE + 1),
    "sessions of an account": (lambda: sessions_db.open_of("acc_1", clock.wall()), OF_ONE + 1),
    "the dearest hash": (accounts_db.dearest_hash, 1),
    "the last number": (lambda: receipts_db.last_number("sandbox-2026"), 1),
    "payments for a course": (lambda: payments_db.of_learner("acc_1", "crs_1"), OF_ONE + 1),
    "the next jobs": (lambda: jobs_db.due("stripe", ["look"], clock.business()), 14),
    "the job about something": (lambda: jobs_db.find("look", "pay_1"), 1),
    "webhooks about a person": (lambda: webhooks_db.raw_about(["pay_1"], ["eml_1", "eml_2"]), 8),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_goes_by_its_index_and_reads_what_it_gives(heard, name):
    ask, most = QUERIES[name]

    assert await ask()
    [query] = heard.queries
    plan = await collection("any").raw.database.command(
        "explain", query, verbosity="executionStats"
    )

    used = {stage["stage"] for stage in stages(plan["queryPlanner"]["winningPlan"])}
    assert "IXSCAN" in used
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert 0 < plan["executionStats"]["totalKeysExamined"] <= most
