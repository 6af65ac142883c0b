"""The plans of the long lists: each filter and sort has its index and reads what it shows."""

from dataclasses import replace

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.mail import emails_search
from courseflow_admin.db.money import payments_search
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.mail.emails import UNDELIVERED, EmailFilter, EmailKind, EmailState
from courseflow_admin.models.money.payment_parts import PaymentState
from courseflow_admin.models.money.payments import PaymentFilter, Sort
from tests.money_builders import email_row, payment_row

LIMIT = 21
SORTS = [Sort(field, falling) for field in ("date", "amount") for falling in (True, False)]
PAYMENT_FILTERS = [
    PaymentFilter(),
    PaymentFilter(state="paid"),
    PaymentFilter(provider="razorpay"),
    PaymentFilter(state="paid", provider="razorpay"),
]
OF_ONE = [
    PaymentFilter(account_id="acc_1"),
    PaymentFilter(course_id="crs_1"),
    PaymentFilter(owner_id="acc_1"),
]
UNDELIVERED_STATES = tuple(state.value for state in UNDELIVERED)


@pytest.fixture
async def payments(database) -> None:
    states = [PaymentState.PAID, PaymentState.EXPIRED, PaymentState.REFUNDED]
    rows = [
        payment_row(
            number,
            states[number % 3],
            provider=["stripe", "razorpay"][number // 3 % 2],
            account_id=f"acc_{number % 4}",
            course_id=f"crs_{number % 5}",
            owner_id=f"acc_{number % 2}",
            email=f"{'ab'[number % 2]}{number:03}@demo.test",
            amount=Money(minor=100_000 + number * 37 % 400, currency="INR"),
        ).to_mongo()
        for number in range(400)
    ]
    await collection("payments").insert_many(rows)


@pytest.fixture
async def emails(database) -> None:
    states, kinds = list(EmailState), list(EmailKind)
    rows = [
        email_row(
            number,
            state=states[number % len(states)],
            kind=kinds[number // 2 % len(kinds)],
            account_id=f"acc_{number % 4}",
            course_owner_id=f"acc_{number % 2}",
            to=f"{'ab'[number % 2]}{number:03}@demo.test",
        ).to_mongo()
        for number in range(800)
    ]
    await collection("emails").insert_many(rows)


def stages(plan: dict) -> list[dict]:
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan, *(stage for one in inner for stage in stages(one))]


async def explained(name, where, hint, field, order):
    """The stages' names, the keys of the indexes used, and the figures of a first page."""
    found = collection(name).raw.find(
        where, sort=[(field, order), ("_id", order)], limit=LIMIT, hint=hint
    )
    plan = await found.explain()
    used = stages(plan["queryPlanner"]["winningPlan"])
    keys = [list(stage["keyPattern"].items()) for stage in used if "keyPattern" in stage]
    return {stage["stage"] for stage in used}, keys, plan["executionStats"]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: f"{sort.field}-{sort.falling}")
@pytest.mark.parametrize("wanted", PAYMENT_FILTERS, ids=lambda one: one.state + one.provider)
async def test_a_page_of_payments_reads_its_own_rows_only(payments, wanted, sort):
    where, hint = payments_search.plan(wanted, sort)
    field = payments_search.FIELDS[sort.field]

    used, keys, stats = await explained("payments", where, hint, field, -1 if sort.falling else 1)

    assert keys == [hint]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["nReturned"] == LIMIT
    assert stats["totalKeysExamined"] <= LIMIT + 1
    assert stats["totalDocsExamined"] <= LIMIT


@pytest.mark.parametrize("falling", [True, False])
@pytest.mark.parametrize("wanted", OF_ONE, ids=["account", "course", "owner"])
async def test_payments_of_one_by_date_read_their_own_rows_only(payments, wanted, falling):
    where, hint = payments_search.plan(wanted, Sort("date", falling))

    used, keys, stats = await explained("payments", where, hint, "created_at", -1 if falling else 1)

    assert keys == [hint]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= LIMIT + 1


@pytest.mark.parametrize("wanted", OF_ONE, ids=["account", "course", "owner"])
@pytest.mark.parametrize("state", ["", "paid"])
async def test_other_views_of_one_never_read_more_than_what_is_of_that_one(payments, wanted, state):
    where, hint = payments_search.plan(replace(wanted, state=state), Sort("amount"))

    used, keys, stats = await explained("payments", where, hint, "amount.minor", -1)

    named = {name: value for name, value in where.items() if name != "state"}
    assert keys == [hint]
    assert "COLLSCAN" not in used
    assert stats["totalKeysExamined"] <= await collection("payments").count(named) + 1


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: f"{sort.field}-{sort.falling}")
async def test_the_beginning_of_an_address_reads_those_addresses_only(payments, sort):
    where, hint = payments_search.plan(PaymentFilter(email_prefix="A00"), sort)
    field = payments_search.FIELDS[sort.field]

    used, keys, stats = await explained("payments", where, hint, field, -1 if sort.falling else 1)

    assert keys == [hint]
    assert "COLLSCAN" not in used
    assert stats["nReturned"] == 5
    assert stats["totalKeysExamined"] <= 6


@pytest.mark.parametrize(
    "wanted",
    [
        EmailFilter(),
        EmailFilter(kind="receipt"),
        EmailFilter(states=("bounced",)),
        EmailFilter(kind="receipt", states=("bounced",)),
        EmailFilter(account_id="acc_1"),
        EmailFilter(course_owner_id="acc_1"),
    ],
    ids=["all", "kind", "state", "kind and state", "account", "owner"],
)
async def test_a_page_of_emails_reads_its_own_rows_only(emails, wanted):
    where, hint = emails_search.plan(wanted)

    used, keys, stats = await explained("emails", where, hint, "queued_at", -1)

    assert keys == [hint]
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= stats["nReturned"] + 1


@pytest.mark.parametrize("kind", ["", "receipt"])
async def test_a_group_of_states_is_merged_from_the_index_without_sorting(emails, kind):
    where, hint = emails_search.plan(EmailFilter(kind=kind, states=UNDELIVERED_STATES))

    used, keys, stats = await explained("emails", where, hint, "queued_at", -1)

    assert keys == [hint] * len(UNDELIVERED_STATES)
    assert "SORT_MERGE" in used
    assert used.isdisjoint({"SORT", "COLLSCAN"})
    assert stats["totalKeysExamined"] <= stats["nReturned"] + len(UNDELIVERED_STATES) + 1


async def test_the_beginning_of_a_receivers_address_reads_those_only(emails):
    where, hint = emails_search.plan(EmailFilter(to_prefix="a00"))

    used, keys, stats = await explained("emails", where, hint, "queued_at", -1)

    assert keys == [hint]
    assert "COLLSCAN" not in used
    assert (stats["nReturned"], stats["totalKeysExamined"] <= 6) == (5, True)
