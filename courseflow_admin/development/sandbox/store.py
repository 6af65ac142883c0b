"""What the sandbox remembers: one SQLite file of objects, kept replies, deliveries, switches."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Body = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    parent TEXT,
    created INTEGER NOT NULL,
    due REAL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_kind_created ON objects (kind, created, seq);
CREATE INDEX IF NOT EXISTS objects_parent_created ON objects (parent, kind, created, seq);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS kept_replies (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BLOB NOT NULL,
    forged INTEGER NOT NULL DEFAULT 0,
    rank INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL,
    created REAL NOT NULL,
    last_status INTEGER,
    last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (state, next_at);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event_id);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
PIECE = 200  # objects read at once
TABLES = ("objects", "kept_replies", "deliveries", "switches")


@dataclass(frozen=True)
class Delivery:
    """One webhook on its way, or where it ended."""

    seq: int
    provider: str
    event_id: str
    event_type: str
    subject: str
    body: bytes
    forged: bool
    rank: int
    state: str  # waiting, delivered, withheld, refused, given up
    attempts: int
    next_at: float
    created: float
    last_status: int | None
    last_error: str


@dataclass(frozen=True)
class Row:
    """An object as it is stored; its body is JSON."""

    kind: str
    id: str
    parent: str
    created: int
    due: float | None
    body: str


@dataclass(frozen=True)
class Reply:
    """An answer kept under an idempotency key."""

    fingerprint: str
    status: int
    body: str


class Store:
    """Small statements only, so they may run on the event loop; the lock lets tests use threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def clear(self) -> None:
        with self._lock:
            for table in TABLES:
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant name

    def _rows(self, statement: str, values: Iterable[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, tuple(values)).fetchall()

    # Objects

    def put(self, kind: str, body: Body, *, parent: str = "", due: float | None = None) -> None:
        """Insert, or replace the body and due time of what is there under this id."""
        created = body.get("created") or body.get("created_at") or 0
        self._rows(
            "INSERT INTO objects (kind, id, parent, created, due, body) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body, due = excluded.due",
            (
                kind,
                body["id"],
                parent,
                created if isinstance(created, int) else 0,
                due,
                json.dumps(body),
            ),
        )

    def find(self, kind: str, object_id: str) -> Body | None:
        rows = self._rows("SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind))
        return json.loads(rows[0]["body"]) if rows else None

    def get(self, kind: str, object_id: str) -> Body:
        """What must be there."""
        found = self.find(kind, object_id)
        if found is None:
            raise KeyError(object_id)
        return found

    def parent_of(self, object_id: str) -> str:
        """Empty if it has none, or is not there."""
        rows = self._rows("SELECT parent FROM objects WHERE id = ?", (object_id,))
        return str(rows[0]["parent"]) if rows else ""

    def children(self, kind: str, parent: str) -> list[Body]:
        """Oldest first."""
        rows = self._rows(
            "SELECT body FROM objects WHERE parent = ? AND kind = ? ORDER BY seq", (parent, kind)
        )
        return [json.loads(row["body"]) for row in rows]

    def newest(
        self,
        kind: str,
        *,
        limit: int = 1000,
        skip: int = 0,
        since: int = 0,
        until: int = 2**60,
        after_id: str = "",
        before_id: str = "",
        parent: str = "",
        alone: bool = False,
    ) -> list[Body]:
        """Newest first; `after_id` and `before_id` are cursors in that order.

        Of one parent if it is named, or only those `alone`, without any.
        """
        where = ["kind = ?", "created >= ?", "created <= ?"]
        values: list[object] = [kind, since, until]
        if parent or alone:
            where.append("parent = ?")
            values.append(parent)
        # Values and no subquery: only they let the index be entered at the cursor.
        if after_id:
            where.append("(created, seq) < (?, ?)")
            values += self._place(after_id)
        if before_id:
            where.append("(created, seq) > (?, ?)")
            values += self._place(before_id)
        order = "ASC" if before_id else "DESC"
        rows = self._rows(
            f"SELECT body FROM objects WHERE {' AND '.join(where)}"  # noqa: S608 - fixed texts
            f" ORDER BY created {order}, seq {order} LIMIT ? OFFSET ?",
            [*values, limit, skip],
        )
        found = [json.loads(row["body"]) for row in rows]
        return found[::-1] if before_id else found

    def _place(self, object_id: str) -> tuple[int, int]:
        rows = self._rows("SELECT created, seq FROM objects WHERE id = ?", (object_id,))
        return (rows[0]["created"], rows[0]["seq"]) if rows else (0, 0)

    def oldest(self, kind: str) -> Body | None:
        rows = self._rows(
            "SELECT body FROM objects WHERE kind = ? ORDER BY created, seq LIMIT 1", (kind,)
        )
        return json.loads(rows[0]["body"]) if rows else None

    def walk(
        self, kind: str, *, after_id: str = "", before_id: str = "", **bounds: Any
    ) -> Iterator[Body]:
        """All of a kind, read in pieces as they are used: newest first, after a cursor.

        With `before_id` oldest first, from that cursor on.
        """
        while piece := self.newest(
            kind, limit=PIECE, after_id=after_id, before_id=before_id, **bounds
        ):
            yield from piece[::-1] if before_id else piece
            if before_id:
                before_id = piece[0]["id"]
            else:
                after_id = piece[-1]["id"]

    def adopt(self, object_ids: Iterable[str], parent: str) -> None:
        """From now on these are children of `parent`."""
        values = [(parent, object_id) for object_id in object_ids]
        self._all_or_none("UPDATE objects SET parent = ? WHERE id = ?", values)

    def due(self, now: float) -> list[tuple[str, str, int]]:
        """Kind, id and time of everything whose time has come, in order."""
        rows = self._rows(
            "SELECT kind, id, due FROM objects WHERE due IS NOT NULL AND due <= ? ORDER BY due",
            (now,),
        )
        return [(row["kind"], row["id"], int(row["due"])) for row in rows]

    def done(self, object_id: str) -> None:
        """Nothing more is due for this object."""
        self._rows("UPDATE objects SET due = NULL WHERE id = ?", (object_id,))

    def remove(self, object_id: str) -> None:
        self._rows("DELETE FROM objects WHERE id = ?", (object_id,))

    def rows(self, *, without: str) -> list[Row]:
        """All objects but those of one kind, oldest first."""
        found = self._rows(
            "SELECT kind, id, parent, created, due, body FROM objects WHERE kind <> ? ORDER BY seq",
            (without,),
        )
        return [Row(**dict(row)) for row in found]

    def put_rows(self, rows: Iterable[Row]) -> None:
        """All of them or none; what is already there stays as it is."""
        values = [(row.kind, row.id, row.parent, row.created, row.due, row.body) for row in rows]
        self._all_or_none(
            "INSERT INTO objects (kind, id, parent, created, due, body)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            values,
        )

    def _all_or_none(self, statement: str, values: Iterable[tuple[object, ...]]) -> None:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(statement, values)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Idempotency

    def reply(self, scope: str, key: str, *, since: int = 0) -> Reply | None:
        """What was answered under this key, unless that is longer ago than `since`."""
        rows = self._rows(
            "SELECT * FROM kept_replies WHERE scope = ? AND key = ? AND at >= ?",
            (scope, key, since),
        )
        if not rows:
            return None
        return Reply(rows[0]["fingerprint"], rows[0]["status"], rows[0]["body"])

    def keep_reply(self, scope: str, key: str, reply: Reply, *, at: int) -> None:
        self._rows(
            "INSERT OR REPLACE INTO kept_replies VALUES (?, ?, ?, ?, ?, ?)",
            (scope, key, reply.fingerprint, reply.status, reply.body, at),
        )

    def forget_replies(self) -> None:
        self._rows("DELETE FROM kept_replies")

    # Deliveries

    def add_delivery(
        self,
        provider: str,
        event_id: str,
        event_type: str,
        subject: str,
        body: bytes,
        *,
        state: str,
        next_at: float,
        created: float,
        forged: bool = False,
        rank: int = 0,
    ) -> None:
        self._rows(
            "INSERT INTO deliveries (provider, event_id, event_type, subject, body, forged, rank,"
            " state, next_at, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                provider,
                event_id,
                event_type,
                subject,
                body,
                int(forged),
                rank,
                state,
                next_at,
                created,
            ),
        )

    def waiting(self, until: float) -> list[Delivery]:
        """In the order they are to be sent: a lower rank first, then the older."""
        rows = self._rows(
            "SELECT * FROM deliveries WHERE state = 'waiting' AND next_at <= ? ORDER BY rank, seq",
            (until,),
        )
        return [_delivery(row) for row in rows]

    def delivery(self, seq: int) -> Delivery | None:
        rows = self._rows("SELECT * FROM deliveries WHERE seq = ?", (seq,))
        return _delivery(rows[0]) if rows else None

    def deliveries(self, limit: int = 50, event_id: str = "") -> list[Delivery]:
        """Newest first."""
        where, values = ("WHERE event_id = ?", [event_id]) if event_id else ("", [])
        rows = self._rows(
            f"SELECT * FROM deliveries {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - fixed
            [*values, limit],
        )
        return [_delivery(row) for row in rows]

    def tried(
        self, seq: int, *, state: str, next_at: float, status: int | None, error: str
    ) -> None:
        self._rows(
            "UPDATE deliveries SET state = ?, next_at = ?, last_status = ?, last_error = ?,"
            " attempts = attempts + 1 WHERE seq = ?",
            (state, next_at, status, error, seq),
        )

    def send_again(self, seq: int, now: float) -> None:
        """Also makes a forged one genuine."""
        self._rows(
            "UPDATE deliveries SET state = 'waiting', next_at = ?, attempts = 0, forged = 0"
            " WHERE seq = ?",
            (now, seq),
        )

    # Switches

    def switch(self, name: str, default: str = "") -> str:
        rows = self._rows("SELECT value FROM switches WHERE name = ?", (name,))
        return str(rows[0]["value"]) if rows else default

    def set_switch(self, name: str, value: str) -> None:
        self._rows("INSERT OR REPLACE INTO switches VALUES (?, ?)", (name, value))


def _delivery(row: sqlite3.Row) -> Delivery:
    values = dict(row)
    values["forged"] = bool(values["forged"])
    return Delivery(**values)
