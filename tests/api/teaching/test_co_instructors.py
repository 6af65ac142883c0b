"""Who writes a course, over HTTP: co-instructors come and go, an owner gives way to another."""

import httpx
import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.teaching import co_instructors
from tests.account_builders import an_enrollment
from tests.api.identity.test_accounts import sign_in
from tests.builders import PASSWORD, an_account, stored
from tests.course_builders import a_course, a_draft, an_admin, an_instructor, everything

NOBODY = "No instructor found with this e-mail address."


@pytest.fixture
async def course(database):
    """Of Ines, on sale; Helga and Tomas are instructors, Ada is a learner, Rosa the admin."""
    ines = await an_instructor()
    await an_instructor("helga@demo.test", "Helga Co")
    await an_instructor("tomas@demo.test", "Tomas Berg")
    await an_account("ada@demo.test", "student", "Ada Lovelace")
    await an_admin()
    return await a_course(ines)


def at(course, end: str) -> str:
    return f"/api/v1/courses/{course.id}/{end}"


async def account_id(email: str) -> str:
    [row] = await stored("accounts", email=email)
    return str(row["_id"])


async def kept() -> dict[str, list]:
    """All that a refusal must leave as it was."""
    return {**await everything(), "emails": await stored("emails")}


def refusal(answer: httpx.Response) -> tuple[int, str, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    return answer.status_code, said["code"], said["detail"], said.get("field", "")


async def test_an_owner_adds_lists_and_removes_a_co_instructor(api, course):
    await sign_in(api, "ines@demo.test")
    known = {"name": "Helga Co", "email": "helga@demo.test"}
    helga = {"id": await account_id("helga@demo.test"), **known}

    none = await api.get(at(course, "co-instructors"))
    added = await api.put(at(course, "co-instructors"), json={"email": " Helga@Demo.Test "})
    listed = await api.get(at(course, "co-instructors"))
    removed = await api.delete(at(course, f"co-instructors/{helga['id']}"))

    assert [answer.status_code for answer in (none, added, listed, removed)] == [200] * 4
    assert [answer.json() for answer in (none, added, listed, removed)] == [
        [],
        [helga],
        [helga],
        [],
    ]
    acts = [row["act"] for row in await stored("audit", object_id=course.id)]
    assert acts[-2:] == ["course.co_instructors_changed"] * 2
    assert [row["to"] for row in await stored("emails", kind="course_authors")] == [
        "helga@demo.test"
    ] * 2


async def test_a_co_instructor_sees_who_else_writes_and_edits_the_content(api, course):
    await co_instructors.add(SYSTEM, course.id, "helga@demo.test")
    await sign_in(api, "helga@demo.test")

    listed = await api.get(at(course, "co-instructors"))
    section = await api.post(at(course, "sections"), json={"title": "By Helga"})

    assert [one["email"] for one in listed.json()] == ["helga@demo.test"]
    assert section.status_code == 201


async def test_the_same_one_added_or_removed_twice_changes_nothing_more(api, course):
    await sign_in(api, "ines@demo.test")
    helga = await account_id("helga@demo.test")
    await api.put(at(course, "co-instructors"), json={"email": "helga@demo.test"})
    once = await kept()

    again = await api.put(at(course, "co-instructors"), json={"email": "helga@demo.test"})
    assert (again.status_code, len(again.json()), await kept()) == (200, 1, once)

    await api.delete(at(course, f"co-instructors/{helga}"))
    gone = await kept()
    for who in (helga, "acc_unknown"):
        answer = await api.delete(at(course, f"co-instructors/{who}"))
        assert (answer.status_code, answer.json(), await kept()) == (200, [], gone)


@pytest.mark.parametrize("email", ["nobody@demo.test", "ada@demo.test", "tomas@demo.test.example"])
@pytest.mark.parametrize("end", ["co-instructors", "owner"])
async def test_who_is_no_instructor_is_refused_by_field(api, course, end, email):
    await sign_in(api, "root@demo.test")
    before = await kept()

    answer = await api.put(at(course, end), json={"email": email})

    assert refusal(answer) == (422, "invalid", NOBODY, "email")
    assert await kept() == before


@pytest.mark.parametrize("end", ["co-instructors", "owner"])
async def test_a_suspended_instructor_is_refused_like_nobody(api, course, end):
    await accounts.suspend(SYSTEM, await account_id("tomas@demo.test"))
    await sign_in(api, "root@demo.test")
    before = await kept()

    answer = await api.put(at(course, end), json={"email": "tomas@demo.test"})

    assert refusal(answer) == (422, "invalid", NOBODY, "email")
    assert await kept() == before


@pytest.mark.parametrize("end", ["co-instructors", "owner"])
async def test_an_address_that_nobody_has_confirmed_gets_no_course(api, course, end):
    await accounts.create(
        SYSTEM,
        email="new@demo.test",
        name="New",
        role="instructor",
        password=PASSWORD,
        verified=False,
    )
    await sign_in(api, "root@demo.test")
    before = await kept()

    answer = await api.put(at(course, end), json={"email": "new@demo.test"})

    told = "The instructor has not confirmed this e-mail address yet."
    assert refusal(answer) == (422, "invalid", told, "email")
    assert await kept() == before


async def test_an_owner_is_no_co_instructor_of_their_own_course(api, course):
    await sign_in(api, "ines@demo.test")
    before = await kept()

    answer = await api.put(at(course, "co-instructors"), json={"email": "ines@demo.test"})

    assert refusal(answer) == (409, "conflict", "This person already owns the course.", "")
    assert await kept() == before


async def test_the_twenty_first_co_instructor_is_one_too_many(api, course):
    others = [f"acc_{number}" for number in range(20)]
    await collection("courses").update_one(
        {"_id": course.id}, {"$set": {"co_instructor_ids": others}}
    )
    await sign_in(api, "ines@demo.test")
    before = await kept()

    answer = await api.put(at(course, "co-instructors"), json={"email": "helga@demo.test"})

    assert refusal(answer) == (409, "conflict", "A course can have at most 20 co-instructors.", "")
    assert await kept() == before


@pytest.mark.parametrize("body", [{}, {"email": ""}, {"email": ["a@demo.test"]}, {"email": {}}, []])
@pytest.mark.parametrize("end", ["co-instructors", "owner"])
async def test_a_body_of_another_shape_is_refused(api, course, end, body):
    await sign_in(api, "root@demo.test")
    before = await kept()

    answer = await api.put(at(course, end), json=body)

    assert refusal(answer)[0] == 422
    assert await kept() == before


@pytest.mark.parametrize("person", ["helga", "tomas", "ada"])
async def test_only_owner_and_admin_say_who_writes(api, course, person):
    """Helga writes the course too, Tomas does not, Ada is a learner; all of them know of it."""
    await co_instructors.add(SYSTEM, course.id, "helga@demo.test")
    helga = await account_id("helga@demo.test")
    await sign_in(api, f"{person}@demo.test")
    before = await kept()

    answers = [
        await api.put(at(course, "co-instructors"), json={"email": "tomas@demo.test"}),
        await api.delete(at(course, f"co-instructors/{helga}")),
        await api.put(at(course, "owner"), json={"email": "tomas@demo.test"}),
    ]

    assert [refusal(answer)[:2] for answer in answers] == [(403, "not_permitted")] * 3
    assert await kept() == before


async def test_a_draft_of_somebody_else_is_not_there(api, course):
    ines = Actor(course.owner_id, "instructor", "Ines Weber")
    draft = await a_draft(ines, "Secret")
    await sign_in(api, "tomas@demo.test")
    before = await kept()

    answers = [
        await api.get(at(draft, "co-instructors")),
        await api.put(at(draft, "co-instructors"), json={"email": "tomas@demo.test"}),
        await api.delete(at(draft, f"co-instructors/{ines.id}")),
    ]

    assert [refusal(answer)[:2] for answer in answers] == [(404, "not_found")] * 3
    assert await kept() == before


async def test_an_admin_gives_a_course_to_another_instructor_with_its_learners(api, course):
    await an_enrollment(account_id="acc_x", course_id=course.id, owner_id=course.owner_id)
    tomas = await account_id("tomas@demo.test")
    await sign_in(api, "root@demo.test")

    changed = await api.put(at(course, "owner"), json={"email": "tomas@demo.test"})
    once = await kept()
    again = await api.put(at(course, "owner"), json={"email": "tomas@demo.test"})

    assert (changed.status_code, again.status_code) == (200, 200)
    assert changed.json() == again.json() == {"owner_id": tomas, "owner_name": "Tomas Berg"}
    assert await kept() == once
    assert [row["owner_id"] for row in await stored("enrollments")] == [tomas]
    assert [row["act"] for row in await stored("audit", object_id=course.id)][-1] == (
        "course.owner_changed"
    )


async def test_a_course_that_is_not_there_has_no_authors(api, course):
    await sign_in(api, "root@demo.test")
    before = await kept()
    path = "/api/v1/courses/crs_unknown"

    answers = [
        await api.get(f"{path}/co-instructors"),
        await api.put(f"{path}/co-instructors", json={"email": "tomas@demo.test"}),
        await api.delete(f"{path}/co-instructors/acc_x"),
        await api.put(f"{path}/owner", json={"email": "tomas@demo.test"}),
    ]

    assert [refusal(answer)[:2] for answer in answers] == [(404, "not_found")] * 4
    assert await kept() == before


@pytest.mark.parametrize("end", ["co-instructors", "owner"])
async def test_without_a_sign_in_nothing_changes(api, course, end):
    before = await kept()

    answer = await api.put(at(course, end), json={"email": "tomas@demo.test"})

    assert refusal(answer)[:2] == (401, "not_signed_in")
    assert await kept() == before
