"""A listener on every command sent to MongoDB, and which writes need no audit entry."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from pymongo.monitoring import CommandListener, CommandStartedEvent

COMMANDS = {"insert", "update", "delete", "findAndModify"}
NEW, GONE = "(inserted)", "(deleted)"


@dataclass(frozen=True)
class Write:
    """One write: to which collection, and which fields it set, or that it inserted or deleted."""

    collection: str
    fields: frozenset[str]


@dataclass(frozen=True)
class Exemption:
    """`fields` empty: everything of this collection."""

    reason: str
    collection: str
    fields: frozenset[str] = frozenset()

    def covers(self, write: Write) -> bool:
        return write.collection == self.collection and (
            not self.fields or write.fields <= self.fields
        )


def _exempt(reason: str, collection: str, *fields: str) -> Exemption:
    return Exemption(reason, collection, frozenset(fields))


EXEMPT = (
    _exempt("counters of tries", "limits"),
    _exempt("leases", "jobs"),
    _exempt("the inbox: a hint, kept as it came", "webhook_events"),
    _exempt("the inbox: what was refused", "webhook_rejections"),
    _exempt("session last used", "sessions", "last_used_at", "expires_at"),
    _exempt(
        "a refresh token was exchanged: a use, like last used",
        "sessions",
        *("refresh_hash", "previous_hash", "rotated_at", "last_used_at", "expires_at"),
    ),
    _exempt("a code was used: a use, like last used", "second_factors", "last_step"),
    _exempt("outbox delivery: a lease and its tries", "emails", "due_at", "attempts", "error"),
    _exempt(
        "outbox delivery: what the provider said",
        "emails",
        *("provider_id", "sent_at", "due_at", "error", "events", "state", "state_at"),
    ),
    _exempt("progress: where one stopped", "enrollments", "last_lesson_id", "last_seen_at"),
    _exempt(
        "progress: lessons finished",
        "enrollments",
        *("done", "percent", "progress_version", "completed_at", "last_lesson_id", "last_seen_at"),
    ),
    _exempt("bodies by content hash: seen only once an outline names them", "lesson_bodies", NEW),
    _exempt("a lease on asking the gateway", "payments", "sync_at"),
    _exempt("evidence of what the gateway said", "payments", "attempts", "syncs"),
    _exempt("a new idempotency key for the same checkout", "payments", "attempt"),
    _exempt(
        "the gateway's answer to a checkout whose opening is audited",
        "payments",
        *("provider_checkout_id", "checkout_url", "updated_at"),
    ),
    _exempt("a better hash of the same password, at sign-in", "accounts", "password_hash"),
)


class Listener(CommandListener):
    """What each transaction wrote; writes outside of every transaction are each their own."""

    def __init__(self) -> None:
        self.transactions: dict[str, list[Write]] = defaultdict(list)
        self.alone: list[Write] = []

    def forget(self) -> None:
        self.transactions.clear()
        self.alone.clear()

    @property
    def unaudited(self) -> set[tuple[str, tuple[str, ...]]]:
        """Business writes that no audit entry was committed with."""
        silent = [
            write
            for writes in [*self.transactions.values(), self.alone]
            if writes is self.alone or all(write.collection != "audit" for write in writes)
            for write in writes
            if not any(exemption.covers(write) for exemption in EXEMPT)
        ]
        return {(write.collection, tuple(sorted(write.fields))) for write in silent}

    @property
    def audited(self) -> set[str]:
        """Collections written to together with an audit entry."""
        return {
            write.collection
            for writes in self.transactions.values()
            if any(write.collection == "audit" for write in writes)
            for write in writes
        }

    def started(self, event: CommandStartedEvent) -> None:
        command = event.command
        number = f"{command.get('lsid')} {command.get('txnNumber')}"
        if event.command_name == "abortTransaction":
            self.transactions.pop(number, None)  # it never happened
        elif event.command_name in COMMANDS:
            if command.get("startTransaction"):
                self.transactions.pop(number, None)
            in_transaction = command.get("autocommit") is False
            kept = self.transactions[number] if in_transaction else self.alone
            name = command[event.command_name]
            kept += [Write(name, fields) for fields in _written(event.command_name, command)]

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass


def _written(name: str, command: Any) -> list[frozenset[str]]:
    if name == "insert":
        return [frozenset({NEW})]
    if name == "delete":
        return [frozenset({GONE})]
    if name == "update":
        return [_fields(one["u"]) for one in command["updates"]]
    return [frozenset({GONE}) if command.get("remove") else _fields(command["update"])]


def _fields(update: Any) -> frozenset[str]:
    """The first part of each path that an update sets; `$setOnInsert` may insert."""
    stages = update if isinstance(update, list) else [update]
    paths = [
        NEW if operator == "$setOnInsert" else path
        for stage in stages
        for operator, changes in stage.items()
        if isinstance(changes, dict)
        for path in changes
    ]
    return frozenset(path.partition(".")[0] for path in paths)
