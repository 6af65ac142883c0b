"""Addresses of the internet: what proxies write, and whose tries are counted together."""

import pytest

from courseflow_admin.models.core import ip


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1:443", "198.51.100.1"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("fe80::1%<b>eth0", "fe80::1"),
        ("unknown", ""),
        ("_hidden", ""),
        ("198.51.100.256", ""),
        ("", ""),
    ],
)
def test_an_address_is_read_without_its_port(written, address):
    assert ip.read(written) == address


@pytest.mark.parametrize(
    ("key", "counted"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("198.51.100.1", "198.51.100.1"),
        ("ada@demo.test", "ada@demo.test"),
        ("acc_1", "acc_1"),
        ("", ""),
    ],
)
def test_only_an_ipv6_address_is_counted_as_its_network(key, counted):
    assert ip.counted_as(key) == counted
