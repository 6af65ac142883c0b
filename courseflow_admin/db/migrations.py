"""Every migration there is, and whether a database fits this code.

To add one: the next number, at the end of MIGRATIONS. It works on databases of any size and while
older code goes on: `expand` first, in a release of its own; `contract` in a later one, with
CODE_VERSION raised by the release that no longer needs what is taken away.
docs/decisions/0014-upgrades.md says why.
"""

from collections.abc import Sequence
from datetime import timedelta

from courseflow_admin.db import index_state, migrating
from courseflow_admin.db.core.client import Row, Update
from courseflow_admin.db.migrating import InBatches, Migration, Progress, Say, Status
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.models.core.accounts import Account

# What this code can work with. Raise it in a release that stops needing what a `contract` migration
# will remove; that migration names this version as its `min_code`.
CODE_VERSION = 1


def _name_words(row: Row) -> Update:
    """For accounts from before people were found by name."""
    return {"$set": {"name_words": Account.from_mongo(row).to_mongo()["name_words"]}}


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1, "account_name_words", "expand", InBatches("accounts", {"name_words": None}, _name_words)
    ),
)


def _silent(_: str) -> None:
    """For those who only want it done."""


def _unseen(_migration: Migration, _done: int, _total: int) -> None: ...


async def bring_up_to_date(
    *,
    contract: bool = False,
    build: str = "",
    say: Say = _silent,
    progress: Progress = _unseen,
    migrations: Sequence[Migration] = MIGRATIONS,
    lease: timedelta = migrating.LEASE,
) -> None:
    """Indexes and pending `expand` migrations; with `contract` those as well, when all is expanded.

    Safe at every start and by several processes at once. SettingsInvalid when the database asks
    for newer code, or when an index cannot be created.
    """
    await require_code()
    async with migrating.locked(say, lease) as runner:
        stuck = await index_state.repair(say)
        await _run_pending(migrations, ["expand"], runner, build, progress)
        if stuck:  # a migration may have removed what was in the way
            stuck = await index_state.repair(say)
        if stuck:
            raise SettingsInvalid(stuck)
        if contract:
            await _run_pending(migrations, ["contract"], runner, build, progress)


async def _run_pending(
    migrations: Sequence[Migration], kinds: list[str], runner: str, build: str, progress: Progress
) -> None:
    for status in await migrating.statuses(migrations):
        if not status.is_done and status.migration.kind in kinds:
            await migrating.run(status.migration, runner, build, progress)


async def listing(migrations: Sequence[Migration] = MIGRATIONS) -> list[Status]:
    """Each migration with its state; changes nothing."""
    return await migrating.statuses(migrations)


async def require_up_to_date(migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """SettingsInvalid, in one line that names the command, unless this code can start on it."""
    await require_code()
    pending = [
        f"migration {status.migration} is {status.state}"
        for status in await migrating.statuses(migrations)
        if status.migration.kind == "expand" and not status.is_done
    ]
    lacking = [*pending, *(f"index {fault}" for fault in await index_state.faults())]
    if not lacking:
        return
    more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
    raise SettingsInvalid(
        [f"The database is not up to date: {lacking[0]}{more}. Run `courseflow migrate` first."]
    )


async def fits_code() -> bool:
    """False once a newer release has removed what this code needs."""
    return await migrating.min_code() <= CODE_VERSION


async def require_code() -> None:
    """SettingsInvalid when a newer release has removed what this code needs."""
    needed = await migrating.min_code()
    if needed > CODE_VERSION:
        raise SettingsInvalid(
            [
                f"The database needs CourseFlow with code version {needed} or newer; this is "
                f"version {CODE_VERSION}. Deploy the newer release, or restore a backup from "
                "before `courseflow migrate --contract`."
            ]
        )
