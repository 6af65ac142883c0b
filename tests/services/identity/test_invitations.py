"""Invitations: who may send them, what the link gives to whom, and races for it."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Conflict, Invalid, NotFound, NotPermitted, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.mail.emails import EmailState
from courseflow_admin.services.identity import accounts, erasure, invitations, sessions
from courseflow_admin.services.identity.accounts import EmailTaken
from courseflow_admin.services.identity.invitations import (
    ConfirmFirst,
    ForAnotherAddress,
    HasRole,
    InvitationNotGood,
    InvitedAlready,
)
from courseflow_admin.services.identity.password_rules import WeakPassword
from courseflow_admin.services.mail import emails
from tests.account_builders import a_newcomer, everything, kinds_of_emails, signed_in
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.invitation_builders import an_inviter, invited, secret_of_newest

TABLES = ("accounts", "sessions", "emails", "audit", "invitations")


async def test_an_invitation_is_a_link_by_mail_stored_by_its_hash_for_seven_days(database):
    admin = await an_inviter()

    sent = await invitations.create(admin, "Ines@Demo.test", "instructor")

    [row] = await stored("invitations")
    assert (row["email"], row["role"], row["state"]) == ("ines@demo.test", "instructor", "pending")
    assert row["expires_at"] - row["invited_at"] == timedelta(days=7)
    assert await secret_of_newest() not in str(row)
    [email] = await stored("emails")
    assert (email["to"], email["subject"]) == (
        "ines@demo.test",
        "Rosa Admin invited you to CourseFlow",
    )
    assert "as an instructor" in email["text"]
    assert (await audited())[-1] == ("invitation.sent", sent.id)
    assert "ines@demo.test" not in str(await stored("audit"))


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("nobody", "admin", "email"), ("x@demo.test", "owner", "role"), ("x@demo.test", "", "role")],
)
async def test_what_does_not_fit_is_refused_by_field(database, email, role, field):
    admin = await an_inviter()
    before = await everything(*TABLES)

    with pytest.raises(Invalid) as refused:
        await invitations.create(admin, email, role)

    assert refused.value.field == field
    assert await everything(*TABLES) == before


@pytest.mark.parametrize("role", ["student", "instructor", ""])
async def test_only_those_who_may_change_people_invite_resend_revoke_and_list(database, role):
    await invited()
    [row] = await stored("invitations")
    other = Actor("acc_x", role, verified=True)
    before = await everything(*TABLES)

    for call in (
        invitations.create(other, "x@demo.test", "admin"),
        invitations.resend(other, row["_id"]),
        invitations.revoke(other, row["_id"]),
        invitations.pending(other, PageRequest()),
        invitations.get(other, row["_id"]),
    ):
        with pytest.raises(NotPermitted):
            await call

    assert await everything(*TABLES) == before


@pytest.mark.parametrize(
    ("has", "offered", "said"),
    [
        ("instructor", "instructor", "Ada Lovelace is already an instructor."),
        ("admin", "instructor", "Ada Lovelace is already an admin."),
        ("student", "student", "Ada Lovelace is already a learner."),
    ],
)
async def test_an_address_that_has_the_role_is_not_invited(database, has, offered, said):
    admin = await an_inviter()
    await an_account(role=has)
    before = await everything(*TABLES)

    with pytest.raises(HasRole) as refused:
        await invitations.create(admin, "ada@demo.test", offered)

    assert str(refused.value) == said
    assert await everything(*TABLES) == before


async def test_a_suspended_person_is_not_invited(database):
    admin, ada = await an_inviter(), await an_account()
    await accounts.suspend(admin, ada.id)

    with pytest.raises(Conflict, match=r"is suspended\. Restore it first\."):
        await invitations.create(admin, "ada@demo.test", "admin")

    assert await stored("invitations") == []


async def test_an_address_has_one_pending_invitation_also_when_asked_ten_times_at_once(database):
    admin = await an_inviter()

    results = await asyncio.gather(
        *(invitations.create(admin, "ines@demo.test", "instructor") for _ in range(10)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, InvitedAlready) for result in results) == 9
    assert len(await stored("invitations")) == len(await stored("emails")) == 1


async def test_where_the_time_is_over_a_new_one_may_be_sent(database):
    await invited()
    [admin] = await stored("accounts")
    await collection("invitations").update_one({}, {"$set": {"expires_at": clock.business()}})

    await invitations.create(Actor(admin["_id"], "admin"), "ines@demo.test", "admin")

    states = [(row["role"], row["state"]) for row in await stored("invitations")]
    assert states == [("instructor", "revoked"), ("admin", "pending")]


async def test_too_many_invitations_are_refused(database):
    admin = await an_inviter()
    await invitations.create(admin, "ines@demo.test", "instructor")
    [row] = await stored("invitations")

    for _ in range(invitations.SENT_AGAIN):
        await invitations.resend(admin, row["_id"])
    with pytest.raises(TooMany):
        await invitations.resend(admin, row["_id"])

    assert (await stored("invitations"))[0]["times_sent"] == 1 + invitations.SENT_AGAIN


# By somebody without an account


async def test_somebody_new_signs_up_by_the_link_verified_and_with_the_role(database):
    secret = await invited()

    seen = await invitations.look_at(None, secret)
    account = await invitations.sign_up(secret, "Ines Weber", PASSWORD)

    assert (seen.email, seen.role, seen.inviter, seen.way) == (
        "ines@demo.test",
        "instructor",
        "Rosa Admin",
        "sign_up",
    )
    assert (account.email, account.role) == ("ines@demo.test", "instructor")
    assert account.verified_at is not None
    assert (await signed_in(account)).role == "instructor"
    [row] = await stored("invitations")
    assert (row["state"], row["account_id"]) == ("accepted", account.id)
    assert [act for act, _ in await audited()][-3:-1] == [
        "account.signed_up",
        "invitation.accepted",
    ]
    assert (await kinds_of_emails())[-1] == ("welcome", "ines@demo.test")
    assert "/verify" not in (await stored("emails", kind="welcome"))[0]["text"]


async def test_of_ten_sign_ups_at_once_one_makes_the_account(database):
    secret = await invited()

    results = await asyncio.gather(
        *(invitations.sign_up(secret, f"Ines {n}", PASSWORD) for n in range(10)),
        return_exceptions=True,
    )

    assert sum(isinstance(one, InvitationNotGood | EmailTaken) for one in results) == 9
    assert len(await stored("accounts", email="ines@demo.test")) == 1
    assert [act for act, _ in await audited()].count("invitation.accepted") == 1


@pytest.mark.parametrize(
    ("name", "password", "error"), [("", PASSWORD, Invalid), ("Ines", "password", WeakPassword)]
)
async def test_a_name_or_password_that_does_not_fit_does_not_use_the_link_up(
    database, name, password, error
):
    secret = await invited()

    with pytest.raises(error):
        await invitations.sign_up(secret, name, password)

    assert (await invitations.look_at(None, secret)).way == "sign_up"
    assert await stored("accounts", email="ines@demo.test") == []


async def test_where_an_account_has_the_address_by_now_one_signs_in_instead(database):
    secret = await invited()
    await a_newcomer("ines@demo.test")
    before = await everything(*TABLES)

    with pytest.raises(EmailTaken):
        await invitations.sign_up(secret, "Ines", PASSWORD)

    assert (await invitations.look_at(None, secret)).way == "sign_in"
    assert await everything(*TABLES) == before


# By somebody with an account


async def test_the_invited_person_accepts_and_their_open_session_has_the_role(database):
    ada = await an_account()
    token = await sessions.open_browser(ada)
    secret = await invited("ada@demo.test", "admin")

    seen = await invitations.look_at(acting(ada), secret)
    await invitations.accept(acting(ada), secret)

    actor = await sessions.find(token)
    assert actor is not None
    assert (seen.way, actor.role) == ("accept", "admin")
    entry = (await stored("audit", act="account.role_changed"))[0]
    assert (entry["actor_id"], entry["facts"]["after"]) == (ada.id, {"role": "admin"})
    assert (await audited())[-1][0] == "invitation.accepted"


async def test_a_role_is_raised_but_never_lowered(database):
    ada = await an_account()
    secret = await invited("ada@demo.test", "instructor")
    await accounts.change_role(SYSTEM, ada.id, "admin")

    account = await invitations.accept(acting(ada), secret)

    assert account.role == "admin"
    assert (await stored("invitations"))[0]["state"] == "accepted"


async def test_somebody_signed_in_with_another_address_is_told_to_switch(database):
    secret, bob = await invited(), await an_account("bob@demo.test")
    before = await everything(*TABLES)

    seen = await invitations.look_at(acting(bob), secret)
    with pytest.raises(ForAnotherAddress, match=r"is for ines@demo\.test\. Sign out"):
        await invitations.accept(acting(bob), secret)

    assert seen.way == "switch"
    assert await everything(*TABLES) == before


async def test_who_has_not_proved_the_address_may_not_take_what_was_sent_to_it(database):
    """Somebody who signed up with the invited address before its owner did."""
    thief = await a_newcomer("ines@demo.test", "Not Ines")
    secret = await invited()
    before = await everything(*TABLES)

    seen = await invitations.look_at(acting(thief), secret)
    with pytest.raises(ConfirmFirst):
        await invitations.accept(acting(thief), secret)
    with pytest.raises(ConfirmFirst):  # what the session believes does not count
        await invitations.accept(Actor(thief.id, "student", verified=True), secret)

    assert seen.way == "confirm"
    assert await everything(*TABLES) == before


async def test_nor_can_they_read_the_link_in_their_e_mails(database):
    thief = await a_newcomer("ines@demo.test", "Not Ines")
    secret = await invited()
    [row] = await stored("emails", kind="invitation")

    email = await emails.get(acting(thief), row["_id"])

    assert secret not in email.html + email.text


async def test_of_ten_claims_at_once_one_counts(database):
    ada = await an_account()
    secret = await invited("ada@demo.test")

    results = await asyncio.gather(
        *(invitations.accept(acting(ada), secret) for _ in range(10)), return_exceptions=True
    )

    assert sum(isinstance(one, InvitationNotGood) for one in results) == 9
    assert [act for act, _ in await audited()].count("account.role_changed") == 1


async def test_a_claim_and_a_revocation_at_once_have_one_outcome(database):
    admin = await an_inviter()
    for number in range(8):
        ada = await an_account(f"ada{number}@demo.test")
        sent = await invitations.create(admin, ada.email, "instructor")
        secret = await secret_of_newest()

        claimed, revoked = await asyncio.gather(
            invitations.accept(acting(ada), secret),
            invitations.revoke(admin, sent.id),
            return_exceptions=True,
        )

        [row] = await stored("invitations", _id=sent.id)
        [account] = await stored("accounts", _id=ada.id)
        won = (isinstance(claimed, InvitationNotGood), isinstance(revoked, NotFound))
        outcome = (row["state"], account["role"])
        assert (won, outcome) in [
            ((False, True), ("accepted", "instructor")),
            ((True, False), ("revoked", "student")),
        ]


# What is over


async def expire(_admin, _sent):
    await collection("invitations").update_one({}, {"$set": {"expires_at": clock.business()}})


async def take_back(admin, sent):
    await invitations.revoke(admin, sent.id)


async def use(_admin, _sent):
    await invitations.sign_up(await secret_of_newest(), "Ines", PASSWORD)


async def send_again(admin, sent):
    await invitations.resend(admin, sent.id)


async def demote_the_inviter(admin, _sent):
    await accounts.change_role(SYSTEM, admin.id, "student")


async def suspend_the_inviter(admin, _sent):
    await accounts.suspend(SYSTEM, admin.id)


@pytest.mark.parametrize(
    "happened", [expire, take_back, use, send_again, demote_the_inviter, suspend_the_inviter]
)
async def test_a_link_that_is_over_gives_nothing_and_says_whom_to_ask(database, happened):
    admin = await an_inviter()
    sent = await invitations.create(admin, "ines@demo.test", "admin")
    secret = await secret_of_newest()
    await happened(admin, sent)
    before = await everything(*TABLES)

    for call in (
        invitations.look_at(None, secret),
        invitations.sign_up(secret, "Ines", PASSWORD),
        invitations.accept(Actor("acc_x", "student", email="ines@demo.test"), secret),
    ):
        next_step = "Sign in to continue" if happened is use else "Ask the person who invited you"
        with pytest.raises(InvitationNotGood, match=next_step):
            await call

    assert await everything(*TABLES) == before


@pytest.mark.parametrize("secret", ["", "x" * 43, "x" * 10_000, "\ud800", "{'$ne': 1}"])
async def test_what_is_no_link_of_ours_gives_nothing(database, secret):
    await invited()

    with pytest.raises(InvitationNotGood):
        await invitations.look_at(None, secret)
    with pytest.raises(InvitationNotGood):
        await invitations.sign_up(secret, "Ines", PASSWORD)


async def test_sent_again_it_is_the_new_link_that_works(database):
    admin = await an_inviter()
    sent = await invitations.create(admin, "ines@demo.test", "instructor")
    await collection("invitations").update_one({}, {"$set": {"expires_at": clock.business()}})

    await invitations.resend(admin, sent.id)

    assert (await invitations.look_at(None, await secret_of_newest())).way == "sign_up"
    assert await kinds_of_emails() == [("invitation", "ines@demo.test")] * 2
    assert (await audited())[-1] == ("invitation.sent_again", sent.id)


# The list


async def test_admins_see_who_invited_whom_until_when_and_what_became_of_the_e_mail(database):
    admin = await an_inviter()
    first = await invitations.create(admin, "one@demo.test", "instructor")
    second = await invitations.create(admin, "two@demo.test", "admin")
    third = await invitations.create(SYSTEM, "three@demo.test", "student")
    await invitations.revoke(admin, second.id)
    await collection("emails").update_one(
        {"to": "one@demo.test"}, {"$set": {"state": EmailState.BOUNCED}}
    )
    await collection("invitations").update_one(
        {"_id": first.id}, {"$set": {"expires_at": clock.business()}}
    )

    page = await invitations.pending(admin, PageRequest(size=1))
    rest = await invitations.pending(admin, PageRequest.parse(after=page.next_cursor))

    assert [(one.invitation.id, one.inviter, one.expired) for one in page.rows + rest.rows] == [
        (third.id, "CourseFlow", False),
        (first.id, "Rosa Admin", True),
    ]
    assert [one.email_state for one in page.rows + rest.rows] == ["queued", "bounced"]
    assert page.range_text == "1–1 of 2"


async def test_a_deleted_person_leaves_no_invitation_and_no_address_in_one(database):
    secret = await invited("ines@demo.test")
    account = await invitations.sign_up(secret, "Ines", PASSWORD)
    [admin] = await stored("accounts", role="admin")
    await invitations.create(Actor(admin["_id"], "admin"), "ines@demo.test", "admin")
    newest = await secret_of_newest()

    await erasure.erase(acting(account), PASSWORD)

    with pytest.raises(InvitationNotGood):
        await invitations.look_at(None, newest)
    assert "ines@demo.test" not in str(await stored("invitations"))
    kept = await stored("emails", to="ines@demo.test")
    assert [email["kind"] for email in kept] == ["account_erased"]
