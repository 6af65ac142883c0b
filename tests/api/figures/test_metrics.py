"""Figures and enrollments over HTTP."""

import pytest

from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.periods import Period
from tests.api.identity.test_accounts import sign_in
from tests.builders import an_account
from tests.money_builders import a_payment
from tests.services.figures.figures import enrolled, midnight


@pytest.fixture
async def school(database) -> str:
    """Two sales of one instructor and one of another; the id of the first."""
    ines = await an_account("ines@demo.test", "instructor")
    await an_account("root@demo.test", "admin")
    await an_account("ada@demo.test")
    for minor, currency, owner in ((100, "INR", ines.id), (59, "USD", ines.id), (70, "INR", "x")):
        await a_payment(
            _id=new_id("pay"),
            amount=Money(minor=minor, currency=currency),
            owner_id=owner,
            paid_at=midnight(),
        )
    await enrolled(midnight(), ines.id, learner_name="Ada", course_title="Trees")
    await enrolled(midnight(), "x", learner_name="Bob")
    return ines.id


@pytest.mark.parametrize(("email", "number"), [("root@demo.test", 170), ("ines@demo.test", 100)])
async def test_a_metric_tells_its_days_and_the_list_behind_it(api, school, email, number):
    await sign_in(api, email)

    answer = (await api.get("/api/v1/metrics/revenue_gross?days=2&currency=INR")).json()

    period = Period.newest(2, clock.business())
    first, last = period.first.isoformat(), period.last.isoformat()
    assert (answer["number"], answer["before"], answer["currency"]) == (number, 0, "INR")
    assert answer["currencies"] == ["INR", "USD"]
    assert answer["points"] == [{"day": first, "number": 0}, {"day": last, "number": number}]
    assert answer["documents"] == (
        f"/payments?figure=revenue_gross&currency=INR&from={first}&to={last}"
    )
    assert (answer["first_day"], answer["last_day"], answer["timezone"]) == (first, last, "UTC")


@pytest.mark.parametrize(
    ("email", "path", "status"),
    [
        ("root@demo.test", "/metrics/profit", 404),
        ("root@demo.test", "/metrics/sales?days=0", 422),
        ("root@demo.test", "/metrics/sales?days=367", 422),
        ("root@demo.test", "/metrics/revenue_net?currency=EUR", 404),
        ("ines@demo.test", "/metrics/new_learners", 403),
        ("ada@demo.test", "/metrics/sales", 403),
        ("root@demo.test", "/enrollments?from=soon", 422),
    ],
)
async def test_what_is_not_there_or_not_allowed_is_refused(api, school, email, path, status):
    await sign_in(api, email)

    answer = await api.get(f"/api/v1{path}")

    assert answer.status_code == status


async def test_without_a_sign_in_there_are_no_figures(api, school):
    answers = [await api.get(f"/api/v1{path}") for path in ("/metrics/sales", "/enrollments")]

    assert [answer.status_code for answer in answers] == [401, 401]


@pytest.mark.parametrize(
    ("email", "names"), [("root@demo.test", {"Ada", "Bob"}), ("ines@demo.test", {"Ada"})]
)
async def test_enrollments_are_all_or_those_of_own_courses(api, school, email, names):
    await sign_in(api, email)

    answer = (await api.get("/api/v1/enrollments?email=ad")).json()

    assert {row["learner"] for row in answer["rows"]} == names
    assert answer["range"] == f"1–{len(names)} of {len(names)}"
