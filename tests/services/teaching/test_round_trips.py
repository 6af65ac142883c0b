"""How often the pages that learners open most ask the database, and that they seldom write."""

from datetime import timedelta

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.money import access as access_db
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.base import new_id
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.money.payment_parts import Capture, Dispute, DisputeState
from courseflow_admin.models.teaching.access import ReasonCode
from courseflow_admin.models.teaching.classroom import NoAccess
from courseflow_admin.models.teaching.enrollments import Enrollment, Grant
from courseflow_admin.services.identity import accounts, sessions
from courseflow_admin.services.teaching import catalog, classroom
from tests.builders import PASSWORD, stored
from tests.course_builders import a_course, a_student, an_instructor
from tests.listening import RoundTrips
from tests.money_builders import a_payment

MANY = 50
FIFTY = {f"crs_{number:02}" for number in range(MANY)}


@pytest.fixture
async def trips(mongod_uri, database):
    """`await trips()`: a listener that hears all commands from here on."""

    async def listen() -> RoundTrips:
        heard = RoundTrips()
        await client.connect(mongod_uri, database, listeners=[heard])
        heard.sent.clear()
        heard.filters.clear()
        return heard

    return listen


async def enrolled_in(learner, course, version=1, **grant) -> Enrollment:
    kind = "payment" if "payment_id" in grant else "manual"
    enrollment = Enrollment(
        _id=new_id("enr"),
        account_id=learner.id,
        course_id=course["_id"],
        owner_id=course["owner_id"],
        enrolled_at=clock.business(),
        progress_version=version,
        grants=[Grant(id=new_id("grt"), kind=kind, started=clock.business(), **grant)],
    )
    await collection("enrollments").insert_one(enrollment.to_mongo())
    return enrollment


async def fifty_courses(learner):
    """Each bought by payments of its own and changed since; of the first one the bank asks."""
    author = await an_instructor()
    await a_course(author)
    (course,) = await stored("courses")
    (version,) = await stored("course_versions")
    courses = [
        {**course, "_id": f"crs_{number:02}", "slug": f"course-{number}", "version": 2}
        for number in range(MANY)
    ]
    versions = [
        {
            **version,
            "_id": f"ver_{number}_{release}",
            "course_id": f"crs_{number:02}",
            "number": release,
            "title": f"Course {number}, release {release}",
        }
        for number in range(MANY)
        for release in (1, 2)
    ]
    await collection("courses").insert_many(courses)
    await collection("course_versions").insert_many(versions)
    for number, one in enumerate(courses):
        dispute = Dispute(state=DisputeState.OPEN if number == 0 else DisputeState.NONE)
        for attempt in (0, 1, 2):
            payment = await a_payment(
                number * 3 + attempt,
                account_id=learner.id,
                course_id=one["_id"],
                disputes=[dispute],
                capture=Capture.PAID if attempt == 2 else Capture.FAILED,
            )
        await enrolled_in(learner, one, payment_id=payment.id)


async def test_fifty_courses_are_read_in_eight_round_trips_at_most(trips):
    learner = await a_student()
    await fifty_courses(learner)
    account = await accounts.authenticate(learner.email, PASSWORD)
    token = await sessions.open_browser(account)
    heard = await trips()

    who = await sessions.find(token)
    mine = await classroom.my_courses(who)

    assert len(heard.sent) <= 8, heard.sent
    assert heard.writes == []
    assert len(mine) == MANY
    by_title = {one.title: one for one in mine}
    assert by_title.keys() == {f"Course {number}, release 2" for number in range(MANY)}
    assert {title for title, one in by_title.items() if not one.allowed} == {"Course 0, release 2"}
    assert {one.next_title for one in mine} == {"One"}


async def a_lesson_read_before(trips):
    """Ada has read the second lesson, and her session: then all commands from here on."""
    course = await a_course(await an_instructor())
    learner = await a_student()
    (row,) = await stored("courses")
    payment = await a_payment(account_id=learner.id, course_id=course.id)
    await enrolled_in(learner, row, payment_id=payment.id)
    account = await accounts.authenticate(learner.email, PASSWORD)
    token = await sessions.open_browser(account)
    await classroom.lesson(learner, course.slug, course.lesson_ids[1])
    return course, token, await trips()


async def test_a_lesson_that_was_open_already_is_read_in_five_round_trips_and_no_write(trips):
    course, token, heard = await a_lesson_read_before(trips)

    who = await sessions.find(token)
    view = await classroom.lesson(who, course.slug, course.lesson_ids[1])
    again = await classroom.lesson(who, course.slug)  # the one to continue with

    assert view.html == "<p>Text of Two.</p>\n"
    assert again.lesson_id == course.lesson_ids[1]
    assert len(heard.sent) <= 5 + 4, heard.sent
    assert heard.writes == []


async def test_another_lesson_costs_one_write_and_is_where_one_goes_on(trips):
    course, token, heard = await a_lesson_read_before(trips)
    who = await sessions.find(token)
    heard.sent.clear()

    await classroom.lesson(who, course.slug, course.lesson_ids[2])
    sent, written = len(heard.sent), heard.writes
    stopped = await classroom.lesson(who, course.slug)

    assert sent <= 5, heard.sent
    assert written == ["update enrollments"]
    assert stopped.lesson_id == course.lesson_ids[2]


async def test_when_one_was_last_here_is_noted_again_after_some_minutes(trips):
    course, token, heard = await a_lesson_read_before(trips)
    who = await sessions.find(token)
    (row,) = await stored("enrollments")
    long_ago = clock.business() - classroom.SEEN_EVERY - timedelta(seconds=1)
    await enrollments_db.note_seen(row["_id"], course.lesson_ids[1], long_ago)
    heard.sent.clear()

    await classroom.lesson(who, course.slug, course.lesson_ids[1])

    (row,) = await stored("enrollments")
    assert heard.writes == ["update enrollments"]
    assert clock.business() - row["last_seen_at"] < timedelta(minutes=1)


async def test_a_visitor_of_a_preview_and_a_stranger_cost_no_more(trips):
    course, _, _ = await a_lesson_read_before(trips)
    stranger = await a_student("bob@demo.test", "Bob")
    heard = await trips()

    await classroom.lesson(None, course.slug, course.lesson_ids[0])
    visited = len(heard.sent)
    with pytest.raises(NoAccess) as refused:
        await classroom.lesson(stranger, course.slug, course.lesson_ids[1])

    assert (visited, len(heard.sent) - visited) == (3, 3)
    assert refused.value.verdict.reasons[0].code is ReasonCode.NEVER_BOUGHT


async def test_the_catalog_reads_the_enrollments_of_its_page_only(trips):
    learner = await a_student()
    await fifty_courses(learner)
    heard = await trips()

    page = await catalog.search("", "", "", PageRequest(size=5), learner)

    (asked,) = [
        where
        for sent, where in zip(heard.sent, heard.filters, strict=True)
        if sent == "find enrollments"
    ]
    ids = [one.id for one in page.rows]
    assert asked == {"account_id": learner.id, "course_id": {"$in": ids}}
    assert len(ids) == 5
    assert {one.enrolled for one in page.rows if one.id in FIFTY} == {True}
    assert not any(one.enrolled for one in page.rows if one.id not in FIFTY)


async def test_what_decides_about_access_is_found_by_indexes(database):
    learner = await a_student()
    await fifty_courses(learner)
    evidence = await access_db.evidence(learner.id, "crs_07")
    plan = await collection("accounts").raw.database.command(
        "explain",
        {
            "aggregate": "accounts",
            "pipeline": access_db.pipeline(learner.id, "crs_07"),
            "cursor": {},
        },
        verbosity="executionStats",
    )

    lookups = [stage for stage in plan["stages"] if "$lookup" in stage]
    assert [one["collectionScans"] for one in lookups] == [0, 0, 0]
    assert len(evidence.payments) == 3
    assert lookups[1]["totalDocsExamined"] <= 3 * MANY  # of this learner, not of the school
