"""The classroom: a text only with access, progress that never divides by the wrong number."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.teaching import enrollments as enrollments_db
from courseflow_admin.errors import Conflict, NotFound, NotPermitted, NotSignedIn
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.teaching.access import ReasonCode
from courseflow_admin.models.teaching.classroom import NoAccess
from courseflow_admin.models.teaching.progress import progress_of
from courseflow_admin.models.teaching.studio import LessonForm
from courseflow_admin.services.teaching import classroom, enrollments, studio
from tests.builders import audited, stored
from tests.course_builders import a_course, a_student, an_admin, an_instructor, everything


async def a_learner_in(course, email: str = "ada@demo.test") -> Actor:
    learner = await a_student(email)
    await enrollments.enroll_free(learner, course.id)
    return learner


async def end_access(learner: Actor, reason: str = "refund") -> None:
    await collection("enrollments").update_one(
        {"account_id": learner.id},
        {"$set": {"grants.0.ended": clock.business(), "grants.0.end_reason": reason}},
    )


async def publish_another_lesson(author, course, title="Four"):
    form = LessonForm(title=title, text=f"Text of {title}.", ready=True)
    lesson = await studio.add_lesson(author, course.id, course.outline[0].id, title, form=form)
    await studio.publish(author, course.id)
    return lesson


async def test_of_twelve_clicks_on_enroll_at_once_one_gives_access(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_student()

    outcomes = await asyncio.gather(
        *(enrollments.enroll_free(learner, course.id) for _ in range(12)), return_exceptions=True
    )

    refused = [one for one in outcomes if one is not None]
    assert [type(one) for one in refused] == [enrollments.AlreadyEnrolled] * 11
    (enrollment,) = await stored("enrollments")
    assert len(enrollment["grants"]) == 1
    assert len(await stored("emails", kind="access_granted")) == 1


async def test_who_has_access_reads_the_lesson(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)

    view = await classroom.lesson(learner, course.slug, course.lesson_ids[1])

    assert view.html == "<p>Text of Two.</p>\n"
    assert (view.title, view.number, view.of) == ("Two", 2, 3)
    assert (view.previous_id, view.next_id) == (course.lesson_ids[0], course.lesson_ids[2])
    assert (view.as_author, view.as_guest, view.done) == (False, False, False)


async def test_one_enrollment_opens_the_course_to_nobody_else(database):
    """Fault 3 of the ancestor: lessons were given to people who had not bought."""

    course = await a_course(await an_instructor(), free=True)
    await a_learner_in(course)
    stranger = await a_student("bob@demo.test", "Bob")
    rival = await an_instructor("rival@demo.test", "Rival")
    before = await everything()

    for actor in (stranger, rival):
        for lesson_id in ("", *course.lesson_ids[1:]):
            with pytest.raises(NoAccess) as refused:
                await classroom.lesson(actor, course.slug, lesson_id)
            assert [reason.code for reason in refused.value.verdict.reasons] == ["never_bought"]
            assert "Text of" not in str(vars(refused.value))
        with pytest.raises(NoAccess):
            await classroom.complete(actor, course.slug, course.lesson_ids[1])
        with pytest.raises(NoAccess):
            await classroom.include_new(actor, course.slug)

    assert await everything() == before


async def test_a_passer_by_is_asked_to_sign_in(database):
    course = await a_course(await an_instructor())

    with pytest.raises(NotSignedIn):
        await classroom.lesson(None, course.slug, course.lesson_ids[1])
    with pytest.raises(NotFound):
        await classroom.lesson(None, "no-such-course")


async def test_a_preview_lesson_is_open_to_everybody_and_records_nothing(database):
    course = await a_course(await an_instructor())
    stranger = await a_student()
    before = await everything()

    for actor in (None, stranger):
        view = await classroom.lesson(actor, course.slug, course.lesson_ids[0])
        assert (view.html, view.as_guest) == ("<p>Text of One.</p>\n", True)
    with pytest.raises(NoAccess):
        await classroom.complete(stranger, course.slug, course.lesson_ids[0])

    assert await everything() == before


async def test_a_preview_lesson_closes_with_the_sale(database):
    author = await an_instructor()
    course = await a_course(author)
    await studio.unpublish(author, course.id)

    with pytest.raises(NotFound):
        await classroom.lesson(None, course.slug, course.lesson_ids[0])


async def test_ended_access_says_why(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)
    await end_access(learner)

    with pytest.raises(NoAccess, match="because the payment was refunded") as refused:
        await classroom.lesson(learner, course.slug, course.lesson_ids[1])

    assert refused.value.verdict.reasons[0].code is ReasonCode.REFUNDED
    assert refused.value.course_slug == course.slug


async def test_a_suspended_account_reads_nothing(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)
    await collection("accounts").update_one(
        {"_id": learner.id}, {"$set": {"suspended_at": clock.business()}}
    )

    with pytest.raises(NoAccess, match="suspended"):
        await classroom.lesson(learner, course.slug, course.lesson_ids[1])


async def test_the_enrolled_keep_an_unpublished_course(database):
    author = await an_instructor()
    course = await a_course(author, free=True)
    learner = await a_learner_in(course)
    await studio.unpublish(author, course.id)

    view = await classroom.lesson(learner, course.slug, course.lesson_ids[2])

    assert view.html == "<p>Text of Three.</p>\n"


async def test_learners_read_the_published_text_and_authors_the_draft(database):
    author = await an_instructor()
    course = await a_course(author, free=True)
    learner = await a_learner_in(course)
    lesson = next(course.lessons())
    form = LessonForm(title="One", text="Draft only", ready=True)
    await studio.save_lesson(author, course.id, lesson.id, form, lesson.revision)

    assert (await classroom.lesson(learner, course.slug, lesson.id)).html != "<p>Draft only</p>\n"
    for writer in (author, await an_admin()):
        view = await classroom.lesson(writer, course.slug, lesson.id)
        assert (view.html, view.as_author) == ("<p>Draft only</p>\n", True)


async def test_preview_as_learner_records_nothing(database):
    author = await an_instructor()
    course = await a_course(author)
    before = await everything()

    await classroom.lesson(author, course.slug, course.lesson_ids[0])
    done = await classroom.complete(author, course.slug, course.lesson_ids[0])

    assert (done.next_id, done.percent) == (course.lesson_ids[1], 0)
    assert await everything() == before


async def test_a_lesson_that_left_the_course_is_not_there(database):
    course = await a_course(await an_instructor(), free=True)
    other = await a_course(await an_instructor("b@demo.test", "B"), "Other", free=True)
    learner = await a_learner_in(course)

    for lesson_id in ("les_none", other.lesson_ids[0], "$ne"):
        with pytest.raises(NotFound):
            await classroom.lesson(learner, course.slug, lesson_id)
        with pytest.raises(NotFound):
            await classroom.complete(learner, course.slug, lesson_id)


async def test_progress_counts_over_all_lessons_and_not_over_touched_ones(database):
    """Fault 7 of the ancestor: one lesson was 100 %."""

    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)

    percents = [
        (await classroom.complete(learner, course.slug, lesson_id)).percent
        for lesson_id in (course.lesson_ids[0], course.lesson_ids[0], *course.lesson_ids[1:])
    ]

    assert percents == [33, 33, 67, 100]


async def test_completion_is_noted_once_and_stays(database):
    author = await an_instructor()
    course = await a_course(author, free=True)
    learner = await a_learner_in(course)
    results = [await classroom.complete(learner, course.slug, one) for one in course.lesson_ids]
    [first] = await stored("enrollments")

    added = await publish_another_lesson(author, course)
    await classroom.include_new(learner, course.slug)
    [mine] = await classroom.my_courses(learner)
    again = await classroom.complete(learner, course.slug, added.id)
    [last] = await stored("enrollments")

    assert [result.completed for result in results] == [False, False, True]
    assert (mine.percent, mine.done, mine.total) == (100, 3, 4)
    assert again.completed is False
    assert last["completed_at"] == first["completed_at"]


async def test_new_lessons_are_marked_and_not_counted_until_included(database):
    author = await an_instructor()
    course = await a_course(author, free=True)
    learner = await a_learner_in(course)
    await classroom.complete(learner, course.slug, course.lesson_ids[0])
    added = await publish_another_lesson(author, course)

    [before] = await classroom.my_courses(learner)
    view = await classroom.lesson(learner, course.slug, added.id)
    await classroom.include_new(learner, course.slug)
    [after] = await classroom.my_courses(learner)

    assert (before.done, before.total, before.percent, before.new) == (1, 3, 33, 1)
    assert [lesson.new for lesson in view.outline[0].lessons] == [False, False, False, True]
    assert (after.done, after.total, after.percent, after.new) == (1, 4, 33, 0)


async def test_a_removed_lesson_counts_as_done(database):
    author = await an_instructor()
    course = await a_course(author, free=True)
    learner = await a_learner_in(course)
    await classroom.complete(learner, course.slug, course.lesson_ids[0])
    await studio.delete_lesson(author, course.id, course.lesson_ids[2])
    await studio.publish(author, course.id)

    [mine] = await classroom.my_courses(learner)
    done = await classroom.complete(learner, course.slug, course.lesson_ids[1])

    assert (mine.done, mine.total, mine.percent) == (2, 3, 67)
    assert (done.percent, done.completed) == (100, True)


async def test_lessons_done_in_many_tabs_at_once_are_all_counted(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)

    await asyncio.gather(
        *(classroom.complete(learner, course.slug, one) for one in course.lesson_ids)
    )

    enrollment = await enrollments_db.find(learner.id, course.id)
    assert sorted(enrollment.done) == sorted(course.lesson_ids)
    assert enrollment.percent == 100
    assert enrollment.completed_at


async def test_continue_leads_to_where_one_stopped(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)
    one, two, three = course.lesson_ids

    at_first = await classroom.lesson(learner, course.slug)
    await classroom.lesson(learner, course.slug, two)
    stopped = await classroom.lesson(learner, course.slug)
    await classroom.complete(learner, course.slug, two)
    [mine] = await classroom.my_courses(learner)
    last = await classroom.complete(learner, course.slug, three)

    assert (at_first.lesson_id, stopped.lesson_id) == (one, two)
    assert (mine.next_lesson_id, mine.next_title, mine.next_minutes) == (three, "Three", 7)
    assert last.next_id == one


async def test_my_courses_are_mine_and_say_when_they_are_closed(database):
    author = await an_instructor()
    course = await a_course(author, "Mine", free=True)
    other = await a_course(author, "Other", free=True)
    learner = await a_learner_in(course)
    await a_learner_in(other, "bob@demo.test")
    await end_access(learner)

    [mine] = await classroom.my_courses(learner)

    assert (mine.title, mine.allowed) == ("Mine", False)
    assert mine.why.sentence.endswith("because the payment was refunded.")
    with pytest.raises(NotPermitted):
        await classroom.my_courses(Actor(id=learner.id, role=""))


async def test_studying_writes_no_audit_entry_but_enrolling_does(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_learner_in(course)
    before = await audited()

    await classroom.complete(learner, course.slug, course.lesson_ids[0])

    assert await audited() == before
    assert before[-1][0] == "enrollment.granted"


async def test_an_author_has_no_progress_to_measure(database):
    author = await an_instructor()
    course = await a_course(author)

    with pytest.raises(Conflict):
        await classroom.include_new(author, course.slug)


@pytest.mark.parametrize(
    ("counted", "shown", "done", "reached", "expected"),
    [
        ("", "", "", 0, (0, 0, 0)),
        ("abc", "abc", "", 0, (0, 3, 0)),
        ("abc", "abc", "a", 0, (1, 3, 33)),
        ("abc", "abc", "abcz", 0, (3, 3, 100)),
        ("abc", "ab", "a", 0, (2, 3, 67)),
        ("abc", "", "", 0, (3, 3, 100)),
        ("abc", "abcd", "d", 0, (0, 3, 0)),
        ("abcd", "abcd", "a", 100, (1, 4, 100)),
        ("a" * 1, "a", "", 999, (0, 1, 100)),
    ],
)
def test_progress_is_never_outside_its_bounds(counted, shown, done, reached, expected):
    progress = progress_of(counted, shown, set(done), reached)

    assert (progress.done, progress.total, progress.percent) == expected
