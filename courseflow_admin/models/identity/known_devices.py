"""From where an account has signed in before, so that a new place is told by e-mail.

The rule. A browser is known by a long-lived cookie of its own (`cf_device`), or, without it, by
its look: which browser on which system (not its version) in which IP network (/24, or /48 of
IPv6). A program sends no cookie and is known by its look alone. One of the two is enough. What is
kept is its name and a hash of each, bound to the account, for 400 days after the last sign-in.
"""

import hashlib
from datetime import timedelta
from ipaddress import ip_network

from courseflow_admin.models.identity.devices import device_of

KEPT = timedelta(days=400)  # browsers keep no cookie longer either


def network_of(ip: str) -> str:
    """`203.0.113.0/24`, `2001:db8:1::/48`; what is no address stands for itself."""
    try:
        return str(ip_network(f"{ip}/{48 if ':' in ip else 24}", strict=False))
    except ValueError:
        return ip[:64]


def marks_of(account_id: str, user_agent: str, ip: str, cookie: str) -> list[str]:
    """By what the device is known: its look, then its cookie if it has one."""
    look = f"look {device_of(user_agent).partition('/')[0]} in {network_of(ip)}"
    return [
        _mark(account_id, look),
        *([mark_of_cookie(account_id, cookie)] if cookie else []),
    ]


def mark_of_cookie(account_id: str, cookie: str) -> str:
    return _mark(account_id, f"cookie {cookie}")


def _mark(account_id: str, named: str) -> str:
    return hashlib.sha256(f"{account_id} {named}".encode(errors="replace")).hexdigest()
