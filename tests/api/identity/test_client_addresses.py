"""From which address somebody signs in, behind a proxy and without one."""

from tests.builders import PASSWORD, an_account, stored

SIGN_IN = "/api/v1/auth/sign-in"
ADA = {"email": "ada@demo.test", "password": PASSWORD}


async def test_the_addresses_of_clients_are_counted_apart(api, configure):
    configure(TRUSTED_PROXIES="1")
    await an_account()
    for number in range(10):
        wrong = {"email": f"x{number}@demo.test", "password": "not it"}
        await api.post(SIGN_IN, json=wrong, headers={"X-Forwarded-For": "1.1.1.1, 198.51.100.1"})

    here = await api.post(SIGN_IN, json=ADA, headers={"X-Forwarded-For": "2.2.2.2, 198.51.100.1"})
    elsewhere = await api.post(SIGN_IN, json=ADA, headers={"X-Forwarded-For": "198.51.100.2"})

    assert (here.status_code, elsewhere.status_code) == (429, 200)
    assert [row["ip"] for row in await stored("sessions")] == ["198.51.100.2"]


async def test_a_whole_ipv6_network_is_counted_as_one_and_kept_as_it_is(api, configure):
    configure(TRUSTED_PROXIES="1")
    await an_account()
    for number in range(10):
        wrong = {"email": f"x{number}@demo.test", "password": "not it"}
        told = {"X-Forwarded-For": f"[2001:db8:1:2::{number}]:4711"}
        await api.post(SIGN_IN, json=wrong, headers=told)

    told = {"X-Forwarded-For": "2001:db8:1:2:ffff::1"}
    here = await api.post(SIGN_IN, json=ADA, headers=told)
    nearby = {"X-Forwarded-For": "2001:db8:1:3::1"}
    elsewhere = await api.post(SIGN_IN, json=ADA, headers=nearby)

    assert (here.status_code, elsewhere.status_code) == (429, 200)
    [entry] = await stored("audit", act="session.opened")
    assert entry["ip"] == "2001:db8:1:3::1"


async def test_what_a_proxy_says_that_is_no_address_leaves_that_of_the_proxy(api, configure):
    configure(TRUSTED_PROXIES="1")
    await an_account()

    await api.post(SIGN_IN, json=ADA, headers={"X-Forwarded-For": "unknown"})

    assert [row["ip"] for row in await stored("sessions")] == ["203.0.113.9"]


async def test_without_a_trusted_proxy_nobody_chooses_their_own_address(api):
    await an_account()

    await api.post(SIGN_IN, json=ADA, headers={"X-Forwarded-For": "198.51.100.1"})

    assert [row["ip"] for row in await stored("sessions")] == ["203.0.113.9"]
    assert [row["ip"] for row in await stored("audit", act="session.opened")] == ["203.0.113.9"]
