"""One's own account: name, password, and where one is signed in."""

import asyncio

import pytest

from courseflow_admin.errors import Invalid, NotFound, NotPermitted, TooMany
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.identity.devices import device_of
from courseflow_admin.services.identity import (
    accounts,
    my_account,
    password_resets,
    sessions,
    verification,
)
from courseflow_admin.services.identity.one_time_links import LinkNotGood
from courseflow_admin.services.identity.password_rules import WeakPassword
from courseflow_admin.services.identity.reauthentication import WrongPassword
from tests.account_builders import (
    NEW_PASSWORD,
    a_newcomer,
    an_enrollment,
    everything,
    kinds_of_emails,
    secret_of,
    signed_in,
)
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.money_builders import a_payment

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


async def test_a_new_name_stands_also_in_open_sessions_and_in_lists(database):
    ada = await an_account()
    token = await sessions.open_browser(ada)
    await a_payment(account_id=ada.id, name="Ada Lovelace", email=ada.email)
    await an_enrollment(account_id=ada.id, learner_name="Ada Lovelace")

    await my_account.rename(acting(ada), "  Ada   King ")

    actor = await sessions.find(token)
    assert actor is not None
    assert actor.name == "Ada King"
    assert (await stored("accounts"))[0]["name"] == "Ada King"
    assert (await stored("payments"))[0]["name"] == "Ada King"
    assert (await stored("enrollments"))[0]["learner_name"] == "Ada King"
    assert (await audited())[-1] == ("account.renamed", ada.id)


@pytest.mark.parametrize("name", ["", "  ", "Ada\x00", "x" * 81])
async def test_a_name_that_does_not_fit_changes_nothing(database, name):
    ada = acting(await an_account())
    before = await everything()

    with pytest.raises(Invalid):
        await my_account.rename(ada, name)

    assert await everything() == before


async def test_a_new_password_ends_the_other_sessions_and_is_told(database):
    ada = await an_account()
    other = await sessions.open_browser(ada)
    here = await signed_in(ada)
    await password_resets.ask("ada@demo.test")

    ended = await my_account.change_password(here, PASSWORD, NEW_PASSWORD)

    open_now = await stored("sessions", ended_at=None)
    assert ended == 1
    assert await sessions.find(other) is None
    assert [row["_id"] for row in open_now] == [here.session_id]
    assert (await accounts.authenticate("ada@demo.test", NEW_PASSWORD)).id == ada.id
    assert ("password_changed", "ada@demo.test") in await kinds_of_emails()
    assert (await audited())[-1] == ("account.password_changed", ada.id)
    with pytest.raises(LinkNotGood):
        await password_resets.set_new(await secret_of("password_reset"), "yet another secret lamp")


@pytest.mark.parametrize(
    ("current", "new", "error"),
    [
        ("not it", NEW_PASSWORD, WrongPassword),
        (PASSWORD, "password", WeakPassword),
        (PASSWORD, "short", Invalid),
        (PASSWORD, PASSWORD, Invalid),
    ],
)
async def test_a_password_that_does_not_fit_changes_nothing(database, current, new, error):
    ada = await signed_in(await an_account())
    before = await everything("accounts", "sessions", "emails", "one_time_tokens")

    with pytest.raises(error):
        await my_account.change_password(ada, current, new)

    assert await everything("accounts", "sessions", "emails", "one_time_tokens") == before


async def test_guessing_the_current_password_ends_after_five_and_is_audited(database):
    ada = await signed_in(await an_account())
    results = await asyncio.gather(
        *(my_account.change_password(ada, f"guess {n}", NEW_PASSWORD) for n in range(5)),
        return_exceptions=True,
    )

    assert all(isinstance(result, WrongPassword) for result in results)
    with pytest.raises(TooMany):
        await my_account.change_password(ada, PASSWORD, NEW_PASSWORD)
    assert (await audited()).count(("session.refused", ada.id)) == 5


async def test_of_two_new_passwords_at_once_one_stands(database):
    ada = await signed_in(await an_account())

    results = await asyncio.gather(
        my_account.change_password(ada, PASSWORD, f"{NEW_PASSWORD} one"),
        my_account.change_password(ada, PASSWORD, f"{NEW_PASSWORD} two"),
        return_exceptions=True,
    )

    assert sum(isinstance(result, my_account.ChangedMeanwhile) for result in results) == 1
    assert len(await stored("emails", kind="password_changed")) == 1


async def test_sessions_are_listed_this_one_first_with_device_and_address(database):
    ada = await an_account()
    await an_account("bob@demo.test")
    here = await signed_in(ada, device=FIREFOX)
    await signed_in(ada, device=SAFARI)
    await sessions.open_api(ada, user_agent="curl/8.5.0", ip="203.0.113.8")
    await sessions.open_browser(await accounts.authenticate("bob@demo.test", PASSWORD))

    first, *others = await my_account.my_sessions(here)

    assert (first.device, first.ip, first.is_this) == ("Firefox on Windows", "203.0.113.7", True)
    assert {(one.device, one.is_program, one.is_this) for one in others} == {
        ("Safari on iPhone", False, False),
        ("curl/8.5.0", True, False),
    }


async def test_one_session_or_all_others_are_signed_out(database):
    ada = await an_account()
    here = await signed_in(ada)
    phone, tablet, work = [await signed_in(ada) for _ in range(3)]

    await my_account.end_session(here, phone.session_id)
    with pytest.raises(NotFound):
        await my_account.end_session(here, phone.session_id)
    assert len(await my_account.my_sessions(here)) == 3
    assert await my_account.end_other_sessions(here) == 2

    assert [one.id for one in await my_account.my_sessions(here)] == [here.session_id]
    assert ("session.ended", phone.session_id) in await audited()
    assert (await audited())[-1] == ("account.others_signed_out", ada.id)
    assert {tablet.session_id, work.session_id}.isdisjoint(
        row["_id"] for row in await stored("sessions", ended_at=None)
    )


async def test_sessions_of_others_are_not_there(database):
    ada = await signed_in(await an_account())
    admin = await signed_in(await an_account("admin@demo.test", "admin"))
    before = await everything()

    for asker, session_id in [(ada, admin.session_id), (admin, ada.session_id), (ada, "ses_x")]:
        with pytest.raises(NotFound, match=r"^Session not found\.$"):
            await my_account.end_session(asker, session_id)

    assert await everything() == before


async def test_without_a_role_nothing_of_the_account_is_reached(database):
    nobody = Actor((await an_account()).id, "", session_id="ses_x")
    before = await everything()

    for act in (
        my_account.rename(nobody, "Mallory"),
        my_account.change_password(nobody, PASSWORD, NEW_PASSWORD),
        my_account.my_sessions(nobody),
        my_account.end_session(nobody, "ses_x"),
        my_account.end_other_sessions(nobody),
        verification.resend(nobody),
    ):
        with pytest.raises(NotPermitted):
            await act

    assert await everything() == before


async def test_a_newcomer_changes_the_password_and_stays_unverified(database):
    eve = await a_newcomer()

    await my_account.change_password(await signed_in(eve), PASSWORD, NEW_PASSWORD)
    await verification.confirm(await secret_of("welcome"))

    assert (await stored("accounts"))[0]["verified_at"] is not None


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (CHROME, "Chrome on Linux"),
        (f"{CHROME} Edg/140.0", "Edge on Linux"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("", "Unknown device"),
        ("\x1b[31mred", "Unknown device"),
    ],
)
def test_a_device_is_named_shortly(user_agent, device):
    assert device_of(user_agent) == device
