"""Sessions: opening, use, rotation and end, for browsers and for API clients."""

import asyncio
from datetime import timedelta

import pytest

from courseflow_admin.db.core.client import collection
from courseflow_admin.db.identity import sessions as sessions_db
from courseflow_admin.errors import NotSignedIn, TooMany
from courseflow_admin.models.core import clock
from courseflow_admin.services.identity import sessions
from tests.builders import an_account, audited, stored


async def move(field: str, by: timedelta) -> None:
    """Put the one session `by` further into the past."""
    [row] = await stored("sessions")
    await collection("sessions").update_one({"_id": row["_id"]}, {"$set": {field: row[field] - by}})


async def test_a_browser_session_knows_its_account(database):
    ada = await an_account(role="instructor")

    token = await sessions.open_browser(ada, user_agent="Firefox", ip="203.0.113.9")
    actor = await sessions.find(token)

    [row] = await stored("sessions")
    assert actor is not None
    assert (actor.id, actor.role, actor.name, actor.email, actor.verified) == (
        ada.id,
        "instructor",
        "Ada Lovelace",
        "ada@demo.test",
        True,
    )
    assert actor.session_id == row["_id"]
    assert row["_id"].startswith("ses_")
    assert (row["user_agent"], row["ip"]) == ("Firefox", "203.0.113.9")
    assert (await audited())[-1] == ("session.opened", row["_id"])


async def test_no_token_is_stored(database):
    ada = await an_account()

    token = await sessions.open_browser(ada)
    pair = await sessions.open_api(ada)

    everything = str([await stored(name) for name in ("sessions", "audit", "accounts", "limits")])
    for secret in (token, *pair.refresh_token.split("."), pair.access_token):
        assert len(secret) >= 43
        assert secret not in everything


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "é" * 43, "\ud800" * 43, "x" * 100_000])
async def test_what_is_no_token_finds_nobody(database, token):
    await sessions.open_browser(await an_account())

    assert await sessions.find(token) is None


async def test_kinds_of_sessions_do_not_open_each_other(database):
    ada = await an_account()
    pair = await sessions.open_api(ada)
    cookie = await sessions.open_browser(ada)
    family, _, turn = pair.refresh_token.partition(".")

    for token in (pair.access_token, pair.refresh_token, family, turn):
        assert await sessions.find(token) is None
    for token in (cookie, f"{cookie}.{turn}", f"{family}.", family):
        with pytest.raises(NotSignedIn):
            await sessions.refresh(token)
    with pytest.raises(NotSignedIn):
        await sessions.actor_of(cookie)


async def test_who_is_asking_costs_one_read_by_index_and_no_write(database):
    token = await sessions.open_browser(await an_account())
    [row] = await stored("sessions")
    where = {
        "token_hash": row["token_hash"],
        "kind": "browser",
        **sessions_db.open_at(clock.wall()),
    }

    read = [{"$match": where}, {"$limit": 1}, *sessions_db.THE_RULE]
    explained = await collection("sessions").raw.database.command(
        "explain",
        {"aggregate": "sessions", "pipeline": read, "cursor": {}},
        verbosity="executionStats",
    )
    await sessions.find(token)

    plan = explained["stages"][0]["$cursor"]
    stats = plan["executionStats"]
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
    assert (stats["totalKeysExamined"], stats["totalDocsExamined"]) == (1, 1)
    assert await stored("sessions") == [row]


async def test_a_use_is_noted_once_a_minute_and_moves_the_idle_end(database):
    token = await sessions.open_browser(await an_account())
    await move("last_used_at", timedelta(minutes=2))
    await move("expires_at", timedelta(minutes=2))
    [before] = await stored("sessions")

    await sessions.find(token)
    [after] = await stored("sessions")
    await sessions.find(token)

    assert after["last_used_at"] - before["last_used_at"] >= timedelta(minutes=2)
    assert after["expires_at"] - after["last_used_at"] == timedelta(days=30)
    assert await stored("sessions") == [after]


async def test_after_thirty_idle_days_a_session_is_over_though_its_row_is_there(database):
    token = await sessions.open_browser(await an_account())
    await move("expires_at", timedelta(days=30, seconds=1))

    assert await sessions.find(token) is None


async def test_use_does_not_carry_a_session_over_ninety_days(database):
    token = await sessions.open_browser(await an_account())
    await move("created_at", timedelta(days=89))
    await move("last_used_at", timedelta(minutes=2))

    await sessions.find(token)

    [row] = await stored("sessions")
    assert row["expires_at"] == row["created_at"] + timedelta(days=90)


async def test_signing_out_ends_one_session_on_the_server(database):
    ada = await an_account()
    here, there = await sessions.open_browser(ada), await sessions.open_browser(ada)
    actor = await sessions.find(here)
    assert actor is not None

    await sessions.end(actor)
    await sessions.end(actor)

    assert await sessions.find(here) is None
    assert await sessions.find(there) is not None
    assert (await audited()).count(("session.ended", actor.session_id)) == 1


async def test_signing_in_again_ends_the_session_the_browser_had(database):
    ada = await an_account()
    former = await sessions.open_browser(ada)

    newer = await sessions.open_browser(ada, replaced_token=former)

    assert newer != former
    assert await sessions.find(former) is None
    assert await sessions.find(newer) is not None


async def test_an_access_token_acts_for_its_account_until_the_session_ends(database):
    ada = await an_account()
    pair = await sessions.open_api(ada)

    actor = await sessions.actor_of(pair.access_token)
    await sessions.end(actor)

    assert (actor.id, actor.role) == (ada.id, "student")
    assert (pair.token_type, pair.expires_in) == ("Bearer", 600)
    with pytest.raises(NotSignedIn):
        await sessions.actor_of(pair.access_token)
    with pytest.raises(NotSignedIn):
        await sessions.refresh(pair.refresh_token)


async def test_a_refresh_token_is_good_once_and_gives_another(database):
    first = await sessions.open_api(await an_account())

    second = await sessions.refresh(first.refresh_token)
    third = await sessions.refresh(second.refresh_token)

    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert (await sessions.actor_of(third.access_token)).email == "ada@demo.test"
    assert len(await stored("sessions")) == 1


async def test_of_twenty_refreshes_at_once_one_gets_a_new_pair_and_nothing_ends(database):
    pair = await sessions.open_api(await an_account())

    results = await asyncio.gather(
        *(sessions.refresh(pair.refresh_token) for _ in range(20)), return_exceptions=True
    )

    pairs = [result for result in results if isinstance(result, sessions.TokenPair)]
    refused = [result for result in results if isinstance(result, sessions.JustRefreshed)]
    assert (len(pairs), len(refused)) == (1, 19)
    assert await sessions.refresh(pairs[0].refresh_token)
    assert await stored("emails") == []


async def test_the_predecessor_used_after_ten_seconds_ends_the_family(database):
    """Fault 14 of the ancestor: refresh tokens could not be revoked."""
    ada = await an_account()
    first = await sessions.open_api(ada)
    second = await sessions.refresh(first.refresh_token)
    await move("rotated_at", timedelta(seconds=11))

    with pytest.raises(NotSignedIn):
        await sessions.refresh(first.refresh_token)

    [row] = await stored("sessions")
    [email] = await stored("emails")
    assert row["end_reason"] == "reused"
    assert (email["kind"], email["to"]) == ("token_reuse", "ada@demo.test")
    assert (await audited())[-1] == ("token.reused", row["_id"])
    with pytest.raises(NotSignedIn):
        await sessions.refresh(second.refresh_token)
    with pytest.raises(NotSignedIn):
        await sessions.actor_of(second.access_token)


async def test_an_older_ancestor_ends_the_family_at_once_and_is_mailed_once(database):
    first = await sessions.open_api(await an_account())
    second = await sessions.refresh(first.refresh_token)
    third = await sessions.refresh(second.refresh_token)

    results = await asyncio.gather(
        *(sessions.refresh(first.refresh_token) for _ in range(5)), return_exceptions=True
    )

    assert [type(result) for result in results] == [NotSignedIn] * 5
    assert len(await stored("emails")) == 1
    with pytest.raises(NotSignedIn):
        await sessions.refresh(third.refresh_token)


async def test_other_families_live_on(database):
    ada = await an_account()
    first, other = await sessions.open_api(ada), await sessions.open_api(ada)
    second = await sessions.refresh(first.refresh_token)
    await sessions.refresh(second.refresh_token)

    with pytest.raises(NotSignedIn):
        await sessions.refresh(first.refresh_token)

    assert await sessions.refresh(other.refresh_token)


async def test_refreshes_from_one_address_are_limited(database):
    for _ in range(60):
        with pytest.raises(NotSignedIn):
            await sessions.refresh("no token", ip="203.0.113.9")

    with pytest.raises(TooMany):
        await sessions.refresh("no token", ip="203.0.113.9")


async def test_an_expired_session_refreshes_no_more(database):
    pair = await sessions.open_api(await an_account())
    await move("expires_at", timedelta(days=31))

    with pytest.raises(NotSignedIn):
        await sessions.refresh(pair.refresh_token)
    with pytest.raises(NotSignedIn):
        await sessions.actor_of(pair.access_token)


async def test_a_changed_password_between_check_and_opening_opens_nothing(database):
    ada = await an_account()
    await collection("accounts").update_one({"_id": ada.id}, {"$set": {"password_hash": "other"}})

    with pytest.raises(NotSignedIn, match="changed a moment ago"):
        await sessions.open_browser(ada)

    assert await stored("sessions") == []
