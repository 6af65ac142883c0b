"""View as: an admin sees with somebody's eyes, only looks, and everybody concerned knows."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection, transaction
from courseflow_admin.errors import NotFound, NotPermitted, NotSignedIn, ReadOnly, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import (
    PERMISSIONS,
    SYSTEM,
    VIEWABLE,
    Actor,
    Permission,
)
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.identity import (
    accounts,
    data_export,
    erasure,
    my_account,
    sessions,
    view_as,
)
from courseflow_admin.services.identity.view_as import BrowserOnly, NotViewable
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import classroom, enrollments
from tests.account_builders import everything, kinds_of_emails
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.course_builders import a_course, an_instructor
from tests.security.matrix import everything_stored
from tests.view_builders import MAYA, asking, rosa, viewing


async def test_the_same_cookie_asks_as_the_other_person_and_names_both(database):
    _, admin, actor = await viewing(role="instructor")

    assert (actor.name, actor.email, actor.role) == ("Maya Rao", "maya@demo.test", "instructor")
    assert actor.viewer == admin
    assert actor.permissions == PERMISSIONS["instructor"] & VIEWABLE
    assert actor.views_until is not None
    assert timedelta(minutes=29) < actor.views_until - clock.business() <= timedelta(minutes=30)


async def test_beginning_and_end_stand_in_the_log_with_both_and_the_person_is_told(database):
    token, admin, actor = await viewing()

    viewed_id = await view_as.end(actor)
    again = await view_as.end(actor)

    assert (viewed_id, again) == (actor.id, actor.id)
    entries = await stored("audit", object_id=actor.id)
    assert [(row["act"], row["actor_name"]) for row in entries] == [
        ("account.created", "CourseFlow"),
        ("account.view_begun", "Rosa Admin"),
        ("account.view_ended", "Rosa Admin"),
    ]
    assert await kinds_of_emails() == [("viewed_as", "maya@demo.test")]
    assert "Rosa Admin" in (await stored("emails"))[0]["text"]
    assert await asking(token) == admin


async def test_the_school_may_choose_not_to_tell(database):
    await school_settings.change(SYSTEM, SchoolChange(tell_about_view_as=False), 0)

    await viewing()

    assert await stored("emails") == []


@pytest.mark.parametrize("role", ["student", "instructor", ""])
async def test_only_admins_view(database, role):
    maya = await an_account(**MAYA)
    before = await everything()

    with pytest.raises(NotPermitted):
        await view_as.begin(Actor("acc_x", role), maya.id)

    assert await everything() == before


async def test_not_oneself_not_another_admin_not_the_suspended_or_deleted_and_not_nobody(database):
    _, admin = await rosa()
    other = await an_account("other@demo.test", "admin")
    maya, gone = await an_account(**MAYA), await an_account("gone@demo.test")
    await accounts.suspend(SYSTEM, maya.id)
    await erasure.erase(acting(gone), PASSWORD)
    before = await everything()

    for account_id in (admin.id, other.id, maya.id, gone.id):
        with pytest.raises(NotViewable):
            await view_as.begin(admin, account_id)
    with pytest.raises(NotFound):
        await view_as.begin(admin, "acc_unknown")

    assert await everything() == before


async def test_nobody_views_from_within_a_view(database):
    _, _, actor = await viewing()
    other = await an_account("other@demo.test")

    with pytest.raises(ReadOnly):
        await view_as.begin(actor, other.id)


async def test_a_program_cannot_view(database):
    maya = await an_account(**MAYA)
    pair = await sessions.open_api(await an_account("rosa@demo.test", "admin"))
    admin = await sessions.actor_of(pair.access_token)

    with pytest.raises(BrowserOnly):
        await view_as.begin(admin, maya.id)

    assert await kinds_of_emails() == []


async def test_a_session_views_one_person_at_a_time_also_when_asked_twice_at_once(database):
    maya, bob = await an_account(**MAYA), await an_account("bob@demo.test")
    _, admin = await rosa()

    results = await asyncio.gather(
        view_as.begin(admin, maya.id), view_as.begin(admin, bob.id), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in results) == ["BrowserOnly", "NoneType"]
    assert [act for act, _ in await audited()].count("account.view_begun") == 1


async def test_too_many_views_are_refused(database):
    maya = await an_account(**MAYA)
    token, admin = await rosa()
    for _ in range(view_as.STARTS_AN_HOUR):
        await view_as.begin(admin, maya.id)
        await view_as.end(await asking(token))

    with pytest.raises(TooMany):
        await view_as.begin(admin, maya.id)


async def test_the_persons_own_sessions_are_theirs(database):
    maya = await an_account(**MAYA)
    own = await sessions.open_browser(maya)
    _, admin = await rosa()

    await view_as.begin(admin, maya.id)

    actor = await asking(own)
    assert actor.viewer is None
    assert actor.permissions == PERMISSIONS["student"]


# Read-only


async def test_every_way_to_write_is_shut_by_one_fence(database):
    token, _, _ = await viewing()
    before = await everything_stored()
    await sessions.find(token)
    rows = collection("courses")

    async def nothing():
        return None

    for write in (
        lambda: transaction(nothing),
        lambda: rows.insert_one({"_id": "x"}),
        lambda: rows.insert_many([{"_id": "x"}]),
        lambda: rows.update_one({}, {"$set": {"x": 1}}),
        lambda: rows.update_many({}, {"$set": {"x": 1}}),
        lambda: rows.find_one_and_update({}, {"$set": {"x": 1}}),
        lambda: rows.delete_one({}),
        lambda: rows.delete_many({}),
        lambda: rows.aggregate([{"$merge": {"into": "courses"}}]),
    ):
        with pytest.raises(ReadOnly, match="read-only"):
            await write()

    assert await everything_stored() == before


async def test_the_fence_opens_again_with_the_admins_own_next_request(database):
    token, _, actor = await viewing()
    await sessions.find(token)
    await view_as.end(actor)

    assert await sessions.find(token) is not None
    await collection("courses").insert_one({"_id": "x"})

    assert len(await stored("courses")) == 1


def test_nothing_that_only_admins_may_is_left_in_a_view():
    assert VIEWABLE & (set(Permission) - PERMISSIONS["instructor"]) == set()


async def test_private_things_stay_closed(database):
    _, _, actor = await viewing()

    for call in (my_account.my_sessions(actor), data_export.export(actor)):
        with pytest.raises(ReadOnly):
            await call


async def test_a_lesson_is_seen_but_not_noted_as_seen(database):
    maya = await an_account(**MAYA)
    free = {"free": True, "price": {"minor": 0, "currency": "INR"}}
    course = await a_course(await an_instructor(), **free)
    await enrollments.enroll_free(acting(maya), course.id)
    token, admin = await rosa()
    await view_as.begin(admin, maya.id)
    before = await stored("enrollments")
    actor = await sessions.find(token)
    assert actor is not None

    seen = await classroom.lesson(actor, course.slug)
    with pytest.raises(ReadOnly):
        await classroom.complete(actor, course.slug, seen.lesson_id)

    assert await stored("enrollments") == before


async def test_a_made_up_view_of_somebody_who_is_no_admin_counts_for_nothing(database):
    """As if the row had kept a view beyond the office."""
    maya, bob = await an_account(**MAYA), await an_account("bob@demo.test")
    token = await sessions.open_browser(bob)
    view = {
        "account_id": maya.id,
        "role": "student",
        "until": clock.business() + timedelta(minutes=9),
    }
    await collection("sessions").update_one({"account_id": bob.id}, {"$set": {"viewing": view}})

    assert (await asking(token)).id == bob.id
    with pytest.raises(NotSignedIn):
        await sessions.actor_of("nothing")
