"""Accounts: signing up, proving who one is, and what admins do with people."""

import asyncio

import pytest
from pydantic import ValidationError

from courseflow_admin.db.client import collection
from courseflow_admin.errors import Invalid, NotFound, NotPermitted, TooMany
from courseflow_admin.logs import request_context
from courseflow_admin.models.accounts import SignUpForm
from courseflow_admin.models.base import now
from courseflow_admin.models.paging import PageRequest
from courseflow_admin.models.permissions import SYSTEM, Actor
from courseflow_admin.services import accounts, passwords, sessions
from tests.builders import PASSWORD, acting, an_account, audited, stored


def a_form(email="ada@demo.test", name="Ada Lovelace", password=PASSWORD) -> SignUpForm:
    return SignUpForm(email=email, name=name, password=password)


async def test_sign_up_makes_a_learner_with_one_welcome_and_one_audit_entry(database):
    account = await accounts.sign_up(a_form(email=" Ada@Demo.TEST ", name="  Ada   Lovelace "))

    [row] = await stored("accounts")
    [email] = await stored("emails")
    assert (row["email"], row["name"], row["role"]) == ("ada@demo.test", "Ada Lovelace", "student")
    assert row["verified_at"] is None
    assert PASSWORD not in str(row)
    assert (email["kind"], email["to"], email["account_id"]) == (
        "welcome",
        "ada@demo.test",
        account.id,
    )
    assert await audited() == [("account.signed_up", account.id)]


async def test_an_address_signs_up_once_whatever_its_case(database):
    await accounts.sign_up(a_form())

    with pytest.raises(accounts.EmailTaken):
        await accounts.sign_up(a_form(email="ADA@demo.test"))

    assert len(await stored("accounts")) == 1
    assert len(await stored("emails")) == 1
    assert len(await audited()) == 1


async def test_of_ten_sign_ups_with_one_address_at_once_one_succeeds(database):
    results = await asyncio.gather(
        *(accounts.sign_up(a_form()) for _ in range(10)), return_exceptions=True
    )

    refused = [result for result in results if isinstance(result, accounts.EmailTaken)]
    assert len(refused) == 9
    assert len(await stored("accounts")) == 1
    assert len(await stored("emails")) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"role": "admin"},
        {"email": "nobody"},
        {"email": "a@localhost"},
        {"email": "ada@demo.test\nBcc: all@demo.test"},
        {"email": {"$ne": None}},
        {"name": "  "},
        {"name": "Ada\x00"},
        {"name": "Ada\u202elecaL"},
        {"name": "x" * 81},
        {"password": "1234567"},
        {"password": "x" * 129},
        {"password": None},
    ],
)
def test_a_sign_up_form_takes_nothing_else(sent):
    fields = {"email": "ada@demo.test", "name": "Ada", "password": PASSWORD}

    with pytest.raises(ValidationError) as refused:
        SignUpForm.model_validate({**fields, **sent})

    assert PASSWORD not in str(refused.value)


def test_names_in_indian_scripts_keep_their_joiners():
    form = a_form(name="ക്‍ഷമ \u0d28\u0d4d\u200d")

    assert form.name == "ക്‍ഷമ \u0d28\u0d4d\u200d"


def test_a_test_address_is_refused_in_production(configure):
    configure(
        ENV="production",
        MONGODB_URI="mongodb://db.example/",
        PUBLIC_URL="https://school.example",
        BCRYPT_COST="12",
    )

    with pytest.raises(ValidationError):
        a_form(email="ada@demo.test")
    assert a_form(email="ada@example.com").email == "ada@example.com"


async def test_address_and_password_prove_who_one_is(database):
    account = await an_account()

    proved = await accounts.authenticate(" ADA@demo.test ", PASSWORD)

    assert proved.id == account.id


async def test_unknown_address_and_wrong_password_read_and_write_the_same(database):
    account = await an_account()

    with pytest.raises(accounts.WrongCredentials) as wrong:
        await accounts.authenticate("ada@demo.test", "not the password")
    after_wrong = await counted()
    with pytest.raises(accounts.WrongCredentials) as unknown:
        await accounts.authenticate("nobody@demo.test", "not the password")
    after_unknown = await counted()

    assert str(wrong.value) == str(unknown.value)
    assert after_wrong == {"limits": [1, 1], "refusals": [account.id]}
    assert after_unknown == {"limits": [1, 1, 2], "refusals": [account.id, "acc_unknown"]}


async def counted() -> dict:
    refusals = await stored("audit", act="session.refused")
    return {
        "limits": sorted(row["count"] for row in await stored("limits")),
        "refusals": [row["object_id"] for row in refusals],
    }


async def test_no_address_stands_in_the_limits_or_in_the_audit_log(database):
    with pytest.raises(accounts.WrongCredentials), request_context("r", "203.0.113.9"):
        await accounts.authenticate("nobody@demo.test", "not the password")

    rows = str(await stored("limits")) + str([row["facts"] for row in await stored("audit")])
    assert "nobody@demo.test" not in rows
    assert "203.0.113.9" not in rows


async def test_after_five_failures_even_the_right_password_waits(database):
    await an_account()
    for _ in range(5):
        with pytest.raises(accounts.WrongCredentials):
            await accounts.authenticate("ada@demo.test", "not the password")

    with pytest.raises(TooMany) as refused:
        await accounts.authenticate("ada@demo.test", PASSWORD)

    assert 290 <= refused.value.wait_seconds <= 300


async def test_fifty_guesses_at_once_get_no_more_than_five_answers(database):
    await an_account()

    results = await asyncio.gather(
        *(accounts.authenticate("ada@demo.test", f"guess number {number}") for number in range(50)),
        return_exceptions=True,
    )

    answers = [type(result) for result in results]
    assert answers.count(accounts.WrongCredentials) == 5
    assert answers.count(TooMany) == 45


async def test_ten_failures_from_one_address_close_it_for_every_account(database):
    await an_account()
    with request_context("r", "203.0.113.9"):
        for number in range(10):
            with pytest.raises(accounts.WrongCredentials):
                await accounts.authenticate(f"nobody{number}@demo.test", "not the password")

        with pytest.raises(TooMany) as refused:
            await accounts.authenticate("ada@demo.test", PASSWORD)
    with request_context("r", "203.0.113.10"):
        elsewhere = await accounts.authenticate("ada@demo.test", PASSWORD)

    assert refused.value.wait_seconds <= 60
    assert elsewhere.email == "ada@demo.test"


async def test_a_success_forgets_the_failures_before_it(database):
    await an_account()
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(accounts.WrongCredentials):
                await accounts.authenticate("ada@demo.test", "not the password")
        await accounts.authenticate("ada@demo.test", PASSWORD)

    [row] = await stored("limits")
    assert row["count"] == 8  # of the address they came from


async def test_twenty_one_sign_ups_in_a_minute_from_one_address_are_too_many(database):
    with request_context("r", "203.0.113.9"):
        for number in range(20):
            await accounts.sign_up(a_form(email=f"learner{number}@demo.test"))

        with pytest.raises(TooMany):
            await accounts.sign_up(a_form(email="one-more@demo.test"))

    assert len(await stored("accounts")) == 20


async def test_a_hash_of_another_cost_is_renewed_at_the_next_sign_in(database, configure):
    account = await an_account()
    configure(BCRYPT_COST="5")

    await accounts.authenticate("ada@demo.test", PASSWORD)

    [row] = await stored("accounts")
    assert account.password_hash.startswith("$2b$04$")
    assert row["password_hash"].startswith("$2b$05$")
    assert (await accounts.authenticate("ada@demo.test", PASSWORD)).id == account.id


async def test_passwords_differ_also_behind_the_72nd_byte():
    long = "x" * 100
    kept = await passwords.hash_of(long)

    assert await passwords.matches(long, kept)
    assert not await passwords.matches(long[:-1] + "y", kept)
    assert not await passwords.matches("x" * 72, kept)
    assert not await passwords.matches("", "")


async def test_a_password_may_hold_any_letter_however_it_was_composed():
    kept = await passwords.hash_of("pass\x00wörd 密码")

    assert await passwords.matches("pass\x00wo\u0308rd 密码", kept)
    assert not await passwords.matches("pass", kept)


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


async def test_no_time_is_lost_between_making_and_reading(database):
    before = now()
    account = await an_account()

    [row] = await stored("accounts")

    assert row["created_at"] == account.created_at
    assert account.created_at >= before
