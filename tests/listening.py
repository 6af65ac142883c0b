"""A listener on every command sent to MongoDB, and which writes need no audit entry."""

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from courseflow_admin import services

SERVICES = str(Path(services.__file__).parent)
COMMANDS = {"insert", "update", "delete", "findAndModify", "commitTransaction", "abortTransaction"}
NEW, GONE, ANY = "(inserted)", "(deleted)", "(any field)"


@dataclass(frozen=True)
class Write:
    """One write: to which collection, and which paths it set, or that it inserted or deleted."""

    collection: str
    fields: frozenset[str]

    @property
    def is_entry(self) -> bool:
        return self.collection == "audit" and self.fields == {NEW}


@dataclass(frozen=True)
class Exemption:
    """`fields` empty: everything of this collection; otherwise they and what is in them."""

    reason: str
    collection: str
    fields: frozenset[str] = frozenset()

    def covers(self, write: Write) -> bool:
        return write.collection == self.collection and (
            not self.fields
            or all(any(_within(path, field) for field in self.fields) for path in write.fields)
        )


def _within(path: str, field: str) -> bool:
    return path == field or path.startswith(f"{field}.")


def _exempt(reason: str, collection: str, *fields: str) -> Exemption:
    return Exemption(reason, collection, frozenset(fields))


EXEMPT = (
    _exempt("counters of tries", "limits"),
    _exempt("what is to be done, and who is at it", "jobs"),
    _exempt("when what comes by itself comes next", "schedules"),
    _exempt("the inbox: a hint, kept as it came", "webhook_events"),
    _exempt("the inbox: what was refused", "webhook_rejections"),
    _exempt(
        "a session was used, or its refresh token exchanged",
        "sessions",
        *("last_used_at", "expires_at", "refresh_hash", "previous_hash", "rotated_at"),
    ),
    _exempt("a code was used", "second_factors", "last_step"),
    _exempt("a better hash of the same password, at sign-in", "accounts", "password_hash"),
    _exempt(
        "outbox delivery: its tries, and what the provider said",
        "emails",
        *("attempts", "error", "provider_id", "sent_at", "events", "state", "state_at"),
    ),
    _exempt(
        "progress: what one has read, and where one stopped",
        "enrollments",
        *("done", "percent", "progress_version", "completed_at", "last_lesson_id", "last_seen_at"),
    ),
    _exempt("bodies by content hash: seen only once an outline names them", "lesson_bodies", NEW),
    _exempt("the browser came back, which proves nothing", "payments", "returned_at"),
    _exempt("what was said and what was booked, which is only ever added to", "facts", NEW),
    _exempt("what was said and what was booked, which is only ever added to", "entries", NEW),
    _exempt(
        "evidence of what the gateway said",
        "payments",
        *("attempts", "syncs", "revision", "method", "updated_at", "refunds.provider_refund_id"),
    ),
    _exempt(
        "a lease on asking for a refund, and a new idempotency key for the same request",
        "payments",
        *("attempt", "refunds.attempt", "refunds.asking_until"),
    ),
    _exempt(
        "the gateway's names for a checkout and a refund whose beginnings are audited",
        "payments",
        *("provider_checkout_id", "checkout_url", "updated_at", "refunds.provider_refund_id"),
    ),
    _exempt("the first start stamps a new database", "school", NEW, "stamp"),
)
# All that may ever happen to an entry: who it was is blanked when they delete their account.
BLANKED = _exempt(
    "whoever deleted their account is nameless in the log as well",
    "audit",
    *("actor_name", "viewer_name", "facts.before.name", "facts.after.name"),
)


class Listener(CommandListener):
    """What services wrote, and what with an audit entry: each transaction, and each write alone.

    What a test puts into the database by itself is none of a service's and does not count, nor
    does what was rolled back or what matched nothing.
    """

    def __init__(self) -> None:
        self._sent: dict[int, Any] = {}
        self._open: dict[str, list[Write]] = defaultdict(list)
        self.committed: list[list[Write]] = []

    def forget(self) -> None:
        self.committed.clear()

    def begin_again(self) -> None:
        self.forget()
        self._sent.clear()
        self._open.clear()

    @property
    def unaudited(self) -> set[tuple[str, tuple[str, ...]]]:
        """Business writes that no audit entry was committed with."""
        silent = [
            write
            for writes in self.committed
            if not any(write.is_entry for write in writes)
            for write in writes
            if not any(exemption.covers(write) for exemption in EXEMPT)
        ]
        return {(write.collection, tuple(sorted(write.fields))) for write in silent}

    @property
    def rewritten(self) -> set[tuple[str, ...]]:
        """What was done to entries of the audit log, which is only ever added to."""
        return {
            tuple(sorted(write.fields))
            for writes in self.committed
            for write in writes
            if write.collection == "audit" and not write.is_entry and not BLANKED.covers(write)
        }

    @property
    def audited(self) -> set[str]:
        """Collections written to together with an audit entry."""
        return {
            write.collection
            for writes in self.committed
            if any(write.is_entry for write in writes)
            for write in writes
        }

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in COMMANDS:
            self._sent[event.request_id] = event.command

    def succeeded(self, event: CommandSucceededEvent) -> None:
        command = self._sent.pop(event.request_id, None)
        if command is None:
            return
        number = f"{command.get('lsid')} {command.get('txnNumber')}"
        if event.command_name == "commitTransaction":
            self.committed.append(self._open.pop(number, []))
        elif event.command_name == "abortTransaction":
            self._open.pop(number, None)
        elif _changed(event.reply) and _asked_by_a_service():
            writes = _written(event.command_name, command, event.reply)
            if command.get("autocommit") is False:
                self._open[number] += writes
            else:
                self.committed.append(writes)

    def failed(self, event: CommandFailedEvent) -> None:
        self._sent.pop(event.request_id, None)


class RoundTrips(CommandListener):
    """Every command sent: its name and collection, such as `find courses`."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.filters: list[Any] = []

    @property
    def writes(self) -> list[str]:
        return [sent for sent in self.sent if sent.split()[0] in COMMANDS]

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append(f"{event.command_name} {event.command.get(event.command_name)}")
        self.filters.append(event.command.get("filter"))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def _asked_by_a_service() -> bool:
    """Whether a function of `services/` waits for this command: PyMongo tells us in its task."""
    frame: FrameType | None = sys._getframe()
    while frame and not frame.f_code.co_filename.startswith(SERVICES):
        frame = frame.f_back
    return frame is not None


def _changed(reply: Any) -> bool:
    """By what the server says it did: an update that matched nothing wrote nothing."""
    if "lastErrorObject" in reply:  # of findAndModify
        return bool(reply["lastErrorObject"]["n"])
    return bool(reply.get("nModified", reply["n"]) or reply.get("upserted"))


def _written(name: str, command: Any, reply: Any) -> list[Write]:
    if name == "insert":
        return [Write(command[name], frozenset({NEW}))]
    if name == "delete" or command.get("remove"):
        return [Write(command[name], frozenset({GONE}))]
    upserted = reply.get("upserted") or "upserted" in reply.get("lastErrorObject", {})
    new = {NEW} if upserted else set()
    updates = [one["u"] for one in command["updates"]] if name == "update" else [command["update"]]
    return [Write(command[name], _fields(update) | new) for update in updates]


def _fields(update: Any) -> frozenset[str]:
    """The paths that an update sets, without places in lists; ANY when it does not name them."""
    stages = update if isinstance(update, list) else [update]
    paths = [
        path
        for stage in stages
        for operator, changes in stage.items()
        if operator != "$setOnInsert"
        for path in (changes if operator[0] == "$" and isinstance(changes, dict) else [ANY])
    ]
    return frozenset(_without_places(path) for path in paths)


def _without_places(path: str) -> str:
    return ".".join(part for part in path.split(".") if part[0] != "$" and not part.isdigit())
