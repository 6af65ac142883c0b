"""Proving an e-mail address: by the link of the welcome e-mail, and when it changes."""

import asyncio

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Invalid, NotPermitted, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.identity.one_time_links import LinkUse
from courseflow_admin.services.identity import accounts, password_resets, sessions, verification
from courseflow_admin.services.identity.one_time_links import LinkNotGood
from courseflow_admin.services.identity.reauthentication import WrongPassword
from courseflow_admin.services.mail import emails
from tests.account_builders import (
    a_newcomer,
    everything,
    kinds_of_emails,
    later,
    secret_of,
    signed_in,
)
from tests.builders import PASSWORD, acting, an_account, audited, stored


async def test_the_welcome_carries_a_link_that_is_stored_by_its_hash_for_48_hours(database):
    eve = await a_newcomer()

    secret = await secret_of("welcome")
    [row] = await stored("one_time_tokens")

    assert secret not in str(row)
    assert (row["use"], row["account_id"], row["email"]) == ("verify", eve.id, "eve@demo.test")
    assert (row["expires_at"] - row["created_at"]).total_seconds() == 48 * 3600


async def test_the_link_verifies_also_the_session_that_is_open(database):
    eve = await a_newcomer()
    token = await sessions.open_browser(eve)

    assert await verification.confirm(await secret_of("welcome")) is LinkUse.VERIFY

    actor = await sessions.find(token)
    assert actor is not None
    assert actor.verified
    assert (await stored("accounts"))[0]["verified_at"] is not None
    assert (await audited())[-1] == ("account.verified", eve.id)


async def test_a_link_works_once_also_when_used_ten_times_at_once(database):
    eve = await a_newcomer()
    secret = await secret_of("welcome")

    results = await asyncio.gather(
        *(verification.confirm(secret) for _ in range(10)), return_exceptions=True
    )

    assert results.count(LinkUse.VERIFY) == 1
    assert sum(isinstance(result, LinkNotGood) for result in results) == 9
    assert (await audited()).count(("account.verified", eve.id)) == 1


@pytest.mark.parametrize("secret", ["", "x" * 43, "x" * 10_000, "\ud800", "{'$ne': 1}"])
async def test_what_is_no_link_of_ours_changes_nothing(database, secret):
    await a_newcomer()
    before = await everything()

    with pytest.raises(LinkNotGood):
        await verification.confirm(secret)

    assert await everything() == before


async def test_an_old_link_is_worth_nothing(database):
    await a_newcomer()
    await collection("one_time_tokens").update_one({}, {"$set": {"expires_at": clock.business()}})

    with pytest.raises(LinkNotGood):
        await verification.confirm(await secret_of("welcome"))

    assert (await stored("accounts"))[0]["verified_at"] is None


async def test_a_link_to_reset_a_password_verifies_nothing(database):
    await a_newcomer()
    await password_resets.ask("eve@demo.test")

    with pytest.raises(LinkNotGood):
        await verification.confirm(await secret_of("password_reset"))


async def test_a_new_link_replaces_the_one_before(database):
    eve = acting(await a_newcomer())
    first = await secret_of("welcome")
    await later()

    await verification.resend(eve)

    with pytest.raises(LinkNotGood):
        await verification.confirm(first)
    await verification.confirm(await secret_of("verify_email"))
    assert ("account.verification_sent", eve.id) in await audited()


async def test_who_is_verified_gets_no_link_and_the_sixth_within_an_hour_is_refused(database):
    ada, eve = acting(await an_account()), acting(await a_newcomer())

    with pytest.raises(verification.VerifiedAlready):
        await verification.resend(ada)
    for _ in range(5):
        await later()
        await verification.resend(eve)
    with pytest.raises(TooMany):
        await verification.resend(eve)

    assert len(await stored("emails", kind="verify_email")) == 5


async def test_an_address_changes_when_the_new_one_is_proved_and_the_old_one_is_told(database):
    ada = await an_account()
    token = await sessions.open_browser(ada)
    await password_resets.ask("ada@demo.test")

    await verification.ask_for_new_email(acting(ada), " Ada@New.TEST ", PASSWORD)
    unchanged = await stored("accounts")
    used = await verification.confirm(await secret_of("email_change"))

    actor = await sessions.find(token)
    assert unchanged[0]["email"] == "ada@demo.test"
    assert used is LinkUse.CHANGE_EMAIL
    assert (await stored("accounts"))[0]["email"] == "ada@new.test"
    assert actor is not None
    assert actor.email == "ada@new.test"
    assert (await kinds_of_emails())[-3:] == [
        ("email_change", "ada@new.test"),
        ("email_change_asked", "ada@demo.test"),
        ("email_changed", "ada@demo.test"),
    ]
    assert await stored("one_time_tokens", used_at=None) == []
    assert "new.test" not in str(await stored("audit"))


async def test_an_address_somebody_has_is_asked_for_alike_and_refused_to_its_holder(database):
    ada = acting(await an_account())
    await an_account("bob@demo.test")

    await verification.ask_for_new_email(ada, "bob@demo.test", PASSWORD)
    with pytest.raises(accounts.EmailTaken):
        await verification.confirm(await secret_of("email_change"))

    assert [row["email"] for row in await stored("accounts")] == ["ada@demo.test", "bob@demo.test"]
    assert ("account.email_changed", ada.id) not in await audited()


async def test_the_same_asked_twice_within_a_moment_is_one_link_that_works(database):
    ada, eve = acting(await an_account()), acting(await a_newcomer())
    await later()

    await asyncio.gather(
        *(verification.ask_for_new_email(ada, "new@demo.test", PASSWORD) for _ in range(2)),
        *(verification.resend(eve) for _ in range(2)),
    )
    await verification.ask_for_new_email(ada, "new@demo.test", PASSWORD)

    assert sorted((await kinds_of_emails())[1:]) == [
        ("email_change", "new@demo.test"),
        ("email_change_asked", "ada@demo.test"),
        ("verify_email", "eve@demo.test"),
    ]
    assert (await audited()).count(("account.email_change_asked", ada.id)) == 1
    assert (await audited()).count(("account.verification_sent", eve.id)) == 1
    assert await verification.confirm(await secret_of("verify_email")) is LinkUse.VERIFY
    assert await verification.confirm(await secret_of("email_change")) is LinkUse.CHANGE_EMAIL


async def test_another_address_or_the_same_a_minute_later_is_asked_for_anew(database):
    ada = acting(await an_account())

    await verification.ask_for_new_email(ada, "first@demo.test", PASSWORD)
    await verification.ask_for_new_email(ada, "second@demo.test", PASSWORD)
    await later()
    await verification.ask_for_new_email(ada, "second@demo.test", PASSWORD)

    assert [to for kind, to in await kinds_of_emails() if kind == "email_change"] == [
        "first@demo.test",
        "second@demo.test",
        "second@demo.test",
    ]
    assert len(await stored("one_time_tokens")) == 1


async def test_a_change_that_waits_is_known_until_it_is_done_cancelled_or_over(database):
    ada, bob = acting(await an_account()), acting(await an_account("bob@demo.test"))
    for email in ("done@demo.test", "cancelled@demo.test", "over@demo.test"):
        await verification.ask_for_new_email(ada, email, PASSWORD)
        waiting = await verification.change_waiting(ada)
        assert waiting is not None
        assert waiting.email == email
        assert await verification.change_waiting(bob) is None
        if email == "done@demo.test":
            await verification.confirm(await secret_of("email_change"))
        elif email == "cancelled@demo.test":
            await verification.cancel_change(ada)
        else:
            await collection("one_time_tokens").update_many(
                {}, {"$set": {"expires_at": clock.business()}}
            )

        assert await verification.change_waiting(ada) is None, email


async def test_a_cancelled_change_ends_its_link_and_is_in_the_log_once(database):
    ada = acting(await an_account())
    await verification.ask_for_new_email(ada, "new@demo.test", PASSWORD)

    await asyncio.gather(*(verification.cancel_change(ada) for _ in range(2)))

    with pytest.raises(LinkNotGood):
        await verification.confirm(await secret_of("email_change"))
    assert (await stored("accounts"))[0]["email"] == "ada@demo.test"
    assert (await audited()).count(("account.email_change_cancelled", ada.id)) == 1


async def test_the_link_of_a_change_is_sent_again_to_the_same_address_only(database):
    ada = acting(await an_account())
    await verification.ask_for_new_email(ada, "new@demo.test", PASSWORD)
    first = await secret_of("email_change")
    await later()

    await asyncio.gather(*(verification.send_change_again(ada) for _ in range(2)))

    assert (await kinds_of_emails())[2:] == [("email_change", "new@demo.test")]
    with pytest.raises(LinkNotGood):
        await verification.confirm(first)
    assert await verification.confirm(await secret_of("email_change")) is LinkUse.CHANGE_EMAIL
    assert (await audited()).count(("account.email_change_sent_again", ada.id)) == 1


async def test_without_a_change_that_waits_nothing_is_sent_again(database):
    ada = acting(await an_account())
    before = await everything()

    with pytest.raises(verification.NoChangeWaiting):
        await verification.send_change_again(ada)

    assert await everything() == before


async def test_the_links_of_a_change_are_few_in_an_hour_asked_for_or_sent_again(database):
    ada = acting(await an_account())
    await verification.ask_for_new_email(ada, "new@demo.test", PASSWORD)
    for _ in range(4):
        await later()
        await verification.send_change_again(ada)

    with pytest.raises(TooMany):
        await verification.send_change_again(ada)

    assert len(await stored("emails", kind="email_change")) == 5


@pytest.mark.parametrize(
    ("email", "password", "error"),
    [
        ("new@demo.test", "not it", WrongPassword),
        ("nobody", PASSWORD, Invalid),
        ("ADA@demo.test", PASSWORD, Invalid),
    ],
)
async def test_a_new_address_wants_the_password_and_an_address(database, email, password, error):
    ada = acting(await an_account())

    with pytest.raises(error):
        await verification.ask_for_new_email(ada, email, password)

    assert (await stored("emails"), await stored("one_time_tokens")) == ([], [])


async def test_five_wrong_passwords_close_the_question_for_the_right_one_too(database):
    ada = acting(await an_account())
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await verification.ask_for_new_email(ada, "new@demo.test", "not it")

    with pytest.raises(TooMany):
        await verification.ask_for_new_email(ada, "new@demo.test", PASSWORD)

    assert await stored("emails") == []


async def test_without_a_role_nothing_is_sent(database):
    nobody = Actor((await an_account()).id, "")
    before = await everything()

    for act in (
        verification.resend(nobody),
        verification.ask_for_new_email(nobody, "new@demo.test", PASSWORD),
        verification.send_change_again(nobody),
        verification.cancel_change(nobody),
        verification.change_waiting(nobody),
    ):
        with pytest.raises(NotPermitted):
            await act

    assert await everything() == before


async def test_the_link_in_the_log_is_hidden_also_from_the_account(database):
    eve = acting(await a_newcomer())
    secret = await secret_of("welcome")
    [email] = await stored("emails")

    seen = await emails.get(Actor("acc_root", "admin"), email["_id"])
    own = await emails.get(eve, email["_id"])

    assert secret not in seen.html + seen.text + own.html + own.text


async def test_a_suspended_account_verifies_nothing(database):
    eve = await a_newcomer()
    admin = acting(await an_account("admin@demo.test", "admin"))
    await accounts.suspend(admin, eve.id)

    with pytest.raises(LinkNotGood):
        await verification.confirm(await secret_of("welcome"))

    assert (await stored("accounts", email="eve@demo.test"))[0]["verified_at"] is None


async def test_sign_in_works_with_the_new_address_only(database):
    ada = await an_account()
    await verification.ask_for_new_email(acting(ada), "ada@new.test", PASSWORD)
    await verification.confirm(await secret_of("email_change"))

    with pytest.raises(accounts.WrongCredentials):
        await signed_in(ada)
    assert (await accounts.authenticate("ada@new.test", PASSWORD)).id == ada.id
