"""View as: an admin sees with somebody's eyes, only looks, and everybody concerned knows."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.client import close_for_writing, collection, transaction
from courseflow_admin.errors import NotFound, NotPermitted, NotSignedIn, ReadOnly, TooMany
from courseflow_admin.models.base import now
from courseflow_admin.models.permissions import PERMISSIONS, SYSTEM, VIEWABLE, Actor, Permission
from courseflow_admin.models.school import SchoolChange
from courseflow_admin.services import (
    accounts,
    classroom,
    data_export,
    enrollments,
    erasure,
    my_account,
    password_resets,
    people,
    school_settings,
    sessions,
    view_as,
)
from courseflow_admin.services.view_as import BrowserOnly, NotViewable
from tests.account_builders import NEW_PASSWORD, everything, kinds_of_emails, secret_of
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.course_builders import a_course, an_instructor
from tests.security.matrix import everything_stored

MAYA = {"email": "maya@demo.test", "name": "Maya Rao"}


async def rosa() -> tuple[str, Actor]:
    """An admin's browser: the token of its cookie, and who asks with it."""
    account = await an_account("rosa@demo.test", "admin", "Rosa Admin")
    token = await sessions.open_browser(account)
    return token, await asking(token)


async def asking(token: str) -> Actor:
    actor = await sessions.find(token)
    assert actor is not None
    close_for_writing(False)  # the test itself is nobody's request
    return actor


async def viewing(**of) -> tuple[str, Actor, Actor]:
    """Token, the admin, and who asks now: the admin as Maya."""
    maya = await an_account(**{**MAYA, **of})
    token, admin = await rosa()
    await view_as.begin(admin, maya.id)
    return token, admin, await asking(token)


async def test_the_same_cookie_asks_as_the_other_person_and_names_both(database):
    _, admin, actor = await viewing(role="instructor")

    assert (actor.name, actor.email, actor.role) == ("Maya Rao", "maya@demo.test", "instructor")
    assert actor.viewer == admin
    assert actor.permissions == PERMISSIONS["instructor"] & VIEWABLE
    assert actor.views_until is not None
    assert timedelta(minutes=29) < actor.views_until - now() <= timedelta(minutes=30)


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
    for _ in range(view_as.BEGUN):
        await view_as.begin(admin, maya.id)
        await view_as.end(await asking(token))

    with pytest.raises(TooMany):
        await view_as.begin(admin, maya.id)


# When it is over


async def test_after_half_an_hour_one_is_oneself_again_and_it_is_noted_once(database):
    token, admin, _ = await viewing()
    await collection("sessions").update_one(
        {"viewing.name": "Maya Rao"}, {"$set": {"viewing.until": now()}}
    )

    found = await asyncio.gather(*(sessions.find(token) for _ in range(5)))

    assert {one.id for one in found if one} == {admin.id}
    [entry] = await stored("audit", act="account.view_ended")
    assert (entry["actor_id"], entry["facts"]) == (admin.id, {"reason": "expired"})


async def suspend(_admin, actor):
    await accounts.suspend(SYSTEM, actor.id)


async def change_role(_admin, actor):
    await accounts.change_role(SYSTEM, actor.id, "instructor")


async def erase(_admin, actor):
    await erasure.erase(Actor(actor.id, "student"), PASSWORD)


async def demote(admin, _actor):
    await accounts.change_role(SYSTEM, admin.id, "instructor")


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (suspend, "account_changed"),
        (change_role, "account_changed"),
        (erase, "account_changed"),
        (demote, "office_lost"),
    ],
)
async def test_it_ends_with_the_person_or_the_office(database, act, reason):
    token, admin, actor = await viewing()

    await act(admin, actor)

    after = await asking(token)
    assert (after.id, after.viewer) == (admin.id, None)
    [entry] = await stored("audit", act="account.view_ended")
    assert (entry["object_id"], entry["facts"]) == (actor.id, {"reason": reason})


async def test_a_suspended_admin_views_nobody_any_more(database):
    token, admin, _ = await viewing()

    await accounts.suspend(SYSTEM, admin.id)

    assert await sessions.find(token) is None
    assert (await stored("audit", act="account.view_ended"))[0]["actor_id"] == admin.id


async def test_a_suspension_at_the_same_moment_leaves_no_view(database):
    token, admin = await rosa()
    for number in range(8):
        maya = await an_account(f"maya{number}@demo.test")

        await asyncio.gather(
            view_as.begin(admin, maya.id), accounts.suspend(SYSTEM, maya.id), return_exceptions=True
        )

        assert (await asking(token)).id == admin.id


async def test_a_new_name_or_address_is_seen_by_the_next_event(database):
    token, _, actor = await viewing()

    await my_account.rename(Actor(actor.id, "student"), "Maya Sen")

    seen = await asking(token)
    assert (seen.name, seen.viewer is not None) == ("Maya Sen", True)


async def test_signing_out_ends_both(database):
    token, admin, actor = await viewing()

    await sessions.end(actor)

    assert await sessions.find(token) is None
    assert [(row["act"], row["actor_id"]) for row in (await stored("audit"))[-2:]] == [
        ("account.view_ended", admin.id),
        ("session.ended", admin.id),
    ]


async def sign_out_everywhere(admin):
    await people.sign_out_everywhere(SYSTEM, admin.id)


async def change_the_password_elsewhere(admin):
    token = await sessions.open_browser(await accounts.get(admin, admin.id))
    await my_account.change_password(await asking(token), PASSWORD, NEW_PASSWORD)


async def sign_out_elsewhere(admin):
    await my_account.end_session(acting(await accounts.get(admin, admin.id)), admin.session_id)


async def reset_the_password(admin):
    await password_resets.ask(admin.email)
    await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)


@pytest.mark.parametrize(
    "act",
    [
        sign_out_everywhere,
        change_the_password_elsewhere,
        sign_out_elsewhere,
        reset_the_password,
    ],
)
async def test_a_view_that_ends_with_its_session_is_noted(database, act):
    _, admin, actor = await viewing()

    await act(admin)

    ended = await stored("audit", act="account.view_ended")
    assert [(row["actor_id"], row["object_id"], row["facts"]) for row in ended] == [
        (admin.id, actor.id, {"reason": "signed_out"})
    ]
    assert [row["viewing"] for row in await stored("sessions", _id=admin.session_id)] == [None]


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
        with pytest.raises(ReadOnly, match="nothing can be changed"):
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
    view = {"account_id": maya.id, "role": "student", "until": now() + timedelta(minutes=9)}
    await collection("sessions").update_one({"account_id": bob.id}, {"$set": {"viewing": view}})

    assert (await asking(token)).id == bob.id
    with pytest.raises(NotSignedIn):
        await sessions.actor_of("nothing")
