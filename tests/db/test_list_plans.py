"""The plans behind figures and their lists: each has its index and reads no more than it counts."""

from datetime import timedelta

import pytest

from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.figures import metrics
from courseflow_admin.db.money import payments_search, webhooks_search
from courseflow_admin.db.teaching import enrollments_search
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.figures.metrics import METRICS
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.models.money.payment_metrics import LAPSING, OPEN_DISPUTES, Metric, Scope
from courseflow_admin.models.money.payment_parts import (
    Dispute,
    DisputeState,
    Refund,
    RefundCause,
    RefundState,
)
from courseflow_admin.models.money.payments import PaymentFilter, Sort
from courseflow_admin.models.money.webhooks import STUCK, WebhookEvent, WebhookFilter, WebhookState
from courseflow_admin.models.teaching.enrollments import Enrollment, EnrollmentFilter
from tests.db.test_payments_plans import LIMIT, explained, stages
from tests.money_builders import email_row, payment_row

SCHOOL, OWN = Scope("sandbox"), Scope("sandbox", "acc_ines")
PLAIN = [metric for metric in METRICS.values() if not metric.less]
SUMS = [
    pytest.param(metric, scope, id=f"{metric.name}-{scope.owner_id or 'school'}")
    for metric in PLAIN
    for scope in (SCHOOL, OWN)
    if metric.about != "accounts" or scope is SCHOOL  # nobody owns a part of all accounts
]
DAYS = 7


@pytest.fixture
async def school(database) -> None:
    """Something of everything every six hours, for forty days."""
    at = clock.business()
    for name, rows in {
        "payments": [_payment(number, at) for number in range(160)],
        "enrollments": [_enrollment(number, at) for number in range(160)],
        "accounts": [_account(number, at) for number in range(160)],
        "webhook_events": [_event(number, at) for number in range(160)],
        "emails": [
            email_row(number * 360, state=[EmailState.DELIVERED, EmailState.BOUNCED][number % 2])
            for number in range(160)
        ],
    }.items():
        await collection(name).insert_many([row.to_mongo() for row in rows])


def _payment(number: int, at):
    moment = at - timedelta(hours=6 * number)
    back = Refund(
        id=new_id("ref"),
        amount_minor=100,
        state=RefundState.SETTLED,
        cause=RefundCause.ADMIN,
        at=moment,
        settled_at=moment,
    )
    dispute = Dispute(state=DisputeState.OPEN if number % 40 == 0 else DisputeState.NONE)
    return payment_row(
        number * 360,
        ["paid", "failed", "paid", "authorized"][number % 4],
        owner_id=["acc_ines", "acc_tomas"][number // 4 % 2],
        amount=Money(minor=1000 + number, currency=["INR", "USD"][number % 2]),
        refunds=[back] if number % 4 == 0 else [],
        disputes=[dispute],
    )


def _enrollment(number: int, at):
    return Enrollment(
        _id=new_id("enr"),
        account_id=f"acc_{number // 5}",  # with the course: once
        course_id=f"crs_{number % 5}",
        owner_id=["acc_ines", "acc_tomas"][number % 2],
        learner_email=f"{'ab'[number % 2]}{number:03}@demo.test",
        enrolled_at=at - timedelta(hours=6 * number),
    )


def _account(number: int, at):
    return Account(
        _id=new_id("acc"),
        email=f"{number:03}@demo.test",
        name="Somebody",
        role=["student", "instructor"][number % 2],
        created_at=at - timedelta(hours=6 * number),
    )


def _event(number: int, at):
    return WebhookEvent(
        _id=new_id("whe"),
        provider=["stripe", "razorpay", "resend"][number % 3],
        event_id=str(number),
        body_hash=str(number),
        kind="charge.refunded",
        raw="{}",
        received_at=at - timedelta(hours=6 * number),
        state=list(WebhookState)[number % 4],
    )


async def plan_of_sum(metric: Metric, period: Period, scope: Scope) -> dict:
    return await collection("any").raw.database.command(
        "explain",
        {
            "aggregate": metric.about,
            "pipeline": metrics.pipeline(metric, period, scope),
            "cursor": {},
            **metrics.hinted(metric, scope),
        },
        verbosity="executionStats",
    )


def planned(plan: dict) -> tuple[list[dict], dict]:
    """The stages that read documents, and how much they read."""
    inner = plan["stages"][0]["$cursor"] if "stages" in plan else plan
    winning = inner["queryPlanner"]["winningPlan"]
    return stages(winning.get("queryPlan", winning)), inner["executionStats"]


@pytest.mark.parametrize(("metric", "scope"), SUMS)
async def test_a_sum_reads_its_own_period_only(school, metric, scope):
    period = Period.newest(DAYS, clock.business())

    used, stats = planned(await plan_of_sum(metric, period, scope))

    keys = [list(stage["keyPattern"].items()) for stage in used if "keyPattern" in stage]
    assert keys == [metrics.hint(metric, scope)]
    assert "COLLSCAN" not in {stage["stage"] for stage in used}
    assert 0 < stats["totalKeysExamined"] <= 4 * DAYS + 2  # four documents a day in all


async def test_enrollments_of_own_and_co_taught_courses_are_counted_by_both_indexes(school):
    scope = Scope("sandbox", "acc_ines", ("crs_1", "crs_2"))
    period = Period.newest(DAYS, clock.business())

    used, stats = planned(await plan_of_sum(METRICS["enrollments"], period, scope))

    keys = [next(iter(stage["keyPattern"])) for stage in used if "keyPattern" in stage]
    assert sorted(keys) == ["course_id", "owner_id"]
    assert "COLLSCAN" not in {stage["stage"] for stage in used}
    assert 0 < stats["totalKeysExamined"] <= 4 * DAYS + 6  # of both, and one past each range


async def test_revenue_is_summed_from_the_index_alone(school):
    plan = await plan_of_sum(
        METRICS["revenue_gross"], Period.newest(DAYS, clock.business()), SCHOOL
    )

    used, stats = planned(plan)

    assert "FETCH" not in {stage["stage"] for stage in used}
    assert stats["totalDocsExamined"] == 0


@pytest.mark.parametrize("owner_id", ["", "acc_ines"], ids=["school", "own"])
@pytest.mark.parametrize("figure", ["revenue_gross", "sales", "failed_payments"])
async def test_the_list_behind_a_figure_reads_its_own_rows_only(school, figure, owner_id):
    period = Period.newest(40, clock.business())
    wanted = PaymentFilter(figure=figure, owner_id=owner_id, period=period)
    where, hint = payments_search.plan(wanted, Sort())

    field = payments_search.sort_field(wanted, Sort())
    used, keys, stats = await explained("payments", where, hint, field, -1)

    assert keys == [hint]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    # An instructor's failed ones are looked for among the own payments of the period.
    most = 4 * LIMIT if figure == "failed_payments" and owner_id else LIMIT
    assert stats["totalKeysExamined"] <= most + 1


@pytest.mark.parametrize("owner_id", ["", "acc_ines"], ids=["school", "own"])
@pytest.mark.parametrize(("figure", "most"), [("refunds", 28), ("revenue_net", 60)])
async def test_lists_with_refunds_read_the_period_and_no_more(school, figure, most, owner_id):
    period = Period.newest(DAYS, clock.business())
    wanted = PaymentFilter(figure=figure, owner_id=owner_id, period=period)
    where, hint = payments_search.plan(wanted, Sort())

    used, _keys, stats = await explained("payments", where, hint or None, "created_at", -1)

    assert "COLLSCAN" not in used
    assert stats["nReturned"] > 0
    assert stats["totalKeysExamined"] <= most


@pytest.mark.parametrize("figure", [OPEN_DISPUTES, LAPSING])
async def test_what_wants_a_person_is_found_by_its_index(school, figure):
    where, hint = payments_search.plan(PaymentFilter(figure=figure), Sort())

    used, keys, stats = await explained("payments", where, hint, "created_at", -1)

    assert keys == [hint]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= stats["nReturned"] + 1


async def test_undelivered_emails_are_found_by_their_index(school):
    where, hint = metrics.undelivered(Period.newest(DAYS, clock.business()).start)

    used, _keys, stats = await explained("emails", where, hint, "queued_at", 1)

    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= stats["nReturned"] + 5


@pytest.mark.parametrize(
    "wanted",
    [
        EnrollmentFilter(),
        EnrollmentFilter(owner_id="acc_ines"),
        EnrollmentFilter(course_id="crs_1"),
        EnrollmentFilter(account_id="acc_7"),
        EnrollmentFilter(account_id="acc_7", course_id="crs_2", email_prefix="b"),
        EnrollmentFilter(account_id="acc_7", period=Period.parse("2000-01-01", "2999-01-01")),
        EnrollmentFilter(period=Period.parse("2000-01-01", "2999-01-01")),
        EnrollmentFilter(owner_id="acc_ines", period=Period.parse("2000-01-01", "2999-01-01")),
    ],
    ids=[
        *("all", "owner", "course"),
        *("own", "own of a course", "own of a period", "period", "owner and period"),
    ],
)
async def test_a_page_of_enrollments_reads_its_own_rows_only(school, wanted):
    where, hint = enrollments_search.plan(wanted)

    used, keys, stats = await explained("enrollments", where, hint, "enrolled_at", -1)

    assert keys == [hint]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= LIMIT + 1


@pytest.mark.parametrize("period", [None, Period.parse("2000-01-01", "2999-01-01")])
async def test_a_page_of_own_and_co_taught_learners_merges_their_indexes(school, period):
    wanted = EnrollmentFilter(owner_id="acc_ines", co_taught=("crs_1", "crs_2"), period=period)
    where, hint = enrollments_search.plan(wanted)

    used, keys, stats = await explained("enrollments", where, hint, "enrolled_at", -1)

    assert {next(iter(dict(key))) for key in keys} == {"owner_id", "course_id"}
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= 2 * LIMIT + 6


async def test_the_beginning_of_a_learners_address_reads_those_only(school):
    where, hint = enrollments_search.plan(EnrollmentFilter(email_prefix="A00"))

    used, keys, stats = await explained("enrollments", where, hint, "enrolled_at", -1)

    assert keys == [hint]
    assert "COLLSCAN" not in used
    assert (stats["nReturned"], stats["totalKeysExamined"] <= 6) == (5, True)


@pytest.mark.parametrize(
    "wanted",
    [
        WebhookFilter(),
        WebhookFilter(state="failed"),
        WebhookFilter(provider="stripe"),
        WebhookFilter(state=STUCK),
    ],
    ids=["all", "state", "provider", "stuck"],
)
async def test_a_page_of_webhooks_reads_its_own_rows_only(school, wanted):
    where, hint = webhooks_search.plan(wanted)

    used, keys, stats = await explained("webhook_events", where, hint, "received_at", -1)

    assert keys == [hint] * (2 if wanted.state == STUCK else 1)
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= LIMIT + 2


async def test_new_learners_are_listed_from_their_index(school):
    where, field = accounts_db.search_query("", "student", Period.newest(40, clock.business()))

    used, keys, stats = await explained("accounts", where, None, field, -1)

    assert keys == [[("role", 1), ("created_at", -1), ("_id", -1)]]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= LIMIT + 1
