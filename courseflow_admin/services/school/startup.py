"""The school's database is for real money or for rehearsal, never for both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from loguru import logger

from courseflow_admin import clock_file
from courseflow_admin.config import Settings
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.school import settings as school_db
from courseflow_admin.errors import SettingsInvalid, Unavailable
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.school import audit

LIVE, REHEARSAL = "live", "rehearsal"
FOLLOW_SECONDS = 0.5


async def check_stamp(keys: Settings) -> str:
    """Stamp a new database, or check that these keys belong to this one; the stamp.

    A live database takes live keys only, a rehearsal one never a live key: otherwise
    SettingsInvalid, and nothing starts.
    """
    modes = {
        name: found.mode
        for name, found in (("Stripe", keys.stripe), ("Razorpay", keys.razorpay))
        if found
    }
    live = [name for name, mode in modes.items() if mode == LIVE]
    if live and len(live) < len(modes):
        others = ", ".join(name for name in modes if name not in live)
        raise SettingsInvalid([f"{live[0]}: a live key does not go with {others} in {REHEARSAL}"])
    if not modes:  # no gateway yet: the first one decides
        return await school_db.find_stamp() or REHEARSAL
    stamp = await school_db.stamp(LIVE if live else REHEARSAL)
    wrong = [
        f"{name}: this database is stamped {stamp}, but the key is a {mode} key"
        for name, mode in modes.items()
        if (mode == LIVE) != (stamp == LIVE)
    ]
    if wrong:
        raise SettingsInvalid(wrong)
    return stamp


async def follow_clock(keys: Settings) -> bool:
    """Business time of this process as this database has it: moved in rehearsals alone.

    A sandbox tells in DATA_DIR how far its dashboard moved it; whoever is behind follows.
    False when this database does not.
    """
    ahead = await school_db.clock_ahead(REHEARSAL)
    told = timedelta(seconds=clock_file.read(keys.data_dir)) if keys.any_sandbox else ahead
    if told > ahead:
        await _move_clock(told)
        ahead = await school_db.clock_ahead(REHEARSAL)
    elif told < ahead:
        with suppress(OSError):  # then the sandbox alone stays behind
            clock_file.write(keys.data_dir, int(ahead.total_seconds()))
    clock.move(ahead)
    return told <= ahead


@asynccontextmanager
async def following_clock(keys: Settings) -> AsyncIterator[None]:
    """A process that runs on is moved with the others; only a sandbox can move them."""
    if not keys.any_sandbox:
        yield
        return
    task = asyncio.create_task(_keep_following(keys))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_following(keys: Settings) -> None:
    followed = True
    while True:
        try:
            before, followed = followed, await follow_clock(keys)
        except Unavailable:
            before = followed
        if before and not followed:
            logger.warning("clock.not_moved", reason="not a rehearsal database")
        await asyncio.sleep(FOLLOW_SECONDS)


async def _move_clock(ahead: timedelta) -> None:
    """Of all processes that read it one does."""

    async def moved() -> None:
        if await school_db.move_clock(REHEARSAL, ahead):
            seconds = int(ahead.total_seconds())
            await audit.record(SYSTEM, Act.SCHOOL_CLOCK_MOVED, school_db.SCHOOL, seconds=seconds)

    await transaction(moved)
