"""Failed sign-ins are counted for each known browser by itself, and for all others together."""

import pytest

from courseflow_admin.errors import TooMany
from courseflow_admin.logs import request_context
from courseflow_admin.models.identity.known_devices import mark_of_cookie
from courseflow_admin.services.identity import accounts, my_account, password_resets, sessions
from tests.account_builders import NEW_PASSWORD, secret_of
from tests.builders import PASSWORD, acting, an_account, stored

COOKIES = [str(number) * 43 for number in range(6)]
OWN, OTHER = COOKIES[:2]


async def sign_in(cookie="", password=PASSWORD):
    return await accounts.authenticate("ada@demo.test", password, cookie)


async def fail(times, cookie=""):
    for number in range(times):
        with request_context("r", f"203.0.113.{number}"), pytest.raises(accounts.WrongCredentials):
            await sign_in(cookie, "not the password")


async def ada_with_a_known_browser(*cookies):
    ada = await an_account()
    for cookie in cookies or (OWN,):
        await sessions.open_browser(ada, user_agent="Firefox", device_token=cookie)
    return ada


async def test_who_knows_the_address_does_not_close_the_browser_its_owner_uses(database):
    ada = await ada_with_a_known_browser()
    await fail(5)

    with pytest.raises(TooMany):
        await sign_in()
    with pytest.raises(TooMany):
        await sign_in(OTHER)
    assert (await sign_in(OWN)).id == ada.id


async def test_a_known_browser_has_five_tries_itself_and_closes_no_other(database):
    ada = await ada_with_a_known_browser(OWN, OTHER)
    await fail(5, OWN)

    with pytest.raises(TooMany):
        await sign_in(OWN)
    assert (await sign_in(OTHER)).id == ada.id
    assert (await sign_in()).id == ada.id


async def test_an_account_has_twenty_failures_altogether(database):
    await ada_with_a_known_browser(*COOKIES)
    for cookie in COOKIES[:4]:
        await fail(5, cookie)

    for cookie in (COOKIES[4], ""):
        with pytest.raises(TooMany):
            await sign_in(cookie)


async def test_signing_in_where_one_is_known_opens_nothing_to_the_others(database):
    await ada_with_a_known_browser()
    await fail(5)

    await sign_in(OWN)

    with pytest.raises(TooMany):
        await sign_in()


async def test_a_browser_known_to_one_account_is_none_to_another(database):
    await ada_with_a_known_browser()
    eve = await an_account("eve@demo.test")
    await sessions.open_browser(eve, user_agent="Firefox", device_token=OTHER)
    await fail(5)

    with pytest.raises(TooMany):
        await sign_in(OTHER)


async def test_a_look_that_others_may_have_too_is_no_known_browser(database):
    """Or a full counter would tell a neighbour which addresses have accounts."""
    ada = await an_account()
    await sessions.open_browser(ada, user_agent="Firefox", ip="203.0.113.9", device_token="")
    await fail(5)

    with request_context("r", "203.0.113.9"), pytest.raises(TooMany):
        await sign_in()


@pytest.mark.parametrize("by", ["reset", "change"])
async def test_a_new_password_begins_at_nothing_everywhere(database, by):
    ada = await ada_with_a_known_browser()
    await fail(5)
    await fail(5, OWN)

    if by == "reset":
        await password_resets.ask(ada.email)
        await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)
    else:
        await my_account.change_password(acting(ada), PASSWORD, NEW_PASSWORD)

    assert (await sign_in(OWN, NEW_PASSWORD)).id == ada.id


async def test_neither_cookie_nor_password_stands_in_the_counters(database):
    ada = await ada_with_a_known_browser()
    await fail(1, OWN)

    rows = str(await stored("limits"))
    for secret in (OWN, ada.password_hash, ada.email, mark_of_cookie(ada.id, OWN)):
        assert secret not in rows
