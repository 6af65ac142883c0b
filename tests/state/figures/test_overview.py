"""The overview as a tab holds it: by what one may see, and each figure leads to its list."""

from dataclasses import replace
from datetime import timedelta

import pytest

from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.figures.overview import OverviewState
from courseflow_admin.state.money.payments import PaymentsState
from courseflow_admin.state.teaching.my_courses import MyCoursesState
from tests.money_builders import a_payment
from tests.services.figures.figures import ADA, TOMAS, enrolled, midnight, refund
from tests.state.conftest import run, said
from tests.state.money.money_tabs import ADMIN, INES, a_tab_of


async def overview(actor: Actor, path: str = "/overview") -> OverviewState:
    root = await a_tab_of(actor, path)
    await run(root, OverviewState, "load")
    return await root.get_state(OverviewState)


async def sold(minor: int, currency: str = "INR", age: int = 0, **fields):
    amount = Money(minor=minor, currency=currency)
    at = midnight(age)
    return await a_payment(amount=amount, paid_at=at, created_at=at, _id=new_id("pay"), **fields)


async def test_an_admin_sees_the_school(database):
    await sold(100_00, age=1, refunds=[refund(30_00, midnight())])
    newest = await sold(200_00, name="Bob")
    await sold(100_00, age=30)
    period = Period.newest(30, clock.business())
    days = f"from={period.first.isoformat()}&to={period.last.isoformat()}"

    state = await overview(ADMIN)

    assert (state.view, state.period) == ("school", period.text())
    assert [(tile.label, tile.value, tile.change, tile.tone) for tile in state.tiles] == [
        ("Net revenue", "₹270.00", "+170%", "green"),
        ("Sales", "2", "+1", "green"),
        ("Refunds", "₹30.00", "", "gray"),
        ("New learners", "0", "", "gray"),
    ]
    assert [tile.href for tile in state.tiles] == [
        f"/payments?figure=revenue_net&currency=INR&{days}",
        f"/payments?figure=sales&{days}",
        f"/payments?figure=refunds&currency=INR&{days}",
        f"/people?role=student&{days}",
    ]
    assert state.tiles[0].note == "vs. previous 30 days"
    assert state.tiles[2].note == "none in the previous 30 days"
    assert state.has_chart is True
    assert len(state.chart) == 30
    assert state.chart[-1] == {
        "day": f"{period.last.day} {period.last:%b}",
        "net": 170,
        "net_text": "₹170.00",
        "refunds": 30,
        "refunds_text": "₹30.00",
    }
    assert state.newest_payments[0].href == f"/payments/{newest.id}"
    assert (state.tasks, state.tasks_text, state.currencies) == ([], "", [])


async def test_every_tile_leads_to_a_list_of_as_many(database):
    for age in (0, 1, 31):
        await sold(100_00, age=age)
    state = await overview(ADMIN)

    root = await a_tab_of(ADMIN, state.tiles[1].href)
    await run(root, PaymentsState, "load")
    listed = await root.get_state(PaymentsState)

    assert state.tiles[1].value == "2"
    assert listed.range_text.startswith("1–2 of 2")
    period = Period.newest(30, clock.business())
    assert listed.figure_text == f"Sales, {period.text()}"


async def test_the_address_chooses_currency_and_days(database):
    await sold(100_00)
    await sold(100_00)
    await sold(59_00, "USD", age=6)
    await sold(700_00, "USD", age=7)

    state = await overview(ADMIN, "/overview?days=7&currency=USD")

    assert [(one.text, one.href, one.on) for one in state.currencies] == [
        ("INR", "/overview?days=7", False),
        ("USD", "/overview?days=7&currency=USD", True),
    ]
    assert [(one.text, one.href, one.on) for one in state.spans] == [
        ("7 days", "/overview?days=7&currency=USD", True),
        ("30 days", "/overview?currency=USD", False),
        ("90 days", "/overview?days=90&currency=USD", False),
    ]
    assert (state.tiles[0].label, state.tiles[0].value) == ("Net revenue in USD", "$59.00")
    assert state.chart_title == "Revenue in USD"


async def test_what_wants_a_person_stands_on_top_with_its_age(database):
    at = clock.business() - timedelta(hours=5)
    await a_payment(0, "needs_review", created_at=at)

    state = await overview(ADMIN)

    (task,) = state.tasks
    assert (task.what, task.age, task.act, task.href) == (
        "₹4,999.00 from Ada Lovelace needs review",
        "5 h",
        "Review",
        "/payments?state=needs_review",
    )
    assert state.tasks_text == "1 open, oldest 5 h"


async def test_who_is_not_confirmed_is_told_so_but_not_who_looks_with_their_eyes(database):
    unproved, proved = replace(ADA, verified=False), replace(ADA, verified=True)
    shown = {}
    for name, actor in (
        ("hers", unproved),
        ("proved", proved),
        ("seen", replace(unproved, viewer=ADMIN)),
    ):
        root = await a_tab_of(actor, "/overview")
        await run(root, OverviewState, "load")
        shown[name] = (await root.get_state(AuthState)).unconfirmed

    assert shown == {"hers": True, "proved": False, "seen": False}


async def test_an_instructor_sees_own_courses_only(database):
    await sold(100_00)
    await sold(20_00, "USD")
    await sold(900_00, owner_id=TOMAS.id)
    mine = await enrolled(midnight(), learner_name="Ada", course_title="Trees", percent=40)
    await enrolled(midnight(), TOMAS.id)

    state = await overview(INES)

    assert state.view == "teaching"
    assert [(tile.label, tile.value) for tile in state.tiles] == [
        ("Enrollments", "1"),
        ("Net revenue in INR", "₹100.00"),
        ("Net revenue in USD", "$20.00"),
        ("Sales", "2"),
    ]
    assert [line.href for line in state.newest_learners] == [f"/learners?course={mine.course_id}"]
    assert (state.newest_learners[0].learner, state.newest_learners[0].percent) == ("Ada", "40%")
    assert (state.chart[-1]["enrolled"], state.has_chart) == (1, True)
    assert (state.tasks, state.newest_payments) == ([], [])


@pytest.mark.parametrize("actor", [ADMIN, INES], ids=["admin", "instructor"])
async def test_an_empty_school_has_no_chart(database, actor):
    state = await overview(actor)

    assert state.has_chart is False
    assert {tile.change for tile in state.tiles} == {""}


async def test_a_learner_sees_own_courses_and_no_figure(database):
    await sold(100_00)
    root = await a_tab_of(ADA, "/overview")

    answer = await run(root, OverviewState, "load")
    await run(root, MyCoursesState, "load")

    state = await root.get_state(OverviewState)
    assert (state.view, state.tiles, state.chart, state.newest_payments) == ("learning", [], [], [])
    assert answer == [MyCoursesState.load]
    assert (await root.get_state(MyCoursesState)).view == "empty"
    assert await said(root) == []
