"""What admins do with people, and that it reaches the next thing those people do."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Invalid, NotFound, NotPermitted
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.services.identity import accounts, erasure, sessions
from tests.builders import PASSWORD, acting, an_account, audited, stored


async def test_admins_make_accounts_of_every_role_and_nobody_else_does(database):
    admin = acting(await an_account("admin@demo.test", "admin"))

    made = await accounts.create(
        admin, email="Ines@demo.test", name="Ines", role="instructor", password=PASSWORD
    )
    with pytest.raises(NotPermitted):
        await accounts.create(
            acting(made), email="x@demo.test", name="X", role="admin", password=PASSWORD
        )

    assert (made.email, made.role) == ("ines@demo.test", "instructor")
    assert [row["email"] for row in await stored("accounts")] == [
        "admin@demo.test",
        "ines@demo.test",
    ]
    assert (await audited())[-1] == ("account.created", made.id)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"role": "owner"}, "role"),
        ({"role": "system"}, "role"),
        ({"email": "nobody"}, "email"),
        ({"name": ""}, "name"),
        ({"password": "short"}, "password"),
    ],
)
async def test_an_account_that_does_not_fit_is_refused_by_field(database, sent, field):
    fields = {"email": "x@demo.test", "name": "X", "role": "student", "password": PASSWORD}

    with pytest.raises(Invalid) as refused:
        await accounts.create(SYSTEM, **{**fields, **sent})

    assert refused.value.field == field
    assert await stored("accounts") == []


async def test_another_account_is_there_only_for_admins(database):
    ada, bob = await an_account(), await an_account("bob@demo.test")
    admin = await an_account("admin@demo.test", "admin")

    with pytest.raises(NotFound):
        await accounts.get(acting(ada), bob.id)
    assert (await accounts.get(acting(ada), ada.id)).email == "ada@demo.test"
    assert (await accounts.get(acting(admin), bob.id)).email == "bob@demo.test"


@pytest.mark.parametrize("role", ["", "owner", None, "Admin"])
async def test_a_missing_or_unknown_role_may_nothing(database, role):
    """Fault 13 of the ancestor: a missing role passed the role check."""
    account = await an_account(role="admin")
    change = {"$unset": {"role": ""}} if role is None else {"$set": {"role": role}}
    await collection("accounts").update_one({"_id": account.id}, change)

    token = await sessions.open_browser(await accounts.authenticate("ada@demo.test", PASSWORD))
    actor = await sessions.find(token)

    assert actor is not None
    assert actor.permissions == frozenset()
    with pytest.raises(NotPermitted):
        await accounts.search(actor, PageRequest())
    with pytest.raises(NotPermitted):
        await accounts.get(actor, actor.id)


async def test_a_change_of_role_is_seen_by_the_next_read(database):
    admin = acting(await an_account("admin@demo.test", "admin"))
    ada = await an_account()
    token = await sessions.open_browser(ada)

    await accounts.change_role(admin, ada.id, "instructor")

    actor = await sessions.find(token)
    assert actor is not None
    assert actor.role == "instructor"
    assert (await audited())[-1] == ("account.role_changed", ada.id)


async def test_a_suspension_ends_every_session_with_the_next_read(database):
    admin = acting(await an_account("admin@demo.test", "admin"))
    ada = await an_account()
    token, pair = await sessions.open_browser(ada), await sessions.open_api(ada)

    await accounts.suspend(admin, ada.id)

    assert await sessions.find(token) is None
    with pytest.raises(sessions.NotSignedIn):
        await sessions.actor_of(pair.access_token)
    with pytest.raises(sessions.NotSignedIn):
        await sessions.refresh(pair.refresh_token)
    with pytest.raises(sessions.Suspended):
        await accounts.authenticate("ada@demo.test", PASSWORD)
    with pytest.raises(sessions.NotSignedIn):
        await sessions.open_browser(ada)


async def test_after_a_suspension_is_lifted_one_signs_in_anew(database):
    admin = acting(await an_account("admin@demo.test", "admin"))
    ada = await an_account()
    token = await sessions.open_browser(ada)
    await accounts.suspend(admin, ada.id)

    await accounts.restore(admin, ada.id)

    assert await sessions.find(token) is None
    assert await sessions.open_browser(await accounts.authenticate("ada@demo.test", PASSWORD))


async def test_suspended_while_signing_in_nobody_keeps_a_session(database):
    admin = acting(await an_account("admin@demo.test", "admin"))
    for number in range(10):
        ada = await an_account(f"ada{number}@demo.test")

        await asyncio.gather(
            sessions.open_browser(ada), accounts.suspend(admin, ada.id), return_exceptions=True
        )

        assert await stored("sessions", account_id=ada.id, ended_at=None) == []


async def test_nobody_changes_their_own_role_or_access(database):
    admin = acting(await an_account("admin@demo.test", "admin"))

    with pytest.raises(NotPermitted):
        await accounts.change_role(admin, admin.id, "student")
    with pytest.raises(NotPermitted):
        await accounts.suspend(admin, admin.id)

    [row] = await stored("accounts")
    assert (row["role"], row["suspended_at"]) == ("admin", None)


async def test_two_admins_who_demote_each_other_at_once_leave_one(database):
    for number in range(5):
        first = acting(await an_account(f"first{number}@demo.test", "admin"))
        second = acting(await an_account(f"second{number}@demo.test", "admin"))

        await asyncio.gather(
            accounts.change_role(first, second.id, "student"),
            accounts.change_role(second, first.id, "student"),
            return_exceptions=True,
        )

        left = await stored("accounts", role="admin", _id={"$in": [first.id, second.id]})
        assert len(left) == 1


@pytest.mark.parametrize("other_act", ["suspend", "demote", "leave"])
@pytest.mark.parametrize("act", ["suspend", "leave"])
async def test_whatever_two_admins_do_at_once_one_is_left(database, act, other_act):
    """Each suspends or demotes the other, or deletes their own account."""

    def doing(what: str, me: Actor, other: Actor):
        if what == "suspend":
            return accounts.suspend(me, other.id)
        if what == "demote":
            return accounts.change_role(me, other.id, "instructor")
        return erasure.erase(me, PASSWORD)

    for number in range(3):
        first = acting(await an_account(f"first{number}@demo.test", "admin"))
        second = acting(await an_account(f"second{number}@demo.test", "admin"))

        await asyncio.gather(
            doing(act, first, second), doing(other_act, second, first), return_exceptions=True
        )

        left = await stored("accounts", role="admin", suspended_at=None, erased_at=None)
        assert len(left) == 1
        await collection("accounts").delete_many({})


@pytest.mark.parametrize("act", ["change_role", "suspend", "restore", "search"])
async def test_only_those_who_may_change_people_do(database, act):
    ada, bob = await an_account(role="instructor"), await an_account("bob@demo.test")
    arguments = {
        "change_role": (bob.id, "admin"),
        "suspend": (bob.id,),
        "restore": (bob.id,),
        "search": (PageRequest(),),
    }[act]

    with pytest.raises(NotPermitted):
        await getattr(accounts, act)(acting(ada), *arguments)

    assert (await stored("accounts", _id=bob.id))[0]["role"] == "student"
    assert (await stored("accounts", _id=bob.id))[0]["suspended_at"] is None


async def test_people_are_paged_newest_first_and_by_address_while_searching(database):
    admin = acting(await an_account("admin@demo.test", "admin"))
    for name in ["ann", "ben", "anton", "bert", "an.na"]:
        await an_account(f"{name}@demo.test")

    everybody = await emails_of_all_pages(admin)
    an = await emails_of_all_pages(admin, email_prefix="AN")
    dotted = await emails_of_all_pages(admin, email_prefix="an.")
    admins = await emails_of_all_pages(admin, role="admin")

    assert everybody == ["an.na", "bert", "anton", "ben", "ann", "admin"]
    assert an == ["an.na", "ann", "anton"]
    assert dotted == ["an.na"]
    assert admins == ["admin"]


async def emails_of_all_pages(actor: Actor, **filters) -> list[str]:
    names, request = [], PageRequest(size=2)
    while True:
        page = await accounts.search(actor, request, **filters)
        names += [account.email.removesuffix("@demo.test") for account in page.rows]
        if not page.next_cursor:
            return names
        request = PageRequest.parse(after=page.next_cursor)
        request = PageRequest(request.cursor, "next", request.first, 2)
