"""Rate limits: how often something may be tried, counted in the database for all processes."""

import hashlib
import math
from datetime import datetime, timedelta

from courseflow_admin.config import settings
from courseflow_admin.db.core.client import in_transaction
from courseflow_admin.db.school import limits as limits_db
from courseflow_admin.errors import TooMany
from courseflow_admin.models.core import clock, ip


async def count(name: str, key: str, limit: int, seconds: int) -> None:
    """Count one try of `name` by `key`; TooMany from the one after `limit` on in `seconds`.

    Not inside a transaction: a refused act that rolls back would never have been counted.
    """
    if in_transaction():
        raise RuntimeError("Count tries before the transaction, not in it.")
    at = clock.wall()
    counted, ends_at = await limits_db.add(_row_id(name, key), at, timedelta(seconds=seconds))
    if counted > limit and settings().rate_limits:
        raise _too_many(ends_at, at)


async def check(name: str, key: str, limit: int) -> None:
    """TooMany when `limit` tries were already counted; counts nothing itself."""
    at = clock.wall()
    counted, ends_at = await limits_db.find(_row_id(name, key), at)
    if counted >= limit and settings().rate_limits:
        raise _too_many(ends_at, at)


async def forget(name: str, key: str) -> None:
    """Begin again at nothing."""
    await limits_db.remove(_row_id(name, key))


def _row_id(name: str, key: str) -> str:
    """Hashed, because keys are addresses of people.

    Someone with one IPv6 address has its whole network: each of its addresses counts as one.
    """
    return f"{name}:{hashlib.sha256(ip.counted_as(key).encode()).hexdigest()[:32]}"


def _too_many(ends_at: datetime, at: datetime) -> TooMany:
    return TooMany(max(1, math.ceil((ends_at - at).total_seconds())))
