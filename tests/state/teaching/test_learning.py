"""Catalog, course page, classroom and my courses on screen."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.teaching.studio import FieldsForm
from courseflow_admin.services.teaching import enrollments, studio
from courseflow_admin.state.core.school import SchoolState
from courseflow_admin.state.teaching.catalog import SHOWN, CatalogState
from courseflow_admin.state.teaching.classroom import ClassroomState
from courseflow_admin.state.teaching.course import CoursePageState
from courseflow_admin.state.teaching.my_courses import MyCoursesState
from tests.builders import stored
from tests.course_builders import a_course, a_draft, a_student, an_instructor, everything
from tests.money_builders import a_payment
from tests.state.conftest import run, said
from tests.state.money.money_tabs import a_tab_of


async def opened(actor, path: str, state):
    root = await a_tab_of(actor, path)
    steps = await run(root, state, "load")
    return await root.get_state(state), root, str(steps)


async def enroll(course, email: str = "ada@demo.test"):
    learner = await a_student(email)
    await enrollments.enroll_free(learner, course.id)
    return learner


async def test_the_catalog_reads_its_filters_from_the_address(database):
    author = await an_instructor()
    await a_course(author, "Trees", category="Data")
    await a_course(author, "Graphs", category="Science")

    everything_, _, _ = await opened(None, "/", CatalogState)
    data, _, _ = await opened(None, "/?category=Data&q=tre", CatalogState)
    none, _, _ = await opened(None, "/?category=Data&q=zebra", CatalogState)
    odd, _, _ = await opened(None, "/?category=%24ne&level=x", CatalogState)

    assert [card.title for card in everything_.rows] == ["Graphs", "Trees"]
    assert (everything_.view, everything_.count_text) == ("rows", "2 courses")
    assert [card.title for card in data.rows] == ["Trees"]
    assert (data.count_text, data.filtered, data.category) == ("1 course", True, "Data")
    assert odd.error == "“$ne” is not a known category."
    assert (none.view, none.filtered) == ("empty", True)
    assert (odd.view, odd.category, odd.back_href) == ("error", "", "/?level=x")


async def test_a_card_says_price_or_that_one_has_it(database):
    author = await an_instructor()
    await a_course(author, "Paid")
    free = await a_course(author, "Free", free=True)
    learner = await enroll(free)

    state, _, _ = await opened(learner, "/", CatalogState)

    cards = {card.title: (card.price, card.owned, card.href) for card in state.rows}
    assert cards == {
        "Paid": ("₹4,999.00", False, "/courses/paid"),
        "Free": ("Free", True, "/courses/free"),
    }
    assert state.rows[0].size == "3 lessons, 21 min"


async def test_an_empty_school_says_so(database):
    state, _, _ = await opened(None, "/", CatalogState)

    assert (state.view, state.filtered, state.rows) == ("empty", False, [])


async def test_a_long_catalog_has_pages(database):
    author = await an_instructor()
    course = await a_course(author, "Many")
    row = await collection("courses").find_one({"_id": course.id})
    await collection("courses").insert_many(
        [{**row, "_id": f"crs_{number:03}", "slug": f"many-{number}"} for number in range(SHOWN)]
    )

    first, _, _ = await opened(None, "/", CatalogState)
    second, _, _ = await opened(None, first.next_href, CatalogState)

    assert (len(first.rows), first.previous_href) == (SHOWN, "")
    assert (len(second.rows), second.next_href) == (1, "")
    assert second.range_text == "25–25 of 25"
    assert second.previous_href.startswith("/?before=")


@pytest.mark.parametrize("cursor", ["x", "e30", "%00", "W10"])
async def test_a_broken_cursor_shows_the_first_page(database, cursor):
    await a_course(await an_instructor(), "Trees")

    state, root, _ = await opened(None, f"/?after={cursor}&first=99", CatalogState)

    assert ([card.title for card in state.rows], await said(root)) == (["Trees"], [])


@pytest.mark.parametrize(("free", "act"), [(False, "buy"), (True, "enroll")])
async def test_a_visitor_is_shown_the_way_in(database, free, act):
    author = await an_instructor()
    course = await a_course(author, free=free)

    state, _, _ = await opened(None, f"/courses/{course.slug}", CoursePageState)

    assert (state.view, state.act, state.why) == ("there", act, [])
    assert state.buy_href == f"/checkout/{course.slug}"
    assert state.sign_in_href == f"/sign-in?next=%2Fcourses%2F{course.slug}"
    [section] = state.outline
    opens = [bool(lesson.href) for lesson in section.lessons]
    assert opens == [True, False, False]
    assert "Text of" not in str(state.dict())


async def test_an_old_address_redirects(database):
    author = await an_instructor()
    course = await a_course(author, "Old name")
    await studio.save_fields(author, course.id, FieldsForm(slug="new"), course.fields_revision)

    _state, _, steps = await opened(None, "/courses/old-name", CoursePageState)

    assert "/courses/new" in steps


async def test_an_unknown_course_is_missing_and_a_draft_too(database):
    draft = await a_draft(await an_instructor())

    for slug in ("none", draft.slug, draft.id, "%00", "$ne"):
        state, _, _ = await opened(None, f"/courses/{slug}", CoursePageState)
        assert (state.view, state.title) == ("missing", "")


async def test_enrolling_for_free_leads_into_the_course_once(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await a_student()
    state, root, _ = await opened(learner, f"/courses/{course.slug}", CoursePageState)

    steps = await run(root, CoursePageState, "enroll")
    await run(root, CoursePageState, "enroll")
    await run(root, CoursePageState, "load")

    assert f"/learn/{course.slug}" in str(steps)
    assert (state.act, state.enrolling) == ("go", False)
    assert [notice for notice in await said(root) if notice[0] == "error"] == [
        ("error", "You are already enrolled. Go to My courses.")
    ]
    assert len(await stored("enrollments")) == 1


async def test_a_paid_course_cannot_be_enrolled_in_for_free(database):
    course = await a_course(await an_instructor())
    learner = await a_student()
    _state, root, _ = await opened(learner, f"/courses/{course.slug}", CoursePageState)
    before = await everything()

    await run(root, CoursePageState, "enroll")

    assert await said(root) == [("error", "This course is not free. Buy it to enroll.")]
    assert await everything() == before


async def test_the_way_into_a_course_leads_on_to_where_one_stopped(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await enroll(course)

    _state, _, steps = await opened(learner, f"/learn/{course.slug}", ClassroomState)

    assert f"/learn/{course.slug}/{course.lesson_ids[0]}" in steps


async def test_marking_as_done_goes_on_to_the_next_lesson(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await enroll(course)
    one, two, three = course.lesson_ids
    state, root, _ = await opened(learner, f"/learn/{course.slug}/{one}", ClassroomState)
    shown = (state.title, state.place, state.progress, state.done)

    steps = await run(root, ClassroomState, "finish")
    after, _, _ = await opened(learner, f"/learn/{course.slug}/{one}", ClassroomState)
    for lesson_id in (two, three):
        _, root, _ = await opened(learner, f"/learn/{course.slug}/{lesson_id}", ClassroomState)
        await run(root, ClassroomState, "finish")

    assert shown == ("One", "Lesson 1 of 3", "0 of 3 lessons", False)
    assert f"/learn/{course.slug}/{two}" in str(steps)
    assert (after.done, after.percent, after.progress) == (True, 33, "1 of 3 lessons")
    assert ("success", f"You have finished {course.title}.") in await said(root)


async def test_a_closed_course_says_why_and_holds_no_text(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await enroll(course)
    path = f"/learn/{course.slug}/{course.lesson_ids[1]}"
    state, root, _ = await opened(learner, path, ClassroomState)
    assert state.html == "<p>Text of Two.</p>\n"
    await collection("enrollments").update_one(
        {"account_id": learner.id},
        {"$set": {"grants.0.ended": clock.business(), "grants.0.end_reason": "refund"}},
    )

    await run(root, ClassroomState, "load")
    await run(root, ClassroomState, "finish")

    assert (state.view, state.html, state.outline, state.title) == ("closed", "", [], "")
    assert state.reasons[0].sentence.endswith("because the payment was refunded.")
    assert (await stored("enrollments"))[0]["done"] == []


async def test_a_course_that_only_the_school_can_open_again_says_whom_to_write_to(database):
    course = await a_course(await an_instructor())
    learner = await a_student()
    path = f"/learn/{course.slug}/{course.lesson_ids[1]}"
    state, root, _ = await opened(learner, path, ClassroomState)
    school = await root.get_state(SchoolState)
    before = (state.view, school.support)
    await a_payment(account_id=learner.id, course_id=course.id)

    await run(root, ClassroomState, "load")

    assert (before, state.view, school.support) == (("closed", ""), "closed", "support@demo.test")
    assert state.reasons[0].sentence == "₹4,999.00 was paid, but access was not granted."


async def test_a_stranger_and_a_visitor_get_no_text(database):
    course = await a_course(await an_instructor())
    path = f"/learn/{course.slug}/{course.lesson_ids[1]}"

    stranger, _, _ = await opened(await a_student(), path, ClassroomState)
    visitor, _, steps = await opened(None, path, ClassroomState)

    assert (stranger.view, stranger.html) == ("closed", "")
    assert [reason.repair for reason in stranger.reasons] == ["Buy it to start right away."]
    assert (visitor.view, visitor.html) == ("loading", "")
    assert "/sign-in?next=" in steps


async def test_a_preview_lesson_and_the_authors_preview_say_what_they_are(database):
    author = await an_instructor()
    course = await a_course(author)
    one, two, _three = course.lesson_ids

    guest, _, _ = await opened(None, f"/learn/{course.slug}/{one}", ClassroomState)
    writer, _, _ = await opened(author, f"/learn/{course.slug}/{two}", ClassroomState)

    assert (guest.as_who, guest.next_href, guest.html) == ("guest", "", "<p>Text of One.</p>\n")
    assert [bool(lesson.href) for lesson in guest.outline[0].lessons] == [True, False, False]
    assert writer.as_who == "author"
    assert writer.studio_href == f"/studio/{course.id}?lesson={two}"
    assert await stored("enrollments") == []


async def test_a_lesson_that_is_not_there_is_missing(database):
    course = await a_course(await an_instructor(), free=True)
    learner = await enroll(course)

    for path in (f"/learn/{course.slug}/les_none", "/learn/none", "/learn/none/les_none"):
        state, _, _ = await opened(learner, path, ClassroomState)
        assert state.view == "missing"


async def test_my_courses_start_with_the_one_to_go_on_with(database):
    author = await an_instructor()
    open_one = await a_course(author, "Open", free=True)
    done_one = await a_course(author, "Done", free=True)
    learner = await enroll(open_one)
    await enrollments.enroll_free(learner, done_one.id)
    for lesson_id in done_one.lesson_ids:
        path = f"/learn/{done_one.slug}/{lesson_id}"
        _, root, _ = await opened(learner, path, ClassroomState)
        await run(root, ClassroomState, "finish")

    state, _, _ = await opened(learner, "/my/courses", MyCoursesState)

    [first], [other] = state.first, state.others
    assert (first.title, first.act, first.next) == ("Open", "Start", "Next: One, 7 min")
    assert first.act_href == f"/learn/{open_one.slug}/{open_one.lesson_ids[0]}"
    assert (other.title, other.act, other.percent, other.finished) == (
        "Done",
        "Review",
        100,
        True,
    )
    assert other.next.startswith("Finished on ")


async def test_somebody_without_a_course_is_told_where_to_find_one(database):
    state, _, _ = await opened(await a_student(), "/my/courses", MyCoursesState)

    assert (state.view, state.first, state.others) == ("empty", [], [])
