"""An e-mail about a sign-in from a device that was not seen before."""

import asyncio

import pytest

from courseflow_admin.models.identity.known_devices import network_of
from courseflow_admin.services.identity import accounts, sessions
from tests.account_builders import a_newcomer
from tests.builders import PASSWORD, an_account, stored
from tests.services.identity.test_my_account import CHROME, FIREFOX, SAFARI

HOME, NEXT_DOOR, AWAY = "203.0.113.7", "203.0.113.99", "198.51.100.7"
COOKIE, OTHER = "c" * 43, "d" * 43


async def enter(user_agent=FIREFOX, ip=HOME, cookie=COOKIE, email="ada@demo.test"):
    account = await accounts.authenticate(email, PASSWORD)
    await sessions.open_browser(account, user_agent=user_agent, ip=ip, device_token=cookie)


async def told():
    return await stored("emails", kind="new_device")


async def test_the_first_sign_in_of_an_account_is_told_to_nobody(database):
    eve = await a_newcomer()
    await sessions.open_browser(eve, user_agent=FIREFOX, ip=HOME)
    await an_account()
    await enter()

    assert await told() == []


async def test_a_new_device_is_told_once_with_time_device_and_address(database):
    await an_account()
    await enter()

    await enter(SAFARI, AWAY, OTHER)
    await enter(SAFARI, AWAY, OTHER)

    [mail] = await told()
    assert (mail["to"], mail["subject"]) == ("ada@demo.test", "Sign-in from a new device")
    assert "Device: Safari on iPhone\nIP address: 198.51.100.7\n" in mail["text"]
    assert "Time: " in mail["text"]
    assert " UTC" in mail["text"]
    assert "Safari on iPhone" in mail["html"]
    entries = await stored("audit", act="session.opened")
    assert [row["facts"].get("new_device", False) for row in entries] == [False, True, False]


@pytest.mark.parametrize(
    ("user_agent", "ip", "cookie"),
    [
        (FIREFOX.replace("140", "141"), HOME, OTHER),  # updated, and its cookies were cleared
        (FIREFOX, NEXT_DOOR, ""),
        (FIREFOX, AWAY, COOKIE),  # the same browser in another place
        (CHROME, AWAY, COOKIE),  # says that it is another one, but has the cookie
    ],
)
async def test_a_device_is_known_by_its_cookie_or_by_its_look(database, user_agent, ip, cookie):
    await an_account()
    await enter()

    await enter(user_agent, ip, cookie)

    assert await told() == []


@pytest.mark.parametrize(
    ("user_agent", "ip", "cookie"),
    [(FIREFOX, AWAY, OTHER), (CHROME, HOME, OTHER), (FIREFOX, AWAY, "")],
)
async def test_neither_cookie_nor_look_is_a_new_device(database, user_agent, ip, cookie):
    await an_account()
    await enter()

    await enter(user_agent, ip, cookie)

    assert len(await told()) == 1


async def test_a_program_is_known_by_its_name_and_network(database):
    await an_account()
    for name, ip in [("curl/8.5.0", HOME), ("curl/8.6.0", NEXT_DOOR), ("curl/8.6.0", AWAY)]:
        account = await accounts.authenticate("ada@demo.test", PASSWORD)
        await sessions.open_api(account, user_agent=name, ip=ip)

    [mail] = await told()
    assert "198.51.100.7" in mail["text"]


async def test_the_cookie_of_a_shared_browser_makes_it_known_to_one_account_only(database):
    await an_account()
    await an_account("bob@demo.test")
    await enter()
    await enter(SAFARI, AWAY, OTHER, "bob@demo.test")

    await enter(email="bob@demo.test")

    assert [mail["to"] for mail in await told()] == ["bob@demo.test"]
    marks = [row["mark"] for row in await stored("known_devices")]
    assert len(set(marks)) == len(marks)
    assert COOKIE not in str(await stored("known_devices"))


async def test_two_sign_ins_of_a_new_device_at_once_are_told_once(database):
    await an_account()
    await enter()

    await asyncio.gather(*(enter(SAFARI, AWAY, OTHER) for _ in range(4)))

    assert len(await told()) == 1


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_a_network_is_the_neighbourhood_of_an_address(ip, network):
    assert network_of(ip) == network
