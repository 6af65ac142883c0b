"""Co-instructors: they write what another sells, and see who learns it."""

import pytest

from courseflow_admin.errors import Conflict, Invalid, NotPermitted, TooMany
from courseflow_admin.models.core.paging import Cursor, PageRequest
from courseflow_admin.models.teaching.enrollments import EnrollmentFilter
from courseflow_admin.services.figures import metrics
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.teaching import co_instructors, enrollments, studio
from tests.account_builders import an_enrollment
from tests.builders import acting, an_account, stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor, everything
from tests.money_builders import a_payment
from tests.services.figures.figures import enrolled, midnight


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
    await co_instructors.add(author, shared.id, helper.email)
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


async def test_the_figure_of_enrollments_counts_the_learners_of_the_list_behind_it(taught):
    helper, shared, theirs, own = taught
    for course in (shared, theirs, own):
        await enrolled(midnight(2), course.owner_id, course_id=course.id)

    for days, number in ((1, 2), (3, 4)):
        board = await metrics.board(helper, ["enrollments"], days)
        wanted = EnrollmentFilter(period=board.period)
        listed = await enrollments.search(helper, wanted, PageRequest())

        assert board.figure("enrollments").number == listed.total == number
        assert sum(point.number for point in board.points["enrollments", ""]) == number
    author = acting(await accounts.get(await an_admin(), shared.owner_id))
    assert (await metrics.board(author, ["enrollments"], 3)).figure("enrollments").number == 4


async def test_revenue_is_that_of_own_courses_only(taught):
    helper, shared, _, own = taught
    for course in (shared, own):
        await a_payment(owner_id=course.owner_id, course_id=course.id, paid_at=midnight())

    board = await metrics.board(helper, ["sales", "revenue_gross"], 1)

    assert board.figure("sales").number == 1
    assert board.figure("revenue_gross", "INR").number == 499_900


async def test_an_owner_adds_and_removes_a_co_instructor_who_is_told(database):
    author, helper = await an_instructor(), await an_instructor("helper@demo.test", "Helper")
    course = await a_course(author)

    added = await co_instructors.add(author, course.id, " Helper@demo.test ")
    await co_instructors.add(author, course.id, helper.email)  # sent twice
    listed = await co_instructors.get(helper, course.id)
    removed = await co_instructors.remove(author, course.id, helper.id)
    await co_instructors.remove(author, course.id, helper.id)

    assert [added.co_instructor_ids, removed.co_instructor_ids] == [[helper.id], []]
    assert [account.id for account in listed] == [helper.id]
    entries = await stored("audit", object_id=course.id, act="course.co_instructors_changed")
    nobody, them = {"co_instructor_ids": []}, {"co_instructor_ids": [helper.id]}
    assert [one["facts"] for one in entries] == [
        {"before": nobody, "after": them},
        {"before": them, "after": nobody},
    ]
    assert [(one["to"], one["subject"]) for one in await stored("emails")] == [
        ("helper@demo.test", f"You are now a co-instructor of “{course.title}”"),
        ("helper@demo.test", f"You are no longer a co-instructor of “{course.title}”"),
    ]


async def test_only_the_owner_or_an_admin_says_who_else_writes(database):
    author, helper = await an_instructor(), await an_instructor("helper@demo.test", "Helper")
    rival, admin = await an_instructor("rival@demo.test", "Rival"), await an_admin()
    course = await a_course(author)
    await co_instructors.add(admin, course.id, helper.email)
    before = await everything()

    for actor in (helper, rival, await a_student()):
        with pytest.raises(NotPermitted):
            await co_instructors.add(actor, course.id, rival.email)
        with pytest.raises(NotPermitted):
            await co_instructors.remove(actor, course.id, helper.id)
        with pytest.raises(NotPermitted):
            await co_instructors.change_owner(actor, course.id, rival.email)
    for actor in (rival, await a_student("other@demo.test")):
        with pytest.raises(NotPermitted):
            await co_instructors.get(actor, course.id)

    after = await everything()
    kept = ("courses", "course_versions", "enrollments")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert len(await stored("audit", act="course.co_instructors_changed")) == 1


async def test_addresses_are_not_tried_without_end(database):
    """The answer says who is an instructor here, and of nobody else anything."""
    author, helper = await an_instructor(), await an_instructor("helper@demo.test", "Helper")
    course = await a_course(author)
    for number in range(30):
        with pytest.raises(Invalid, match="No instructor found with this e-mail address"):
            await co_instructors.add(author, course.id, f"nobody{number}@demo.test")

    with pytest.raises(TooMany):
        await co_instructors.add(author, course.id, helper.email)

    [row] = await stored("courses")
    assert row["co_instructor_ids"] == []


async def test_who_is_no_instructor_in_use_writes_no_course(database):
    author, admin, student = await an_instructor(), await an_admin(), await a_student()
    away = await an_account("away@demo.test", "instructor", "Away")
    await accounts.suspend(admin, away.id)
    course = await a_course(author)
    before = await everything()

    for email in (student.email, away.email, "nobody@demo.test"):
        with pytest.raises(Invalid, match="No instructor found with this e-mail address"):
            await co_instructors.add(author, course.id, email)
        with pytest.raises(Invalid, match="No instructor found with this e-mail address"):
            await co_instructors.change_owner(admin, course.id, email)
    with pytest.raises(Conflict, match="already owns the course"):
        await co_instructors.add(author, course.id, author.email)

    assert await everything() == before
    assert [one for one in await stored("emails") if one["kind"] == "course_authors"] == []


async def test_a_removed_co_instructor_sees_and_edits_nothing_any_more(taught):
    helper, shared, _, _ = taught
    await co_instructors.remove(
        acting(await an_account("a@demo.test", "admin")), shared.id, helper.id
    )

    assert await learners_of(helper) == ["own@demo.test"]
    with pytest.raises(NotPermitted):
        await studio.add_section(helper, shared.id, "Mine")
