"""When a view is over: by time, with the person, the office or the session; and it is noted."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.services.identity import (
    accounts,
    erasure,
    my_account,
    password_resets,
    people,
    second_factor,
    sessions,
    view_as,
)
from tests.account_builders import NEW_PASSWORD, secret_of
from tests.builders import PASSWORD, acting, an_account, stored
from tests.second_factor_builders import with_second_factor
from tests.view_builders import MAYA, asking, rosa, viewing


async def test_after_half_an_hour_one_is_oneself_again_and_it_is_noted_once(database):
    token, admin, _ = await viewing()
    await collection("sessions").update_one(
        {"viewing.name": "Maya Rao"}, {"$set": {"viewing.until": clock.business()}}
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


async def switch_a_second_factor_on_elsewhere(admin):
    await with_second_factor(await accounts.get(admin, admin.id))


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
        switch_a_second_factor_on_elsewhere,
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


async def test_a_view_ends_with_the_second_factor_that_another_admin_takes_away(database):
    maya, account = await an_account(**MAYA), await an_account("rosa@demo.test", "admin")
    owner = await with_second_factor(account)
    await view_as.begin(owner.actor, maya.id)
    other = acting(await an_account("other@demo.test", "admin"))

    await second_factor.remove(other, account.id)

    [entry] = await stored("audit", act="account.view_ended")
    assert (entry["actor_id"], entry["object_id"]) == (account.id, maya.id)
    assert entry["facts"] == {"reason": "signed_out"}
    assert await stored("sessions", ended_at=None) == []


async def test_a_view_ends_when_its_browser_signs_in_anew(database):
    token, admin, actor = await viewing()
    account = await accounts.get(admin, admin.id)

    new = await sessions.open_browser(account, replaced_token=token)

    [entry] = await stored("audit", act="account.view_ended")
    assert (entry["object_id"], entry["facts"]) == (actor.id, {"reason": "signed_out"})
    assert (await asking(new)).viewer is None


async def test_a_view_whose_time_is_over_is_noted_before_another_takes_its_place(database):
    token, admin, actor = await viewing()
    bob = await an_account("bob@demo.test")
    await collection("sessions").update_one(
        {"viewing.name": "Maya Rao"}, {"$set": {"viewing.until": clock.business()}}
    )

    await view_as.begin(admin, bob.id)

    entries = await stored("audit", act={"$regex": "^account.view"})
    assert [(row["act"], row["object_id"], row["facts"].get("reason")) for row in entries] == [
        ("account.view_begun", actor.id, None),
        ("account.view_ended", actor.id, "expired"),
        ("account.view_begun", bob.id, None),
    ]
    assert (await asking(token)).id == bob.id
