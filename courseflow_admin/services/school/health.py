"""Whether this process can do its work, and what it sees of the machines around it."""

from contextlib import suppress
from datetime import timedelta

from courseflow_admin.db import migrations
from courseflow_admin.db.core import client
from courseflow_admin.db.school import limits as limits_db
from courseflow_admin.errors import Outdated, Unavailable
from courseflow_admin.models.core import clock, ip

FORWARDED, REMEMBERED = "forwarded-by-nobody-we-trust", timedelta(days=7)


async def ready() -> None:
    """Unavailable unless the database answers, Outdated once it needs newer code."""
    await client.ping()
    if not await migrations.fits_code():
        raise Outdated


async def note_forwarded(peer: str) -> None:
    """A neighbour sent X-Forwarded-For while no proxy is trusted; `courseflow doctor` tells it.

    From elsewhere on the internet anyone may send that header, and it means nothing.
    """
    if not ip.is_near(peer):
        return
    with suppress(Unavailable), client.own_writes():
        if not await forwarded_was_seen():
            await limits_db.add(FORWARDED, clock.wall(), REMEMBERED)


async def forwarded_was_seen() -> bool:
    count, _ = await limits_db.find(FORWARDED, clock.wall())
    return count > 0
