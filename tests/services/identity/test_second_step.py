"""Signing in to an account with a second factor: two halves, each code once, never without."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import NotSignedIn, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.models.identity.second_factor import (
    CodeRefused,
    SecondFactorNeeded,
    SignInOver,
)
from courseflow_admin.services.identity import (
    accounts,
    my_account,
    password_resets,
    people,
    second_factor,
    second_step,
    sessions,
)
from courseflow_admin.services.school import limits
from tests.account_builders import NEW_PASSWORD, kinds_of_emails, secret_of, signed_in
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.second_factor_builders import code_of, with_second_factor


async def authenticated(password=PASSWORD):
    return await accounts.authenticate("ada@demo.test", password)


async def half_way():
    return await second_step.ask_for_code(await authenticated())


async def opened():
    return [row["_id"] for row in await stored("sessions") if row["second_factor"]]


async def test_the_password_alone_opens_no_session_of_either_kind(database):
    await with_second_factor(await an_account())
    ada, before = await authenticated(), await stored("sessions")

    for act in (sessions.open_browser(ada), sessions.open_api(ada), second_step.open_api(ada, "")):
        with pytest.raises(SecondFactorNeeded):
            await act

    assert await stored("sessions") == before


async def test_password_and_code_open_a_session_that_remembers_both(database):
    owner = await with_second_factor(await an_account())

    token = await second_step.open_browser(
        await half_way(), f" {code_of(owner.key)[:3]} {code_of(owner.key)[3:]}", ip="203.0.113.7"
    )
    pair = await second_step.open_api(await authenticated(), code_of(owner.key, 1))

    browser = await sessions.find(token)
    program = await sessions.actor_of(pair.access_token)
    assert browser is not None
    assert (browser.id, program.id) == (owner.account.id, owner.account.id)
    rows = {row["_id"]: row["second_factor"] for row in await stored("sessions")}
    assert (rows[browser.session_id], rows[program.session_id]) == (True, True)
    [*_, entry] = await stored("audit", act="session.opened", object_id=browser.session_id)
    assert entry["facts"] == {"kind": "browser", "second_factor": True}
    assert await stored("pending_sign_ins") == []


async def test_of_twenty_with_the_same_code_at_once_exactly_one_gets_in(database):
    owner = await with_second_factor(await an_account())
    ada, code = await authenticated(), code_of(owner.key)
    before = len(await opened())

    results = await asyncio.gather(
        *(second_step.open_api(ada, code) for _ in range(20)), return_exceptions=True
    )

    refused = [result for result in results if isinstance(result, CodeRefused | TooMany)]
    assert len(refused) == 19
    assert len(await opened()) - before == 1


async def test_a_code_is_good_once_and_so_is_none_before_it(database):
    owner = await with_second_factor(await an_account())  # by the code of the step before
    for steps in (-1, -2, 3):
        with pytest.raises(CodeRefused):
            await second_step.open_api(await authenticated(), code_of(owner.key, steps))
    newest = code_of(owner.key, 1)
    await second_step.open_api(await authenticated(), newest)

    for code in (newest, code_of(owner.key)):
        with pytest.raises(CodeRefused):
            await second_step.open_api(await authenticated(), code)


async def test_a_recovery_code_opens_it_once_and_its_owner_is_told_how_many_are_left(database):
    owner = await with_second_factor(await an_account())
    typed = owner.codes[3].lower().replace("-", " ")

    token = await second_step.open_browser(await half_way(), typed)
    for code in (typed, owner.codes[3]):
        with pytest.raises(CodeRefused):
            await second_step.open_browser(await half_way(), code)

    actor = await sessions.find(token)
    assert actor is not None
    assert (await second_factor.get(actor)).recovery_codes_left == 9
    [mail] = await stored("emails", kind="recovery_code_used")
    assert (mail["to"], "9 of 10 codes left." in mail["text"]) == ("ada@demo.test", True)
    assert ("account.recovery_code_used", owner.account.id) in await audited()


async def test_of_twenty_with_the_same_recovery_code_exactly_one_gets_in(database):
    owner = await with_second_factor(await an_account())
    ada = await authenticated()
    before = len(await opened())

    results = await asyncio.gather(
        *(second_step.open_api(ada, owner.codes[0]) for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(result, CodeRefused | TooMany) for result in results) == 19
    assert len(await opened()) - before == 1


async def test_recovery_codes_of_somebody_else_open_nothing(database):
    await with_second_factor(await an_account())
    bob = await with_second_factor(await an_account("bob@demo.test"))

    with pytest.raises(CodeRefused):
        await second_step.open_api(await authenticated(), bob.codes[0])

    assert (
        len((await stored("second_factors", account_id=bob.account.id))[0]["recovery_hashes"]) == 10
    )


# Half a sign-in


async def test_half_a_sign_in_is_no_session_and_its_token_is_not_stored(database):
    await with_second_factor(await an_account())

    token = await half_way()

    assert await sessions.find(token) is None
    for act in (sessions.actor_of(token), sessions.refresh(f"{token}.{token}")):
        with pytest.raises(NotSignedIn):
            await act
    names = ("pending_sign_ins", "sessions", "audit", "accounts", "emails")
    assert token not in str([await stored(name) for name in names])
    assert (await audited())[-1][0] == "session.code_asked"


async def test_it_is_good_once_also_for_two_at_the_same_moment(database):
    owner = await with_second_factor(await an_account())
    token, before = await half_way(), len(await opened())

    results = await asyncio.gather(
        *(second_step.open_browser(token, code) for code in owner.codes[:4]), return_exceptions=True
    )

    assert sum(isinstance(result, SignInOver) for result in results) == 3
    assert len(await opened()) - before == 1
    assert len((await stored("second_factors"))[0]["recovery_hashes"]) == 9  # theirs are kept
    with pytest.raises(SignInOver):
        await second_step.open_browser(token, owner.codes[5])


async def test_a_wrong_code_does_not_use_it_up(database):
    owner = await with_second_factor(await an_account())
    token = await half_way()

    with pytest.raises(CodeRefused):
        await second_step.open_browser(token, "000000")

    assert await second_step.open_browser(token, code_of(owner.key))


async def late(_owner):
    await collection("pending_sign_ins").update_one(
        {}, {"$set": {"expires_at": clock.business() - timedelta(seconds=1)}}
    )


async def with_a_new_password(owner):
    await my_account.change_password(owner.actor, PASSWORD, NEW_PASSWORD)


async def with_a_reset_password(owner):
    await password_resets.ask(owner.account.email)
    await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)


async def suspended(owner):
    await accounts.suspend(await an_admin(), owner.account.id)


async def suspended_and_restored(owner):
    admin = await an_admin()
    await accounts.suspend(admin, owner.account.id)
    await accounts.restore(admin, owner.account.id)


async def signed_out_by_an_admin(owner):
    await people.sign_out_everywhere(await an_admin(), owner.account.id)


async def without_second_factor(owner):
    await second_factor.remove(await an_admin(), owner.account.id)


async def an_admin():
    return acting(await an_account("root@demo.test", "admin"))


@pytest.mark.parametrize(
    "change",
    [
        late,
        with_a_new_password,
        with_a_reset_password,
        suspended,
        suspended_and_restored,
        signed_out_by_an_admin,
        without_second_factor,
    ],
)
async def test_it_ends_with_time_and_with_what_happens_to_the_account(database, change):
    owner = await with_second_factor(await an_account())
    token = await half_way()
    await change(owner)
    before = await stored("sessions")

    with pytest.raises(SignInOver):
        await second_step.open_browser(token, owner.codes[0])

    assert await stored("sessions") == before


@pytest.mark.parametrize("token", ["", "x" * 43, "é" * 43, "\ud800" * 43])
async def test_what_is_no_such_token_opens_nothing(database, token):
    owner = await with_second_factor(await an_account())
    await half_way()

    with pytest.raises(SignInOver):
        await second_step.open_browser(token, code_of(owner.key))


async def test_a_new_password_by_e_mail_leaves_the_second_factor_on(database):
    owner = await with_second_factor(await an_account())
    await with_a_reset_password(owner)

    with pytest.raises(SecondFactorNeeded):
        await sessions.open_browser(await authenticated(NEW_PASSWORD))

    await second_step.open_api(await authenticated(NEW_PASSWORD), code_of(owner.key))


# Limits


async def test_who_is_locked_out_by_wrong_codes_is_let_in_by_a_new_password(database):
    owner = await with_second_factor(await an_account())
    for _ in range(second_factor.WRONG_PER_DAY):
        await limits.count("code-day", owner.account.id, second_factor.WRONG_PER_DAY, 86_400)
    with pytest.raises(TooMany):
        await second_step.open_api(await authenticated(), code_of(owner.key))

    await with_a_reset_password(owner)

    await second_step.open_api(await authenticated(NEW_PASSWORD), code_of(owner.key))


async def test_resets_without_end_give_no_tries_without_end(database):
    owner = await with_second_factor(await an_account())
    for _ in range(3):
        await limits.count("code-day-again", owner.account.id, 3, 86_400)
    for _ in range(second_factor.WRONG_PER_DAY):
        await limits.count("code-day", owner.account.id, second_factor.WRONG_PER_DAY, 86_400)

    await with_a_reset_password(owner)

    with pytest.raises(TooMany):
        await second_step.open_api(await authenticated(NEW_PASSWORD), code_of(owner.key))


async def test_five_wrong_codes_are_all_though_the_password_is_right_each_time(database):
    owner = await with_second_factor(await an_account())
    for number in range(5):
        with pytest.raises(CodeRefused, match="incorrect or has already been used"):
            await second_step.open_api(await authenticated(), f"00000{number}")

    for code in (code_of(owner.key), owner.codes[0]):
        with pytest.raises(TooMany):
            await second_step.open_api(await authenticated(), code)
        with pytest.raises(TooMany):
            await second_step.open_browser(await half_way(), code)

    assert (await audited()).count(("session.refused", owner.account.id)) == 5


async def test_ten_wrong_codes_from_one_address_are_all_for_every_account(database):
    owners = [
        await with_second_factor(await an_account(f"p{number}@demo.test")) for number in range(3)
    ]
    for number in range(10):
        account = owners[number // 5].account
        with pytest.raises(CodeRefused):
            await second_step.open_api(
                await accounts.authenticate(account.email, PASSWORD), "000000"
            )

    third = await accounts.authenticate(owners[2].account.email, PASSWORD)
    with pytest.raises(TooMany):
        await second_step.open_api(third, code_of(owners[2].key))


async def test_switching_it_on_and_a_sign_in_at_the_same_moment_leave_no_session_without(database):
    ada = await an_account()
    here = await signed_in(ada)
    made = await second_factor.begin(here, PASSWORD)

    results = await asyncio.gather(
        second_factor.confirm(here, code_of(made.key)),
        *(sessions.open_browser(ada) for _ in range(4)),
        return_exceptions=True,
    )

    assert len(results[0]) == 10, results
    rows = await stored("sessions", ended_at=None)
    assert [(row["_id"], row["second_factor"]) for row in rows] == [(here.session_id, True)]
    assert ("second_factor_on", "ada@demo.test") in await kinds_of_emails()
