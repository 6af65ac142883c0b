"""The audit log as admins read it: filtered, paged, exported, and never changed."""

import csv
import io
import re
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.school import audit as audit_db
from courseflow_admin.errors import Invalid, NotPermitted
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.base import id_at, new_id
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.school.audit import ACT_GRAMMAR, Act, AuditEntry, AuditFilter
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.school import audit
from tests.builders import acting, an_account, stored
from tests.course_builders import a_course, an_instructor
from tests.db.test_payments_plans import stages
from tests.money_builders import a_payment, an_email
from tests.state.money.money_tabs import ADA, ADMIN, INES

TODAY = Period.newest(1, clock.business())
FILTERS = {
    "nothing": AuditFilter(),
    "act": AuditFilter(act="payment.paid"),
    "actor": AuditFilter(actor_id="acc_1"),
    "object": AuditFilter(object_id="pay_1"),
    "period": AuditFilter(period=TODAY),
    "act and period": AuditFilter(act="payment.paid", period=TODAY),
    "all": AuditFilter("payment.paid", "acc_1", "pay_1", TODAY),
}
FIRST_KEY = {
    "nothing": "at", "act": "act", "actor": "actor_id", "object": "object_id",
    "period": "at", "act and period": "act", "all": "object_id",
}  # fmt: skip


async def entries(count: int = 120, **fields) -> list[AuditEntry]:
    """One an hour back from now, of three people on five objects."""
    at = clock.business()
    made = [
        AuditEntry.model_validate(
            {
                "_id": id_at("aud", at - timedelta(hours=number)),
                "at": at - timedelta(hours=number),
                "actor_id": f"acc_{number % 3}",
                "actor_name": "Rosa",
                "act": [Act.PAYMENT_PAID, Act.SESSION_OPENED][number % 2],
                "object_id": f"pay_{number % 5}",
                **fields,
            }
        )
        for number in range(count)
    ]
    await collection("audit").insert_many([entry.to_mongo() for entry in made])
    return made


def fits(entry: AuditEntry, wanted: AuditFilter) -> bool:
    return (
        wanted.act in {"", entry.act.value}
        and wanted.actor_id in {"", entry.actor_id}
        and wanted.object_id in {"", entry.object_id}
        and (not wanted.period or wanted.period.start <= entry.at < wanted.period.end)
    )


@pytest.mark.parametrize("name", FILTERS)
async def test_each_filter_pages_through_exactly_what_matches_newest_first(database, name):
    made = await entries()
    found, request = [], PageRequest(size=7)
    while True:
        page = await audit.search(ADMIN, FILTERS[name], request)
        found += [entry.id for entry in page.rows]
        if not page.next_cursor:
            break
        request = PageRequest(PageRequest.parse(after=page.next_cursor).cursor, size=7)

    assert found == [entry.id for entry in made if fits(entry, FILTERS[name])]


@pytest.mark.parametrize("name", FILTERS)
async def test_each_filter_walks_its_own_index_without_sorting(database, name):
    await entries()
    where, hint = audit_db.plan(FILTERS[name])

    cursor = collection("audit").raw.find(where, sort=audit_db.NEWEST, hint=hint, limit=50)
    plan = (await cursor.explain())["queryPlanner"]["winningPlan"]
    told = {stage["stage"] for stage in stages(plan)}

    assert "IXSCAN" in told
    assert not told & {"COLLSCAN", "SORT"}
    assert hint[0][0] == FIRST_KEY[name]


@pytest.mark.parametrize("act", ["", "payment.paid"])
async def test_what_is_about_some_people_reads_their_own_entries_only(database, act):
    await entries(400)
    await entries(5, actor_id="acc_9")
    some = tuple(f"acc_{number}" for number in range(3, 23))
    where, hint = audit_db.plan(AuditFilter(act=act, about=some))
    at = clock.business()
    beyond = {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": "aud_z"}}]}

    for query in (where, {"$and": [where, beyond]}):
        cursor = collection("audit").raw.find(query, sort=audit_db.NEWEST, hint=hint, limit=50)
        plan = await cursor.explain()
        told = stages(plan["queryPlanner"]["winningPlan"])
        keys = {next(iter(stage["keyPattern"])) for stage in told if "keyPattern" in stage}
        assert "COLLSCAN" not in {stage["stage"] for stage in told}
        assert keys == {"object_id", "actor_id"}
        assert plan["executionStats"]["totalKeysExamined"] <= 5 + 2  # one past each of two ranges


async def test_a_name_an_address_or_an_id_finds_what_was_done_to_or_by_a_person(database):
    admin = acting(await an_account("root@demo.test", "admin", "Rosa Admin"))
    asha = await an_account("asha@demo.test", name="Asha Nair")
    bob = await an_account("bob@demo.test", name="Bob Nair")
    await accounts.suspend(admin, asha.id)
    await accounts.change_role(admin, bob.id, "admin")
    await accounts.restore(acting(bob.model_copy(update={"role": "admin"})), asha.id)

    async def found(q, **others):
        page = await audit.search(admin, AuditFilter(q=q, **others), PageRequest())
        text = "".join([line async for line in await audit.export(admin, AuditFilter(q=q))])
        assert others or [row[3] for row in csv.reader(io.StringIO(text))][1:] == [
            entry.act for entry in page.rows
        ]
        return [entry.act.value for entry in page.rows]

    about_asha = ["account.restored", "account.suspended", "account.created"]
    assert await found("Asha Nair") == about_asha
    assert await found(" ASHA@demo ") == about_asha
    assert await found(asha.id) == about_asha
    assert await found("bob") == ["account.restored", "account.role_changed", "account.created"]
    assert await found("asha", act="account.suspended") == ["account.suspended"]
    assert await found("Nobody") == []
    assert await found("acc_unknown") == []


async def test_a_name_of_too_many_people_is_asked_for_more_exactly(database):
    at = clock.business()
    people = [
        Account(_id=new_id("acc"), email=f"{n}@demo.test", name="Ada", created_at=at).to_mongo()
        for n in range(21)
    ]
    await collection("accounts").insert_many(people)

    with pytest.raises(Invalid, match="More than 20 people match"):
        await audit.search(ADMIN, AuditFilter(q="ada"), PageRequest())


@pytest.mark.parametrize("actor", [ADA, INES], ids=["student", "instructor"])
async def test_nobody_but_admins_reads_or_exports_it(database, actor):
    with pytest.raises(NotPermitted):
        await audit.search(actor, AuditFilter(q="ada"), PageRequest())
    with pytest.raises(NotPermitted):
        await audit.export(actor, AuditFilter())


async def test_the_export_holds_exactly_what_is_filtered(database):
    made = await entries(facts={"before": {"role": "student"}, "after": {"role": "admin"}})
    wanted = AuditFilter(act="payment.paid", actor_id="acc_1")

    text = "".join([line async for line in await audit.export(ADMIN, wanted)])

    rows = list(csv.reader(io.StringIO(text)))
    assert tuple(rows[0]) == audit.CSV_HEAD
    assert [row[4] for row in rows[1:]] == [one.object_id for one in made if fits(one, wanted)]
    assert rows[1][5] == '{"before": {"role": "student"}, "after": {"role": "admin"}}'


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
async def test_a_formula_in_a_name_is_only_text_in_the_export(database, name):
    await entries(1, actor_name=name)

    text = "".join([line async for line in await audit.export(ADMIN, AuditFilter())])

    assert list(csv.reader(io.StringIO(text, newline="")))[1][2] == f"'{name}"


async def test_an_entry_cannot_be_added_outside_of_a_transaction(database):
    with pytest.raises(RuntimeError):
        await audit.record(ADMIN, Act.ACCOUNT_SUSPENDED, "acc_ada")

    assert await stored("audit") == []


@pytest.mark.parametrize("act", Act)
def test_every_act_follows_the_grammar(act):
    assert re.fullmatch(ACT_GRAMMAR, act.value)


async def test_objects_are_called_what_people_call_them(database):
    course = await a_course(await an_instructor())
    payment = await a_payment(course_title="Databases That Last")
    email = await an_email(subject="Your receipt")
    ids = {course.id, course.owner_id, payment.id, email.id, "ses_1", "acc_gone"}

    names = await audit.names_of(ADMIN, ids)

    assert names == {
        course.id: course.title,
        course.owner_id: "Ines Weber",
        payment.id: "Databases That Last",
        email.id: "Your receipt",
    }


@pytest.mark.parametrize("actor", [ADA, INES])
async def test_only_admins_are_told_the_names(database, actor):
    with pytest.raises(NotPermitted):
        await audit.names_of(actor, {"acc_1"})
