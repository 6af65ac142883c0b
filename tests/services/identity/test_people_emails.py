"""What a person is told by e-mail when somebody does something to their account."""

import asyncio

import pytest

from courseflow_admin.errors import Conflict, NotFound, NotPermitted, TooMany
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.services.identity import accounts, invitations, verification
from courseflow_admin.services.identity.one_time_links import LinkNotGood
from courseflow_admin.services.identity.reauthentication import WrongPassword
from courseflow_admin.services.identity.verification import LINKS_PER_ACCOUNT, VerifiedAlready
from tests.account_builders import a_newcomer, everything, kinds_of_emails, later, secret_of
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.invitation_builders import an_inviter, invited


async def the_only_email():
    [email] = await stored("emails")
    return email


async def test_a_suspended_person_is_told_and_learns_whom_to_write_to(database):
    admin, ada = await an_inviter(), await an_account()

    await accounts.suspend(admin, ada.id)

    email = await the_only_email()
    assert (email["kind"], email["to"], email["subject"]) == (
        "account_suspended",
        "ada@demo.test",
        "Your account at CourseFlow has been suspended",
    )
    assert "If you think this is a mistake, write to support@demo.test." in email["text"]


async def test_a_restored_person_is_told(database):
    admin, ada = await an_inviter(), await an_account()
    await accounts.suspend(admin, ada.id)

    await accounts.restore(admin, ada.id)

    assert [kind for kind, _ in await kinds_of_emails()] == [
        "account_suspended",
        "account_restored",
    ]
    assert "/sign-in" in (await stored("emails"))[1]["text"]


async def test_a_new_role_is_told_in_words(database):
    admin, ada = await an_inviter(), await an_account()

    await accounts.change_role(admin, ada.id, "instructor")

    email = await the_only_email()
    assert (email["kind"], email["subject"]) == (
        "role_changed",
        "You are now an instructor at CourseFlow",
    )
    assert "You can also create and sell your own courses." in email["text"]


async def test_so_is_one_taken_by_an_invitation(database):
    ada = await an_account()
    secret = await invited("ada@demo.test", "admin")

    await invitations.accept(acting(ada), secret)

    assert (await kinds_of_emails())[-1] == ("role_changed", "ada@demo.test")


async def test_what_changes_nothing_is_told_to_nobody(database):
    admin, ada = await an_inviter(), await an_account()
    await accounts.change_role(admin, ada.id, "student")
    await accounts.restore(admin, ada.id)
    assert await stored("emails") == []

    await accounts.suspend(admin, ada.id)
    await accounts.suspend(admin, ada.id)

    assert await kinds_of_emails() == [("account_suspended", "ada@demo.test")]


async def test_two_admins_who_suspend_at_once_send_one_e_mail(database):
    first, ada = await an_inviter(), await an_account()
    second = acting(await an_account("second@demo.test", "admin"))

    await asyncio.gather(accounts.suspend(first, ada.id), accounts.suspend(second, ada.id))

    assert await kinds_of_emails() == [("account_suspended", "ada@demo.test")]


async def test_somebody_who_may_not_does_nothing_and_sends_nothing(database):
    bob, ada = acting(await an_account("bob@demo.test", "instructor")), await a_newcomer()
    before = await everything()

    for call in (
        accounts.suspend(bob, ada.id),
        accounts.change_role(bob, ada.id, "admin"),
        verification.resend_to(bob, ada.id),
    ):
        with pytest.raises(NotPermitted):
            await call

    assert await everything() == before


# The old address, when another is asked for


async def test_the_old_address_is_told_at_once_that_another_was_asked_for(database):
    ada = await an_account()

    await verification.ask_for_new_email(acting(ada), "new@demo.test", PASSWORD)

    assert await kinds_of_emails() == [
        ("email_change", "new@demo.test"),
        ("email_change_asked", "ada@demo.test"),
    ]
    told = (await stored("emails", kind="email_change_asked"))[0]
    assert "new@demo.test" not in told["text"]
    assert "change your password right away" in told["text"]


async def test_a_wrong_password_tells_nobody(database):
    ada = await an_account()

    with pytest.raises(WrongPassword):
        await verification.ask_for_new_email(acting(ada), "new@demo.test", "not it")

    assert await stored("emails") == []


# Verification, sent again by an admin


async def test_an_admin_sends_a_new_link_and_the_old_one_is_dead(database):
    admin, eve = await an_inviter(), await a_newcomer()
    old = await secret_of("welcome")
    await later()

    await verification.resend_to(admin, eve.id)

    [entry] = await stored("audit", act="account.verification_sent")
    assert (entry["actor_id"], entry["object_id"]) == (admin.id, eve.id)
    with pytest.raises(LinkNotGood):
        await verification.confirm(old)
    await verification.confirm(await secret_of("verify_email"))
    assert (await audited())[-1] == ("account.verified", eve.id)


async def test_not_to_the_verified_the_suspended_and_to_nobody(database):
    admin, ada, eve = await an_inviter(), await an_account(), await a_newcomer()
    await accounts.suspend(SYSTEM, eve.id)
    before = await everything()

    with pytest.raises(VerifiedAlready):
        await verification.resend_to(admin, ada.id)
    with pytest.raises(Conflict, match=r"is suspended\. Restore it first\."):
        await verification.resend_to(admin, eve.id)
    with pytest.raises(NotFound):
        await verification.resend_to(admin, "acc_unknown")

    assert await everything() == before


async def test_admin_and_person_share_one_limit(database):
    admin, eve = await an_inviter(), await a_newcomer()
    for _ in range(LINKS_PER_ACCOUNT - 1):
        await later()
        await verification.resend(acting(eve))
    await later()
    await verification.resend_to(admin, eve.id)

    with pytest.raises(TooMany):
        await verification.resend_to(admin, eve.id)

    assert len(await stored("emails", kind="verify_email")) == LINKS_PER_ACCOUNT
