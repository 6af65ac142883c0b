"""The connection to MongoDB, its collections, and `transaction()`."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar

from loguru import logger
from pymongo import AsyncMongoClient, IndexModel, ReadPreference, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    PyMongoError,
    WTimeoutError,
)
from pymongo.monitoring import CommandListener
from pymongo.read_concern import ReadConcern
from pymongo.results import DeleteResult, InsertManyResult, InsertOneResult, UpdateResult
from pymongo.write_concern import WriteConcern

from courseflow_admin.errors import Conflict, ReadOnly, TooSlow, Unavailable

Row = dict[str, Any]
Filter = Mapping[str, Any]
Update = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Result = TypeVar("Result")

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_client: AsyncMongoClient[Row] | None = None
_database: AsyncDatabase[Row] | None = None
_session: ContextVar[AsyncClientSession | None] = ContextVar("session", default=None)
_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


class Duplicate(Conflict):
    """A unique index refused; `key` is the offending key, such as {"email": ...}."""

    code = "duplicate"

    def __init__(self, key: Mapping[str, Any]) -> None:
        super().__init__("This already exists.")
        self.key = key


async def connect(
    uri: str, database: str, *, listeners: Sequence[CommandListener] = (), wait_seconds: float = 3
) -> None:
    """Open the client for the running event loop; Unavailable when no primary answers in time."""
    global _client, _database
    await close()
    _client = AsyncMongoClient(
        uri,
        tz_aware=True,
        serverSelectionTimeoutMS=int(wait_seconds * 1000),
        connectTimeoutMS=3000,
        event_listeners=list(listeners),
        appname="courseflow",
        w="majority",
        journal=True,
    )
    _database = _client[database]
    with _translated():
        await _client.admin.command("ping")


async def close() -> None:
    """Whoever comes while it closes is told that the database is away, as whoever comes after."""
    global _client, _database
    closing, _client, _database = _client, None, None
    if closing is not None:
        await closing.close()


async def ping() -> None:
    """Unavailable unless the database answers."""
    with _translated():
        await _open_database().command("ping")


async def command(name: str, *arguments: Any, **options: Any) -> Row:
    """Run one administrative command on our database."""
    _require_writing()
    with _translated():
        return await _open_database().command(name, *arguments, **options)


def in_transaction() -> bool:
    return _session.get() is not None


def require_transaction() -> None:
    """For what must only be written together with the fact it reports: audit and outbox."""
    if not in_transaction():
        raise RuntimeError("This write belongs into a transaction.")


def close_for_writing(closed: bool) -> None:
    """The fence around an admin who views someone: every write of this request raises ReadOnly.

    Set wherever a request becomes an actor, so that no service has to think of it.
    """
    _read_only.set(closed)


@contextmanager
def own_writes() -> Iterator[None]:
    """What the admin does as themselves meanwhile: end the view, sign out."""
    token = _read_only.set(False)
    try:
        yield
    finally:
        _read_only.reset(token)


def _require_writing() -> None:
    if _read_only.get():
        raise ReadOnly


async def transaction(body: Callable[[], Awaitable[Result]]) -> Result:
    """Run `body` so that all its writes happen or none.

    `body` is run again as a whole after a transient error, so it must hold no call to a provider
    and change nothing outside the database. Within an open transaction it simply joins it.
    (A callback and not `async with`, because a context manager cannot run its body twice.)
    """
    _require_writing()
    if in_transaction():
        return await body()
    if _client is None:
        raise Unavailable

    async def run(session: AsyncClientSession) -> Result:
        token = _session.set(session)
        try:
            return await body()
        finally:
            _session.reset(token)

    with _translated():
        async with _client.start_session() as session:
            return await session.with_transaction(
                run,
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority", j=True),
                read_preference=ReadPreference.PRIMARY,
            )


class Collection:
    """One collection; every call joins the open transaction and raises our own errors."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def raw(self) -> Any:
        """PyMongo's own collection: for indexes, `explain` and the bench."""
        return _open_database()[self._name]

    async def find_one(self, where: Filter, **options: Any) -> Row | None:
        with _translated(self._name, where):
            found: Row | None = await self.raw.find_one(where, session=_session.get(), **options)
            return found

    async def find(self, where: Filter, **options: Any) -> list[Row]:
        """All that match, as a list: every caller bounds it by `limit` or by an index on few."""
        with _translated(self._name, where):
            rows: list[Row] = await self.raw.find(
                where, session=_session.get(), **options
            ).to_list()
            return rows

    async def each(self, where: Filter, **options: Any) -> AsyncIterator[Row]:
        """All that match, one at a time."""
        with _translated(self._name, where):
            async for row in self.raw.find(where, session=_session.get(), **options):
                yield row

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> list[Row]:
        if any(stage.keys() & {"$out", "$merge"} for stage in pipeline):
            _require_writing()
        with _translated(self._name, pipeline):
            cursor = await self.raw.aggregate(pipeline, session=_session.get(), **options)
            rows: list[Row] = await cursor.to_list()
            return rows

    async def count(self, where: Filter, limit: int = 0, **options: Any) -> int:
        """How many match; counting stops at `limit` when one is given."""
        with _translated(self._name, where):
            bound = {"limit": limit} if limit else {}
            counted: int = await self.raw.count_documents(
                where, session=_session.get(), **bound, **options
            )
            return counted

    async def insert_one(self, row: Row) -> InsertOneResult:
        _require_writing()
        with _translated():
            result: InsertOneResult = await self.raw.insert_one(row, session=_session.get())
            return result

    async def insert_many(self, rows: Sequence[Row], ordered: bool = True) -> InsertManyResult:
        _require_writing()
        with _translated():
            result: InsertManyResult = await self.raw.insert_many(
                rows, ordered=ordered, session=_session.get()
            )
            return result

    async def update_one(self, where: Filter, update: Update, upsert: bool = False) -> UpdateResult:
        _require_writing()
        with _translated():
            result: UpdateResult = await self.raw.update_one(
                where, update, upsert=upsert, session=_session.get()
            )
            return result

    async def update_many(self, where: Filter, update: Update) -> UpdateResult:
        _require_writing()
        with _translated():
            result: UpdateResult = await self.raw.update_many(where, update, session=_session.get())
            return result

    async def find_one_and_update(
        self, where: Filter, update: Update, **options: Any
    ) -> Row | None:
        """Update one and return it as it is afterwards; None when none matches."""
        _require_writing()
        with _translated():
            found: Row | None = await self.raw.find_one_and_update(
                where,
                update,
                return_document=ReturnDocument.AFTER,
                session=_session.get(),
                **options,
            )
            return found

    async def delete_one(self, where: Filter) -> DeleteResult:
        _require_writing()
        with _translated():
            result: DeleteResult = await self.raw.delete_one(where, session=_session.get())
            return result

    async def delete_many(self, where: Filter) -> DeleteResult:
        _require_writing()
        with _translated():
            result: DeleteResult = await self.raw.delete_many(where, session=_session.get())
            return result

    async def indexes(self) -> list[Row]:
        """As the server describes them, also that of `_id`."""
        with _translated():
            cursor = await self.raw.list_indexes()
            return [dict(index) for index in await cursor.to_list()]

    async def create_indexes(self, indexes: Sequence[IndexModel]) -> None:
        _require_writing()
        with _translated():
            await self.raw.create_indexes(list(indexes))

    async def drop_index(self, name: str) -> None:
        _require_writing()
        with _translated():
            await self.raw.drop_index(name)


def shape(asked: Any) -> Any:
    """A filter for the log: its fields and operators, and none of its values."""
    if isinstance(asked, Mapping):
        return {str(name): shape(value) for name, value in asked.items()}
    if isinstance(asked, list | tuple):
        shapes = [shape(one) for one in asked]
        return [one for at, one in enumerate(shapes) if one not in shapes[:at]]
    return "?"


def collection(name: str) -> Collection:
    return Collection(name)


def _open_database() -> AsyncDatabase[Row]:
    if _database is None:
        raise Unavailable
    return _database


@contextmanager
def _translated(name: str = "", asked: Any = None) -> Iterator[None]:
    """PyMongo's errors become ours; a transient one inside a transaction passes, to be retried.

    `name` and `asked`: the collection and the filter of a query, which may have taken too long.
    """
    try:
        yield
    except DuplicateKeyError as error:
        raise Duplicate((error.details or {}).get("keyValue", {})) from error
    except PyMongoError as error:
        if in_transaction() and error.has_error_label("TransientTransactionError"):
            raise
        if isinstance(error, ExecutionTimeout):
            logger.warning("database.slow_query", collection=name, filter=json.dumps(shape(asked)))
            raise TooSlow from error
        closed = isinstance(error, InvalidOperation) and _client is None  # under our feet
        if closed or isinstance(error, ConnectionFailure | WTimeoutError):
            raise Unavailable from error
        if error.has_error_label("TransientTransactionError"):
            raise Unavailable from error
        raise
