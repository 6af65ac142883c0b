"""A forgotten password: one answer for everybody, one use for each link."""

import asyncio

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import TooMany
from courseflow_admin.logs import request_context
from courseflow_admin.models.core import clock
from courseflow_admin.services.identity import accounts, password_resets, sessions
from courseflow_admin.services.identity.one_time_links import LinkNotGood
from courseflow_admin.services.identity.password_rules import WeakPassword
from tests.account_builders import (
    NEW_PASSWORD,
    CommandsHeard,
    a_newcomer,
    everything,
    kinds_of_emails,
    secret_of,
)
from tests.builders import PASSWORD, acting, an_account, audited, stored


async def test_a_link_sets_the_password_ends_all_sessions_and_says_so(database):
    ada = await an_account()
    browser = await sessions.open_browser(ada)
    await sessions.open_api(ada)

    await password_resets.ask(" ADA@demo.test ")
    await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)

    assert await sessions.find(browser) is None
    assert {row["end_reason"] for row in await stored("sessions")} == {"password_reset"}
    assert (await accounts.authenticate("ada@demo.test", NEW_PASSWORD)).id == ada.id
    with pytest.raises(accounts.WrongCredentials):
        await accounts.authenticate("ada@demo.test", PASSWORD)
    assert await kinds_of_emails() == [
        ("password_reset", "ada@demo.test"),
        ("password_changed", "ada@demo.test"),
    ]
    assert ("account.reset_asked", ada.id) in await audited()
    assert ("account.password_reset", ada.id) in await audited()


async def test_the_link_lives_ten_minutes_and_is_stored_by_its_hash(database):
    await an_account()

    await password_resets.ask("ada@demo.test")

    [row] = await stored("one_time_tokens")
    assert (row["expires_at"] - row["created_at"]).total_seconds() == 600
    assert await secret_of("password_reset") not in str(row)
    await collection("one_time_tokens").update_one({}, {"$set": {"expires_at": clock.business()}})
    with pytest.raises(LinkNotGood):
        await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)


async def test_of_ten_uses_at_once_one_sets_the_password(database):
    await an_account()
    await password_resets.ask("ada@demo.test")
    secret = await secret_of("password_reset")

    results = await asyncio.gather(
        *(password_resets.set_new(secret, f"{NEW_PASSWORD} {n}") for n in range(10)),
        return_exceptions=True,
    )

    [winner] = [n for n, result in enumerate(results) if result is None]
    assert sum(isinstance(result, LinkNotGood) for result in results) == 9
    assert await accounts.authenticate("ada@demo.test", f"{NEW_PASSWORD} {winner}")
    assert len(await stored("emails", kind="password_changed")) == 1


async def test_an_unknown_address_costs_the_same_commands_in_the_same_order(mongod_uri, database):
    ada, eve = await an_account(), await a_newcomer()
    admin = acting(await an_account("admin@demo.test", "admin"))
    await accounts.suspend(admin, eve.id)
    heard = CommandsHeard()
    await client.connect(mongod_uri, database, listeners=[heard])

    costs = []
    for email in (ada.email, "nobody@demo.test", "no address", eve.email):
        heard.heard.clear()
        await password_resets.ask(email)
        costs.append([(act, name.replace("decoys", "emails")) for act, name in heard.heard])

    assert costs[0] == [
        ("findAndModify", "limits"),
        ("findAndModify", "limits"),
        ("find", "accounts"),
        ("delete", "one_time_tokens"),
        ("insert", "one_time_tokens"),
        ("find", "school"),
        ("update", "emails"),
        ("update", "jobs"),
        ("insert", "audit"),
        ("commitTransaction", ""),
    ]
    assert costs[1:] == [costs[0]] * 3


async def test_who_asks_for_a_suspended_account_is_noted_on_it_and_gets_no_link(database):
    ada = await an_account()
    await accounts.suspend(acting(await an_account("admin@demo.test", "admin")), ada.id)
    emails = await stored("emails")

    await password_resets.ask(ada.email)
    await password_resets.ask("nobody@demo.test")

    asked = [("account.reset_asked", ada.id), ("account.reset_asked", "acc_unknown")]
    assert (await audited())[-2:] == asked
    assert await stored("emails") == emails


async def test_nobody_is_written_to_and_no_address_is_kept(database):
    await password_resets.ask("nobody@demo.test")

    assert await stored("emails") == []
    assert "nobody@demo.test" not in str(await everything("decoys", "one_time_tokens", "audit"))
    assert (await stored("decoys"))[0]["expires_at"] > clock.business()


async def test_the_sixth_for_an_address_and_the_21st_from_an_address_wait(database):
    for _ in range(5):
        await password_resets.ask("nobody@demo.test")
    with pytest.raises(TooMany):
        await password_resets.ask("NOBODY@demo.test")

    with request_context("r", "203.0.113.5"):
        for number in range(20):
            await password_resets.ask(f"x{number}@demo.test")
        with pytest.raises(TooMany):
            await password_resets.ask("one-more@demo.test")


async def test_a_weak_password_leaves_the_link_as_it_is(database):
    await an_account()
    await password_resets.ask("ada@demo.test")
    secret, before = await secret_of("password_reset"), await everything()

    with pytest.raises(WeakPassword):
        await password_resets.set_new(secret, "adalovelace")

    assert await everything() == before
    await password_resets.set_new(secret, NEW_PASSWORD)


async def test_a_link_to_verify_sets_no_password(database):
    await a_newcomer()
    before = await everything()

    with pytest.raises(LinkNotGood):
        await password_resets.set_new(await secret_of("welcome"), NEW_PASSWORD)

    assert await everything() == before


async def test_a_reset_opens_an_account_that_failed_sign_ins_had_closed(database):
    await an_account()
    for _ in range(5):
        with pytest.raises(accounts.WrongCredentials):
            await accounts.authenticate("ada@demo.test", "not it")
    with pytest.raises(TooMany):
        await accounts.authenticate("ada@demo.test", PASSWORD)

    await password_resets.ask("ada@demo.test")
    await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)

    assert await accounts.authenticate("ada@demo.test", NEW_PASSWORD)


async def test_who_resets_by_e_mail_has_proved_the_address(database):
    await a_newcomer()
    await password_resets.ask("eve@demo.test")

    await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)

    assert (await stored("accounts"))[0]["verified_at"] is not None
    assert await stored("one_time_tokens", used_at=None) == []
