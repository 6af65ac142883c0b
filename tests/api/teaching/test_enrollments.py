"""Enrollments over HTTP: learners see their own, authors those of their courses, admins all."""

import pytest

from tests.account_builders import an_enrollment
from tests.api.identity.test_accounts import sign_in
from tests.builders import an_account


@pytest.fixture
async def school(database) -> dict[str, str]:
    """Ada studies two courses and Bob one of them; Tomas, an instructor, studies the other."""
    known = {}
    for name, role in (
        *(("root", "admin"), ("ines", "instructor"), ("tomas", "instructor")),
        *(("ada", "student"), ("bob", "student"), ("new", "student")),
    ):
        known[name] = (await an_account(f"{name}@demo.test", role)).id
    taken = (
        *(("ada", "crs_bees", "ines"), ("bob", "crs_bees", "ines")),
        *(("ada", "crs_knots", "tomas"), ("tomas", "crs_bees", "ines")),
    )
    for learner, course, owner in taken:
        await an_enrollment(
            account_id=known[learner],
            course_id=course,
            owner_id=known[owner],
            learner_email=f"{learner}@demo.test",
        )
    return known


async def seen(api, query: str = "") -> list[tuple[str, str]]:
    answer = await api.get(f"/api/v1/enrollments{query}")
    assert answer.status_code == 200
    rows = answer.json()["rows"]
    return [(row["email"].removesuffix("@demo.test"), row["course_id"]) for row in rows]


ALL = [("tomas", "crs_bees"), ("ada", "crs_knots"), ("bob", "crs_bees"), ("ada", "crs_bees")]


@pytest.mark.parametrize(
    ("person", "rows"),
    [
        ("ada", [ALL[1], ALL[3]]),
        ("bob", [ALL[2]]),
        ("new", []),
        ("ines", [ALL[0], ALL[2], ALL[3]]),
        ("tomas", [ALL[1]]),
        ("root", ALL),
    ],
)
async def test_each_sees_the_enrollments_that_are_theirs_to_see(api, school, person, rows):
    await sign_in(api, f"{person}@demo.test")

    assert await seen(api) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("?course=crs_bees", [ALL[3]]),
        ("?email=bob", []),
        ("?email=ada", [ALL[1], ALL[3]]),
        ("?from=2000-01-01&to=2000-01-31", []),
    ],
)
async def test_a_learners_filters_narrow_their_own_and_reach_nobody_elses(api, school, query, rows):
    await sign_in(api, "ada@demo.test")

    assert await seen(api, query) == rows


async def test_who_teaches_and_learns_asks_for_their_own_with_mine(api, school):
    await sign_in(api, "tomas@demo.test")
    own = await seen(api, "?mine=true")
    await sign_in(api, "root@demo.test")

    assert own == [ALL[0]]
    assert await seen(api, "?mine=true") == []


async def test_a_learner_pages_through_their_own_there_and_back(api, school):
    for number in range(51):
        await an_enrollment(
            account_id=school["new"], course_id=f"crs_{number}", learner_email="new@demo.test"
        )
    await sign_in(api, "new@demo.test")

    first = (await api.get("/api/v1/enrollments")).json()
    second = (await api.get("/api/v1/enrollments", params={"after": first["next"]})).json()
    back = (await api.get("/api/v1/enrollments", params={"before": second["previous"]})).json()

    shown = [row["course_id"] for row in first["rows"] + second["rows"]]
    assert shown == [f"crs_{number}" for number in reversed(range(51))]
    assert (first["range"], second["next"]) == ("1–50 of 51", "")
    assert back["rows"] == first["rows"]


async def test_another_account_cannot_be_asked_for(api, school):
    await sign_in(api, "ada@demo.test")

    answers = [
        await api.get(f"/api/v1/enrollments?{name}={school['bob']}")
        for name in ("account_id", "account")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
