"""Addresses of the internet: as proxies write them, and as tries are counted by them."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

ONE_CUSTOMER = 64  # bits of an IPv6 address: a connection at home is given at least these


def read(text: str) -> str:
    """The address in `192.0.2.1:443`, `[2001:db8::1]:443` or bare; "" where there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    found = _parsed(text)
    return str(found) if found else ""


def is_near(text: str) -> bool:
    """Whether it is this machine or one of the same network, as a proxy of ours would be."""
    found = _parsed(text)
    return found is not None and (found.is_loopback or found.is_private)


def counted_as(key: str) -> str:
    """What tries by this key are counted under: of an IPv6 address its network, else the key."""
    found = _parsed(key)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, ONE_CUSTOMER), strict=False))
    return str(found) if found else key


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])  # behind it: a name of someone's network card
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
