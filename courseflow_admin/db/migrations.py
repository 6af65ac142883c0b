"""Every migration there is, and whether a database fits this code.

To add one: the next number, at the end of MIGRATIONS. It works on databases of any size and while
older code goes on: `expand` first, in a release of its own; `contract` in a later one, with
CODE_VERSION raised by the release that no longer needs what is taken away.
docs/decisions/0014-upgrades.md says why.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from courseflow_admin.db import index_state, migrating
from courseflow_admin.db.core.client import Row, Update, collection
from courseflow_admin.db.migrating import (
    BATCH,
    Batch,
    InBatches,
    Migration,
    Progress,
    Say,
    Status,
)
from courseflow_admin.db.migration_facts import FactsOfPayments
from courseflow_admin.db.migration_jobs import JobsOfDueRows
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.addresses import normalized

# What this code can work with. Raise it in a release that stops needing what a `contract` migration
# will remove; that migration names this version as its `min_code`.
CODE_VERSION = 2


def _name_words(row: Row) -> Update:
    """For accounts from before people were found by name."""
    return {"$set": {"name_words": Account.from_mongo(row).to_mongo()["name_words"]}}


class OneFormOfAddresses:
    """Every stored e-mail address in the form in which it is looked up (docs/decisions/0016).

    Where two accounts, or two pending invitations, would then have one address, nothing is changed
    and all such pairs are named: only a person can say which of them is to be kept.
    """

    WHERE = (
        ("accounts", "email"),
        ("invitations", "email"),
        ("one_time_tokens", "email"),
        ("payments", "email"),
        ("enrollments", "learner_email"),
        ("emails", "to"),
    )
    ONE_EACH: tuple[tuple[str, Row], ...] = (
        ("accounts", {}),
        ("invitations", {"state": "pending"}),
    )
    OTHERWISE: ClassVar[Row] = {
        "$regex": r"[^\x21-\x7e]|[A-Z]|xn--"
    }  # no other could be in another form

    async def total(self) -> int:
        return sum(
            [await collection(name).count({field: self.OTHERWISE}) for name, field in self.WHERE]
        )

    async def batch(self, position: Any) -> Batch:
        if position is None:
            await self._require_one_each()
            position = [0, ""]
        number, after = position
        name, field = self.WHERE[number]
        rows = await collection(name).find(
            {field: self.OTHERWISE, "_id": {"$gt": after}},
            projection={field: 1},
            sort=[("_id", 1)],
            limit=BATCH,
        )
        for row in rows:
            if (address := normalized(row[field])) != row[field]:
                await collection(name).update_one({"_id": row["_id"]}, {"$set": {field: address}})
        further = [number, rows[-1]["_id"]] if len(rows) == BATCH else [number + 1, ""]
        return Batch(further if further[0] < len(self.WHERE) else None, len(rows))

    async def _require_one_each(self) -> None:
        """SettingsInvalid, with a line for each address that two would have."""
        lines = []
        for name, only in self.ONE_EACH:
            ids: dict[str, set[str]] = {}
            for row in await collection(name).find({**only, "email": self.OTHERWISE}):
                ids.setdefault(normalized(row["email"]), set()).add(row["_id"])
            others = await collection(name).find({**only, "email": {"$in": sorted(ids)}})
            for row in others:
                ids[row["email"]].add(row["_id"])
            lines += [
                f"{name}: {' and '.join(sorted(same))} have the same e-mail address, {address}, "
                "in two forms. Change or delete one of them, then run `courseflow migrate` again."
                for address, same in ids.items()
                if len(same) > 1
            ]
        if lines:
            raise SettingsInvalid(lines)


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1, "account_name_words", "expand", InBatches("accounts", {"name_words": None}, _name_words)
    ),
    Migration(2, "one_form_of_addresses", "expand", OneFormOfAddresses()),
    Migration(3, "jobs_of_due_rows", "expand", JobsOfDueRows(remove=False)),
    Migration(4, "due_times_removed", "contract", JobsOfDueRows(remove=True), min_code=2),
    Migration(5, "facts_of_payments", "expand", FactsOfPayments()),
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
