"""The authors of a course on screen: who sees them, who changes them, and what a refusal says."""

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.services.teaching import co_instructors, studio
from courseflow_admin.state.core.events import NOT_UNDERSTOOD
from courseflow_admin.state.core.marks import mark_of
from courseflow_admin.state.teaching.studio_authors import StudioAuthorsState
from tests.course_builders import (
    a_course,
    a_draft,
    a_student,
    an_admin,
    an_instructor,
    everything,
)
from tests.state.conftest import NOT_PERMITTED, run, said
from tests.state.money.money_tabs import a_tab_of

OTTO = {"email": "otto@demo.test"}


async def opened(actor, course):
    root = await a_tab_of(actor, f"/studio/{course.id}")
    await run(root, StudioAuthorsState, "load")
    return root, await root.get_state(StudioAuthorsState)


async def a_shared_course():
    owner = await an_instructor()
    otto = await an_instructor("otto@demo.test", "Otto Other")
    course = await a_course(owner)
    await co_instructors.add(owner, course.id, "otto@demo.test")
    return course, owner, otto


def names(state):
    return [one.name for one in state.others]


async def told():
    return sorted(one["to"] for one in await collection("emails").find({}))


async def test_only_changing_the_owner_asks_for_more_than_writing_courses():
    marks = {
        name: str(mark_of(handler.fn))
        for name, handler in StudioAuthorsState.event_handlers.items()
        if name != "setvar"
    }

    assert {name for name, mark in marks.items() if mark == "courses:edit_all"} == {
        "show_owner",
        "change_owner",
    }
    assert set(marks.values()) == {"courses:edit", "courses:edit_all"}


async def test_the_owner_adds_somebody_who_is_then_shown(database):
    owner = await an_instructor()
    otto = await an_instructor("otto@demo.test", "Otto Other")
    course = await a_draft(owner)
    root, state = await opened(owner, course)
    alone = (state.view, state.owner, names(state))
    await run(root, StudioAuthorsState, "show_add", is_open=True)

    await run(root, StudioAuthorsState, "add", form=OTTO)

    assert alone == ("list", "Ines Weber", [])
    assert names(state) == ["Otto Other"]
    assert (await studio.get(owner, course.id)).co_instructor_ids == [otto.id]
    assert await said(root) == [("success", "otto@demo.test is a co-instructor of this course.")]
    assert (state.dialog, state.wrong, state.busy) == ("", "", False)


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody@demo.test", "No instructor found with this e-mail address."),
        ("ada@demo.test", "No instructor found with this e-mail address."),
        ("ines@demo.test", "This person already owns the course."),
    ],
)
async def test_who_cannot_be_added_is_said_beside_the_field(database, email, sentence):
    owner = await an_instructor()
    await a_student()
    root, state = await opened(owner, await a_draft(owner))
    await run(root, StudioAuthorsState, "show_add", is_open=True)
    before = await everything()

    await run(root, StudioAuthorsState, "add", form={"email": email})

    assert (state.dialog, state.wrong, state.busy) == ("add", sentence, False)
    assert await said(root) == []
    assert await everything() == before


async def test_removing_names_person_and_course_before_it_is_done(database):
    course, owner, otto = await a_shared_course()
    root, state = await opened(owner, course)
    await run(root, StudioAuthorsState, "ask_remove", account_id=otto.id)
    asked = (state.dialog, state.asked_name, state.course)
    unchanged = (await studio.get(owner, course.id)).co_instructor_ids

    await run(root, StudioAuthorsState, "remove", account_id=otto.id)

    assert asked == ("remove", "Otto Other", "Data Structures in Practice")
    assert unchanged == [otto.id]
    assert (await studio.get(owner, course.id)).co_instructor_ids == []
    assert (state.dialog, names(state)) == ("", [])


async def test_a_co_instructor_sees_the_authors_and_changes_none(database):
    course, _owner, otto = await a_shared_course()
    await an_instructor("mina@demo.test", "Mina")
    root, state = await opened(otto, course)
    shown = (state.view, state.owner, names(state))
    before = await everything()

    refused = []
    for name, arguments in (
        ("add", {"form": {"email": "mina@demo.test"}}),
        ("remove", {"account_id": otto.id}),
        ("change_owner", {"form": OTTO}),
    ):
        await run(root, StudioAuthorsState, name, **arguments)
        refused.append(state.wrong)

    only_the_owner = (
        "Only the owner can change price, link, sale status and authors. For help, write to "
        "support@demo.test."
    )
    assert shown == ("list", "Ines Weber", ["Otto Other"])
    assert refused == [
        only_the_owner,
        only_the_owner,
        NOT_PERMITTED,
    ]
    assert await everything() == before


async def test_an_admin_gives_the_course_to_a_co_instructor_and_both_are_told(database):
    course, owner, otto = await a_shared_course()
    admin = await an_admin()
    await collection("emails").delete_many({})
    root, state = await opened(admin, course)
    await run(root, StudioAuthorsState, "show_owner", is_open=True)

    await run(root, StudioAuthorsState, "change_owner", form=OTTO)

    newest = await studio.get(admin, course.id)
    assert (newest.owner_id, newest.co_instructor_ids) == (otto.id, [])
    assert (state.owner, names(state), state.dialog) == ("Otto Other", [], "")
    assert await said(root) == [("success", "Otto Other owns this course.")]
    assert await told() == [owner.email, "otto@demo.test"]


async def test_a_stranger_is_shown_nobody(database):
    course, _owner, _otto = await a_shared_course()
    rival = await an_instructor("rival@demo.test", "Rival")

    _root, state = await opened(rival, course)

    assert (state.view, state.problem) == (
        "error",
        "Only authors can edit this course. For help, write to support@demo.test.",
    )
    assert (state.course, state.owner, state.others) == ("", "", [])


async def test_a_form_with_a_field_nobody_declared_is_refused(database):
    owner = await an_instructor()
    root, _state = await opened(owner, await a_draft(owner))
    before = await everything()

    await run(root, StudioAuthorsState, "add", form=OTTO | {"owner_id": owner.id})

    assert await said(root) == [("error", NOT_UNDERSTOOD)]
    assert await everything() == before
