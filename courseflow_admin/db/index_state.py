"""The indexes a database has, compared with those it needs, and made the same.

A query of ours goes by the index meant for it, and a unique index is a rule that nothing else
keeps: one that is missing or has other options is a fault no one would see until money is wrong.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from courseflow_admin.db.core.client import Duplicate, Row, collection, command
from courseflow_admin.db.indexes import INDEXES, REJECTIONS, REJECTIONS_BYTES

# Each with its value where an index does not name it.
OPTIONS: dict[str, Any] = {
    "unique": False,
    "sparse": False,
    "partialFilterExpression": None,
    "expireAfterSeconds": None,
    "hidden": False,
    "collation": None,
}
OF_THE_SERVER = {"v", "ns", "background"}  # it adds these to an index; creating one needs none
TOLD_WITH_VALUES = {"unique", "sparse", "expireAfterSeconds", "hidden"}
NAMESPACE_EXISTS = 48

Say = Callable[[str], None]


@dataclass(frozen=True)
class IndexFault:
    """An index that is missing (`there` is None) or has another key or other options."""

    collection: str
    wanted: Row
    there: Row | None

    def __str__(self) -> str:
        keys = ", ".join(self.wanted["key"])
        return f"{self.collection} ({keys}): {'; '.join(self.differences) or 'missing'}"

    @property
    def differences(self) -> list[str]:
        if self.there is None:
            return []
        wanted, there = _essence(self.wanted), _essence(self.there)
        return [
            f"{name} is {there[name]}, should be {wanted[name]}"
            if name in TOLD_WITH_VALUES
            else f"other {name}"
            for name in wanted
            if wanted[name] != there[name]
        ]


async def faults() -> list[IndexFault]:
    """What would have to be created or replaced; only reads."""
    found: list[IndexFault] = []
    for name, models in INDEXES.items():
        there = {str(index["name"]): index for index in await collection(name).indexes()}
        wanted = [dict(model.document) for model in models]
        names = {index["name"] for index in wanted}
        strangers = [index for key, index in there.items() if key not in names]
        for index in wanted:
            same = there.get(index["name"]) or _with_key_of(index, strangers)
            if same is None or _essence(same) != _essence(index):
                found.append(IndexFault(name, index, same))
    return found


def _with_key_of(wanted: Row, strangers: list[Row]) -> Row | None:
    """One made under another name: two on the same key would flip the plans of queries."""
    alike = [it for it in strangers if list(it["key"].items()) == list(wanted["key"].items())]
    equal = [it for it in alike if _essence(it) == _essence(wanted)]
    return next(iter([*equal, *alike]), None)


async def repair(say: Say) -> list[str]:
    """Create what is missing and replace what differs; a line for each that could not be.

    Several processes may do this at once only by creating: replacing is for the lock's holder.
    """
    await _create_rejections()
    failed: list[str] = []
    missing: dict[str, list[IndexFault]] = defaultdict(list)
    for fault in await faults():
        if fault.there is None:
            missing[fault.collection].append(fault)
        elif problem := await _replace(fault, say):
            failed.append(problem)
    for name, some in missing.items():
        failed += await _create_all(name, some)
    if created := sum(map(len, missing.values())) - len(failed):
        say(f"Indexes created: {max(created, 0)}")
    return failed


async def _create_all(name: str, some: list[IndexFault]) -> list[str]:
    """Together, which is one pass over the collection; one by one when that fails, to name it."""
    try:
        await collection(name).create_indexes([_model(one.wanted) for one in some])
    except (Duplicate, OperationFailure):
        return [problem for one in some if (problem := await _create(one.collection, one.wanted))]
    return []


async def _replace(fault: IndexFault, say: Say) -> str | None:
    """Drop it and create it as it should be; as it was again when that cannot be."""
    if fault.there is None:
        return await _create(fault.collection, fault.wanted)
    say(f"Index replaced: {fault}")
    await collection(fault.collection).drop_index(fault.there["name"])
    problem = await _create(fault.collection, fault.wanted)
    if problem:
        await _create(fault.collection, fault.there)
    return problem


async def _create(name: str, index: Row) -> str | None:
    keys = ", ".join(index["key"])
    try:
        await collection(name).create_indexes([_model(index)])
    except Duplicate as error:
        return (
            f"{name} ({keys}) must be unique, but several documents have "
            f"{', '.join(f'{key} {value!r}' for key, value in error.key.items())}. "
            "Change all but one of them, then run `courseflow migrate` again."
        )
    except OperationFailure as error:
        return f"{name} ({keys}) cannot be created: {str(error).splitlines()[0][:200]}"
    return None


async def _create_rejections() -> None:
    try:
        await command("create", REJECTIONS, capped=True, size=REJECTIONS_BYTES)
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:
            raise


def _model(index: Row) -> IndexModel:
    options = {name: value for name, value in index.items() if name not in OF_THE_SERVER}
    return IndexModel(list(options.pop("key").items()), **options)


def _essence(index: Mapping[str, Any]) -> Row:
    """What two indexes must share to be the same one."""
    options = {name: _plain(index.get(name, usual)) for name, usual in OPTIONS.items()}
    return {"key order": list(index["key"].items()), **options}


def _plain(value: Any) -> Any:
    """As it is compared: the server answers times without their zone, which is UTC."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return value
