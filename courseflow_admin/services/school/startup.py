"""The school's database is for real money or for rehearsal, never for both."""

from courseflow_admin.config import Settings
from courseflow_admin.db.school import settings as school_db
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.models.core import clock

LIVE, REHEARSAL = "live", "rehearsal"


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


async def follow_clock() -> None:
    """Business time of this process as this database has it: moved in rehearsals alone."""
    clock.move(await school_db.clock_ahead(REHEARSAL))
