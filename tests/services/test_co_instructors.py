"""Co-instructors: they write what another sells, and see who learns it."""

import pytest

from courseflow_admin.db.client import collection
from courseflow_admin.models.enrollments import EnrollmentFilter
from courseflow_admin.models.paging import Cursor, PageRequest
from courseflow_admin.services import enrollments
from tests.account_builders import an_enrollment
from tests.course_builders import a_course, a_student, an_instructor


async def co_teaching(helper, course) -> None:
    await collection("courses").update_one(
        {"_id": course.id}, {"$set": {"co_instructor_ids": [helper.id]}}
    )


async def learners_of(actor, **wanted) -> list[str]:
    page = await enrollments.search(actor, EnrollmentFilter(**wanted), PageRequest())
    return sorted(row.learner_email for row in page.rows)


@pytest.fixture
async def taught(database):
    """One learner in each of: co-taught, own, and a course of somebody else."""
    author, helper = await an_instructor(), await an_instructor("helper@demo.test", "Helper")
    shared = await a_course(author, "Shared")
    theirs = await a_course(author, "Theirs")
    own = await a_course(helper, "Own")
    await co_teaching(helper, shared)
    for course, name in ((shared, "shared"), (theirs, "theirs"), (own, "own")):
        learner = await a_student(f"{name}@demo.test")
        await an_enrollment(
            account_id=learner.id,
            course_id=course.id,
            owner_id=course.owner_id,
            learner_email=learner.email,
        )
    return helper, shared, theirs, own


async def test_a_co_instructor_lists_the_learners_of_own_and_co_taught_courses_only(taught):
    helper, shared, theirs, own = taught

    assert await learners_of(helper) == ["own@demo.test", "shared@demo.test"]
    assert await learners_of(helper, course_id=shared.id) == ["shared@demo.test"]
    assert await learners_of(helper, course_id=own.id) == ["own@demo.test"]
    assert await learners_of(helper, course_id=theirs.id) == []
    assert await learners_of(helper, email_prefix="shared") == ["shared@demo.test"]
    assert await learners_of(helper, email_prefix="theirs") == []
    assert await enrollments.courses(helper) == [(own.id, "Own"), (shared.id, "Shared")]


async def test_pages_of_co_taught_learners_follow_one_another(taught):
    helper, *_ = taught

    first = await enrollments.search(helper, EnrollmentFilter(), PageRequest(size=1))
    second = await enrollments.search(
        helper, EnrollmentFilter(), PageRequest(Cursor.decode(first.next_cursor), size=1)
    )

    found = [row.learner_email for row in (*first.rows, *second.rows)]
    assert found == ["own@demo.test", "shared@demo.test"]
