"""The two times: the product's own, and the machine's (docs/decisions/0017-time.md).

`business` is for what a school does and says: payments, access, receipts, expiry, figures, what an
e-mail tells. `wall` is for what guards the machine: sessions, leases, retries, limits, one-time
links, tokens, signatures.
"""

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def wall() -> datetime:
    """The current instant in UTC, cut to milliseconds, which is what MongoDB keeps."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def business() -> datetime:
    """The same, unless this is a rehearsal whose time was moved forward."""
    return wall() + _ahead


def move(ahead: timedelta) -> None:
    """From now on business time in this process runs `ahead` of the machine's; never behind it."""
    global _ahead
    if ahead < timedelta():
        raise ValueError("Business time only moves forward.")
    _ahead = ahead
