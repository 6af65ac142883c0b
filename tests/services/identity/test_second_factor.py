"""The second factor: set up, used, lost, and asked of admins."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Conflict, NotFound, NotPermitted, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor, Permission, SecondFactorRequired
from courseflow_admin.models.identity.second_factor import (
    SecondFactorOff,
    SecondFactorOn,
    SetUpOver,
    WrongCode,
)
from courseflow_admin.services.identity import (
    accounts,
    data_export,
    erasure,
    people,
    second_factor,
    second_step,
    sessions,
)
from courseflow_admin.services.identity.reauthentication import WrongPassword
from courseflow_admin.services.identity.second_factor import SecondFactorKept
from tests.account_builders import (
    CommandsHeard,
    a_newcomer,
    everything,
    kinds_of_emails,
    signed_in,
)
from tests.builders import PASSWORD, acting, an_account, audited, stored
from tests.second_factor_builders import code_of, school_asks, with_second_factor

ALL = ("accounts", "sessions", "emails", "second_factors")


async def test_it_is_on_once_a_right_code_was_given_and_other_sessions_end(database):
    ada = await an_account()
    elsewhere = await sessions.open_browser(ada)
    here = await signed_in(ada)

    made = await second_factor.begin(here, PASSWORD)
    begun = await second_factor.get(here)
    codes = await second_factor.confirm(here, code_of(made.key))
    found = await second_factor.get(here)

    assert (begun.on, begun.setting_up) == (False, True)
    assert (found.on, found.setting_up, found.recovery_codes_left) == (True, False, 10)
    assert found.since is not None
    assert made.address == (
        f"otpauth://totp/CourseFlow:ada%40demo.test?secret={made.key}&issuer=CourseFlow"
    )
    assert made.qr_svg.startswith("<svg")
    assert len(set(codes)) == 10
    assert {len(code) for code in codes} == {29}  # six groups of four
    assert await sessions.find(elsewhere) is None
    [row] = await stored("sessions", ended_at=None)
    assert (row["_id"], row["second_factor"]) == (here.session_id, True)
    assert ("second_factor_on", "ada@demo.test") in await kinds_of_emails()
    assert (await audited())[-1] == ("account.second_factor_switched_on", ada.id)


async def test_no_secret_of_it_is_in_emails_audit_export_or_the_text_of_a_row(database):
    owner = await with_second_factor(await an_account())
    [row] = await stored("second_factors")

    export = await data_export.export(owner.actor)

    [told] = export["second_factor"]
    assert told == {
        "_id": row["_id"],
        "account_id": owner.account.id,
        "begun_at": row["begun_at"],
        "confirmed_at": row["confirmed_at"],
    }
    others = [await stored(name) for name in ("emails", "audit", "sessions", "accounts", "limits")]
    for secret in (owner.key, *owner.codes, *row["recovery_hashes"]):
        assert secret not in str([export, others])
    assert not any(code in str(row) for code in owner.codes)


async def test_a_wrong_password_begins_nothing(database):
    ada = await signed_in(await an_account())

    with pytest.raises(WrongPassword):
        await second_factor.begin(ada, "not it")

    assert await stored("second_factors") == []


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "x" * 5000])
async def test_what_is_no_code_switches_nothing_on(database, code):
    ada = await signed_in(await an_account())
    await second_factor.begin(ada, PASSWORD)
    before = await everything(*ALL)

    with pytest.raises(WrongCode):
        await second_factor.confirm(ada, code)

    assert await everything(*ALL) == before
    assert (await audited())[-1] == ("session.refused", ada.id)


async def test_a_set_up_is_begun_anew_ends_after_half_an_hour_and_is_confirmed_once(database):
    ada = await signed_in(await an_account())
    with pytest.raises(SetUpOver):
        await second_factor.confirm(ada, "123456")
    first = await second_factor.begin(ada, PASSWORD)
    second = await second_factor.begin(ada, PASSWORD)

    with pytest.raises(WrongCode):
        await second_factor.confirm(ada, code_of(first.key))
    await collection("second_factors").update_one(
        {}, {"$set": {"begun_at": clock.business() - timedelta(minutes=31)}}
    )
    with pytest.raises(SetUpOver):
        await second_factor.confirm(ada, code_of(second.key))
    third = await second_factor.begin(ada, PASSWORD)
    await second_factor.confirm(ada, code_of(third.key))
    for again in (
        second_factor.begin(ada, PASSWORD),
        second_factor.confirm(ada, code_of(third.key, 1)),
    ):
        with pytest.raises(SecondFactorOn):
            await again

    assert len(await stored("second_factors")) == 1


async def test_new_recovery_codes_need_password_and_code_and_end_the_old_ones(database):
    owner = await with_second_factor(await an_account())
    [before] = await stored("second_factors")
    for password, code, error in [
        ("not it", code_of(owner.key), WrongPassword),
        (PASSWORD, "000000", WrongCode),
    ]:
        with pytest.raises(error):
            await second_factor.renew_recovery_codes(owner.actor, password, code)
    assert await stored("second_factors") == [before]

    new = await second_factor.renew_recovery_codes(owner.actor, PASSWORD, code_of(owner.key))

    assert (await kinds_of_emails())[-1] == ("recovery_codes_renewed", "ada@demo.test")
    assert not set(new) & set(owner.codes)
    with pytest.raises(WrongCode):
        await second_factor.switch_off(owner.actor, PASSWORD, owner.codes[0])
    await second_factor.switch_off(owner.actor, PASSWORD, new[0])
    assert ("account.recovery_codes_renewed", owner.account.id) in await audited()


async def test_switched_off_by_password_and_code_the_password_alone_opens_it(database):
    owner = await with_second_factor(await an_account())
    before = await everything(*ALL)
    for password, code, error in [
        ("not it", code_of(owner.key), WrongPassword),
        (PASSWORD, code_of(owner.key, 5), WrongCode),
    ]:
        with pytest.raises(error):
            await second_factor.switch_off(owner.actor, password, code)
    assert await everything(*ALL) == before

    await second_factor.switch_off(owner.actor, PASSWORD, code_of(owner.key))

    assert await stored("second_factors") == []
    assert await sessions.open_browser(await accounts.authenticate("ada@demo.test", PASSWORD))
    assert ("second_factor_off", "ada@demo.test") in await kinds_of_emails()
    assert ("account.second_factor_switched_off", owner.account.id) in await audited()
    with pytest.raises(SecondFactorOff):
        await second_factor.switch_off(owner.actor, PASSWORD, "123456")


async def test_guesses_end_after_five_and_a_right_code_does_not_help_then(database):
    owner = await with_second_factor(await an_account())

    results = await asyncio.gather(
        *(second_factor.switch_off(owner.actor, PASSWORD, f"00000{number}") for number in range(9)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, WrongCode) for result in results) == 5
    assert sum(isinstance(result, TooMany) for result in results) == 4
    with pytest.raises(TooMany):
        await second_factor.switch_off(owner.actor, PASSWORD, code_of(owner.key))
    assert len(await stored("second_factors")) == 1


async def test_an_admin_removes_it_from_somebody_who_lost_their_device(database):
    admin = await signed_in(await an_account("root@demo.test", "admin", "Ruth"))
    owner = await with_second_factor(await an_account())

    assert (await people.get(admin, owner.account.id)).second_factor_since is not None
    ended = await second_factor.remove(admin, owner.account.id)

    assert ended == 1
    assert await stored("second_factors") == []
    assert await stored("sessions", account_id=owner.account.id, ended_at=None) == []
    assert (await people.get(admin, owner.account.id)).second_factor_since is None
    assert (await kinds_of_emails())[-1] == ("second_factor_removed", "ada@demo.test")
    entry = (await stored("audit"))[-1]
    assert (entry["act"], entry["object_id"], entry["actor_id"]) == (
        "account.second_factor_removed",
        owner.account.id,
        admin.id,
    )


async def test_nobody_removes_their_own_or_one_that_is_not_there(database):
    admin = await with_second_factor(await an_account("root@demo.test", "admin"))
    ada, bob = await with_second_factor(await an_account()), await an_account("bob@demo.test")
    before = await everything(*ALL, "audit")

    for actor, account_id, error in [
        (admin.actor, admin.account.id, Conflict),
        (admin.actor, bob.id, SecondFactorOff),
        (admin.actor, "acc_unknown", NotFound),
        (acting(bob), ada.account.id, NotPermitted),
        (Actor("acc_gone", "admin"), ada.account.id, NotPermitted),
    ]:
        with pytest.raises(error):
            await second_factor.remove(actor, account_id)

    assert await everything(*ALL, "audit") == before


async def test_a_deleted_account_leaves_nothing_of_it(database):
    owner = await with_second_factor(await a_newcomer())

    await erasure.erase(owner.actor, PASSWORD)

    assert await stored("second_factors") == []
    assert await stored("known_devices") == []


async def test_without_a_role_nothing_of_it_is_reached(database):
    nobody = Actor((await an_account()).id, "")

    for act in (
        second_factor.get(nobody),
        second_factor.begin(nobody, PASSWORD),
        second_factor.confirm(nobody, "123456"),
        second_factor.renew_recovery_codes(nobody, PASSWORD, "123456"),
        second_factor.switch_off(nobody, PASSWORD, "123456"),
        second_factor.since(nobody, nobody.id),
    ):
        with pytest.raises(NotPermitted):
            await act


# A must for admins


async def test_where_the_school_asks_an_admin_without_it_holds_the_own_account_alone(database):
    admin = await an_account("root@demo.test", "admin")
    token, pair = await sessions.open_browser(admin), await sessions.open_api(admin)
    student = await sessions.open_browser(await an_account())

    await school_asks()

    for actor in (await sessions.find(token), await sessions.actor_of(pair.access_token)):
        assert actor is not None
        assert actor.permissions == {Permission.ACCOUNT_OWN, Permission.ACCOUNT_PRIVATE}
        with pytest.raises(SecondFactorRequired, match="Set it up"):
            await people.get(actor, admin.id)
    untouched = await sessions.find(student)
    assert untouched is not None
    assert not untouched.second_factor_due


async def test_who_is_asking_costs_an_admin_one_read_with_it_and_without(database, mongod_uri):
    admin = await with_second_factor(await an_account("root@demo.test", "admin"))
    having = await second_step.open_browser(
        await second_step.ask_for_code(await accounts.authenticate(admin.account.email, PASSWORD)),
        admin.codes[0],
    )
    lacking = await sessions.open_browser(await an_account("ruth@demo.test", "admin"))
    heard = CommandsHeard()
    await client.connect(mongod_uri, database, listeners=[heard])
    heard.heard.clear()

    await sessions.find(having)
    await sessions.find(lacking)

    assert heard.heard == [("aggregate", "sessions")] * 2


async def test_setting_it_up_gives_an_admin_everything_back_and_keeps_it(database):
    await school_asks()
    admin = await an_account("root@demo.test", "admin")
    token = await sessions.open_browser(admin)
    actor = await sessions.find(token)
    assert actor is not None
    made = await second_factor.begin(actor, PASSWORD)
    await second_factor.confirm(actor, code_of(made.key, -1))

    after = await sessions.find(token)

    assert after is not None
    assert after.permissions == frozenset(Permission)
    with pytest.raises(SecondFactorKept):
        await second_factor.switch_off(after, PASSWORD, code_of(made.key))
    assert len(await stored("second_factors")) == 1
    await school_asks(on=False)
    await second_factor.switch_off(after, PASSWORD, code_of(made.key))
    assert await stored("second_factors") == []


async def test_what_an_actor_never_held_is_refused_as_before(database):
    due = Actor("acc_x", "student", second_factor_due=True)

    with pytest.raises(NotPermitted) as refused:
        due.require(Permission.ACCOUNTS_READ)

    assert refused.value.code == "not_permitted"
