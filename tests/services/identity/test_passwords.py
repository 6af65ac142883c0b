"""Hashing under load: whoever would wait for long is told to come again, and nothing is lost."""

import asyncio
import time

import pytest

from courseflow_admin.errors import Busy
from courseflow_admin.services.identity import accounts, passwords
from tests.builders import PASSWORD, an_account, stored

AT_ONCE = 80 * passwords.THREADS
FORM = {"email": "ada@demo.test", "password": PASSWORD}
SIGN_IN = "/api/v1/auth/sign-in"


@pytest.fixture
async def costly(configure):
    """Hashes of about 0.1 s, and how long they take is known."""
    configure(BCRYPT_COST="11")
    kept = await passwords.hash_of(PASSWORD)
    for _ in range(8):
        await passwords.matches(PASSWORD, kept)
    return kept


async def timed(kept):
    began = time.monotonic()
    fits = await passwords.matches(PASSWORD, kept)
    return fits, time.monotonic() - began


async def test_of_a_crowd_some_are_served_in_time_and_the_others_told_at_once(costly):
    began = time.process_time()
    await passwords.matches(PASSWORD, costly)
    one = time.process_time() - began

    outcomes = await asyncio.gather(
        *(timed(costly) for _ in range(AT_ONCE)), return_exceptions=True
    )

    served = [took for outcome in outcomes if isinstance(outcome, tuple) for took in outcome[1:]]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Busy)]
    assert len(served) + len(refused) == AT_ONCE
    assert all(outcome[0] for outcome in outcomes if isinstance(outcome, tuple))
    can_be_served = passwords.LONGEST_WAIT / one * passwords.THREADS
    assert can_be_served / 3 < len(served) < can_be_served * 3 + passwords.THREADS
    assert len(refused) > AT_ONCE / 4


async def test_after_the_crowd_the_next_one_is_served(costly):
    await asyncio.gather(*(timed(costly) for _ in range(AT_ONCE)), return_exceptions=True)

    assert await passwords.matches(PASSWORD, costly)


async def test_those_who_went_away_make_room(costly):
    crowd = [asyncio.create_task(timed(costly)) for _ in range(AT_ONCE)]
    await asyncio.sleep(0.05)
    for one in crowd:
        one.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    await asyncio.sleep(0)

    assert passwords._queue.wait < 0.5  # only those that run already


async def crowd(kept):
    return await asyncio.gather(*(timed(kept) for _ in range(AT_ONCE)), return_exceptions=True)


async def test_a_program_is_told_when_to_come_again_and_it_counts_as_no_failure(api, costly):
    await an_account()

    _, answer = await asyncio.gather(crowd(costly), api.post(SIGN_IN, json=FORM))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert (answer.json()["code"], answer.json()["detail"]) == (
        "busy",
        "Many people are signing in right now. Try again in a few seconds.",
    )
    assert (await stored("limits"), await stored("sessions")) == ([], [])


async def test_a_person_is_led_back_to_the_form_with_the_reason(api, costly):
    await an_account()

    _, answer = await asyncio.gather(crowd(costly), api.post(SIGN_IN, data=FORM))

    assert (answer.status_code, answer.headers["retry-after"]) == (303, "3")
    assert answer.headers["location"] == "/sign-in?said=busy"
    assert await stored("sessions") == []


async def test_a_hash_is_renewed_at_another_time_when_many_wait(database, costly):
    account = await an_account()

    others = asyncio.create_task(crowd(costly))
    await asyncio.sleep(0.01)  # they are there before
    signed_in = await accounts._rehash(account, PASSWORD)
    await others

    assert signed_in == account
    assert (await stored("accounts"))[0]["password_hash"] == account.password_hash
