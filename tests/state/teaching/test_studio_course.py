"""The studio on screen: what is said to be saved is saved, and a stranger's click does nothing."""

import pytest

from courseflow_admin.field_sentences import LEFT_OUT
from courseflow_admin.services.teaching import studio
from courseflow_admin.state.core.differences import Both
from courseflow_admin.state.core.events import NOT_UNDERSTOOD
from courseflow_admin.state.core.marks import mark_of
from courseflow_admin.state.teaching.studio import StudioState
from courseflow_admin.state.teaching.studio_course import StudioCourseState
from courseflow_admin.state.teaching.studio_lesson import NO_ERRORS, StudioLessonState
from tests.builders import stored
from tests.course_builders import a_course, a_draft, a_student, an_instructor, everything
from tests.edge import led_to
from tests.state.conftest import NOT_PERMITTED, run, said
from tests.state.money.money_tabs import a_tab_of


async def a_new_course(root, **form):
    """Opens the dialog "New course" and sends it."""
    await run(root, StudioState, "show_dialog", is_open=True)
    return await run(root, StudioState, "create", form=form)


async def an_open_course(author, lesson: int | None = None, *, course=None):
    course = course or await a_draft(author)
    query = "" if lesson is None else f"?lesson={course.lesson_ids[lesson]}"
    root = await a_tab_of(author, f"/studio/{course.id}{query}")
    await run(root, StudioCourseState, "load")
    await run(root, StudioLessonState, "load")
    return (
        course,
        root,
        await root.get_state(StudioCourseState),
        await root.get_state(StudioLessonState),
    )


async def test_every_handler_of_the_studio_asks_for_a_permission():
    for state in (StudioState, StudioCourseState, StudioLessonState):
        for name, handler in state.event_handlers.items():
            if name != "setvar":
                assert str(mark_of(handler.fn)) == "courses:edit", name


async def test_a_new_course_leads_into_its_editor(database):
    author = await an_instructor()
    root = await a_tab_of(author, "/studio")

    steps = await a_new_course(root, title="Trees", currency="EUR")
    await run(root, StudioState, "load")

    state = await root.get_state(StudioState)
    [row] = state.rows
    assert (row.title, row.state, row.price, state.view) == ("Trees", "draft", "Not set", "rows")
    assert row.href in str(steps)
    assert (state.dialog_open, state.creating) == (False, False)


async def test_a_title_of_blanks_makes_nothing_and_says_so(database):
    root = await a_tab_of(await an_instructor(), "/studio")

    await a_new_course(root, title="  ")

    state = await root.get_state(StudioState)
    assert await said(root) == [("error", "Enter a title.")]
    assert (state.dialog_open, state.creating) == (True, False)
    assert await stored("courses") == []


async def test_a_new_course_sent_twice_is_made_once(database):
    root = await a_tab_of(await an_instructor(), "/studio")

    await a_new_course(root, title="Trees")
    again = await run(root, StudioState, "create", form={"title": "Trees"})
    once = [row["title"] for row in await stored("courses")]
    await a_new_course(root, title="Trees")

    assert (again, once) == ([], ["Trees"])
    assert [row["title"] for row in await stored("courses")] == ["Trees", "Trees"]


async def test_a_click_that_adds_a_section_or_a_lesson_sent_twice_adds_one(database):
    course, root, page, _lesson = await an_open_course(await an_instructor())
    section, seen = course.outline[0].id, page.added

    for _ in range(2):
        await run(root, StudioCourseState, "add_section", seen=seen)
    next_seen = page.added
    for _ in range(2):
        await run(root, StudioCourseState, "add_lesson", section_id=section, seen=next_seen)
    await run(root, StudioCourseState, "add_section", seen=page.added)

    now = [(one.title, [lesson.title for lesson in one.lessons][3:]) for one in page.outline]
    assert now == [
        ("First section", ["New lesson"]),
        ("New section", []),
        ("New section", []),
    ]
    assert await said(root) == []


async def test_a_lesson_is_saved_as_it_is_typed_and_said_only_then(database):
    author = await an_instructor()
    course, root, _page, lesson = await an_open_course(author, 1)
    key = course.lesson_ids[1]
    assert (lesson.title, lesson.text, lesson.saved) == ("Two", "Text of Two.", "")

    steps = await run(
        root,
        StudioLessonState,
        "change_text",
        lesson_id=key,
        revision=lesson.revision,
        text="New text",
    )

    assert await studio.lesson_text(author, course.id, key) == "New text"
    newest = await studio.get(author, course.id)
    assert lesson.saved == f"Saved {newest.updated_at:%H:%M}"
    assert lesson.revision == newest.lesson(key).revision == 1
    assert "refresh" in str(steps)


async def test_several_saves_one_after_the_other_do_not_conflict(database):
    author = await an_instructor()
    course, root, _page, lesson = await an_open_course(author, 0)
    key, first = course.lesson_ids[0], lesson.revision

    for text in ("a", "ab", "abc"):  # the browser may not know the newest revision yet
        await run(root, StudioLessonState, "change_text", lesson_id=key, revision=first, text=text)
    await run(
        root, StudioLessonState, "change_title", lesson_id=key, revision=first, title="Renamed"
    )
    await run(root, StudioLessonState, "change_ready", lesson_id=key, revision=first, ready=False)

    newest = (await studio.get(author, course.id)).lesson(key)
    assert (newest.title, newest.ready, newest.revision) == ("Renamed", False, 5)
    assert await studio.lesson_text(author, course.id, key) == "abc"
    assert lesson.conflict is False


async def test_a_newer_text_of_somebody_else_is_shown_beside_mine(database):
    author = await an_instructor()
    course, mine, _page, here = await an_open_course(author, 0)
    _, theirs, _, there = await an_open_course(author, 0, course=course)
    key = course.lesson_ids[0]

    async def typed(root, text):
        await run(root, StudioLessonState, "change_text", lesson_id=key, revision=0, text=text)

    await typed(theirs, "Theirs")
    await typed(mine, "Mine")
    await typed(mine, "Mine, longer")
    refused = (here.conflict, here.conflicts, here.saved)
    kept = await studio.lesson_text(author, course.id, key)
    await run(mine, StudioLessonState, "keep_mine")

    assert refused == (True, [Both("Text", "Mine, longer", "Theirs")], "Not saved")
    assert kept == "Theirs"
    assert await studio.lesson_text(author, course.id, key) == "Mine, longer"
    assert here.conflict is False
    await typed(theirs, "Theirs again")
    await run(theirs, StudioLessonState, "take_theirs")
    assert (there.text, there.conflict) == ("Mine, longer", False)


async def test_a_conflict_names_every_field_that_was_changed_elsewhere(database):
    author = await an_instructor()
    course, mine, _page, here = await an_open_course(author, 0)
    _, theirs, _, _there = await an_open_course(author, 0, course=course)
    lesson = {"lesson_id": course.lesson_ids[0], "revision": 0}

    await run(theirs, StudioLessonState, "change_title", **lesson, title="Theirs")
    await run(theirs, StudioLessonState, "change_ready", **lesson, ready=False)
    await run(mine, StudioLessonState, "change_text", **lesson, text="Mine")
    await run(mine, StudioLessonState, "change_minutes", **lesson, text="12")

    assert here.conflicts == [
        Both("Title", "One", "Theirs"),
        Both("Text", "Mine", "Text of One."),
        Both("Minutes", "12", "7"),
        Both("Ready", "Yes", "No"),
    ]
    await run(mine, StudioLessonState, "take_theirs")
    assert (here.title, here.ready, here.conflict) == ("Theirs", False, False)


@pytest.mark.parametrize("typed", ["601", "-1", "five", "", "9" * 5000, "１２"])
async def test_minutes_that_cannot_be_are_refused_at_their_field_until_they_can(database, typed):
    author = await an_instructor()
    course, root, _page, here = await an_open_course(author, 0)
    lesson = {"lesson_id": course.lesson_ids[0], "revision": 0}
    wrong = NO_ERRORS | {"minutes": "Enter minutes from 0 to 600."}

    await run(root, StudioLessonState, "change_minutes", **lesson, text=typed)
    refused = (here.errors, here.saved)
    await run(root, StudioLessonState, "change_text", **lesson, text="Saved all the same")
    beside = (here.errors, here.saved[:5])
    await run(root, StudioLessonState, "change_minutes", **lesson, text="600")

    assert refused == (wrong, "Not saved")
    assert beside == (wrong, "Saved")
    assert here.errors == NO_ERRORS
    assert (await studio.get(author, course.id)).lesson(course.lesson_ids[0]).minutes == 600


async def test_two_wrong_fields_say_so_each_and_are_right_again_each(database):
    author = await an_instructor()
    course, root, _page, here = await an_open_course(author, 0)
    lesson = {"lesson_id": course.lesson_ids[0], "revision": 0}

    await run(root, StudioLessonState, "change_title", **lesson, title=" ")
    await run(root, StudioLessonState, "change_text", **lesson, text="x" * 200_001)
    both = here.errors
    await run(root, StudioLessonState, "change_title", **lesson, title="One again")
    one = here.errors
    await run(root, StudioLessonState, "change_text", **lesson, text="Short")

    too_long = "Use at most 200,000 characters."
    assert both == NO_ERRORS | {"title": LEFT_OUT, "text": too_long}
    assert (one, here.errors) == (NO_ERRORS | {"text": too_long}, NO_ERRORS)


async def test_a_lesson_left_with_a_wrong_field_says_so_in_a_notice(database):
    author = await an_instructor()
    course, root, _page, here = await an_open_course(author, 0)
    first, second, _third = course.lesson_ids
    await run(root, StudioLessonState, "change_ready", lesson_id=second, revision=0, ready=False)

    await run(root, StudioLessonState, "change_title", lesson_id=first, revision=0, title=" ")

    assert here.lesson_id == second
    problem = f"The previous lesson was not saved. Title: {LEFT_OUT}"
    assert await said(root) == [("error", problem)]
    assert here.errors == NO_ERRORS


async def test_leaving_a_field_without_a_change_saves_nothing(database):
    author = await an_instructor()
    course, root, _page, lesson = await an_open_course(author, 0)
    before = await everything()

    await run(
        root,
        StudioLessonState,
        "change_text",
        lesson_id=course.lesson_ids[0],
        revision=0,
        text="Text of One.",
    )

    assert await everything() == before
    assert lesson.saved == ""


async def test_a_tab_the_server_forgot_goes_on_and_overwrites_nothing(database):
    author = await an_instructor()
    course, old, _page, _lesson = await an_open_course(author, 0)
    key = course.lesson_ids[0]
    fresh = await a_tab_of(author, f"/studio/{course.id}?lesson={key}")

    await run(fresh, StudioLessonState, "change_text", lesson_id=key, revision=0, text="Typed")
    saved = await studio.lesson_text(author, course.id, key)
    lost = await a_tab_of(author, f"/studio/{course.id}?lesson={key}")
    await run(lost, StudioLessonState, "change_text", lesson_id=key, revision=0, text="Older")

    assert saved == "Typed"
    assert (await fresh.get_state(StudioLessonState)).text == "Typed"
    assert await studio.lesson_text(author, course.id, key) == "Typed"
    [text] = (await lost.get_state(StudioLessonState)).conflicts
    assert (text.mine, text.theirs) == ("Older", "Typed")
    assert old


async def test_a_lesson_without_a_title_is_not_saved_and_says_so(database):
    author = await an_instructor()
    course, root, _page, lesson = await an_open_course(author, 0)
    before = await everything()

    await run(
        root,
        StudioLessonState,
        "change_title",
        lesson_id=course.lesson_ids[0],
        revision=0,
        title=" ",
    )

    assert (lesson.saved, lesson.errors) == ("Not saved", NO_ERRORS | {"title": LEFT_OUT})
    assert await everything() == before


async def test_a_lesson_that_is_too_long_is_not_saved_and_says_how_long_it_may_be(database):
    author = await an_instructor()
    course, root, _page, lesson = await an_open_course(author, 0)
    before = await everything()
    here = {"lesson_id": course.lesson_ids[0], "revision": 0}

    await run(root, StudioLessonState, "change_text", **here, text="x" * 200_001)

    too_long = NO_ERRORS | {"text": "Use at most 200,000 characters."}
    assert (lesson.saved, lesson.errors) == ("Not saved", too_long)
    assert await everything() == before


async def test_the_preview_shows_clean_html_of_what_was_typed(database):
    author = await an_instructor()
    course, root, _page, lesson = await an_open_course(author, 0)
    text = "**Bold** <script>alert(1)</script>"
    await run(
        root,
        StudioLessonState,
        "change_text",
        lesson_id=course.lesson_ids[0],
        revision=0,
        text=text,
    )

    await run(root, StudioLessonState, "show_preview")

    assert lesson.html == ("<p><strong>Bold</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>\n")


async def test_the_outline_is_changed_by_buttons_and_undone(database):
    author = await an_instructor()
    course, root, page, _lesson = await an_open_course(author)
    one, two, _three = course.lesson_ids

    await run(root, StudioCourseState, "move_lesson", lesson_id=two, way="up")
    moved = [lesson.title for lesson in page.outline[0].lessons]
    await run(root, StudioCourseState, "delete_lesson", lesson_id=one)
    deleted = ([lesson.title for lesson in page.outline[0].lessons], page.undo_text)
    await run(root, StudioCourseState, "undo")
    await run(
        root,
        StudioCourseState,
        "rename_section",
        section_id=course.outline[0].id,
        title="Beginnings",
    )

    assert (moved, page.said) == (["Two", "One", "Three"], "Restored to its previous place.")
    assert deleted == (["Two", "Three"], "“One” was deleted.")
    assert [lesson.title for lesson in page.outline[0].lessons] == ["Two", "One", "Three"]
    assert page.outline[0].title == "Beginnings"
    first, last = page.outline[0].lessons[0], page.outline[0].lessons[-1]
    assert (first.first, first.last, last.first, last.last) == (True, False, False, True)


async def test_a_field_is_saved_on_leaving_it_or_says_what_is_wrong(database):
    author = await an_instructor()
    course, root, page, _lesson = await an_open_course(author)

    await run(root, StudioCourseState, "change_field", field="subtitle", value="New")
    saved = (page.saved.startswith("Saved "), page.error_text)
    await run(root, StudioCourseState, "change_field", field="category", value="Cooking")
    wrong = (page.error_field, page.saved)
    await run(root, StudioCourseState, "change_field", field="access_days", value="-5")
    days = (page.error_field, page.error_text, page.saved)
    await run(root, StudioCourseState, "change_price", text="a lot", currency="INR")
    price = (page.error_field, page.error_text)
    await run(root, StudioCourseState, "change_price", text="7,300", currency="KWD")
    two = page.error_text.replace("\xa0", " ")
    await run(root, StudioCourseState, "change_price", text="9.335", currency="KWD")
    step = page.error_text
    await run(root, StudioCourseState, "change_price", text="1,299.50", currency="USD")
    await run(root, StudioCourseState, "change_cover", pattern="grid", hue="ruby")
    await run(root, StudioCourseState, "change_field", field="access_days", value="30")

    newest = await studio.get(author, course.id)
    assert (saved, wrong) == ((True, ""), ("category", "Not saved"))
    assert days == ("access_days", "Enter 0 or more.", "Not saved")
    assert price == ("price", "Enter the amount as a number such as 1,299.55.")
    assert two == "“7,300” could be KWD 7.300 or KWD 7,300.000. Enter 7.300 or 7300.000."
    assert step == "Amounts in KWD go in steps of 0.010. Enter 9.330 or 9.340."
    assert (newest.subtitle, str(newest.price)) == ("New", "$1,299.50")
    assert (newest.thumbnail.pattern, newest.access_days) == ("grid", 30)
    assert (page.price, page.currency, page.error_field) == ("1299.50", "USD", "")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("change_field", {"field": "owner_id", "value": "acc_me"}),
        ("change_field", {"field": "state", "value": "published"}),
        ("change_field", {"field": "title", "value": {"$ne": ""}}),
        ("move_lesson", {"lesson_id": "les_1", "way": "sideways"}),
        ("change_free", {"free": "yes"}),
        ("show_dialog", {"which": "delete"}),
    ],
)
async def test_arguments_of_another_shape_are_refused(database, name, arguments):
    author = await an_instructor()
    _course, root, _page, _lesson = await an_open_course(author)
    before = await everything()

    await run(root, StudioCourseState, name, **arguments)

    assert await said(root) == [("error", NOT_UNDERSTOOD)]
    assert await everything() == before


async def test_publishing_is_offered_with_what_stands_in_the_way(database):
    author = await an_instructor()
    course, root, page, _lesson = await an_open_course(author)
    section = course.outline[0].id
    await run(root, StudioCourseState, "add_lesson", section_id=section, seen=page.added)
    checks = [(check.sentence, check.href, check.field) for check in page.checks]
    await run(root, StudioCourseState, "publish")
    refused = await said(root)
    new = page.outline[0].lessons[-1].id
    await run(root, StudioCourseState, "delete_lesson", lesson_id=new)

    await run(root, StudioCourseState, "publish")

    assert checks == [
        ("“New lesson” has no text.", f"/studio/{course.id}?lesson={new}", "lesson-text")
    ]
    assert refused == [("error", "“New lesson” has no text.")]
    assert (page.badge, page.on_sale, page.busy) == ("published", True, False)
    assert page.publish_word == "No unpublished changes"
    assert page.published_text.startswith("Version 1, ")
    assert page.published_text.endswith("UTC by Ines Weber")


async def test_unpublished_changes_are_listed(database):
    author = await an_instructor()
    course = await a_course(author)
    _course, root, page, _lesson = await an_open_course(author, course=course)

    await run(root, StudioCourseState, "change_field", field="title", value="Better")

    assert (page.badge, page.changes_text) == ("changed", "1 unpublished change")
    assert page.changes == ["Title"]


async def test_a_strangers_studio_shows_and_changes_nothing(database):
    author = await an_instructor()
    rival = await an_instructor("rival@demo.test", "Rival")
    draft = await a_draft(author, "Draft")
    sold = await a_course(author, "Sold")
    before = await everything()

    for course, view in ((draft, "missing"), (sold, "not_author")):
        root = await a_tab_of(rival, f"/studio/{course.id}?lesson={course.lesson_ids[0]}")
        await run(root, StudioCourseState, "load")
        await run(root, StudioLessonState, "load")
        page = await root.get_state(StudioCourseState)
        lesson = await root.get_state(StudioLessonState)
        for name, arguments in (
            ("publish", {}),
            ("delete_lesson", {"lesson_id": course.lesson_ids[0]}),
            ("change_field", {"field": "title", "value": "Stolen"}),
            ("archive", {}),
        ):
            await run(root, StudioCourseState, name, **arguments)
        await run(
            root,
            StudioLessonState,
            "change_text",
            lesson_id=course.lesson_ids[0],
            revision=0,
            text="Stolen",
        )
        assert (page.view, page.title, page.outline) == (view, "", [])
        assert (lesson.text, lesson.title) == ("", "")

    assert await everything() == before


async def test_a_student_calling_the_studio_is_refused_by_the_service_too(database):
    draft = await a_draft(await an_instructor())
    root = await a_tab_of(await a_student(), f"/studio/{draft.id}")
    before = await everything()

    await a_new_course(root, title="Mine")
    await run(root, StudioCourseState, "load")

    assert (await root.get_state(StudioCourseState)).view == "forbidden"
    assert await said(root) == [("error", NOT_PERMITTED)]
    assert await everything() == before


async def test_deleting_another_lesson_does_not_close_the_one_that_is_open(database):
    author = await an_instructor()
    course, root, _page, _lesson = await an_open_course(author, 0, course=await a_course(author))
    open_one, other, _three = course.lesson_ids

    stays = await run(root, StudioCourseState, "delete_lesson", lesson_id=other)
    leaves = await run(root, StudioCourseState, "delete_lesson", lesson_id=open_one)

    assert stays == []
    assert led_to(leaves) == f"/studio/{course.id}"
